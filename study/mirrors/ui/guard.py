"""Who may ask a server of this machine's: its own pages, and programs that are no browser.

A browser asks for whatever page is open in it. A page from elsewhere can send requests to servers
of this machine, and one whose name is made to point here (DNS rebinding) could read the answers,
too. MLflow takes names such as ``10.evil.example`` for private addresses, and pages of any other
port of this machine for its own; optuna-dashboard asks nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

HOST = "127.0.0.1"
"""Where our servers listen."""

_SAFE = ("GET", "HEAD")
_USUAL_PORT = 80
_OWN_SITE = ("", "none", "same-origin")  # without a word: no browser of these years
_REFUSED = HTTPStatus.FORBIDDEN
_PLAIN = "text/plain; charset=utf-8"

Application = Callable[..., Any]


@dataclass(frozen=True)
class Guard:
    """Tells a server's own pages from others.

    Attributes:
        port: Where the server listens.
    """

    port: int

    def refusal(self, method: str, headers: Mapping[str, str]) -> str:
        """Return why a request is refused, empty where it is not.

        Args:
            method: Its method.
            headers: Its headers, by names in small letters.
        """
        names = (HOST, "localhost")
        hosts = {f"{name}:{self.port}" for name in names}
        if self.port == _USUAL_PORT:  # which browsers leave out
            hosts |= {*names}
        if headers.get("host", "").lower() not in hosts:
            return f"the host must be one of {', '.join(sorted(hosts))}"
        if headers.get("origin", "") not in {"", *(f"http://{host}" for host in hosts)}:
            return "requests must come from this server's own pages"
        site = headers.get("sec-fetch-site", "")
        is_link = method in _SAFE and headers.get("sec-fetch-mode") == "navigate"
        if site not in _OWN_SITE and not is_link:
            return "requests must come from this server's own pages"
        return ""


def guarded_asgi(application: Application, port: int) -> Application:
    """Return an ASGI application behind a guard."""
    guard = Guard(port)

    async def asked(
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await application(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = guard.refusal(scope.get("method", "POST"), headers)  # a socket may do anything
        if not refusal:
            await application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            kind = [(b"content-type", _PLAIN.encode())]
            await send({"type": "http.response.start", "status": _REFUSED, "headers": kind})
            await send({"type": "http.response.body", "body": refusal.encode()})

    return asked


def guarded_wsgi(application: Application, port: int) -> Application:
    """Return a WSGI application behind a guard."""
    guard = Guard(port)

    def asked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        refusal = guard.refusal(environ["REQUEST_METHOD"], headers)
        if not refusal:
            answer: Iterable[bytes] = application(environ, start_response)
            return answer
        start_response(f"{_REFUSED.value} {_REFUSED.phrase}", [("Content-Type", _PLAIN)])
        return [refusal.encode()]

    return asked
