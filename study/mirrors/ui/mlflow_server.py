"""MLflow's server behind a guard: ``python -m incay.study.mirrors.ui.mlflow_server ROOT PORT``.

MLflow's command starts its application by name, with no place for a guard around it. Where the
database is stands in the environment: it may have a password, and everybody may read a command.
"""

from __future__ import annotations

import logging
import os
import sys

from incay.study.mirrors.ui.guard import HOST, guarded_asgi

URI = "INCAY_UI_DATABASE"
"""The variable that says where the database is."""


def serve(uri: str, artifacts: str, port: int) -> None:
    """Serve a database until a signal ends it.

    Args:
        uri: MLflow's database.
        artifacts: Where runs keep their artifacts that say nothing else; empty for MLflow's own.
        port: Where to listen, on loopback.
    """
    import uvicorn
    from mlflow.server.constants import (
        ARTIFACT_ROOT_ENV_VAR,
        BACKEND_STORE_URI_ENV_VAR,
        REGISTRY_STORE_URI_ENV_VAR,
        SERVE_ARTIFACTS_ENV_VAR,
    )

    os.environ |= {
        BACKEND_STORE_URI_ENV_VAR: uri,
        REGISTRY_STORE_URI_ENV_VAR: uri,
        SERVE_ARTIFACTS_ENV_VAR: "true",
        # What a user allows a server of their own must not hold for this one.
        "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE": "false",
        "MLFLOW_SERVER_X_FRAME_OPTIONS": "SAMEORIGIN",
        # One person browsing needs no job queue, which costs a gigabyte of memory.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "_MLFLOW_SGI_NAME": "uvicorn",
    }
    for name in ("MLFLOW_SERVER_ALLOWED_HOSTS", "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"):
        os.environ.pop(name, None)
    if artifacts:
        os.environ[ARTIFACT_ROOT_ENV_VAR] = artifacts

    from mlflow.server.fastapi_app import app
    from mlflow.server.handlers import initialize_backend_stores

    initialize_backend_stores(uri, uri, artifacts or None)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    uvicorn.run(
        guarded_asgi(app, port),
        host=HOST,
        port=port,
        log_level="warning",
        ws="none",
        proxy_headers=False,
    )


if __name__ == "__main__":
    serve(os.environ.pop(URI), sys.argv[1], int(sys.argv[2]))
