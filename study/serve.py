"""Serves the MLflow UI, or Optuna's, on this machine only."""

from __future__ import annotations

import os
import subprocess
import sys

from study.errors import UserError
from study.mirror import tracking_uri
from trainables.store import Store


def serve_mlflow(store: Store, port: int) -> int:
    """Serve the mirror of a store until Ctrl-C; return the server's exit code."""
    uri = tracking_uri(store)
    if uri.startswith("http"):
        print(f"MLflow is at {uri}")
        return 0
    # MLflow 3 opens on language-model traces unless the address asks for model training.
    address = f"http://127.0.0.1:{port}/#/experiments?workflowType=machine_learning"
    print(f"MLflow: {address}  (Ctrl-C ends it)", flush=True)
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    if store.local_root is not None:
        command += ["--default-artifact-root", (store.local_root / "mlartifacts").as_uri()]
    # One person browsing needs no job queue, which costs a gigabyte of memory.
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    try:
        return subprocess.call(command, env=environment)
    except KeyboardInterrupt:
        return 130


def serve_optuna(store: Store, port: int) -> int:
    """Serve optuna-dashboard over the searches until Ctrl-C; return its exit code.

    Raises:
        UserError: optuna-dashboard is not installed.
    """
    try:
        import optuna_dashboard
    except ModuleNotFoundError:
        raise UserError(
            "optuna-dashboard must be installed for this, but is not: "
            "pip install 'incay[dashboard]'"
        ) from None
    from study.optuna_copy import copy_all, open_storage, storage_place

    storage = storage_place(store)
    copy_all(store)
    print(f"optuna-dashboard: http://127.0.0.1:{port}/dashboard  (Ctrl-C ends it)", flush=True)
    try:
        optuna_dashboard.run_server(open_storage(storage), "127.0.0.1", port)
    except KeyboardInterrupt:
        return 130
    return 0
