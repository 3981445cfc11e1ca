"""Whether a server answers at all: one that accepts and says nothing would be waited for."""

from __future__ import annotations

import os
import urllib.error
import urllib.request


def served_at() -> str | None:
    """Return the URL of the MLflow server that MLFLOW_TRACKING_URI names; None without one."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    return uri if uri.startswith(("http://", "https://")) else None


def answers(url: str, seconds: float) -> bool:
    """Return whether a server answers within so many seconds, be it with a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            answer.read(1)
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True
