"""What MLflow and its database refuse for good, with what does help: waiting does not."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from incay.study.errors import HaltedError, IncayError, UserError
from incay.trainables.store.files import name_aside

_OTHER_SCHEMA = ("out-of-date database schema", "Can't locate revision", "No such revision")

_NO_DATABASE = ("file is not a database", "no such table", "malformed")

_ITS_OWN = {"mlflow", "sqlalchemy", "alembic", "sqlite3"}
"""Packages that MLflow's errors come from; only the first is a dependency of ours."""


class DamagedCopyError(UserError):
    """A copy beside the results cannot be read: it is made anew, as the results hold it all.

    Args:
        path: The copy.
        kind: What it must be.

    Attributes:
        path: The copy.
    """

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(f"{path} must be {kind}, but is not one. {anew(path)}")
        self.path = path

    def put_aside(self) -> Path:
        """Move the copy aside, under a name that is free; return that."""
        aside = name_aside(self.path.name, {each.name for each in self.path.parent.iterdir()})
        return self.path.rename(self.path.with_name(aside))


@contextmanager
def told(uri: str, own: Path | None) -> Iterator[None]:
    """Raise what MLflow says inside of the block as one message with a remedy.

    Args:
        uri: Where MLflow is.
        own: The database, where it is the one beside the results.

    Raises:
        UserError: It is refused until a person mends it.
        HaltedError: MLflow does not take the runs now.
    """
    try:
        yield
    except Exception as error:
        if not any(kind.__module__.partition(".")[0] in _ITS_OWN for kind in type(error).mro()):
            raise
        said = str(error).strip().splitlines()[0]
        place = str(own or uri)
        if any(words in str(error) for words in _OTHER_SCHEMA):
            raise other_version(place, own, said) from error
        if own is not None and any(words in str(error) for words in _NO_DATABASE):
            raise DamagedCopyError(own, "MLflow's database") from error
        raise HaltedError(
            f"MLflow at {place} must take the runs, but says: {said}. Nothing is lost: once "
            "MLflow takes them, the same command goes on from here"
        ) from error


def other_version(place: str, own: Path | None, said: str) -> IncayError:
    """Return the error for a database of another version of MLflow."""
    remedy = (
        anew(own)
        if own is not None
        else "Upgrade it, after a backup, by `mlflow db upgrade` and its URL, or use the MLflow "
        "that made it"
    )
    return UserError(
        f"{place} must be a database of this version of MLflow, but is another's ({said}). {remedy}"
    )


def anew(own: Path) -> str:
    """Return how a database that is a mere copy of the results is made anew."""
    path = shlex.quote(str(own))
    return (
        f"It is a copy of the results: `mv {path} {shlex.quote(f'{own}.old')}` puts it aside, and "
        "`incay sync` with the study's name fills a new one"
    )


def deleted_experiment(name: str, experiment: str, place: str, own: Path | None) -> UserError:
    """Return the error for an experiment that somebody has deleted in MLflow."""
    uri = shlex.quote(place)
    remedy = (
        f"`MLFLOW_TRACKING_URI={uri} mlflow experiments restore --experiment-id {experiment}` "
        "brings it back"
    )
    again = f". Or have the whole copy made anew. {anew(own)}" if own is not None else ""
    return UserError(
        f"the experiment {name!r} of MLflow must not be deleted, but is: {remedy}{again}"
    )
