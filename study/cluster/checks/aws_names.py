"""Names of regions, zones and instance types, checked without asking AWS."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from functools import cache

from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.file import ClusterFile, mapping

_REGION = re.compile(
    r"[a-z]{2,4}(-(gov|iso[a-z]?|de))?-(central|(north|south)?(east|west)|north|south)-\d"
)
_TYPE = re.compile(
    r"[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?|\d+-?\w*metal)"
)


def name_problems(file: ClusterFile) -> Iterator[Problem]:
    """Yield regions, zones and instance types that are none, or that contradict each other."""
    region = str(file.provider.get("region") or "")
    if not region:
        yield Problem("provider.region", "must be given", "e.g. us-west-2")
    elif not _REGION.fullmatch(region):
        what = f"must be the name of an AWS region, but is {region}"
        yield Problem("provider.region", what, _near(region, _regions(), "e.g. us-west-2"))
    else:
        yield from _same_region(file, region)
    for name, kind in file.node_types.items():
        machine = mapping(kind.get("node_config")).get("InstanceType")
        if isinstance(machine, str) and machine and not _is_instance_type(machine):
            where = f"available_node_types.{name}.node_config.InstanceType"
            what = f"must be an instance type of EC2, but is {machine}"
            yield Problem(where, what, _near(machine, _instance_types(), "e.g. g6.xlarge"))


def _same_region(file: ClusterFile, region: str) -> Iterator[Problem]:
    zones = str(file.provider.get("availability_zone") or "")
    elsewhere = [zone for zone in re.split(r"[,\s]+", zones) if zone and not _is_zone(zone, region)]
    if elsewhere:
        what = f"must be zones of {region}, but has {', '.join(elsewhere)}"
        yield Problem("provider.availability_zone", what, f"e.g. {region}a,{region}b")
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        value = file.environment.get(name)
        if value and value != region:
            what = f"must be the region of the provider, {region}, but is {value}"
            where = f"initialization_commands: {name}"
            yield Problem(where, what, "change one of the two")


def _is_zone(zone: str, region: str) -> bool:
    """Return whether a zone is a region's, a local zone such as us-west-2-lax-1a included."""
    return re.fullmatch(rf"{re.escape(region)}(-[a-z]+-\d+)?[a-z]", zone) is not None


def _is_instance_type(name: str) -> bool:
    """Return whether EC2 may have a type: one that boto3 lists, or of a newer family."""
    listed = _instance_types()
    if name in listed:
        return True
    families = {known.partition(".")[0] for known in listed}
    return _TYPE.fullmatch(name) is not None and name.partition(".")[0] not in families


@cache
def _instance_types() -> frozenset[str]:
    try:
        import botocore.session  # type: ignore[import-untyped]
    except ImportError:  # said once, by the check of node settings
        return frozenset()
    model = botocore.session.get_session().get_service_model("ec2")
    return frozenset(model.shape_for("InstanceType").enum)


@cache
def _regions() -> frozenset[str]:
    try:
        import botocore.session
    except ImportError:
        return frozenset()
    return frozenset(botocore.session.get_session().get_available_regions("ec2"))


def _near(name: str, known: Iterable[str], otherwise: str) -> str:
    found = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {found[0]}?" if found else otherwise
