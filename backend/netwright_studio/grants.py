"""What an API key or a share link lets one do: tables of methods and addresses, and nothing else."""

from __future__ import annotations

import re

from netwright_studio.pages import is_below
from netwright_studio.security import SAFE_METHODS
from netwright_studio.store.tables import ShareLink

_MANAGED = ("/api/keys", "/api/shares")
_ASKING = r"(predict|generate|continue|probe|saliency|decisions)"
_ASK_MODEL = re.compile(rf"/api/models/[^/]+(/versions/\d+)?/{_ASKING}")
_ASK_RUN = re.compile(r"/api/runs/[^/]+/(probe|saliency|decisions)")
_INFER = re.compile(r"/v2/models/[^/]+(/versions/[^/]+)?/infer|/v2/repository/index")
_RUN = re.compile(r"(/(series|events|log|inside(/[^/]+)?|evaluation(/samples)?|latent|generated))?")
_MODEL = re.compile(r"(/(evaluation(/samples)?|latent|generated))?")


def key_allows(scope: str, method: str, path: str) -> bool:
    """Tell whether a key may ask this: ``predict`` asks models, ``read`` looks at everything too, ``full`` changes it.

    Nobody makes keys or links with a key.
    """
    if any(is_below(path, managed) for managed in _MANAGED):
        return False
    if scope == "full":
        return True
    if method == "POST":
        asked = _ASK_MODEL.fullmatch(path) or _INFER.fullmatch(path)
        return bool(asked or (scope == "read" and _ASK_RUN.fullmatch(path)))
    if method not in SAFE_METHODS:
        return False
    if scope == "read":
        return True
    below = is_below(path, "/api/models") or is_below(path, "/v2")
    return below and not path.endswith("/export")


def link_allows(link: ShareLink, method: str, path: str) -> bool:
    """Tell whether whoever has a link may ask this: to see what it shows, and to have it compute; never to change."""
    if not is_below(path, "/api"):
        return method in ("GET", "HEAD") and not any(is_below(path, other) for other in ("/v2", "/docs", "/metrics"))
    if path in ("/api/share", "/api/operators"):  # the palette gives nodes their colours
        return method in ("GET", "HEAD")
    root = root_of(link)
    if root is None or not is_below(path, root):
        return False
    rest = path.removeprefix(root)
    if method in ("GET", "HEAD"):
        return (_RUN if link.kind == "run" else _MODEL).fullmatch(rest) is not None
    pattern = _ASK_RUN if link.kind == "run" else _ASK_MODEL
    return method == "POST" and pattern.fullmatch(path) is not None


def root_of(link: ShareLink) -> str | None:
    """Return the address of what a link shows; None for a project, of which only ``/api/share`` tells."""
    if link.kind == "run":
        return f"/api/runs/{link.target}"
    return f"/api/models/{link.target}/versions/{link.version}" if link.kind == "model" else None
