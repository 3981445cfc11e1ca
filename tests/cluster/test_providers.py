"""Clusters on premises, in containers and of unknown providers: told as what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from in_process import incay

from incay.study.cluster.checks.file import file_problems
from incay.study.cluster.file import load_cluster_file
from incay.study.errors import UserError

COORDINATOR = """\
cluster_name: lab
max_workers: 3
min_workers: 3
provider: {type: local, coordinator_address: "192.0.2.10:8899"}
auth: {ssh_user: ubuntu}
head_start_ray_commands: [ray start --head --port=6379]
worker_start_ray_commands: [ray start --address=$RAY_HEAD_IP:6379]
"""
MAPPINGS = """\
cluster_name: default
provider:
  type: local
  head_ip: 192.0.2.10
  worker_ips: [{ip: 192.0.2.11}, {ip: 192.0.2.12}]
auth: {ssh_user: me, ssh_private_key: ~/.ssh/id_rsa}
"""


@pytest.fixture
def problems(tmp_path: Path):
    def found(text: str) -> dict[str, str]:
        path = tmp_path / "cluster.yaml"
        path.write_text(text)
        listed = file_problems(load_cluster_file(path))
        return {each.where.removeprefix(f"{path}: "): each.what for each in listed}

    return found


def test_a_coordinator_is_told_and_its_keys_are_ray_s_own(problems):
    found = problems(COORDINATOR)
    assert "only it knows the head's address" in found["provider.coordinator_address"]
    assert not [where for where in found if "min_workers" in where]


def test_without_a_coordinator_the_same_key_is_unknown(problems):
    text = COORDINATOR.replace('coordinator_address: "192.0.2.10:8899"', "head_ip: 192.0.2.10")
    assert problems(text)["schema: min_workers"] == "must be a key that Ray knows"


def test_the_head_of_a_coordinator_is_no_host_called_none(tmp_path):
    path = tmp_path / "cluster.yaml"
    path.write_text(COORDINATOR)
    with pytest.raises(UserError, match=r"provider\.head_ip must be the head's address"):
        load_cluster_file(path).ssh_command()


@pytest.mark.parametrize(
    ("head", "user"),
    [
        ("-oProxyCommand=touch x", "me"),
        ("192.0.2.10", "-oProxyCommand=touch x"),
        ("192.0.2.10 -oProxyCommand=x", "me"),
        ("192.0.2.10\n-F", "me"),
    ],
)
def test_what_ssh_would_take_for_an_option_is_no_login(head, user, tmp_path):
    path = tmp_path / "cluster.yaml"
    values = {"provider": {"type": "local", "head_ip": head}, "auth": {"ssh_user": user}}
    path.write_text(json.dumps(values))
    with pytest.raises(UserError, match=r"auth\.ssh_user and the head's address must be a name"):
        load_cluster_file(path).ssh_command()


@pytest.mark.parametrize("head", ["192.0.2.10", "head.example.org", "fe80::1%eth0", "::1"])
def test_addresses_of_heads(head, tmp_path):
    path = tmp_path / "cluster.yaml"
    values = {"provider": {"type": "local", "head_ip": head}, "auth": {"ssh_user": "a.b-c"}}
    path.write_text(json.dumps(values))
    assert load_cluster_file(path).ssh_command()[-1] == f"a.b-c@{head}"


def test_worker_addresses_that_are_mappings(problems, tmp_path):
    found = problems(MAPPINGS)
    assert "but is {'ip': '192.0.2.11'}" in found["provider.worker_ips[0]"]
    assert "provider.worker_ips[1]" in found
    done = incay("doctor", "--cluster", str(tmp_path / "cluster.yaml"))
    assert done.code == 1
    assert "Traceback" not in done.err


@pytest.mark.parametrize("workers", ["192.0.2.11", "{a: b}", "[1, null]"])
def test_other_things_in_place_of_addresses(workers, problems):
    text = MAPPINGS.replace("[{ip: 192.0.2.11}, {ip: 192.0.2.12}]", workers)
    assert any("provider.worker_ips" in where for where in problems(text))


def test_containers_are_told(problems):
    text = MAPPINGS + 'docker: {image: "rayproject/ray:latest", container_name: ray}\n'
    assert "outside the container" in problems(text)["docker"]
    assert "docker" not in problems(MAPPINGS + "docker: {}\n")


@pytest.mark.parametrize("kind", ["gcp", "azure", "vsphere", "external"])
def test_another_provider_gets_no_advice_on_aws(kind, problems):
    found = problems(f"cluster_name: lab\nprovider: {{type: {kind}, module: a.b, region: x}}\n")
    told = "\n".join(f"{where} {what}" for where, what in found.items())
    assert found.get("provider.type", "").startswith("must be local or aws") or "schema" in told
    for word in ("EC2", "ImageId", "IamInstanceProfile", "spot"):
        assert word not in told
