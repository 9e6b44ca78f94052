"""Reading what was uploaded and making data sets of it, in threads that say how far they are and can be stopped."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from netwright import datasets
from netwright.datasets import Dialect, Recipe
from netwright.datasets.dialect import guess_dialect
from netwright.datasets.files import guess_recipe
from netwright.datasets.guessing import TableSurvey, survey_table
from netwright.datasets.image_zip import ImageSurvey, read_examples, survey_images
from netwright.errors import NetwrightError
from netwright_studio.datasets.catalog import BUILT_IN, DatasetCatalog, Making, SourceFile
from netwright_studio.datasets.uploads import Upload, Uploads
from netwright_studio.errors import InvalidError, describe
from netwright_studio.schemas.uploads import ArraySurvey, ImageExample, Survey
from netwright_studio.store.blobs import BlobStore

logger = logging.getLogger(__name__)
THREADS = 2


class _Stopped(Exception):
    """Somebody cancelled the upload."""


class Importer:
    """Surveys uploads and imports them."""

    def __init__(self, uploads: Uploads, catalog: DatasetCatalog, blobs: BlobStore) -> None:
        self.uploads, self._catalog, self._blobs = uploads, catalog, blobs
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="import")

    def start(self) -> None:
        """Take up what an earlier studio left; a file that was in the store but in no data set yet is removed."""
        for blob in self.uploads.restore():
            if not self._catalog.rows.uses(blob):
                self._blobs.delete(blob)

    def close(self) -> None:
        """Stop everything that is going on."""
        for upload in self.uploads.list():
            upload.cancelled.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def read(self, upload: Upload, dialect: Dialect | None = None, target: str | None = None) -> None:
        """Begin to look through the whole file; ``dialect`` instead of the guessed one."""
        upload.require("received", "ready", "failed")
        upload.state, upload.error, upload.progress = "reading", None, 0.0
        self._run(upload, lambda: self._read(upload, dialect, target))

    def edit(self, ident: str) -> Upload:
        """Make an upload of a data set, so that other choices can be made; they become its next version."""
        making = self._catalog.making(ident)
        upload = self.uploads.open(making.file.filename, making.format, making.name, ident)
        self.read(upload)
        return upload

    def make(self, upload: Upload, name: str, recipe: Recipe, test: Upload | None) -> None:
        """Begin to make a data set of it."""
        upload.require("ready")
        if recipe.split.by == "file" and test is not None:
            test.require("received", "reading", "ready", "failed")
        upload.state, upload.error, upload.progress = "importing", None, 0.0
        self._run(upload, lambda: self._make(upload, name, recipe, test), "ready")

    def _run(self, upload: Upload, work: Callable[[], None], otherwise: Any = "failed") -> None:
        def fail(error: NetwrightError) -> None:
            upload.error, upload.state = describe(error)[1]["error"], otherwise

        def run() -> None:
            try:
                work()
            except _Stopped:
                return
            except NetwrightError as error:
                fail(error)
            except MemoryError:
                fail(InvalidError("The studio's memory does not suffice for this file.", where="file"))
            except Exception:
                logger.exception("an import failed")
                fail(InvalidError("The file could not be read.", where="file", remedy="See the studio's log."))

        self._pool.submit(run)

    def _teller(self, upload: Upload, start: float = 0.0, stop: float = 1.0) -> Callable[[float], None]:
        def tell(part: float) -> None:
            if upload.cancelled.is_set():
                raise _Stopped
            upload.progress = start + part * (stop - start)

        return tell

    def _read(self, upload: Upload, dialect: Dialect | None, target: str | None) -> None:
        making = self._making(upload)
        path, recorded = making.file.path, making.recipe if upload.of is not None else None
        tell = self._teller(upload)
        if upload.format in ("csv", "parquet"):
            survey = self._survey_table(upload, path, dialect, target, recorded)
        elif upload.format == "images":
            survey = _survey_pictures(path, survey_images(path, progress=tell))
        else:
            survey = _survey_arrays(upload, path)
        if recorded is not None and dialect is None and _was_recorded(self._catalog, upload.of):
            survey = survey.model_copy(update={"recipe": recorded})
        tell(1.0)
        upload.survey, upload.state = survey, "ready"

    def _survey_table(
        self, upload: Upload, path: Path, dialect: Dialect | None, target: str | None, recorded: Recipe | None
    ) -> Survey:
        if dialect is None:
            known = recorded is not None and bool(recorded.columns)
            guess = guess_dialect(path) if upload.format == "csv" else Dialect()
            dialect = recorded.dialect if known and recorded is not None else guess
        found: TableSurvey = survey_table(path, upload.format, dialect, target=target, progress=self._teller(upload))
        return Survey(kind="table", recipe=found.recipe, table=found)

    def _making(self, upload: Upload) -> Making:
        if upload.of is not None:
            return self._catalog.making(upload.of)
        return Making(upload.name, upload.format, SourceFile(upload.filename, upload.data), Recipe())

    def _make(self, upload: Upload, name: str, recipe: Recipe, test: Upload | None) -> None:
        base = self._making(upload)
        second = base.test
        if recipe.split.by != "file":
            second = None
        elif test is not None:
            second = SourceFile(test.filename, test.data)
        making = replace(base, name=name, recipe=recipe, test=second)
        if making.format == BUILT_IN:
            making = replace(making, of=None)
        tell = self._teller(upload, 0.0, 0.95)
        data = self._catalog.build(making, tell)
        tell(1.0)
        file = self._adopt(making.file, upload)
        made = replace(making, file=file, test=None if second is None else self._adopt(second, test))
        entry = self._catalog.keep(made, data)
        if test is not None:
            self.uploads.remove(test.id)
        self.uploads.finish(upload, entry.id)  # last: who hears of the end finds nothing left

    def _adopt(self, file: SourceFile, upload: Upload | None) -> SourceFile:
        if file.blob is not None or upload is None:
            return file

        def note(blob: str) -> None:
            upload.blob = blob
            upload.save()

        return replace(file, blob=self._blobs.adopt(file.path, note))


def _was_recorded(catalog: DatasetCatalog, ident: str | None) -> bool:
    if ident is None or ident in datasets.names():
        return False
    return catalog.get(ident).recipe is not None


def _survey_pictures(path: Path, found: ImageSurvey) -> Survey:
    pictures = read_examples(path, [place for _, place in found.examples])
    examples = [
        ImageExample(label=label, png="data:image/png;base64," + base64.b64encode(picture).decode())
        for (label, _), picture in zip(found.examples, pictures, strict=True)
        if picture is not None
    ]
    return Survey(kind="images", recipe=found.recipe, images=found, examples=examples)


def _survey_arrays(upload: Upload, path: Path) -> Survey:
    """Arrays, and built-in sets, are what they are."""
    if upload.format == BUILT_IN:
        info = datasets.info(upload.filename)
        scaling = "min_max" if info.input.kind == "image" else "standardise"
        recipe = Recipe.model_validate({"split": {"by": "given"}, "scaling": scaling})
    else:
        info = datasets.load_npz(path).info
        recipe = guess_recipe(path, "npz")
    arrays = ArraySurvey(
        samples=info.samples.train + info.samples.test,
        test_samples=info.samples.test,
        input=info.input.kind,
        shape=list(info.input.shape),
        task=info.task,
        classes=len(info.label.classes or ()),
    )
    return Survey(kind="arrays", recipe=recipe, arrays=arrays)
