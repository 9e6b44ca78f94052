"""All data sets by id: built-in ones by their name, uploads by the id of their row."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from netwright import datasets
from netwright.datasets import Dataset, DatasetInfo
from netwright.errors import DataError
from netwright.graph.to_python import DataSource
from netwright_studio.errors import ForbiddenError, InvalidError, UnavailableError
from netwright_studio.store import Store
from netwright_studio.store.datasets import DatasetStore
from netwright_studio.store.tables import Dataset as Row

CACHED_BYTES = 512 << 20
FORMATS = {".csv": "csv", ".tsv": "csv", ".npz": "npz"}


@dataclass(frozen=True)
class CatalogEntry:
    """A data set's id, where it is from, and its description."""

    id: str
    origin: Literal["built_in", "upload"]
    info: DatasetInfo


class DatasetCatalog:
    """Lists, describes, loads, takes and deletes data sets. Loaded uploads are kept up to a memory budget."""

    def __init__(self, store: Store, *, cached_bytes: int = CACHED_BYTES) -> None:
        self._rows = DatasetStore(store.database)
        self._blobs = store.blobs
        self._cached_bytes = cached_bytes
        self._loaded: OrderedDict[str, Dataset] = OrderedDict()
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Read the built-in data sets in the background: the first import of what ships them takes seconds."""
        threading.Thread(target=datasets.infos, daemon=True, name="warm-datasets").start()

    def list(self) -> list[CatalogEntry]:
        """Return the uploads, newest first, then the built-in data sets."""
        built_in = [CatalogEntry(info.name, "built_in", info) for info in datasets.infos()]
        return [_entry_of(row) for row in self._rows.list()] + built_in

    def get(self, ident: str) -> CatalogEntry:
        """Return one entry or raise NotFoundError."""
        if ident in datasets.names():
            return CatalogEntry(ident, "built_in", datasets.info(ident))
        return _entry_of(self._rows.get(ident))

    def info(self, ident: str) -> DatasetInfo:
        """Return the description or raise NotFoundError."""
        return self.get(ident).info

    def source(self, ident: str) -> DataSource:
        """Return where a program of one's own finds the data: an upload is a file beside it."""
        if ident in datasets.names():
            return DataSource(ident)
        row = self._rows.get(ident)
        kind: Literal["csv", "npz"] = "npz" if row.format == "npz" else "csv"
        return DataSource(row.filename, kind, row.target)

    def load(self, ident: str, *, fetch: bool = True) -> Dataset:
        """Return the data; without ``fetch`` one that would have to be downloaded is an UnavailableError."""
        if ident not in datasets.names():
            return self._load_upload(ident)
        info = datasets.info(ident)
        if not info.available and not fetch:
            raise UnavailableError(f"{info.title} is not on this machine.", where="dataset", remedy=info.why)
        return datasets.get(ident)

    def add(self, stream: IO[bytes], *, filename: str, name: str, target: str | None) -> CatalogEntry:
        """Store and read an upload; one that cannot be read leaves nothing behind."""
        suffix = Path(filename).suffix.lower()
        if suffix not in FORMATS:
            raise InvalidError(
                "This kind of file is not a data set.",
                where="file",
                wanted=".csv, .tsv or .npz",
                got=suffix[:20] or None,
            )
        blob = self._blobs.put_stream(stream)
        try:
            data = self._read(blob, FORMATS[suffix], name, target)
        except DataError:
            if not self._rows.uses(blob):
                self._blobs.delete(blob)
            raise
        row = self._rows.create(
            name=name,
            filename=Path(filename).name[:255],
            format=FORMATS[suffix],
            target=target,
            blob=blob,
            size=data.info.bytes,
            info=data.info.model_dump(mode="json"),
        )
        self._keep(row.id, data)
        return _entry_of(row)

    def packed(self, ident: str) -> tuple[dict[str, Any], Path]:
        """Return what is needed to take an upload in again elsewhere, and its file."""
        row = self._rows.get(ident)
        facts = {name: getattr(row, name) for name in ("id", "name", "filename", "format", "target")}
        return {**facts, "sha256": row.blob}, self._blobs.path(row.blob)

    def find(self, digest: str, target: str | None) -> str | None:
        """Return the upload that holds this content and predicts this column, where there is one."""
        return next((row.id for row in self._rows.list() if (row.blob, row.target) == (digest, target)), None)

    def delete(self, ident: str) -> None:
        """Delete an upload and its file; a built-in one cannot be deleted."""
        if ident in datasets.names():
            raise ForbiddenError("A built-in data set cannot be deleted.", where="dataset", wanted="an upload")
        blob = self._rows.delete(ident)
        with self._lock:
            self._loaded.pop(ident, None)
        if blob is not None:
            self._blobs.delete(blob)

    def _load_upload(self, ident: str) -> Dataset:
        with self._lock:
            if ident in self._loaded:
                self._loaded.move_to_end(ident)
                return self._loaded[ident]
        row = self._rows.get(ident)
        data = self._read(row.blob, row.format, row.name, row.target)
        self._keep(ident, data)
        return data

    def _read(self, blob: str, kind: str, name: str, target: str | None) -> Dataset:
        path = self._blobs.path(blob)  # named after its content, which tells nobody anything
        source = f"an uploaded {kind.upper()} file"
        if kind == "npz":
            return datasets.load_npz(path, name=name, source=source)
        return datasets.load_csv(path, target, name=name, missing="mean", source=source)

    def _keep(self, ident: str, data: Dataset) -> None:
        with self._lock:
            self._loaded[ident] = data
            self._loaded.move_to_end(ident)
            while sum(item.info.bytes for item in self._loaded.values()) > self._cached_bytes and len(self._loaded) > 1:
                self._loaded.popitem(last=False)


def _entry_of(row: Row) -> CatalogEntry:
    return CatalogEntry(row.id, "upload", DatasetInfo.model_validate(row.info))
