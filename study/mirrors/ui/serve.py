"""Serves the MLflow UI, or Optuna's, on this machine only."""

from __future__ import annotations

import contextlib
import socket
import sys
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

from incay.study.errors import HaltedError, UserError
from incay.study.mirrors.mlflow_database import (
    artifact_root,
    open_client,
    own_database,
    prepare_database,
    tracking_uri,
)
from incay.study.mirrors.remedies import told
from incay.study.mirrors.ui.guard import HOST, guarded_wsgi
from incay.study.mirrors.ui.mlflow_server import URI
from incay.study.mirrors.ui.server_process import ServerProcess, noted_signals
from incay.study.planning.checks.results_folder import require_results
from incay.study.spec.hints import command
from incay.trainables.outgoing import shown
from incay.trainables.store.runs.known import study_names
from incay.trainables.store.trials import Store
from incay.trainables.variables import variables

_SECONDS_BETWEEN_LOOKS = 0.3


def serve_mlflow(store: Store, port: int) -> int:
    """Serve the mirror of a store until somebody ends it; return the exit code.

    Raises:
        UserError: There is nothing to serve, or the port is taken.
        HaltedError: The server ended by itself; the message holds what it said.
    """
    uri = tracking_uri(store)
    if uri.startswith("http"):
        print(f"MLflow is at {shown(uri)}")
        return 0
    _require_mirror(store)
    require_free(port)
    own = own_database(store)
    if own is not None:
        with told(uri, own):
            prepare_database(own)
            open_client(store).search_experiments(max_results=1)  # of another version: refused
    command = [sys.executable, "-m", "incay.study.mirrors.ui.mlflow_server"]
    command += [artifact_root(store) or "", str(port)]
    print("starting MLflow …", flush=True)
    told_where = False
    with noted_signals() as asked, ServerProcess(command, {**variables(), URI: uri}) as server:
        while not asked and not server.ended(within=_SECONDS_BETWEEN_LOOKS):
            if not told_where and _answers(port):
                # MLflow 3 opens on language-model traces unless asked for model training.
                page = f"http://{HOST}:{port}/#/experiments?workflowType=machine_learning"
                print(f"MLflow: {page}  (Ctrl-C ends it)", flush=True)
                told_where = True
    if asked:
        return 128 + asked[0]
    raise HaltedError(
        f"MLflow must go on serving, but ended with exit code {server.exit_code}:\n{server.said}"
    )


def serve_optuna(store: Store, port: int) -> int:
    """Serve optuna-dashboard over the searches until Ctrl-C; return its exit code.

    Raises:
        UserError: optuna-dashboard is not installed, there is nothing to serve, or the port is
            taken.
    """
    try:
        import optuna_dashboard
    except ModuleNotFoundError:
        raise UserError(
            "optuna-dashboard must be installed for this, but is not: "
            "pip install 'incay[dashboard]'"
        ) from None
    from incay.study.mirrors.optuna_copy import copy_all, open_storage, storage_address

    storage = storage_address(store)
    require_results(store)
    require_free(port)
    copy_all(store)
    application = guarded_wsgi(optuna_dashboard.wsgi(open_storage(storage)), port)
    with make_server(HOST, port, application, handler_class=_Quiet) as server:
        print(f"optuna-dashboard: http://{HOST}:{port}/dashboard  (Ctrl-C ends it)", flush=True)
        server.timeout = _SECONDS_BETWEEN_LOOKS
        # A KeyboardInterrupt within a request would be taken for the request's own error.
        with noted_signals() as asked:
            while not asked:
                server.handle_request()
    return 128 + asked[0]


class _Quiet(WSGIRequestHandler):
    timeout = 3.0
    """Seconds that a connection may say nothing: browsers open some in advance."""

    def handle(self) -> None:
        """Answer a request, if one comes."""
        with contextlib.suppress(TimeoutError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def require_free(port: int) -> None:
    """Refuse a port of this machine that another program listens on.

    Raises:
        UserError: It is taken, or may not be opened.
    """
    with socket.socket() as opened:
        # As the server does: what a server that has just ended leaves behind is no hindrance.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((HOST, port))
        except PermissionError as error:
            raise UserError(
                f"port {port} must be one that you may open, but is not: --port N chooses another"
            ) from error
        except OSError as error:
            raise UserError(
                f"port {port} must be free, but is taken: --port N chooses another"
            ) from error


def _require_mirror(store: Store) -> None:
    """Refuse to serve, and so to create, an empty database beside the store."""
    own = own_database(store)
    if own is None:
        return
    require_results(store)
    if not own.is_file():
        commands = [command("sync", each, results=store.uri) for each in study_names(store)]
        raise UserError(
            f"MLflow must have been filled from {store.uri}, but there is no {own.name}: "
            f"{', '.join(f'`{each}`' for each in sorted(commands))} fills it"
        )


def _answers(port: int) -> bool:
    # A proxy of the environment is not for this machine itself.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{HOST}:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
