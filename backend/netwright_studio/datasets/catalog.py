"""All data sets by id: built-in ones by their name, uploads by the id of their row."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from netwright import datasets
from netwright.datasets import Dataset, DatasetInfo, Recipe, files
from netwright.datasets.adjusting import adjust
from netwright.errors import DataError, NetwrightError
from netwright.graph.to_python import DataSource
from netwright_studio.datasets.reports import Reports
from netwright_studio.errors import ForbiddenError, InvalidError, UnavailableError
from netwright_studio.store import Store
from netwright_studio.store.datasets import DatasetStore
from netwright_studio.store.tables import Dataset as Row

CACHED_BYTES = 512 << 20
BUILT_IN = "built_in"
NAMES = {"csv": "CSV", "npz": "NPZ", "parquet": "Parquet", "images": "zip"}

Progress = Callable[[float], None]


@dataclass(frozen=True)
class CatalogEntry:
    """A data set's id, where it is from, and its description; ``recipe`` and ``steps`` say how it was made."""

    id: str
    origin: Literal["built_in", "upload"]
    info: DatasetInfo
    version: int = 1
    filename: str | None = None
    format: str | None = None
    recipe: dict[str, Any] | None = None
    steps: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class SourceFile:
    """A file that a data set is made of; ``blob`` is its name in the store, once it is there."""

    filename: str
    path: Path
    blob: str | None = None


@dataclass(frozen=True)
class Making:
    """What an import makes a data set of: a file (for a built-in set its name), and one for its test part."""

    name: str
    format: str
    file: SourceFile
    recipe: Recipe
    test: SourceFile | None = None
    of: str | None = None


class DatasetCatalog:
    """Lists, describes, loads, takes and deletes data sets. Loaded uploads are kept up to a memory budget."""

    def __init__(self, store: Store, *, cached_bytes: int = CACHED_BYTES) -> None:
        self.rows = DatasetStore(store.database)
        self._blobs = store.blobs
        self._cached_bytes = cached_bytes
        self._loaded: OrderedDict[str, Dataset] = OrderedDict()
        self._lock = threading.Lock()
        self.reports = Reports(self.load)

    def warm(self) -> None:
        """Read the built-in data sets in the background: the first import of what ships them takes seconds."""
        threading.Thread(target=datasets.infos, daemon=True, name="warm-datasets").start()

    def list(self) -> list[CatalogEntry]:
        """Return the uploads, newest first, then the built-in data sets."""
        built_in = [CatalogEntry(info.name, "built_in", info) for info in datasets.infos()]
        return [_entry_of(row) for row in self.rows.list()] + built_in

    def get(self, ident: str) -> CatalogEntry:
        """Return one entry or raise NotFoundError."""
        if ident in datasets.names():
            return CatalogEntry(ident, "built_in", datasets.info(ident))
        return _entry_of(self.rows.get(ident))

    def versions(self, ident: str) -> Sequence[CatalogEntry]:
        """Return all versions of a data set, the newest first."""
        if ident in datasets.names():
            return [self.get(ident)]
        return [_entry_of(row) for row in self.rows.versions(ident)]

    def info(self, ident: str) -> DatasetInfo:
        """Return the description or raise NotFoundError."""
        return self.get(ident).info

    def source(self, ident: str) -> DataSource:
        """Return where a program of one's own finds the data: an upload is a file beside it."""
        if ident in datasets.names():
            return DataSource(ident)
        row = self.rows.get(ident)
        if row.recipe is not None:
            kind: Literal["built_in", "file"] = "built_in" if row.format == BUILT_IN else "file"
            return DataSource(row.filename, kind, recipe=short(Recipe.read(row.recipe)), test=row.test_filename)
        return DataSource(row.filename, "npz" if row.format == "npz" else "csv", row.target)

    def load(self, ident: str, *, fetch: bool = True) -> Dataset:
        """Return the data; without ``fetch`` one that would have to be downloaded is an UnavailableError."""
        if ident not in datasets.names():
            return self._load_upload(ident)
        info = datasets.info(ident)
        if not info.available and not fetch:
            raise UnavailableError(f"{info.title} is not on this machine.", where="dataset", remedy=info.why)
        return datasets.get(ident)

    def add(self, stream: IO[bytes], *, filename: str, name: str, target: str | None) -> CatalogEntry:
        """Store and read an upload as it is taken to be; one that cannot be read leaves nothing behind."""
        kind = format_of(filename)
        blob = self._blobs.put_stream(stream)
        try:
            path = self._blobs.path(blob)
            recipe = None if kind in ("csv", "npz") else files.guess_recipe(path, kind, target=target)
            data = self._read(blob, kind, name, target, recipe)
        except DataError:
            self._drop(blob)
            raise
        making = Making(name, kind, SourceFile(filename, path, blob), recipe or Recipe())
        return self._keep_row(making, data, target, recorded=recipe is not None)

    def build(self, making: Making, progress: Progress | None = None) -> Dataset:
        """Carry out a recipe; nothing is kept yet."""
        kind = making.format
        if kind == BUILT_IN:
            base = datasets.get(making.file.filename)
            return adjust(base, making.recipe, name=making.name, source=base.info.source)
        test = None if making.test is None else (making.test.path, format_of(making.test.filename))
        return files.build(
            making.file.path, kind, making.recipe, name=making.name, source=f"an uploaded {NAMES[kind]} file",
            test=test, progress=progress,
        )  # fmt: skip

    def keep(self, making: Making, data: Dataset) -> CatalogEntry:
        """Keep what was built as a data set, or as the next version of one; its files are in the store by now."""
        return self._keep_row(making, data, making.recipe.target, recorded=True)

    def making(self, ident: str) -> Making:
        """Return what a data set was made of, to make another version; of a built-in one the beginning of the first."""
        if ident in datasets.names():
            return Making(datasets.info(ident).title, BUILT_IN, SourceFile(ident, Path(), ""), Recipe())
        row = self.rows.get(ident)
        return self._making_of(row)

    def _making_of(self, row: Row) -> Making:
        place = self._blobs.path(row.blob) if row.blob else Path()
        test = None
        if row.test_blob is not None:
            test = SourceFile(row.test_filename or "", self._blobs.path(row.test_blob), row.test_blob)
        recipe = Recipe() if row.recipe is None else Recipe.read(row.recipe)
        return Making(row.name, row.format, SourceFile(row.filename, place, row.blob), recipe, test, row.id)

    def packed(self, ident: str) -> tuple[dict[str, Any], dict[str, Path]]:
        """Return what is needed to take an upload in again elsewhere, and its files: ``file``, ``test_file``."""
        row = self.rows.get(ident)
        facts = {name: getattr(row, name) for name in ("id", "name", "filename", "format", "target", "recipe")}
        facts |= {"sha256": row.blob or None, "test_filename": row.test_filename, "test_sha256": row.test_blob}
        blobs = {"file": row.blob, "test_file": row.test_blob}
        return facts, {name: self._blobs.path(blob) for name, blob in blobs.items() if blob}

    def find(self, packed: dict[str, Any]) -> str | None:
        """Return the upload that was made of the same content in the same way, where there is one."""
        recipe = None if packed["recipe"] is None else Recipe.read(packed["recipe"]).model_dump(mode="json")
        wanted = (packed["sha256"] or "", packed["test_sha256"], packed["target"], recipe)
        for row in self.rows.all():
            same_base = row.format != BUILT_IN or row.filename == packed["filename"]
            if same_base and (row.blob, row.test_blob, row.target, row.recipe) == wanted:
                return row.id
        return None

    def restore(self, packed: dict[str, Any], found: dict[str, Path]) -> CatalogEntry:
        """Make a data set again of what ``packed`` told of it elsewhere; what cannot be made leaves nothing behind."""
        blobs = {name: self._blobs.put_file(path) for name, path in found.items()}
        try:
            file, test = (
                SourceFile(
                    packed[said] or "", self._blobs.path(blobs[name]) if name in blobs else Path(), blobs.get(name, "")
                )
                for said, name in (("filename", "file"), ("test_filename", "test_file"))
            )
            recipe = Recipe.read(packed["recipe"])
            making = Making(packed["name"], packed["format"], file, recipe, test if "test_file" in blobs else None)
            return self.keep(making, self.build(making))
        except NetwrightError:
            for blob in blobs.values():
                self._drop(blob)
            raise

    def delete(self, ident: str) -> None:
        """Delete an upload and its file; a built-in one cannot be deleted."""
        if ident in datasets.names():
            raise ForbiddenError("A built-in data set cannot be deleted.", where="dataset", wanted="an upload")
        unused = self.rows.delete(ident)
        with self._lock:
            self._loaded.pop(ident, None)
        self.reports.forget(ident)
        for blob in unused:
            self._blobs.delete(blob)

    def _keep_row(self, making: Making, data: Dataset, target: str | None, *, recorded: bool) -> CatalogEntry:
        row = self.rows.create(
            of=making.of,
            name=making.name,
            filename=Path(making.file.filename).name[:255],
            format=making.format,
            target=target,
            blob=making.file.blob or "",
            bytes=data.info.bytes,
            info=data.info.model_dump(mode="json"),
            recipe=making.recipe.model_dump(mode="json") if recorded else None,
            steps=[step.model_dump(mode="json", exclude_none=True) for step in data.preprocessing.steps],
            test_blob=None if making.test is None else making.test.blob,
            test_filename=None if making.test is None else Path(making.test.filename).name[:255],
        )
        self._keep(row.id, data)
        return _entry_of(row)

    def _drop(self, blob: str) -> None:
        if not self.rows.uses(blob):
            self._blobs.delete(blob)

    def _load_upload(self, ident: str) -> Dataset:
        with self._lock:
            if ident in self._loaded:
                self._loaded.move_to_end(ident)
                return self._loaded[ident]
        row = self.rows.get(ident)
        if row.recipe is None:
            data = self._read(row.blob, row.format, row.name, row.target)
        else:
            data = self.build(self._making_of(row))
        self._keep(ident, data)
        return data

    def _read(self, blob: str, kind: str, name: str, target: str | None, recipe: Recipe | None = None) -> Dataset:
        path = self._blobs.path(blob)  # named after its content, which tells nobody anything
        source = f"an uploaded {NAMES[kind]} file"
        if recipe is not None:
            return files.build(path, kind, recipe, name=name, source=source)
        if kind == "npz":
            return datasets.load_npz(path, name=name, source=source)
        return datasets.load_csv(path, target, name=name, missing="mean", source=source)

    def _keep(self, ident: str, data: Dataset) -> None:
        with self._lock:
            self._loaded[ident] = data
            self._loaded.move_to_end(ident)
            while sum(item.info.bytes for item in self._loaded.values()) > self._cached_bytes and len(self._loaded) > 1:
                self._loaded.popitem(last=False)


def format_of(filename: str) -> str:
    """Return what kind of file a name promises, or raise InvalidError."""
    suffix = Path(filename).suffix.lower()
    if suffix not in files.KINDS:
        raise InvalidError(
            "This kind of file is not a data set.",
            where="file",
            wanted=".csv, .tsv, .parquet, .npz or .zip",
            got=suffix[:20] or None,
        )
    return files.KINDS[suffix]


def short(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe without what is so by default."""
    return {"version": recipe.version, **recipe.model_dump(mode="json", exclude_defaults=True)}


def _entry_of(row: Row) -> CatalogEntry:
    info = DatasetInfo.model_validate(row.info)
    return CatalogEntry(
        row.id, "upload", info, row.version, row.filename, row.format, row.recipe, list(row.steps or ())
    )
