"""Data sets of the studio: the framework's built-in ones and people's uploads."""

from __future__ import annotations

from netwright.datasets import Dataset, DatasetInfo
from netwright_studio.datasets.catalog import CatalogEntry, DatasetCatalog
from netwright_studio.store import Store

__all__ = ["CatalogEntry", "DatasetCatalog", "describe", "load"]


def describe(store: Store, ident: str) -> DatasetInfo:
    """Return what the data set ``ident`` says of itself, or raise NotFoundError."""
    return DatasetCatalog(store).info(ident)


def load(store: Store, ident: str) -> Dataset:
    """Return the data set ``ident`` for a process that loads only one, such as a worker."""
    return DatasetCatalog(store).load(ident)
