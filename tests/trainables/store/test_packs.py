"""Packs: a thousand records in one file say what their own files said, and lose nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from many_records import WHOLE, folder, made, packs, said, single, written

from incay.trainables.store.endings import Ending
from incay.trainables.store.packs import packing
from incay.trainables.store.reading.damage import NewerRecordError, RecordError
from incay.trainables.store.reading.door import MOST_BYTES
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import Progress
from incay.trainables.store.trials import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "SIZE", 5)


def test_packed_records_say_the_same(store: Store) -> None:
    names = written(store)
    before = said(store, names)
    assert store.pack(names) == 10  # two packs; what fills none stays
    assert [single(store, name).exists() for name in names] == [False] * 10 + [True] * 2
    assert len(packs(store)) == 4
    assert said(store, names) == before
    for name, text in zip(names, before, strict=True):
        record = store.read_record(name)
        assert record is not None
        assert record.to_json() == text
        store.check_tables(record)
    assert sorted(store.fingerprints()) == sorted(names)
    assert store.pack(names) == 0


def test_only_results_are_packed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    names = written(store, 5)
    store.write_record(made(3, status=Ending.FAILED, reason="it broke"), [])
    damaged = single(store, names[4])
    damaged.write_text(damaged.read_text().replace("val.error", "val.eror"))
    more = made(9)
    store.write_record(more, [])
    path = single(store, more.fingerprint)
    values = json.loads(path.read_text())
    del values["checksum"]
    place = str(path.relative_to(store.root))
    store.write_json(
        place, {**values, "later": 1}
    )  # the same schema, and a program that knows more
    before = said(store, [*names, more.fingerprint])
    assert store.pack([*names, more.fingerprint]) == 0
    monkeypatch.setattr(packing, "SIZE", 1)
    assert store.pack([*names, more.fingerprint]) == 3
    assert [single(store, name).exists() for name in [*names, more.fingerprint]] == [
        *(False, False, False, True, True, True)
    ]
    assert said(store, [*names, more.fingerprint]) == before


def test_a_trial_that_is_trained_anew_goes_before_its_pack(store: Store) -> None:
    names = written(store, 5)
    store.pack(names)
    anew = made(1, status=Ending.COMPLETED, step=99)
    store.write_record(anew, [{"step": 99.0}])
    for each in (store, Store(store.root)):
        record = each.read_record(names[1])
        assert record is not None
        assert record.step == 99
    assert store.pack(names) == 0
    assert single(store, names[1]).exists()  # the pack says something else


def test_who_removes_a_trials_folder_removes_its_result(store: Store) -> None:
    names = written(store, 5)
    store.pack(names)
    shutil.rmtree(folder(store, names[2]))
    assert store.read_record(names[2]) is None
    assert said(store, names)[2] is None
    store.write_record(made(2), [])
    assert store.read_record(names[2]) is not None


class _KilledError(BaseException):
    """Stands for a process that ends between two steps."""


def _steps(monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    """Let the store change so often, and then no more."""
    done = [0]

    def counted(name: str) -> None:
        real = getattr(Store, name)

        def step(self: Store, *arguments: Any) -> Any:
            if done[0] == last:
                raise _KilledError
            done[0] += 1
            return real(self, *arguments)

        monkeypatch.setattr(Store, name, step)

    for name in ("write", "delete"):
        counted(name)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("last", range(14))
def test_a_kill_between_two_steps_loses_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, last: int, together: bool
) -> None:
    names = written(store)
    before = said(store, names)
    with monkeypatch.context() as broken:
        if not together:  # as on file systems that are not this machine's

            def one_by_one(self: Store, path: str, content: bytes) -> None:
                Path(self.where(path)).parent.mkdir(exist_ok=True)
                Path(self.where(path)).write_bytes(content)

            broken.setattr(Store, "write", one_by_one)
        _steps(broken, last)
        with pytest.raises(_KilledError):
            store.pack(names)
    assert said(store, names) == before
    again = Store(store.root)
    again.mend_packs()
    again.pack(names)
    assert said(store, names) == before
    assert not any(single(store, name).exists() for name in names[:10])
    assert len(packs(store)) == 4
    assert len({len(each.read_bytes()) for each in packs(store)}) <= 2


def test_two_machines_that_pack_at_once_say_the_same(store: Store) -> None:
    names = written(store)
    before = said(store, names)
    kept = {path: path.read_bytes() for path in (single(store, name) for name in names)}
    store.pack(names)
    for path, content in kept.items():
        path.write_bytes(content)
    other = Store(store.root)
    other._shelf._known = other._shelf.digests()  # it looked before there were any
    other.pack(names[::-1])
    assert len(packs(store)) == 8
    assert said(store, names) == before
    store.pack(names)
    assert said(store, names) == before


def test_a_reader_finds_what_is_packed_while_it_reads(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = written(store)
    before = said(store, names)
    reader, real = Store(store.root), Store.read

    def read(self: Store, path: str, *most: int) -> bytes | None:
        if self is reader and path.endswith("record.json"):
            store.pack(names)
        return real(self, path, *most)

    monkeypatch.setattr(Store, "read", read)
    found = reader.find_records(names)
    assert [each.to_json() for each in found if isinstance(each, TrialRecord)] == before


FLAWS = ["bit", "cut", "empty", "missing", "swapped", "foreign"]


def spoil(path: Path, flaw: str, other: Path) -> None:
    content = path.read_bytes()
    if flaw == "bit":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :])
    elif flaw == "cut":
        path.write_bytes(content[:-100])
    elif flaw == "empty":
        path.write_bytes(b"")
    elif flaw == "missing":
        path.unlink()
    elif flaw == "swapped":
        path.write_bytes(other.read_bytes())
    else:
        path.write_bytes(b"PAR1 is how it begins")


@pytest.mark.parametrize("flaw", FLAWS)
@pytest.mark.parametrize("which", [0, 1])
def test_one_damaged_copy_costs_nothing(store: Store, flaw: str, which: int) -> None:
    names = written(store, 10)
    before = said(store, names)
    store.pack(names)
    hurt, other = packs(store)[which], packs(store)[2 + which]
    content = hurt.read_bytes()
    spoil(hurt, flaw, other)
    assert said(store, names) == before
    told = Store(store.root).mend_packs()
    assert len(told) == (flaw != "missing")
    assert all(str(hurt) in each for each in told)
    assert hurt.read_bytes() == content
    assert Store(store.root).mend_packs() == []


@pytest.mark.parametrize("flaw", FLAWS)
def test_two_damaged_copies_are_named(store: Store, flaw: str) -> None:
    names = written(store, 11)
    before = said(store, names)
    store.pack(names)
    hurt = packs(store)[:2]
    lost = set(Store(store.root)._shelf.packed()) - set(names[10:])
    for path in hurt:
        spoil(path, flaw, packs(store)[2])
    lost -= set(Store(store.root)._shelf.packed())
    assert len(lost) == 5
    for name, was, found in zip(names, before, said(store, names), strict=True):
        if name not in lost:
            assert found == was
        else:
            assert found is not None
            place = single(store, name) if flaw == "missing" else hurt[0]
            assert found.startswith(f"problem: {place}")
            with pytest.raises(
                RecordError, match="but neither is" if flaw == "missing" else "must match"
            ):
                Store(store.root).read_record(name)
    assert Store(store.root).read_record("0" * 20) is None  # it has never begun
    mended = Store(store.root)
    assert len(mended.mend_packs()) == (0 if flaw == "missing" else 2)
    for name in lost:  # to be trained again
        with pytest.raises(RecordError, match="but neither is"):
            mended.read_record(name)


@pytest.mark.parametrize("many", [1_000, 1])
def test_records_that_are_nowhere_are_no_trials_to_come(
    store: Store, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr("incay.trainables.store.packs.finding._MANY", many)
    names = written(store, 10)
    store.pack(names)
    shutil.rmtree(Path(store.root) / "packs")
    for each in said(store, names):
        assert each is not None
        assert "copy the results whole" in each
    progress = Progress(
        step=1,
        seconds=0.0,
        config=WHOLE,
        data_hash="d",
        code_version="c",
        provenance={},
        history=[],
    )
    store.write_progress(names[0], progress)  # it is being trained again
    assert said(store, [names[0], "0" * 20]) == [None, None]


def test_a_trial_that_ends_while_it_is_looked_for_is_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, reader, real = made(1), Store(store.root), Store.list

    def listed(self: Store, path: str) -> Iterator[str]:
        if self is reader and path == "packs":
            store.write_record(ending, [{"step": 1.0}])
        return real(self, path)

    monkeypatch.setattr(Store, "list", listed)
    (found,) = reader.find_records([ending.fingerprint])
    assert isinstance(found, TrialRecord)


def repacked(store: Store, change: Any) -> None:
    """Replace the packs of a store by one whose checksum is right, and whose content is not."""
    values: list[dict[str, Any]] = []
    for path in packs(store):
        if ".twin" not in path.name:
            table = packing.from_parquet(path.read_bytes(), "")
            values += packing_values(table)
        path.unlink()
    change(values)
    content = packing.to_parquet(values)
    for place in packing.paths_of(packing.digest_of(content)):
        store.write(place, content)


def packing_values(table: Any) -> list[dict[str, Any]]:
    from incay.trainables.store.packs.columns import values_of

    return list(map(values_of, table.to_pylist()))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda values: values[1]["config"].update(seed=7777), "made up or altered"),
        (lambda values: values[1].update(code_version="z"), "made up or altered"),
        (lambda values: values[1].update(status="splendid"), "does not fit"),
        (lambda values: values[1].update(step=-1), "step >= 0"),
        (lambda values: values[1]["provenance"].update(seconds=-1.0), "seconds"),
        (lambda values: values[1]["provenance"].update(attempts=3), "attempts"),
        (lambda values: values[1]["config"].update(optimizer={"lr": "fast"}), "optimizer.lr"),
        (lambda values: values[1].update(schema=9), "newer"),
    ],
)
def test_a_made_up_row_is_refused_and_the_others_are_read(
    store: Store, change: Any, told: str
) -> None:
    names = written(store, 5)
    before = said(store, names)
    store.pack(names)
    repacked(store, change)
    found = said(store, names)
    assert [each for number, each in enumerate(found) if number != 1] == [
        each for number, each in enumerate(before) if number != 1
    ]
    assert found[1] is not None
    assert found[1].startswith("problem: ")
    assert told in found[1]
    assert names[1] in found[1]


def test_a_newer_programs_pack_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    names = written(store, 5)
    with monkeypatch.context() as newer:
        newer.setattr("incay.trainables.store.packs.columns.NEWEST", 2)
        store.pack(names)
    with pytest.raises(NewerRecordError):
        Store(store.root).read_record(names[0])
    with pytest.raises(NewerRecordError):
        Store(store.root).write_record(made(0), [])


def test_packs_on_another_file_system(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    from pyarrow import fs

    store = Store(tmp_path / "results")
    store._fs = fs.PyFileSystem(fs.FSSpecHandler(fsspec.filesystem("memory")))
    store.root, store.local_root = f"/{tmp_path.name}", None
    names = written(store)
    before = [each.to_json() for each in store.find_records(names) if each]
    store._fs.create_dir(f"{store.root}/packs")
    assert store.pack(names) == 10
    assert len(list(store.list("packs"))) == 4
    for many in (1_000, 1):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("incay.trainables.store.packs.finding._MANY", many)
            found = store.find_records([*names, "0" * 20])
            assert [each.to_json() for each in found if isinstance(each, TrialRecord)] == before
            assert found[-1] is None


def test_a_record_is_read_once_and_anew_when_it_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = written(store, 3)
    read: list[str] = []
    real = Store.read

    def counted(self: Store, path: str, *most: int) -> bytes | None:
        read.append(path)
        return real(self, path, *most)

    monkeypatch.setattr(Store, "read", counted)
    for _ in range(4):
        assert all(store.find_records(names))
    assert len(read) == 3
    store.write_record(made(1, step=99), [])
    record = store.read_record(names[1])
    assert record is not None
    assert record.step == 99
    path = single(store, names[2])
    content = path.read_text()
    path.write_text(content.replace('"step": 2', '"step": 3'))
    with pytest.raises(RecordError):
        store.read_record(names[2])


def test_records_that_fill_no_pack_are_not_read_for_one(tmp_path: Path) -> None:
    fingerprints = written(Store(tmp_path), packing.SIZE - 1)
    asked: list[str] = []

    class Noting(Store):
        def read(self, path: str, most: int = MOST_BYTES) -> bytes | None:
            asked.append(path)
            return super().read(path, most)

    assert Noting(tmp_path).pack(fingerprints) == 0
    assert not [path for path in asked if path.endswith("record.json")]
