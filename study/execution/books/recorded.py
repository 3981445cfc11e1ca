"""What a run takes from the store: records that are whole, each looked at once."""

from __future__ import annotations

from typing import Any

from incay.study.execution.monitor import Monitor
from incay.trainables.store.patience import patiently
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store


class Recorded:
    """Records, as the phases of a run ask for them.

    Args:
        store: Where they are.
        monitor: Told of those that are damaged.
    """

    def __init__(self, store: Store, monitor: Monitor) -> None:
        self._store = store
        self._monitor = monitor
        self._checked: set[str] = set()

    def finished(self, fingerprint: str) -> TrialRecord | None:
        """Return a trial's record, if its ending is a result."""
        record = self.ended(fingerprint)
        return record if record is not None and record.is_final else None

    def ended(self, fingerprint: str) -> TrialRecord | None:
        """Return a trial's record; None where there is none, or it is damaged.

        Raises:
            ForeignRecordError: A newer program wrote it.
        """

        def read() -> TrialRecord | None:
            record = self._store.read_record(fingerprint)
            if record is not None and fingerprint not in self._checked:
                self._store.check_tables(record)
                self._checked.add(fingerprint)
            return record

        try:
            return patiently(read)
        except ForeignRecordError:
            raise
        except RecordError as error:
            # A damaged record is no result: the trial is trained again and its record re-made.
            self._monitor.found_damaged(str(error))
            return None

    def history(self, record: TrialRecord) -> list[dict[str, Any]]:
        """Return the reports of a record."""
        return self._store.history(record)
