"""Public files fetched once, into a folder, and held to their checksums."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError


def fetch_file(url: str, known_hash: str | None, folder: Path, *, where: str, remedy: str) -> Path:
    """The file of a URL in ``folder``, fetched where it is not there yet; raises DataError when that fails.

    ``known_hash`` is ``algorithm:hexadecimal digits``, or None where the content is checked by the caller.
    """
    import pooch

    name = url.rsplit("/", 1)[-1]
    try:
        path = pooch.retrieve(url, known_hash=known_hash, fname=name, path=folder, progressbar=False)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong checksum is a ValueError
        raise DataError(
            f"{name} could not be fetched",
            where=where,
            wanted="its public source, with the right checksum",
            got=type(error).__name__,
            remedy=remedy,
        ) from error
    return Path(path)
