"""MXNet's own file formats. MXNET: bytes that MXNet 1.9.1 wrote."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import netwright as mx
from netwright import params_file

MXNET_DICT = bytes.fromhex(
    "120100000000000000000000000000000300000000000000c9fa93f900000000010000000300000000000000010000000000000000000000"
    "0000803f0000004000004040c9fa93f90000000002000000010000000000000002000000000000000100000000000000040000000100000002"
    "000000c9fa93f900000000000000000100000000000000000000000000e0400300000000000000010000000000000061010000000000000062"
    "010000000000000073"
)
MXNET_LIST = bytes.fromhex(
    "120100000000000000000000000000000200000000000000c9fa93f900000000010000000200000000000000010000000000000000000000"
    "0000803f0000803fc9fa93f9000000000200000001000000000000000200000000000000010000000000000002000000003c003c"
    "0000000000000000"
)
MXNET_RECORDS = bytes.fromhex(
    "0a23d7ce01000000780000000a23d7ce04000000787878780a23d7ce0700000078787878787878000a23d7ce0c00000061620a23d7ce6364"
    "636463640a23d7ce04000020616263640a23d7ce060000606364636463640000"
)
MAGIC = (0xCED7230A).to_bytes(4, "little")
RECORDS = [b"x", b"xxxx", b"xxxxxxx", b"ab" + MAGIC + b"cdcdcd", b"abcd" + MAGIC + b"cdcdcd"]


def test_params_files_of_mxnet_are_read_and_written_alike(tmp_path: Path) -> None:
    path = tmp_path / "net.params"
    path.write_bytes(MXNET_LIST)
    listed = mx.nd.load(str(path))
    assert isinstance(listed, list)
    assert [(a.shape, a.dtype) for a in listed] == [((2,), np.float32), ((1, 2), np.float16)]
    mx.nd.save(str(path), listed)
    assert path.read_bytes() == MXNET_LIST
    named = {"a": mx.nd.array([1, 2, 3]), "b": mx.nd.array([[1, 2]], dtype="int32")}
    mx.nd.save(str(path), named)
    begin = MXNET_DICT.index(bytes.fromhex("c9fa93f9"))
    second = MXNET_DICT.index(bytes.fromhex("c9fa93f9"), MXNET_DICT.index(bytes.fromhex("c9fa93f9"), begin + 4) + 4)
    assert path.read_bytes()[begin:].startswith(MXNET_DICT[begin:second])
    read = mx.nd.load(str(path))
    assert isinstance(read, dict)
    assert read["b"].asnumpy().tolist() == [[1, 2]]


def test_every_dtype_returns_from_a_params_file(tmp_path: Path) -> None:
    path = str(tmp_path / "x.params")
    dtypes = ("float16", "float32", "float64", "uint8", "int8", "int32", "int64", "bool")
    mx.nd.save(path, {d: mx.nd.array([[0, 1, 2]], dtype=d) for d in dtypes})
    read = mx.nd.load(path)
    assert isinstance(read, dict)
    for dtype in dtypes:
        assert np.dtype(read[dtype].dtype).name == dtype
        assert read[dtype].asnumpy().tolist() == np.array([[0, 1, 2]]).astype(dtype).tolist()


def test_nothing_saved_is_read_as_an_empty_dict(tmp_path: Path) -> None:
    mx.nd.save(str(tmp_path / "none.params"), {})
    assert mx.nd.load(str(tmp_path / "none.params")) == {}


def test_older_and_sparse_arrays_are_read(tmp_path: Path) -> None:
    def number(*values: int, kind: str = "u4") -> bytes:
        return np.array(values, "<" + kind).tobytes()

    values = np.array([5.0, 6.0], "<f4").tobytes()
    oldest = number(2, 1, 2) + number(1, 0, 0) + values
    v1 = number(0xF993FAC8, 2) + number(2, 1, kind="i8") + number(1, 0, 0) + values
    sparse = number(0xF993FAC9, 1) + number(2) + number(1, 2, kind="i8") + number(2) + number(3, 2, kind="i8")
    sparse += number(1, 0, 0) + number(6, 1) + number(1, kind="i8") + values + number(2, kind="i8")
    csr = number(0xF993FAC9, 2) + number(1) + number(2, kind="i8") + number(2) + number(2, 3, kind="i8")
    csr += number(1, 0, 0) + number(6, 1) + number(3, kind="i8") + number(6, 1) + number(2, kind="i8")
    csr += values + number(0, 1, 2, kind="i8") + number(2, 0, kind="i8")
    content = params_file.MAGIC + bytes(8) + number(4, kind="u8") + oldest + v1 + sparse + csr + number(0, kind="u8")
    path = tmp_path / "old.params"
    path.write_bytes(content)
    found = [a.asnumpy().tolist() for a in mx.nd.load(str(path))]
    assert found == [[[5, 6]], [[5], [6]], [[0, 0], [0, 0], [5, 6]], [[0, 0, 5], [6, 0, 0]]]


@pytest.mark.parametrize("length", range(17, len(MXNET_LIST), 7))
def test_a_params_file_cut_short_is_refused(length: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.params"
    path.write_bytes(MXNET_LIST[:length])
    with pytest.raises(mx.MXNetError, match=r"cut\.params: this is not a whole \.params file"):
        mx.nd.load(str(path))


def test_safetensors_stay_readable_whatever_their_name(tmp_path: Path) -> None:
    mx.nd.save(str(tmp_path / "w"), {"a": mx.nd.ones(2)})
    (tmp_path / "w").rename(tmp_path / "w.params")
    read = mx.nd.load(str(tmp_path / "w.params"))
    assert isinstance(read, dict)
    assert read["a"].asnumpy().tolist() == [1, 1]


def test_records_are_written_as_mxnet_does_and_read_back(tmp_path: Path) -> None:
    path = str(tmp_path / "t.rec")
    with mx.recordio.MXRecordIO(path, "w") as writer:
        for record in RECORDS:
            writer.write(record)
    assert Path(path).read_bytes() == MXNET_RECORDS
    reader = mx.recordio.MXRecordIO(path, "r")
    assert [reader.read() for _ in range(6)] == [*RECORDS, None]
    reader.reset()
    assert reader.read() == b"x"
    again = pickle.loads(pickle.dumps(reader))
    assert again.read() == b"x"
    with pytest.raises(mx.MXNetError, match="opened to read"):
        reader.write(b"y")


def test_records_by_key(tmp_path: Path) -> None:
    index, path = str(tmp_path / "i.idx"), str(tmp_path / "i.rec")
    writer = mx.recordio.MXIndexedRecordIO(index, path, "w")
    for i in range(3):
        writer.write_idx(i, b"r%d" % i)
    writer.close()
    assert Path(index).read_text() == "0\t0\n1\t12\n2\t24\n"  # MXNET
    reader = mx.recordio.MXIndexedRecordIO(index, path, "r")
    assert (reader.keys, reader.read_idx(2), reader.read_idx(0), reader.read()) == ([0, 1, 2], b"r2", b"r0", b"r1")
    with pytest.raises(mx.MXNetError, match="there is no record 7"):
        reader.read_idx(7)


def test_headers_with_one_and_several_labels() -> None:
    one = mx.recordio.pack(mx.recordio.IRHeader(0, 4.0, 7, 0), b"hi")
    assert one.hex() == "0000000000008040070000000000000000000000000000006869"  # MXNET
    two = mx.recordio.pack((0, [1.0, 2.0], 7, 0), b"hi")
    assert two.hex() == "0200000000000000070000000000000000000000000000000000803f000000406869"  # MXNET
    header, rest = mx.recordio.unpack(two)
    assert (header.flag, header.label.tolist(), header.id, rest) == (2, [1, 2], 7, b"hi")
    with pytest.raises(mx.MXNetError, match="labels are cut short"):
        mx.recordio.unpack(two[:28])


@pytest.mark.parametrize("shape", [(4, 5, 3), (4, 5)])
def test_images_in_records(shape: tuple[int, ...]) -> None:
    pixels = np.random.RandomState(0).randint(0, 256, shape).astype(np.uint8)
    packed = mx.recordio.pack_img(mx.recordio.IRHeader(0, 1.0, 0, 0), pixels, quality=3, img_fmt=".png")
    header, read = mx.recordio.unpack_img(packed)
    assert header.label == 1.0
    np.testing.assert_array_equal(read, pixels)
    assert mx.recordio.unpack_img(packed, iscolor=1)[1].shape == (4, 5, 3)
