"""Files of the store that cannot be used: damaged ones, a newer program's, those kept from us."""

from __future__ import annotations

from incay.trainables.errors import UserError


class RecordError(UserError):
    """A file of the store that is damaged, or of a newer schema than this program reads."""


class ForeignRecordError(RecordError):
    """A file that may be a result all the same, so that it must never be written over."""


class NewerRecordError(ForeignRecordError):
    """A file of a newer schema: another program's."""


class UnreadableRecordError(ForeignRecordError):
    """A file that we have no right to read: another user's."""


def refuse_newer(schema: object, known: int, where: str) -> None:
    """Refuse what a newer program has written.

    Args:
        schema: The schema that a file names.
        known: The newest that this program reads.
        where: Names the file.

    Raises:
        NewerRecordError: The schema is a newer one.
    """
    if isinstance(schema, int | float) and schema > known:
        raise NewerRecordError(
            f"{where} must have schema {known} or older, but has {schema}: it was written by a "
            "newer version of incay, which is needed to go on with these results"
        )
