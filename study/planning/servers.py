"""Whether a server answers at all: one that accepts and says nothing would be waited for."""

from __future__ import annotations

import base64
import os
import urllib.error
import urllib.request
from urllib.parse import unquote, urlsplit


def served_at() -> str | None:
    """Return the URL of the MLflow server that MLFLOW_TRACKING_URI names; None without one."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    return uri if uri.startswith(("http://", "https://")) else None


def ask(url: str, seconds: float) -> None:
    """Ask a server for a page, with the user and password that its URL may have.

    Python itself would take these for a part of its name, and look that up.

    Raises:
        OSError: It does not answer within so many seconds, or refuses (`urllib.error.HTTPError`).
        ValueError: The URL is none.
    """
    parts = urlsplit(url)
    login, _, address = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=address).geturl())
    if login:
        words = base64.b64encode(unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {words}")
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        answer.read(1)


def answers(url: str, seconds: float) -> bool:
    """Return whether a server answers within so many seconds, be it with a refusal."""
    try:
        ask(url, seconds)
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True
