"""Who is let in where others can reach the studio: a token in the header, or a cookie a browser gets for it once.

API keys open what their scope says, also where no token is asked for: whoever gives a program a key means it.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from netwright_studio.grants import key_allows
from netwright_studio.keyring import Keyring
from netwright_studio.login import login_answer
from netwright_studio.pages import is_below
from netwright_studio.security import Refusal, deny_websocket, refuse, split_authority
from netwright_studio.sharing import LINK
from netwright_studio.store.access import KEY_PREFIX, has_ended
from netwright_studio.store.tables import ApiKey
from netwright_studio.throttle import Throttle

OPEN_PATHS = frozenset({"/healthz", "/v2/health/live", "/v2/health/ready"})
MAX_FORM_BYTES = 4096

NO_TOKEN = Refusal(
    "token_required",
    "The studio asks for its access token.",
    "Send it as “Authorization: Bearer …”, or open the address that `netwright serve` printed.",
)
WRONG_TOKEN = Refusal(
    "token_wrong",
    "This is not the studio's access token.",
    "Copy it from what `netwright serve` printed, or from NETWRIGHT_TOKEN.",
)

WRONG_KEY = Refusal("key_wrong", "This API key opens nothing.", "Make another one on the studio's page of keys.")
ENDED_KEY = Refusal("key_ended", "This API key was revoked or its time is over.", "Make another one in the studio.")
NOT_BY_KEY = Refusal("not_by_this_key", "This API key does not allow that.", "Make one with a wider scope.")


def new_token() -> str:
    """Return a fresh token: 192 random bits that need no quoting in an address."""
    return secrets.token_hex(24)


class Doorkeeper:
    """Knows the token and the sessions given for it.

    A session is a secret of this process, not made from the token: a stolen cookie says nothing about a token that a
    person chose, and guessing one is hopeless, so that only tokens have to be throttled.
    """

    def __init__(self, token: str, session: str | None = None) -> None:
        """``session`` is the secret that several processes share; one of its own without."""
        self._token = _digest(token)
        self._session = session or secrets.token_urlsafe(32)

    def accepts(self, token: str) -> bool:
        """Tell whether a token is right, in the same time for every wrong one."""
        return hmac.compare_digest(_digest(token), self._token)

    def knows(self, scope: Scope) -> bool:
        """Tell whether a browser has been let in before."""
        session = HTTPConnection(scope).cookies.get(cookie_name(scope), "")
        return hmac.compare_digest(_digest(session), _digest(self._session))

    def admit(self, response: Response, scope: Scope) -> None:
        """Give a browser its session."""
        response.set_cookie(
            cookie_name(scope),
            self._session,
            path=scope.get("root_path") or "/",
            secure=scope.get("scheme") == "https",
            httponly=True,
            samesite="strict",
        )


class AccessMiddleware:
    """Answers 401 to whoever brings neither token, session nor key, and makes sessions of tokens.

    Without a ``doorkeeper`` all are let in, but for those who bring a key that does not open. Belongs inside
    ``SecurityMiddleware``, which has checked Host and Origin by then, and ``ShareMiddleware``, which has checked links.
    """

    def __init__(
        self,
        app: ASGIApp,
        doorkeeper: Doorkeeper | None,
        find_keys: Callable[[], Keyring[ApiKey]],
        throttle: Throttle | None = None,
    ) -> None:
        self.app = app
        self.doorkeeper = doorkeeper
        self.find_keys = find_keys
        self.throttle = throttle or Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or LINK in scope or _is_open(scope):
            await self.app(scope, receive, send)
            return
        header = bearer(Headers(scope=scope))
        if header is not None and header.startswith(KEY_PREFIX):
            refusal = await self._try_key(scope, header)
            answer = self.app if refusal is None else self._refusing(scope, refusal)
        elif self.doorkeeper is None:
            answer = self.app
        elif header is not None:
            refusal = self._try(scope, self.doorkeeper, header)
            answer = self.app if refusal is None else self._refusing(scope, refusal)
        elif self.doorkeeper.knows(scope):
            # The printed address once more: the token goes from the address bar, and need not even be right.
            repeated = scope["type"] == "http" and is_page(scope) and query_token(scope) is not None
            answer = redirect_here(scope) if repeated else self.app
        else:
            token = await self._offered(scope, receive)
            answer = self._refusing(scope, NO_TOKEN) if token is None else self._log_in(scope, self.doorkeeper, token)
        await answer(scope, receive, send)

    async def _offered(self, scope: Scope, receive: Receive) -> str | None:
        """Return the token of the address or of the login page's form."""
        if scope["type"] != "http":
            return None
        if scope["method"] == "POST" and is_page(scope):
            return await _form_token(scope, receive)
        return query_token(scope)

    def _log_in(self, scope: Scope, doorkeeper: Doorkeeper, token: str) -> ASGIApp:
        refusal = self._try(scope, doorkeeper, token)
        if refusal is not None:
            return self._refusing(scope, refusal)
        response = redirect_here(scope)
        doorkeeper.admit(response, scope)
        return response

    async def _try_key(self, scope: Scope, secret: str) -> Refusal | None:
        """Check an API key and what it is used for."""
        client = client_of(scope)
        if (waiting := self._waiting(client)) is not None:
            return waiting
        keys = self.find_keys()
        key = await keys.find(secret)
        if key is None:
            self.throttle.fail(client)
            return WRONG_KEY
        if has_ended(key):
            return ENDED_KEY
        method = "GET" if scope["type"] == "websocket" else scope["method"]
        if not key_allows(key.scope, method, scope["path"]):
            return NOT_BY_KEY
        await keys.mark(key)
        return None

    def _waiting(self, client: str) -> Refusal | None:
        wait = self.throttle.wait(client)
        if wait <= 0:
            return None
        return Refusal("too_many_attempts", "Too many wrong tokens.", f"Wait {math.ceil(wait)} seconds.")

    def _try(self, scope: Scope, doorkeeper: Doorkeeper, token: str) -> Refusal | None:
        """Check a token; a client that was wrong too often has to wait, even with the right one."""
        client = client_of(scope)
        if (waiting := self._waiting(client)) is not None:
            return waiting
        if doorkeeper.accepts(token):
            self.throttle.forget(client)
            return None
        self.throttle.fail(client)
        return WRONG_TOKEN

    def _refusing(self, scope: Scope, refusal: Refusal) -> ASGIApp:
        """Return what says no: the login page to a browser, the error body of the path's protocol to a program."""
        status = {"too_many_attempts": 429, "not_by_this_key": 403}.get(refusal.code, 401)
        wait = str(math.ceil(max(self.throttle.wait(client_of(scope)), 1)))
        extra = {401: {"www-authenticate": 'Bearer realm="netwright"'}, 429: {"retry-after": wait}}.get(status, {})
        if scope["type"] == "websocket":
            return lambda scope, receive, send: deny_websocket(scope, receive, send, status, refusal)
        if is_page(scope) and "text/html" in Headers(scope=scope).get("accept", ""):
            said = "" if refusal is NO_TOKEN else f"{refusal.message} {refusal.remedy}"
            return login_answer(said, status, extra)
        return lambda scope, receive, send: refuse(scope, receive, send, status, refusal, extra)


def bearer(headers: Headers) -> str | None:
    """Return the token of the Authorization header; None without one, or when it is of another kind (a proxy's)."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def client_of(scope: Scope) -> str:
    """Return the address a request comes from."""
    return str((scope.get("client") or ("",))[0])


def cookie_name(scope: Scope) -> str:
    """Return the name of the session's cookie. It has the port, which cookies do not tell apart by themselves."""
    _, port = split_authority(Headers(scope=scope).get("host", "")) or ("", "")
    return f"netwright_{port}" if port else "netwright"


def query_token(scope: Scope) -> str | None:
    """Return the token in the address; only reading may bring one, so that no form of another site can."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    given = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return given["token"][0] if "token" in given else None


def is_page(scope: Scope) -> bool:
    """Tell whether an address is the page's own, not the API's."""
    return not any(is_below(scope["path"], prefix) for prefix in ("/api", "/v2", "/metrics"))


def _is_open(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in OPEN_PATHS


async def _form_token(scope: Scope, receive: Receive) -> str | None:
    if not Headers(scope=scope).get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_FORM_BYTES or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body", False):
            break
    return parse_qs(body.decode("latin-1")).get("token", [None])[0]


def redirect_here(scope: Scope) -> Response:
    """Lead to the same address without the token, relative: right behind any proxy, and never another host's."""
    last = quote(scope["path"].rpartition("/")[2], safe="")
    given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode([(name, value) for name, value in given if name != "token"])
    address = f"./{last}" + (f"?{rest}" if rest else "")
    return RedirectResponse(address, 303, headers={"cache-control": "no-store"})


def _digest(text: str) -> bytes:
    # Of one length whatever comes, so that comparing tells nothing of the length either.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
