"""Checks of a cluster file that need no cluster: Ray's own, and what Ray accepts silently."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from incay.study.cluster.checks.aws import aws_problems
from incay.study.cluster.checks.hands import hands_problems
from incay.study.cluster.checks.local import local_problems
from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.checks.results import results_problems
from incay.study.cluster.checks.schema import default_problems, type_problems
from incay.study.cluster.file import ClusterFile

TO_CHANGE = "CHANGE-ME"
"""What stands in a cluster file where a user must put a value."""

_SECRET = re.compile(
    r"\bA[KS]IA[0-9A-Z]{16}\b|BEGIN [A-Z ]*PRIVATE KEY|"
    r"(?:SECRET_ACCESS_KEY|PASSWORD|AUTH_TOKEN|SECRET_KEY)=['\"]?[^\s'\"$]|://[^/\s:@]+:[^/\s@]+@"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
_CODE = ("incay", "study", "trainables", "analysis")


def file_problems(file: ClusterFile) -> list[Problem]:
    """Return everything that is wrong with a cluster file, Ray's schema first."""
    where = str(file.path)
    types = type_problems(file)
    problems = [*types, *_name(file), *_to_change(file), *_secrets(file)]
    # Sections of the wrong type say nothing more: only what they should have been can be named.
    if not types:
        problems += [*default_problems(file), *_start_lines(file), *_file_mounts(file)]
        problems += [*_versions(file), *_key(file), *_workers(file), *results_problems(file)]
        problems += [*_docker(file), *_provider(file), *hands_problems(file)]
    return [Problem(f"{where}: {item.where}", item.what, item.remedy) for item in problems]


def _provider(file: ClusterFile) -> Iterator[Problem]:
    """Yield what is wrong with the provider's side, or that it was not looked at."""
    known = {"local": local_problems, "aws": aws_problems}
    kind = file.provider.get("type")
    if kind in known:
        yield from known[kind](file)
    elif kind is not None:
        what = f"must be {' or '.join(known)} to be checked here, but is {kind!r}"
        remedy = "only Ray's schema and what holds everywhere was checked: see Ray's own pages"
        yield Problem("provider.type", what, remedy)


def _docker(file: ClusterFile) -> Iterator[Problem]:
    """Yield that nodes in containers do not see what initialization_commands write."""
    docker = file.values.get("docker")
    if isinstance(docker, dict) and any(
        docker.get(key) for key in ("image", "head_image", "worker_image")
    ):
        what = "must be left out: initialization_commands write ~/incay.env outside the container"
        yield Problem(
            "docker", what, "install on the machines themselves, as the shipped file does"
        )


def _name(file: ClusterFile) -> Iterator[Problem]:
    name = file.values.get("cluster_name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        what = f"must be letters, digits and hyphens, but got {name!r}"
        remedy = "name the cluster: Ray's default is shared, and other characters break its paths"
        yield Problem("cluster_name", what, remedy)


def _to_change(file: ClusterFile) -> Iterator[Problem]:
    left = {path: text for path, text in file.texts() if TO_CHANGE in text}
    # What the file's other sections repeat needs saying once, where it is to be changed.
    at_top = {path: text for path, text in left.items() if path.startswith("metadata.")}
    for path, text in (at_top or left).items():
        shown = ", ".join(re.findall(rf"[^\s'\"]*{TO_CHANGE}[^\s'\"]*", text))
        yield Problem(path, f"must be your own, but is {shown}", "see the comment above it")


def _secrets(file: ClusterFile) -> Iterator[Problem]:
    for path, text in file.texts():
        if _SECRET.search(text):
            remedy = "use an instance profile, or mount a credentials file with file_mounts"
            yield Problem(path, "must hold no secret, but looks as if it did", remedy)


def _start_lines(file: ClusterFile) -> Iterator[Problem]:
    token = file.environment.get("RAY_AUTH_MODE") == "token"
    for section in ("head_start_ray_commands", "worker_start_ray_commands"):
        lines = [line for line in file.commands(section) if "ray start" in line]
        if not lines:
            remedy = "start it here as the shipped file does"
            yield Problem(section, "must start Ray, but do not: Ray's defaults are open", remedy)
        for line in lines:
            if not token and "RAY_AUTH_MODE=token" not in line:
                remedy = "set RAY_AUTH_MODE=token in the environment of every node"
                what = "must use token authentication: without it whoever connects runs code"
                yield Problem(section, what, remedy)
            host = re.search(r"--dashboard-host[= ](\S+)", line)
            if "--head" in line and (host is None or host[1] not in ("127.0.0.1", "localhost")):
                what = f"--dashboard-host must be 127.0.0.1, but is {host[1] if host else 'unset'}"
                yield Problem(section, what, "`incay ui --cluster` tunnels to it")
            if "--head" in line and "--num-cpus=0" not in line:
                remedy = "add --num-cpus=0 --num-gpus=0 to the head's start line"
                yield Problem(section, "the head must place no trials, but does", remedy)


def _file_mounts(file: ClusterFile) -> Iterator[Problem]:
    mounts: dict[str, Any] = file.values.get("file_mounts") or {}
    if "~/.ray/auth_token" not in mounts:
        what = "must bring the token to every node, but does not"
        yield Problem("file_mounts", what, "add ~/.ray/auth_token: ~/.ray/auth_token")
    for target, source in mounts.items():
        local = Path(str(source)).expanduser()
        where = f"file_mounts.{target}"
        if not local.exists():
            token = "`ray get-auth-token --generate` makes it"
            remedy = token if local.name == "auth_token" else "create it or remove the line"
            yield Problem(where, f"{source} must exist, but does not", remedy)
        elif local.suffix == ".py" or any((local / name).is_dir() for name in _CODE):
            what = "must not be the project's code: nodes that are up would keep an old copy"
            yield Problem(where, what, "remove it: `incay submit` sends the code with each job")


def _versions(file: ClusterFile) -> Iterator[Problem]:
    pins = pinned_versions(file)
    mine = importlib.metadata.version("ray")
    if "ray" not in pins:
        remedy = f"install 'ray[tune,default]=={mine}' there"
        yield Problem("setup_commands", "must pin Ray's version, but do not", remedy)
    elif pins["ray"] != mine:
        what = f"must install the Ray of this machine, {mine}, but install {pins['ray']}"
        yield Problem("setup_commands", what, "change one of the two")


def _key(file: ClusterFile) -> Iterator[Problem]:
    key = (file.values.get("auth") or {}).get("ssh_private_key")
    if key is None:
        what = "must name the key that logs in, but does not"
        yield Problem("auth.ssh_private_key", what, "give a path on this machine")
    elif TO_CHANGE not in str(key) and not Path(str(key)).expanduser().is_file():
        what = f"{key} must exist, but does not"
        yield Problem("auth.ssh_private_key", what, "give a path on this machine")


def _workers(file: ClusterFile) -> Iterator[Problem]:
    for name, kind in file.node_types.items():
        least, most = kind.get("min_workers", 0), kind.get("max_workers")
        if most is not None and least > most:
            what = f"must be at most max_workers, {most}, but is {least}"
            where = f"available_node_types.{name}.min_workers"
            yield Problem(where, what, "lower it, or raise max_workers")


def pinned_versions(file: ClusterFile) -> dict[str, str]:
    """Return the versions that the setup commands install, by package."""
    text = " ".join(file.commands("setup_commands"))
    found = re.findall(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([A-Za-z0-9.+]+)", text)
    return {name.lower(): version for name, version in found}
