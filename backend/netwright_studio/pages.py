"""The built page and documentation: files with fitting cache headers, index.html for every address of the page."""

from __future__ import annotations

import mimetypes
import stat
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from netwright_studio.errors import error_body
from netwright_studio.responses import StudioJSON, accepted_encodings

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
_BASE = '<base href="./" />'

NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><base href="./" /><title>Netwright</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}
:root{color-scheme:light dark}
</style></head><body>
<h1>The page has not been built yet</h1>
<p>The studio service is running, but this installation does not hold the built page.
Run <code>make run</code> in the checkout, which builds it, and load this address again.</p>
<p>The API is there all the same: <a href="api/docs">API documentation</a>.</p>
</body></html>
"""


DOCS_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Netwright documentation</title></head><body>
<h1>The documentation has not been built yet</h1>
<p>Run <code>make docs</code> in the checkout, and load this address again.</p>
</body></html>
"""


class PageApp:
    """Serves GET and HEAD for whatever no API route has taken; below /docs/ the documentation."""

    def __init__(self, folder: Path, docs: Path) -> None:
        self.folder, self.docs = folder, docs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4404, "reason": "not found"})
            return
        await self.respond(scope)(scope, receive, send)

    def respond(self, scope: Scope) -> Response:
        """Return the answer for a path: a file, the page, or an error as the path's protocol has it."""
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        if is_below(path, "/api"):
            return StudioJSON(_NOT_FOUND, 404)
        if scope["method"] not in ("GET", "HEAD"):
            body = error_body("method_not_allowed", "Method Not Allowed", wanted="GET or HEAD", got=scope["method"])
            return StudioJSON(body, 405, headers={"allow": "GET, HEAD"})
        if is_below(path, "/docs"):
            return self._documentation(path.removeprefix("/docs"))
        file = find_file(self.folder, path)
        if file is not None and path != "/index.html":
            if path.startswith("/assets/"):
                return _asset(file, Headers(scope=scope).get("accept-encoding", ""))
            return FileResponse(file, headers={"cache-control": REVALIDATE})
        if path.startswith("/assets/"):
            return StudioJSON(_NOT_FOUND, 404)
        return self._index(path)

    def _documentation(self, path: str) -> Response:
        """Return a page of the documentation; a folder's is its index.html, so its address ends with a slash."""
        if not path:
            return RedirectResponse("docs/")
        headers = {"cache-control": REVALIDATE}
        file = find_file(self.docs, f"{path}index.html" if path.endswith("/") else path)
        if file is not None:
            return FileResponse(file, headers=headers)
        missing = find_file(self.docs, "/404.html")
        if missing is not None:
            return FileResponse(missing, 404, headers=headers)
        return HTMLResponse(DOCS_NOT_BUILT, 503, headers=headers)

    def _index(self, path: str) -> Response:
        try:
            html, status = (self.folder / "index.html").read_text(encoding="utf-8"), 200
        except OSError:
            html, status = NOT_BUILT, 503
        # Addresses in the page are relative to <base>, so that it works under any prefix of a proxy.
        depth = path.count("/") - 1
        html = html.replace(_BASE, f'<base href="{"../" * depth or "./"}" />')
        return HTMLResponse(html, status, headers={"cache-control": REVALIDATE})


PACKED = {"br": ".br", "gzip": ".gz"}
"""How the build's packed files end, the smallest first."""


def _asset(file: Path, accept: str) -> Response:
    """Return a file whose name holds its digest, packed where the build has packed it and the reader takes that."""
    headers = {"cache-control": IMMUTABLE, "vary": "accept-encoding"}
    taken = accepted_encodings(accept)
    for encoding, ending in PACKED.items():
        packed = file.with_name(file.name + ending)
        if encoding in taken and packed.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            return FileResponse(packed, headers={**headers, "content-encoding": encoding}, media_type=kind)
    return FileResponse(file, headers=headers)


def find_file(folder: Path, path: str) -> Path | None:
    """Return the file behind a path below a folder; None for a folder, what is not there and what lies outside."""
    relative = path.lstrip("/")
    if not relative or "\0" in relative or len(relative) > 1000:
        return None
    root = folder.resolve()
    candidate = (root / relative).resolve()
    if not candidate.is_relative_to(root):
        return None
    try:
        return candidate if stat.S_ISREG(candidate.stat().st_mode) else None
    except OSError:
        return None


_NOT_FOUND = error_body("not_found", "There is nothing at this address.", remedy="See /api/docs for what there is.")


def is_below(path: str, prefix: str) -> bool:
    """Tell whether ``path`` is ``prefix`` or below it."""
    return path == prefix or path.startswith(prefix + "/")
