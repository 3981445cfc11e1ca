"""The shipped cluster files, and what Ray would accept silently."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import botocore.session
import pytest
from not_run import SYSTEMD, needs
from packaging.requirements import Requirement
from ray.autoscaler._private.util import prepare_config, validate_config

from incay.study.cluster.checks.file import TO_CHANGE, file_problems, pinned_versions
from incay.study.cluster.file import ClusterFile, load_cluster_file
from incay.study.errors import UserError

PROJECT = Path(__file__).parents[2]
FILES = ("cluster.yaml", "cluster.local.yaml")


@pytest.fixture
def edit(tmp_path, monkeypatch):
    """Return a function that edits a shipped file as a user would, then as `changes` say."""
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("0" * 64)
    (tmp_path / "key").touch()
    monkeypatch.setenv("HOME", str(tmp_path))

    def edited(name: str, *changes: tuple[str, str]) -> ClusterFile:
        text = (PROJECT / name).read_text()
        text = re.sub(r"~/\.ssh/CHANGE-ME(\.pem)?", str(tmp_path / "key"), text)
        text = text.replace("&worker_ips [CHANGE-ME]", "&worker_ips [10.0.0.2, 10.0.0.3]")
        text = text.replace(TO_CHANGE, "10-0-0-1")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text)
        return load_cluster_file(path)

    return edited


@pytest.mark.parametrize("name", FILES)
def test_ray_accepts_the_shipped_file(name):
    validate_config(prepare_config(load_cluster_file(PROJECT / name).values))


@pytest.mark.parametrize("name", FILES)
def test_what_is_to_change_stands_at_the_top_and_is_named(name):
    lines = (PROJECT / name).read_text().splitlines()
    places = [number for number, line in enumerate(lines) if TO_CHANGE in line]
    assert max(places) < next(n for n, line in enumerate(lines) if line.startswith("provider:"))
    problems = file_problems(load_cluster_file(PROJECT / name))
    assert len(problems) >= 5
    assert all("metadata." in problem.where for problem in problems if TO_CHANGE in problem.what)


@pytest.mark.parametrize("name", FILES)
def test_an_edited_file_has_no_problem(edit, name):
    assert file_problems(edit(name)) == []


@pytest.mark.parametrize("name", FILES)
def test_versions_are_pinned_to_what_the_project_needs(name):
    pins = pinned_versions(load_cluster_file(PROJECT / name))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    for text in project["dependencies"]:
        requirement = Requirement(text)
        assert requirement.name in pins, f"{requirement.name} must be pinned"
        assert pins[requirement.name] in requirement.specifier
    assert pins["ray"] == importlib.metadata.version("ray")


@pytest.mark.parametrize(
    ("name", "old", "new", "where"),
    [
        ("cluster.yaml", "cluster_name: incay", "cluster_name: in:cay", "cluster_name"),
        ("cluster.yaml", "cluster_name: incay\n", "\n", "cluster_name"),
        ("cluster.yaml", "max_workers: 8 ", "max_wrokers: 8 ", "schema"),
        ("cluster.yaml", "head_node_type: head", "head_node_type: haed", "schema"),
        ("cluster.yaml", "min_workers: 0", "min_workers: 9", "schema"),
        ("cluster.yaml", "ImageId: *image", "Imageid: *image", "node_config"),
        ("cluster.yaml", "KeyName: *key_name", "KeyName: 5", "node_config"),
        ("cluster.yaml", "VolumeSize: 200", "VolumeSize: 20", "BlockDeviceMappings"),
        ("cluster.yaml", "{CPU: 0, GPU: 0}", "{}", "head.resources"),
        ("cluster.yaml", "region: *region", "region: ''", "provider.region"),
        (
            "cluster.yaml",
            "GroupName: incay ",
            "IpPermissions: [{FromPort: 8265, ToPort: 8265, IpProtocol: tcp}] ",
            "security_group",
        ),
        ("cluster.yaml", "host=127.0.0.1\n", "host=0.0.0.0\n", "head_start"),
        ("cluster.yaml", "RAY_AUTH_MODE=token", "RAY_AUTH_MODE=", "worker_start"),
        ("cluster.yaml", "--num-cpus=0", "--num-cpus=4", "head_start"),
        ("cluster.yaml", "~/.ray/auth_token: ~", "~/code: /", "file_mounts"),
        ("cluster.yaml", "ray[tune,default]==2.60.0", "ray[tune]==2.59.0", "setup_commands"),
        (
            "cluster.yaml",
            "INCAY_MLFLOW_OPTIONS=",
            "AWS_SECRET_ACCESS_KEY=abcd",
            "environment",
        ),
        ("cluster.yaml", "g6.xlarge", "g6.xlrage", "gpu-spot.node_config.InstanceType"),
        ("cluster.yaml", "g6.xlarge", "g6.3xlarge", "gpu-spot.node_config.InstanceType"),
        ("cluster.yaml", "region us-west-2", "region us-wset-2", "provider.region"),
        ("cluster.yaml", "region us-west-2", "region eu-west-1", "provider.availability_zone"),
        ("cluster.yaml", "REGION=us-west-2", "REGION=eu-west-1", "AWS_DEFAULT_REGION"),
        ("cluster.yaml", "s3://10-0-0-1/results", "/home/ubuntu/results", "INCAY_RESULTS"),
        ("cluster.yaml", "s3://10-0-0-1/results", "", "INCAY_RESULTS"),
        ("cluster.local.yaml", "RESULTS='10-0-0-1'", "RESULTS=''", "INCAY_RESULTS"),
        (
            "cluster.yaml",
            "min_workers: 0\n    max_workers: 2 ",
            "min_workers: 3\n    max_workers: 2 ",
            "gpu-on-demand.min_workers",
        ),
        ("cluster.yaml", "max_workers: 8 ", "max_wrokers: 8 ", "schema: max_wrokers"),
        ("cluster.yaml", "priority: 1 ", "priorty: 1 ", "node_types.gpu-spot.priorty"),
        ("cluster.yaml", "max_workers: 8\n", "max_workers: many\n", "gpu-spot.max_workers"),
        ("cluster.yaml", "{MarketType: spot}", "spot", "node_config"),
        ("cluster.local.yaml", "[10.0.0.2, ", "[10-0-0-1, ", "worker_ips"),
        ("cluster.local.yaml", "autoscaler_v2=0", "autoscaler_v2=1", "head_start"),
        ("cluster.local.yaml", "head_ip: *head_ip", "", "schema"),
    ],
)
def test_a_mistake_is_found(edit, name, old, new, where):
    problems = file_problems(edit(name, (old, new)))
    assert any(where in problem.where for problem in problems), problems
    assert all(problem.remedy for problem in problems)


def test_a_list_that_is_none_is_one_problem(edit):
    (problem,) = file_problems(edit("cluster.local.yaml", ("[10.0.0.2, 10.0.0.3]", "10.0.0.2")))
    assert "provider.worker_ips" in problem.where
    assert problem.what == "must be a list, but is '10.0.0.2'"


def test_broken_yaml_names_its_line(edit):
    with pytest.raises(UserError, match=r"cluster\.yaml, line \d\d"):
        edit("cluster.yaml", ("  GroupName: incay", "GroupName: [incay"))


def test_a_newer_family_of_instances_is_taken(edit):
    assert file_problems(edit("cluster.yaml", ("g6.xlarge", "g99.12xlarge"))) == []


def test_a_close_name_is_proposed(edit):
    problems = file_problems(edit("cluster.yaml", ("region us-west-2", "region us-wset-2")))
    assert [problem.remedy for problem in problems] == ["did you mean us-west-2?"]


def test_the_project_itself_is_no_file_mount(edit):
    mount = ("  ~/.ray/auth_token: ~/.ray/auth_token", f"  ~/incay: {PROJECT}")
    problems = file_problems(edit("cluster.yaml", mount))
    assert any("old copy" in problem.what for problem in problems)


def test_the_policies_to_copy_name_actions_that_exist():
    model = botocore.session.get_session().get_service_model("ec2")
    policies = re.findall(r"```json\n(.*?)```", (PROJECT / "docs/cluster.md").read_text(), re.S)
    assert len(policies) == 3
    for policy in map(json.loads, policies):
        for statement in policy["Statement"]:
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                service, _, name = action.partition(":")
                assert service in ("ec2", "s3", "iam")
                assert service != "ec2" or name in model.operation_names


@needs(SYSTEMD, there=shutil.which("systemd-analyze") is not None)
@pytest.mark.parametrize("name", FILES)
def test_systemd_accepts_the_unit(name, tmp_path):
    file = load_cluster_file(PROJECT / name)
    command = next(c for c in file.commands("head_setup_commands") if "<<UNIT" in c)
    unit = tmp_path / "incay-mlflow.service"
    (tmp_path / "incay-venv" / "bin").mkdir(parents=True)
    shutil.copy("/bin/true", tmp_path / "incay-venv" / "bin" / "python")
    (tmp_path / "postgresql.service").write_text("[Service]\nExecStart=/bin/true\n")
    # Written as on the head, but here: the shell expands the same text.
    written = command.replace("sudo tee /etc/systemd/system/incay-mlflow.service", f"tee {unit}")
    subprocess.run(["bash", "-c", f"({written})"], env={"HOME": str(tmp_path)}, check=True)
    text = unit.read_text()
    assert "--host 127.0.0.1" in text
    assert "${INCAY_ARTIFACTS}" in text
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert "incay-mlflow" not in found.stderr, found.stderr
