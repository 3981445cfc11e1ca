"""What of Ray's services a run on one machine starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from incay.study.execution.on_ray import agent, ready
from incay.study.execution.on_ray.replaced import replaced

_TRAINS = "incay.trainables.worker.trainable,incay.trainables.worker.session"
_WORKERS = "--num_prestart_python_workers="


def variables_of_workers(folder: Path) -> dict[str, str]:
    """Return what a Ray must find in the environment, so that its first workers prepare at once.

    Args:
        folder: Where each leaves an empty file once Ray knows of it.
    """
    return {
        "RAY_prestart_worker_first_driver": "1",
        "RAY_preload_python_modules": f"{ready.__name__},{_TRAINS}",
        ready.FOLDER: str(folder),
    }


@contextmanager
def only_what_trains(workers: int) -> Iterator[None]:
    """Leave out what a run on one machine has no use for: autoscaler, dashboard and log monitor.

    `ray.init` has no option for that. They take a quarter of a gigabyte and three seconds. Nor does
    Ray take signals, which `incay.study.execution.halt` hears also while it starts, or print what
    its services say as they die: `RayWatch` says it in a line.

    Args:
        workers: How many idle workers to begin with; by itself as many as there are CPUs.
    """
    from ray._private import node, parameter, ray_constants, services, utils, worker

    class Parameters(parameter.RayParams):  # type: ignore[misc]
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named, no_monitor=True, include_log_monitor=False)

    def nothing(*_: object, **__: object) -> None:
        pass

    def python_for(process: str, folder: str, unbuffered: bool = True) -> list[str]:
        command: list[str] = python(process, folder, unbuffered)
        is_agent = process == ray_constants.PROCESS_TYPE_DASHBOARD_AGENT
        return [*command, agent.__file__] if is_agent else command

    def started(command: list[str], *arguments: Any, **named: Any) -> Any:
        asked = [f"{_WORKERS}{workers}" if each.startswith(_WORKERS) else each for each in command]
        return start(asked, *arguments, **named)

    start = services.start_ray_process
    python = services._build_python_executable_command_memory_profileable
    instead = (
        (services, python.__name__, python_for),
        (services, start.__name__, started),
        (parameter, "RayParams", Parameters),
        (node.Node, "start_api_server", nothing),
        (utils, "set_sigterm_handler", nothing),
        (worker, "listen_error_messages", nothing),
    )
    with replaced(instead):
        yield


@contextmanager
def workers_as_they_are() -> Iterator[None]:
    """Have Tune take workers that wait already, while the block runs.

    It asks for variables of its own, for Lightning and for cloud storage, and with them for other
    processes. On this machine all processes inherit the driver's variables.
    """
    from ray.tune.execution import class_cache

    with replaced(
        ((class_cache, "DEFAULT_ENV_VARS", {}), (class_cache, "ENV_VARS_TO_PROPAGATE", set()))
    ):
        yield
