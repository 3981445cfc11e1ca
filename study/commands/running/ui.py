"""``incay ui``: results in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from incay.study.commands.shared.options import Cluster, Results
from incay.trainables.store.opening import open_store


def ui(
    results: Results = "results",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 5000,
    cluster: Cluster = None,
    optuna: Annotated[
        bool, typer.Option("--optuna", help="Serve optuna-dashboard over the searches instead.")
    ] = False,
) -> None:
    """Serve the MLflow UI over the records, on this machine only."""
    if cluster is not None:
        from incay.study.cluster.submit import serve_tunnels

        serve_tunnels(cluster, port)
        return
    from incay.study.mirrors.ui.serve import serve_mlflow, serve_optuna

    serve = serve_optuna if optuna else serve_mlflow
    raise typer.Exit(serve(open_store(results), port))
