"""``incay ui``: results in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from incay.study.commands.shared.numbers import whole_number
from incay.study.commands.shared.options import Cluster, Results
from incay.trainables.store.opening import open_store

Port = Annotated[
    int,
    typer.Option(
        "--port", parser=whole_number(1, 65_535), metavar="N", help="Port on this machine."
    ),
]


def ui(
    results: Results = "results",
    port: Port = 5000,
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
