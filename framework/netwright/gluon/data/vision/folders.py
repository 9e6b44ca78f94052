"""Images in folders, one a class, and images in record files."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .... import image, recordio
from ....errors import DataError
from ....image.files import is_image_file
from ..dataset import Dataset, RecordFileDataset

Transform = Callable[[Any, Any], Any]


class ImageFolderDataset(Dataset):
    """Images in folders named after their classes: ``root/cat/1.png``, ``root/dog/x.jpg``, …

    An item is (image (H, W, C) as uint8, number of the class). ``flag`` 0 makes images grey, 1 coloured; ``transform``
    gets image and label. ``synsets`` lists the classes, ``items`` the pairs (file, number of its class).
    """

    def __init__(self, root: str | Path, flag: int = 1, transform: Transform | None = None) -> None:
        self._root = Path(root).expanduser()
        self._flag, self._transform = flag, transform
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        if not self._root.is_dir():
            raise DataError("there is no such folder", where=self._root.name, wanted="a folder with a folder a class")
        for folder in sorted(self._root.iterdir(), key=lambda p: p.name):
            if not folder.is_dir():
                warnings.warn(f"{folder.name} is no folder and is left out", stacklevel=2)
                continue
            self._list(folder)

    def _list(self, folder: Path) -> None:
        label = len(self.synsets)
        self.synsets.append(folder.name)
        for file in sorted(folder.iterdir(), key=lambda p: p.name):
            if is_image_file(file):
                self.items.append((str(file), label))
            else:
                text = f"{folder.name}/{file.name} is left out: images end in .jpg, .jpeg or .png"
                warnings.warn(text, stacklevel=3)

    def __getitem__(self, idx: int) -> Any:
        file, label = self.items[idx]
        picture = image.imread(file, self._flag)
        return (picture, label) if self._transform is None else self._transform(picture, label)

    def __len__(self) -> int:
        return len(self.items)


class ImageRecordDataset(RecordFileDataset):
    """The labelled images of a record file with an index, as ``im2rec`` writes them.

    An item is (image (H, W, C) as uint8, label). ``flag`` 0 makes images grey, 1 coloured; ``transform`` gets both.
    """

    def __init__(self, filename: str | Path, flag: int = 1, transform: Transform | None = None) -> None:
        super().__init__(filename)
        self._flag, self._transform = flag, transform

    def __getitem__(self, idx: int) -> Any:
        header, content = recordio.unpack(super().__getitem__(idx))
        picture = image.imdecode(content, self._flag)
        return (picture, header.label) if self._transform is None else self._transform(picture, header.label)
