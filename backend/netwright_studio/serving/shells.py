"""The shells around every app of the studio, the outermost first: the same in the studio and in its workers."""

from __future__ import annotations

from collections.abc import Callable

from starlette.middleware import Middleware

from netwright.errors import NetwrightError
from netwright_studio.access import AccessMiddleware, Doorkeeper
from netwright_studio.failures import FailureMiddleware
from netwright_studio.keyring import Keyring
from netwright_studio.language import LanguageMiddleware
from netwright_studio.security import Gatekeeper, SecurityMiddleware
from netwright_studio.serving.metrics import RequestMetrics
from netwright_studio.serving.requests import RequestMiddleware
from netwright_studio.settings import Settings
from netwright_studio.sharing import ShareMiddleware
from netwright_studio.store.tables import ApiKey, ShareLink


def shells(
    settings: Settings,
    metrics: RequestMetrics,
    session: str | None,
    find_keys: Callable[[], Keyring[ApiKey]],
    find_links: Callable[[], Keyring[ShareLink]],
) -> list[Middleware]:
    """Return them. ``session`` is the secret of browsers' sessions, where several processes share it."""
    gatekeeper = Gatekeeper(settings.allowed_hosts, settings.allowed_origins, exposed=settings.exposed)
    doorkeeper = None if settings.token is None else Doorkeeper(settings.token.get_secret_value(), session)
    if doorkeeper is None and settings.exposed:
        raise NetwrightError(
            "a studio that others can reach needs an access token",
            where="NETWRIGHT_TOKEN",
            wanted="16 characters or more",
            remedy="Set it, or start the studio with `netwright serve`, which makes one",
        )
    return [
        Middleware(RequestMiddleware, metrics=metrics, access_log=settings.access_log),
        Middleware(LanguageMiddleware),
        Middleware(SecurityMiddleware, gatekeeper=gatekeeper),
        Middleware(ShareMiddleware, find_links=find_links),
        Middleware(AccessMiddleware, doorkeeper=doorkeeper, find_keys=find_keys),
        Middleware(FailureMiddleware),
    ]
