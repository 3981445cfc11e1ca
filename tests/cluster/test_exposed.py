"""What `incay doctor` says of other users: of a cluster's file, of its nodes, of this machine."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from in_process import incay
from not_run import PROC, needs
from ruamel.yaml import YAML

from incay.study.cluster.checks.hands import hands_problems
from incay.study.cluster.checks.health import health_problems
from incay.study.cluster.exposed import LOCAL_PORTS, exposures, open_ports
from incay.study.cluster.file import load_cluster_file
from incay.study.cluster.health import Health
from incay.study.privacy import Exposure

OPEN = Path("/proc/net/tcp")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cluster file and what it mounts, as if the folders above let everybody in."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ray").mkdir()
    for name in (".ray/auth_token", "lab.pem", "credentials", "notes.txt"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o600)
    path = tmp_path / "lab.yaml"
    mounts = {"~/.ray/auth_token": "~/.ray/auth_token", "/c": "~/credentials", "/n": "~/notes.txt"}
    values = {"file_mounts": mounts, "auth": {"ssh_private_key": str(tmp_path / "lab.pem")}}
    YAML().dump(values, path)
    path.chmod(0o644)
    monkeypatch.setattr(
        "incay.study.cluster.checks.hands.readable",
        lambda each: (
            Exposure(each, "can be read by others", "600") if each.stat().st_mode & 0o004 else None
        ),
    )
    return path


def test_what_is_the_users_alone_has_no_problem(lab: Path) -> None:
    assert list(hands_problems(load_cluster_file(lab))) == []


@pytest.mark.parametrize(
    ("name", "mode", "where"),
    [
        (".ray/auth_token", 0o644, "file_mounts.~/.ray/auth_token"),
        ("credentials", 0o644, "file_mounts./c"),
        ("lab.pem", 0o604, "auth.ssh_private_key"),
        ("notes.txt", 0o666, "file_mounts./n"),
        ("lab.yaml", 0o666, "lab.yaml"),
        (".ray", 0o777, "file_mounts.~/.ray/auth_token"),
    ],
)
def test_each_file_that_others_could_use_is_named_with_a_command(
    name: str, mode: int, where: str, lab: Path
) -> None:
    (lab.parent / name).chmod(mode)
    (problem,) = hands_problems(load_cluster_file(lab))
    assert problem.where.endswith(where)
    assert "must be yours alone, but" in problem.what
    assert "`chmod " in problem.remedy
    (lab.parent / name).chmod(0o755 if name == ".ray" else 0o600)
    assert list(hands_problems(load_cluster_file(lab))) == []


def test_what_anybody_may_read_may_be_read(lab: Path) -> None:
    (lab.parent / "notes.txt").chmod(0o644)
    assert list(hands_problems(load_cluster_file(lab))) == []


@needs(PROC, there=OPEN.exists())
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_what_listens_on_loopback_is_not_open(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]
        assert f":{port:04X}" in OPEN.read_text() + OPEN.with_name("tcp6").read_text()
        assert port not in open_ports((str(OPEN), str(OPEN.with_name("tcp6"))))


def test_what_listens_beyond_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "tcp"  # as Linux writes it, so that no test opens a port to a network
    line = "   0: 00000000:{:04X} 00000000:0000 {} 00000000:00000000 00:00000000 00000000 0 0 1"
    table.write_text("\n".join(["sl", line.format(8265, "0A"), line.format(5000, "01")]))
    assert open_ports((str(table), "/nowhere")) == {8265}
    monkeypatch.setattr("incay.study.cluster.exposed._TABLES", (str(table),))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    ((what, remedy),) = exposures({}, of_cluster=True)
    assert what == "Ray's dashboard must listen on loopback, but port 8265 is open to others"
    assert "127.0.0.1" in remedy
    monkeypatch.delenv("RAY_AUTH_MODE")
    assert "must ask for its token" in exposures({}, of_cluster=True)[0][0]
    assert exposures({}, of_cluster=False) == []
    assert set(LOCAL_PORTS) == {8265, 5000, 5432}


def test_a_nodes_exposures_are_its_problems() -> None:
    node = Health("10.0.0.1", "worker", exposed=[["the token can be read by others", "chmod 600"]])
    assert ("worker 10.0.0.1", "the token can be read by others", "chmod 600") in [
        (each.where, each.what, each.remedy) for each in health_problems([node])
    ]


def test_results_of_this_machine_that_others_can_change_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results").chmod(0o777)
    done = incay("doctor")
    assert done.code == 1
    told = " ".join(done.out.split())  # wrapped in its column, wherever the folder's name ends
    assert "(mode 0777)" in told
    assert "chmod go-w" in told
    (tmp_path / "results").chmod(0o700)
    assert "mode 0" not in incay("doctor").out
