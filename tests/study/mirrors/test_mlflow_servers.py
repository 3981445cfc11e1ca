"""What MLflow's own servers show of a study: over HTTP and in a browser."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from pathlib import Path

import pytest
from programs import incay
from servers import browser_page, free_port, incay_ui, mlflow_server


@pytest.fixture(scope="module")
def ui(finished: Path):
    """The address of ``incay ui`` over the tiny study's results."""
    with incay_ui(finished) as address:
        yield address


def test_the_ui_serves_the_runs(ui: str) -> None:
    request = urllib.request.Request(
        f"{ui}/api/2.0/mlflow/experiments/search",
        data=json.dumps({"max_results": 10}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        names = {item["name"] for item in json.load(answer)["experiments"]}
    assert "tiny" in names


@pytest.mark.long
def test_the_ui_shows_the_runs_in_a_browser(ui: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    with browser_page() as page:
        runs_page = f"{ui}/#/experiments/1/runs?workflowType=machine_learning"
        page.goto(runs_page, wait_until="domcontentloaded")
        page.get_by_text("11 matching runs").wait_for(timeout=60_000)
        rows = page.locator(".ag-center-cols-container .ag-row")
        sides = (".ag-center-cols-container", ".ag-pinned-left-cols-container")
        openers = page.locator(", ".join(f"{side} .ag-row button" for side in sides))
        assert rows.count() == 1  # the study
        openers.nth(0).click()
        expect(rows).to_have_count(3)  # and its arms
        openers.nth(2).click()
        expect(rows).to_have_count(7)
        openers.nth(1).click()
        expect(rows).to_have_count(11)  # and their trials
        page.screenshot(path=os.environ.get("INCAY_SCREENSHOT", str(tmp_path / "ui.png")))


@pytest.mark.long
def test_a_server_keeps_and_shows_table_figures_and_report(finished: Path, tmp_path: Path) -> None:
    import mlflow

    shutil.copytree(finished, tmp_path / "copy")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    (tmp_path / "server").mkdir()
    with mlflow_server(tmp_path / "server", port):
        sync = incay("sync", "tiny", cwd=tmp_path / "copy", MLFLOW_TRACKING_URI=address)
        assert sync.returncode == 0, sync.stderr
        client = mlflow.MlflowClient(address)
        (experiment,) = [each for each in client.search_experiments() if each.name == "tiny"]
        found = client.search_runs([experiment.experiment_id])
        (study,) = [run for run in found if "mlflow.parentRunId" not in run.data.tags]
        names = {item.path for item in client.list_artifacts(study.info.run_id)}
        assert {"table.md", "table.html", "table.csv", "report.html", "figures"} <= names
        place = f"{address}/#/experiments/{experiment.experiment_id}/runs/{study.info.run_id}"
        with browser_page() as page:
            page.goto(f"{place}/artifacts/report.html", wait_until="domcontentloaded")
            report = page.frame_locator("iframe")
            report.get_by_text("Does it run?").first.wait_for(timeout=60_000)
            page.screenshot(path=os.environ.get("INCAY_SCREENSHOT", str(tmp_path / "report.png")))
