"""The program that reads a Parquet file for ``parquet_file``: rows as CSV on its output, a refusal on its error output.

It stands alone and imports nothing of ours: it is started without the package.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import sys
from typing import Any

BATCH = 2048


class RefusedError(Exception):
    """A file that is not read; the facts are those of a DataError."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = {"message": message, **{name: None if v is None else str(v)[:300] for name, v in facts.items()}}


def main() -> int:
    """Write the rows; 3 after a refusal."""
    path, asked = sys.argv[1], json.loads(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_DATA, (asked["memory"], asked["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        write_rows(path, asked, io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False))
    except BrokenPipeError:
        return 1
    except RefusedError as error:
        return tell(error)
    except MemoryError:
        return tell(
            RefusedError(
                "the Parquet file needs too much memory", wanted=f"at most {asked['memory']} bytes", got="more"
            )
        )
    except Exception as error:  # whatever the library says of a damaged file
        if type(error).__name__ == "ModuleNotFoundError":
            remedy = "pip install pyarrow"
            return tell(RefusedError("the package that reads Parquet files is not installed", remedy=remedy))
        return tell(RefusedError("the Parquet file cannot be read", wanted="a Parquet file", got=type(error).__name__))
    return 0


def tell(error: RefusedError) -> int:
    """Say what is wrong."""
    print(json.dumps(error.facts), file=sys.stderr)
    return 3


def write_rows(path: str, asked: dict[str, Any], output: Any) -> None:
    """The number of rows in the first line, the names, then the rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    options = {"thrift_string_size_limit": 1 << 24, "thrift_container_size_limit": 1 << 20, "pre_buffer": False}
    with pq.ParquetFile(path, **options) as file:
        texts = check(file, asked, pa)
    # texts stay numbers of a dictionary: one that is repeated a million times is there once
    with pq.ParquetFile(path, read_dictionary=texts, buffer_size=1 << 20, **options) as file:
        writer = csv.writer(output, lineterminator="\n")
        output.write(f"{file.metadata.num_rows}\n")
        writer.writerow([name.strip() for name in file.schema_arrow.names])
        for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
            columns = [cells_of(column, asked["characters"]) for column in batch.columns]
            writer.writerows(zip(*columns, strict=True))
        output.flush()


def check(file: Any, asked: dict[str, Any], pa: Any) -> list[str]:
    """Hold what the file says of itself to the limits; the names of its columns of text."""
    about, schema = file.metadata, file.schema_arrow
    width = len(schema)
    if not width:
        raise RefusedError("the table is empty", wanted="a header and rows", got="nothing")
    if width > asked["columns"]:
        raise RefusedError("too many columns", wanted=f"at most {asked['columns']}", got=width)
    if about.num_rows * width > asked["cells"]:
        raise RefusedError("too many cells", wanted=f"at most {asked['cells']}", got=about.num_rows * width)
    unpacked = packed = 0
    for group in range(about.num_row_groups):
        for number in range(about.num_columns):
            column = about.row_group(group).column(number)
            unpacked += max(0, column.total_uncompressed_size)
            packed += max(1, column.total_compressed_size)
    if unpacked > asked["bytes"]:
        raise RefusedError("the arrays are too large", wanted=f"at most {asked['bytes']} bytes unpacked", got=unpacked)
    if unpacked > (1 << 24) and unpacked > asked["ratio"] * packed:
        raise RefusedError(
            "packed suspiciously small",
            wanted=f"at most {asked['ratio']} times the packed size",
            got=f"{unpacked} bytes out of {packed}",
        )
    texts = []
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            texts.append(field.name)
        elif not simple(kind, pa):
            raise RefusedError(
                "a column holds more than one value in a row",
                where=field.name[:80],
                wanted="numbers, texts, dates, true and false",
                got=str(field.type)[:80],
                remedy="Leave the column out of the file, or write its parts as columns",
            )
    return texts


def simple(kind: Any, pa: Any) -> bool:
    """Whether a type is a number, a date or nothing."""
    t = pa.types
    numbers = t.is_boolean(kind) or t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind)
    return bool(numbers or t.is_date(kind) or t.is_timestamp(kind) or t.is_null(kind))


def cells_of(column: Any, most: int) -> list[str]:
    """A column's cells as CSV has them."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        names = ["" if name is None else as_text(name, most) for name in column.dictionary.to_pylist()]
        return ["" if place is None else names[place] for place in column.indices.to_pylist()]
    return ["" if value is None else as_text(value, most) for value in column.to_pylist()]


def as_text(value: Any, most: int) -> str:
    """A value as people type it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if len(text) > most:
        raise RefusedError("a cell is too long", wanted=f"at most {most} characters", got="more")
    return text


if __name__ == "__main__":
    sys.exit(main())
