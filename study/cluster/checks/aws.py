"""What Ray accepts silently in an AWS cluster file: node settings, disks, open ports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incay.study.cluster.checks.aws_names import name_problems
from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.file import ClusterFile, mapping

_LEAST_DISK_GIB = 100
"""PyTorch with CUDA takes 7, checkpoints and Ray's spilled objects the rest."""


def aws_problems(file: ClusterFile) -> list[Problem]:
    """Return what is wrong with the AWS side of a cluster file."""
    problems = [*_ports(file), *_head(file), *name_problems(file)]
    for name, kind in file.node_types.items():
        where = f"available_node_types.{name}.node_config"
        config = mapping(kind.get("node_config"))
        problems += [*_node(file, where, config), *_parameters(where, config)]
    return problems


def _ports(file: ClusterFile) -> Iterator[Problem]:
    group = mapping(file.provider.get("security_group"))
    for rule in group.get("IpPermissions") or []:
        if (rule.get("FromPort"), rule.get("ToPort")) != (22, 22):
            what = f"only SSH may be open, but {rule.get('FromPort')}-{rule.get('ToPort')} is"
            remedy = "remove the rule: `incay ui --cluster` tunnels through SSH"
            yield Problem("provider.security_group", what, remedy)


def _head(file: ClusterFile) -> Iterator[Problem]:
    name = file.values.get("head_node_type")
    kind = file.node_types.get(str(name), {})
    if mapping(kind.get("resources")).get("CPU") != 0:
        what = "the head must offer no CPU to trials, but does"
        yield Problem(f"available_node_types.{name}.resources", what, "set {CPU: 0, GPU: 0}")
    market = mapping(mapping(kind.get("node_config")).get("InstanceMarketOptions")).get(
        "MarketType"
    )
    if market == "spot":
        what = "the head must not be a spot instance: losing it ends every job"
        where = f"available_node_types.{name}.node_config.InstanceMarketOptions"
        yield Problem(where, what, "remove InstanceMarketOptions")


def _node(file: ClusterFile, where: str, config: dict[str, Any]) -> Iterator[Problem]:
    for key, why in (
        ("InstanceType", "what to rent"),
        ("ImageId", "an image with NVIDIA's driver"),
        ("IamInstanceProfile", "what may read and write the results"),
    ):
        if not config.get(key):
            yield Problem(f"{where}.{key}", "must be given, but is not", why)
    own_key = (file.values.get("auth") or {}).get("ssh_private_key")
    if own_key and not config.get("KeyName"):
        what = "must be given with a private key of one's own, or nobody can log in"
        yield Problem(f"{where}.KeyName", what, "the EC2 key pair of auth.ssh_private_key")
    mappings = config.get("BlockDeviceMappings")
    disks = [mapping(mapping(disk).get("Ebs")) for disk in mappings or [] if disk]
    sizes = [size for disk in disks if isinstance(size := disk.get("VolumeSize"), int)]
    if max(sizes, default=0) < _LEAST_DISK_GIB:
        what = f"a disk must have at least {_LEAST_DISK_GIB} GiB, but none has"
        yield Problem(f"{where}.BlockDeviceMappings", what, "raise Ebs.VolumeSize")


def _parameters(where: str, config: dict[str, Any]) -> Iterator[Problem]:
    """Check names and types as the EC2 client does before it sends anything."""
    try:
        import botocore.session  # type: ignore[import-untyped]
        from botocore.validate import ParamValidator  # type: ignore[import-untyped]
    except ImportError:
        what = "boto3 must be installed to check node settings and to reach AWS, but is not"
        yield Problem(where, what, "pip install boto3")
        return
    model = botocore.session.get_session().get_service_model("ec2")
    shape = model.operation_model("RunInstances").input_shape
    report = ParamValidator().validate({**config, "MinCount": 1, "MaxCount": 1}, shape)
    if report.has_errors():
        for line in report.generate_report().splitlines():
            yield Problem(where, f"EC2 must accept it, but: {line}", "see EC2's RunInstances")
