"""Iterators over record files of images, under MXNet's names.

They read ``.rec`` files as ``im2rec`` writes them. Each draws from a generator of its own, seeded by ``seed``. An epoch
always begins with the first record (or a new order): what filled up the last batch comes again, where MXNet 1.9
passes over it. With ``round_batch=False`` the zeros that fill the last batch up are counted in ``pad``.
"""

from __future__ import annotations

from typing import Any

from .data_iter import DataIter


def ImageRecordIter(**kwargs: Any) -> DataIter:
    """Batches of labelled images of a record file, augmented and normalized: (x − mean) · scale / std.

    ``path_imgrec``, ``data_shape`` (channels, height, width) and ``batch_size`` are needed; all parameters stand in
    ``netwright.image.record_params.RecordParams``.
    """
    from ..errors import ParamError
    from ..image.record_iter import RecordIter
    from ..image.record_params import RecordParams

    try:
        p = RecordParams.make(kwargs)
    except ParamError as error:
        raise error.at("ImageRecordIter") from None
    return RecordIter(p)


def ImageRecordUInt8Iter(**kwargs: Any) -> DataIter:
    """``ImageRecordIter`` whose data are uint8."""
    return ImageRecordIter(**{**kwargs, "dtype": "uint8"})


def ImageRecordInt8Iter(**kwargs: Any) -> DataIter:
    """``ImageRecordIter`` whose data are int8: values above 127 become 127."""
    return ImageRecordIter(**{**kwargs, "dtype": "int8"})


def ImageDetRecordIter(**kwargs: Any) -> DataIter:
    """Batches of images with boxes of a record file.

    A row of the label is [channels, height, width, n, the n numbers of the image's label, −1, …]; an image's label is
    [A, B, …, objects], where objects of B numbers each stand behind A numbers. All parameters stand in
    ``netwright.image.record_params.DetRecordParams``.
    """
    from ..errors import ParamError
    from ..image.record_iter import DetRecordIter
    from ..image.record_params import DetRecordParams

    try:
        p = DetRecordParams.make(kwargs)
    except ParamError as error:
        raise error.at("ImageDetRecordIter") from None
    return DetRecordIter(p)


ImageRecordIter_v1 = ImageRecordIter
ImageRecordUInt8Iter_v1 = ImageRecordUInt8Iter
