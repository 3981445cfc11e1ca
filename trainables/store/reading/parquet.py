"""Parquet out of the store, bounded before it is read.

A few kilobytes can say that they hold millions of rows, or one text of gigabytes. So the footer is
looked at first: how long it is, which columns there are, and what they come to in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import require

MOST_FOOTER = 2**20
"""Bytes of what a file says of its columns: some thousands of them."""
FREE = 2**26
"""Bytes that any table may come to in memory."""
_FACTOR = 64
"""Beyond that, so many times what its file takes: measured numbers hardly shrink."""
_MOST_TEXT = 1_000
"""Letters of a text in a table: the name of a split, a set or a layer."""
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}
_PLACE = 4
"""Bytes of a text's place in the dictionary of its column."""


@contextmanager
def opened(
    content: bytes, where: str, check: Callable[[pq.ParquetFile], None]
) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file, texts as dictionaries, and turn whatever Arrow refuses into damage.

    Args:
        content: The file's.
        where: Names it in errors.
        check: Looks at the footer before any column is read, and raises a `RecordError`.

    Yields:
        The file.

    Raises:
        RecordError: It is none, or the block finds that it cannot be read.
    """
    try:
        require(int.from_bytes(content[-8:-4], "little") <= MOST_FOOTER, "a short footer", where)
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            names = file.schema_arrow.names
            require(len(set(names)) == len(names), "distinct names of columns", where)
            check(file)
            texts = [each.name for each in file.schema_arrow if each.type == pa.string()]
        with pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts) as file:
            yield file
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise RecordError(f"{where} must be a table, but is damaged") from error


def read_columns(content: bytes, where: str, is_known: Callable[[str], bool]) -> pa.Table:
    """Return those columns of a table that are known; what they hold is valid Arrow.

    Raises:
        RecordError: It is damaged, or larger than its file's size lets expect.
    """

    def check(file: pq.ParquetFile) -> None:
        names = filter(is_known, file.schema_arrow.names)
        most = max(FREE, _FACTOR * len(content))
        require(bytes_in_memory(file, set(names)) <= most, f"at most {most:,} bytes", where)

    with opened(content, where, check) as file:
        metadata, names = file.schema_arrow.metadata, file.schema_arrow.names
        known = list(filter(is_known, names))
        some = None if known == names else known
        table = file.read(some, use_threads=False).select(known)
        table.validate(full=True)
        for place, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                texts = table.column(place)
                for chunk in texts.chunks:
                    longest = pc.max(pc.utf8_length(chunk.dictionary)).as_py() or 0
                    require(longest <= _MOST_TEXT, f"short texts in {field.name!r}", where)
                table = table.set_column(place, field.name, texts.cast(pa.string()))
        return table.replace_schema_metadata(metadata)


def bytes_in_memory(file: pq.ParquetFile, names: Collection[str]) -> int:
    """Return what columns come to in memory, by a file's footer: texts once each.

    Args:
        file: The file.
        names: Of the columns.
    """
    total = 0
    about = file.metadata
    for group in range(about.num_row_groups):
        row_group = about.row_group(group)
        for place in range(about.num_columns):
            column = row_group.column(place)
            if column.path_in_schema in names or column.path_in_schema.partition(".")[0] in names:
                width = _WIDTHS.get(column.physical_type)
                alone = 0 if width else column.total_uncompressed_size
                total += column.num_values * (width or _PLACE) + alone
    return total
