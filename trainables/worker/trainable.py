"""The Ray Tune side of a trial: the only file of this package that imports Ray.

A driver hands its classes to Tune and trains nothing: what trains, and PyTorch with it, is imported
by the worker, as it begins.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import ray
from ray import tune
from ray.experimental import internal_kv

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import FILES, ImageData
from incay.trainables.data_root import set_data_root
from incay.trainables.store.endings import Unended
from incay.trainables.store.problems import StoreError
from incay.trainables.store.reading.damage import ForeignRecordError
from incay.trainables.store.trials import Store
from incay.trainables.uses import Bundle, install
from incay.trainables.worker.memory import keep_memory
from incay.trainables.worker.task import TrialTask
from incay.trainables.worker.watchdog import Watchdog

if TYPE_CHECKING:
    from incay.trainables.worker.session import TrialSession

_BEATS = "incay-beats"
"""Ray's own table of keys and values carries them: it goes with Ray, and needs no other port."""
_NO_GPU = (
    "resources.gpu: PyTorch must be able to use the GPU that a trial asks for, but on {host}, "
    "where Ray placed one, it can use none: install NVIDIA's driver and a CUDA build of torch there"
)


class _Session(Protocol):
    def leave(self) -> None:
        """Leave what is unfinished so that it can go on elsewhere."""


class IncayTrainable(tune.Trainable):
    """Trains one trial after another in the same process.

    Start-up (process, PyTorch, data) is paid once per worker, not per trial: Tune reuses the
    actor through `reset_config`. Checkpoints are the session's own, found by fingerprint, so
    that a trial goes on from them in any later run of any study.
    """

    @staticmethod
    def session() -> type[TrialSession]:
        """Return what trains a trial."""
        from incay.trainables.worker.session import TrialSession

        return TrialSession

    def setup(
        self,
        config: dict[str, Any],
        store: Store | None = None,
        data: Mapping[str, ray.ObjectRef] | None = None,
        threads: int = 1,
        stall_seconds: float = 1800.0,
        on_gpu: bool = False,
        code: Bundle | None = None,
        data_root: Path | None = None,
    ) -> None:
        """Take in what all trials of the run share, and begin the first."""
        assert store is not None
        assert data is not None
        install(code or Bundle())  # before data or settings of its kinds are unpacked
        import torch

        from incay.trainables.worker.prepared_once import PreparedOnce

        keep_memory()
        torch.set_num_threads(max(1, threads))
        set_data_root(data_root)
        self._watchdog = Watchdog(stall_seconds, _tell_beats)
        self._store = store
        self._refs = data
        self._loaded: dict[str, ImageData] = {}
        self._prepare_data = PreparedOnce()
        # By what the study asks for, never by what is there.
        self._device = torch.device("cuda" if on_gpu else "cpu")
        self._session: _Session | None = None
        self._node = ray.get_runtime_context().get_node_id()
        self._folder = self.logdir
        self._begin(config)

    def step(self) -> dict[str, Any]:
        """Train to the next report."""
        # Told as a result: as an error, Tune would start the trial again and again.
        if self._device.type == "cuda" and not _has_gpu():
            return _ends_run("refusal", _NO_GPU.format(host=platform.node()))
        try:
            with self._watchdog.watching():
                return {**self._advance(), "node_id": self._node}
        except StoreError as error:
            return _ends_run("store_error", str(error))
        except ForeignRecordError as error:
            return _ends_run("refusal", str(error))

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Leave what is in hand and begin another."""
        self.cleanup()
        before, self._folder = self._folder, self.logdir  # Tune makes one for each trial
        if before != self._folder:
            with suppress(OSError):  # it is not empty: a component's code has written there
                Path(before).rmdir()
        self._begin(new_config)
        return True

    def cleanup(self) -> None:
        """Leave what is in hand so that it can go on elsewhere."""
        if self._session is not None:
            self._session.leave()
            self._session = None

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Tune keeps no checkpoints here; see the class."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Tune keeps no checkpoints here; see the class."""

    def _begin(self, config: dict[str, Any]) -> None:
        task = _task(config)
        self._session = self.session()(
            task,
            self._data(task),
            self._store,
            self._device,
            self._watchdog.beat,
            self._prepare_data,
        )

    def _advance(self) -> dict[str, Any]:
        session: Any = self._session
        metrics = session.advance()
        record = session.record
        return {
            **metrics,
            "trial_step": session.step,
            "status": record.status if record else Unended.RUNNING,
            "done": record is not None,
        }

    def _data(self, task: TrialTask) -> ImageData:
        dataset, _, _ = task.data_hash.partition(FILES)
        if dataset not in self._loaded:
            self._loaded[dataset] = ray.get(self._refs[dataset])
        return self._loaded[dataset]


class StackTrainable(IncayTrainable):
    """Trains one stack of trials after another in the same process."""

    def _begin(self, config: dict[str, Any]) -> None:
        from incay.trainables.worker.stack_session import StackSession

        tasks = [_task(member) for member in config["members"]]
        self._session = StackSession(
            tasks,
            self._data(tasks[0]),
            self._store,
            self._device,
            self._watchdog.beat,
            self._prepare_data,
            alone_because=config["alone_because"],
            withdrawable=config["withdrawable"],
        )

    def _advance(self) -> dict[str, Any]:
        session: Any = self._session
        return {"members": session.advance(), "done": session.done}


def beats_of(actor_id: str) -> bytes | None:
    """Return what a worker has told last of its signs of life, None before the first."""
    told: bytes | None = internal_kv._internal_kv_get(actor_id, namespace=_BEATS)
    return told


def _tell_beats(beats: int) -> None:
    actor_id = ray.get_runtime_context().get_actor_id()
    internal_kv._internal_kv_put(actor_id, str(beats), namespace=_BEATS)


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _ends_run(kind: str, message: str) -> dict[str, Any]:
    """Return the report of a worker that can go on with no trial."""
    return {kind: message, "status": "unrecorded", "done": False}


def _task(config: Mapping[str, Any]) -> TrialTask:
    return TrialTask(
        config["fingerprint"],
        TrialConfig.from_dict(config["trial"]),
        config["data_hash"],
        config["keep_model"],
    )
