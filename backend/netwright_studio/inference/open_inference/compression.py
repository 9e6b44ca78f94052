"""gzip and deflate, in and out, with a limit on what unpacking may produce."""

from __future__ import annotations

import gzip
import zlib

from netwright_studio.inference.open_inference.problems import ProtocolError

_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
WORTH_PACKING = 1024


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo a Content-Encoding; 415 for an unknown one, 413 when more than ``limit`` bytes would come out."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in _WINDOW:
        raise ProtocolError("Content-Encoding must be gzip, deflate or identity", 415)
    window = _WINDOW[encoding]
    if encoding == "deflate" and not _has_zlib_header(body):
        window = -zlib.MAX_WBITS
    unpacker = zlib.decompressobj(window)
    try:
        content = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise ProtocolError(f"the body is not {encoding} data") from None
    if len(content) > limit:
        raise ProtocolError(f"the unpacked body is larger than {limit} bytes", 413)
    if not unpacker.eof or unpacker.unused_data:
        raise ProtocolError(f"the {encoding} data is cut off or followed by something else")
    return content


def _has_zlib_header(body: bytes) -> bool:
    """Deflate on the web is sometimes raw: a zlib header is a multiple of 31 that names method 8."""
    return len(body) >= 2 and body[0] & 15 == 8 and (body[0] * 256 + body[1]) % 31 == 0


def pack(body: bytes, accept: str) -> tuple[bytes, str | None]:
    """Pack with the first encoding the client accepts; (body, None) when none or not worth it."""
    if len(body) < WORTH_PACKING:
        return body, None
    for part in accept.lower().split(","):
        encoding, _, quality = part.strip().partition(";")
        if quality.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            continue
        if encoding == "gzip":
            return gzip.compress(body, compresslevel=1, mtime=0), "gzip"
        if encoding == "deflate":
            return zlib.compress(body, 1), "deflate"
    return body, None
