"""What a user reads when a cluster is not reached: the reason, the remedy, never a traceback."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
from pathlib import Path

import pytest
from programs import incay

from incay.study.cluster.connection import job_client
from incay.study.cluster.unreachable import UnreachableError, login_failed, lookup_failed

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def without_credentials(monkeypatch, tmp_path):
    """Be a user who has none."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def edited(tmp_path):
    """Return a function that writes a shipped file as a user would edit it."""
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("0" * 64)
    (tmp_path / "key").touch()

    def write(name: str, own: str) -> str:
        text = re.sub(r"~/\.ssh/CHANGE-ME(\.pem)?", "~/key", (PROJECT / name).read_text())
        (tmp_path / name).write_text(text.replace("CHANGE-ME", own))
        return name

    return write


@pytest.mark.parametrize(
    "command",
    [["submit", "small.yaml"], ["stop", "small"], ["status", "small"], ["table", "small"],
     ["doctor"]],
)  # fmt: skip
def test_an_address_that_is_none_is_one_message(tmp_path, command):
    (tmp_path / "small.yaml").write_text("name: small\nbase: {dataset: digits}\n")
    for address in ("nonsense", "127.0.0.1:8265"):
        done = incay(*command, "--address", address, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("incay: --address: must be the URL of a dashboard")
        assert address in done.stderr
        assert done.stderr.count("\n") == 1


def test_nothing_at_an_address_is_one_message(tmp_path):
    done = incay("doctor", "--address", "http://127.0.0.1:1", cwd=tmp_path)
    assert done.returncode == 2
    assert "a Ray dashboard must answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_head_without_ray_is_merely_down():
    # As a tunnel does whose far end nothing listens at: it takes the connection and closes it.
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close_all() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        threading.Thread(target=close_all, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UnreachableError, match="a Ray dashboard must answer") as raised:
            job_client(url, "lab.yaml")
    assert raised.value.is_down
    assert raised.value.remedy.endswith("`ray up lab.yaml`")


def test_missing_credentials_are_a_problem_with_their_remedy(tmp_path, edited):
    done = incay("doctor", "--cluster", edited("cluster.yaml", "mine"), cwd=tmp_path)
    assert done.returncode == 1
    assert "cluster.yaml: no problem found in the file" in done.stdout
    assert "credentials" in done.stdout
    assert "aws configure" in done.stdout
    assert "ray up" not in done.stdout


def test_one_problem_is_not_problems(tmp_path, edited):
    name = edited("cluster.yaml", "mine")
    (tmp_path / name).write_text((tmp_path / name).read_text().replace("g6.xl", "g6.xxl", 1))
    done = incay("doctor", "--cluster", name, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{name}: 1 problem\n" in done.stdout


@pytest.mark.parametrize(
    ("error", "remedy", "is_down"),
    [
        (ImportError("No module named 'boto3'"), "pip install boto3", False),
        (RuntimeError("Unable to locate credentials"), "aws configure", False),
        (RuntimeError("An error occurred (UnauthorizedOperation)"), "IAM policy", False),
        (RuntimeError("Could not connect to the endpoint URL"), "network", False),
        (RuntimeError("Head node of cluster (incay) not found!"), "ray up", True),
    ],
)
def test_each_reason_has_its_remedy(error, remedy, is_down):
    found = lookup_failed(Path("cluster.yaml"), error)
    assert remedy in found.remedy
    assert found.is_down is is_down


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("me@head: Permission denied (publickey).", "ssh_private_key"),
        ("ssh: Could not resolve hostname head: Name or service not known", "resolve"),
        ("ssh: connect to host 10.0.0.1 port 22: Connection timed out", "firewall"),
        ("Host key verification failed.", "known_hosts"),
    ],
)
def test_each_refusal_of_ssh_has_its_remedy(said, remedy):
    assert remedy in login_failed(Path("lab.yaml"), said).remedy
