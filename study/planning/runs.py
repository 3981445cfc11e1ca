"""Which runs of a study a store holds, and which one is meant."""

from __future__ import annotations

from incay.study.errors import UserError
from incay.trainables.store.trials import Store


def latest_run(store: Store, name: str) -> str:
    """Return the latest run of a study.

    Raises:
        UserError: The store knows no run of it.
    """
    latest = store.read_json(f"studies/{name}/latest.json")
    if latest is None:
        known = ", ".join(sorted(store.list("studies"))) or "none"
        raise UserError(
            f"{store.where('studies')}: a study must have been run here first, but there is no "
            f"{name!r} (there: {known})"
        )
    run: str = latest["run"]
    return run


def known_run(store: Store, name: str, run: str, asked: list[str]) -> str:
    """Return the run, if the store has it.

    Args:
        store: The results.
        name: The study's name.
        run: The run that is meant.
        asked: The overrides that stand for it, for the message.

    Raises:
        UserError: It has not been run; the message says which variants have.
    """
    latest_run(store, name)
    if has_run(store, name, run):
        return run
    raise UserError(
        f"{store.where(f'studies/{name}')}: a variant must have been run before it is shown, but "
        f"{name!r} with {' '.join(asked) or 'its file as it stands'} has not; run so far: "
        f"{'; '.join(_variants(store, name))}"
    )


def has_run(store: Store, name: str, run: str) -> bool:
    """Return whether the store has the run."""
    return store.read_json(f"studies/{name}/{run}/study.json") is not None


def variant(store: Store, name: str, run: str) -> str:
    """Return how a run differs from its study's file, as the user said it."""
    document = store.read_json(f"studies/{name}/{run}/study.json") or {"overrides": []}
    return " ".join(document["overrides"]) or "as written"


def _variants(store: Store, name: str) -> list[str]:
    runs = sorted(run for run in store.list(f"studies/{name}") if has_run(store, name, run))
    return [f"{variant(store, name, run)} ({run})" for run in runs]
