"""The page that asks a browser for the access token."""

from __future__ import annotations

import html

from starlette.responses import HTMLResponse

# Without a referrer policy of its own a form is posted with “Origin: null”, which nobody is let in with.
_LOGIN_HEADERS = {"cache-control": "no-store", "referrer-policy": "same-origin"}


def login_answer(said: str, status: int, headers: dict[str, str]) -> HTMLResponse:
    """Return the page that asks for the token, with what was wrong; it needs no script and posts to its own address."""
    alert = f'<p role="alert">{html.escape(said)}</p>' if said else ""
    return HTMLResponse(_LOGIN.replace("{said}", alert), status, headers={**_LOGIN_HEADERS, **headers})


_LOGIN = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Netwright: access token</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:15vh auto;padding:0 1rem}
input,button{font:inherit;padding:.5rem .75rem;box-sizing:border-box}input{width:100%;margin:.25rem 0 1rem}
[role=alert]{border-left:3px solid #c92a2a;padding-left:.75rem}</style></head><body>
<h1>Netwright</h1>{said}
<form method="post"><label for="token">Access token</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password">
<button>Open the studio</button></form>
<p>The command <code>netwright serve</code> printed it when it started.</p>
</body></html>
"""
