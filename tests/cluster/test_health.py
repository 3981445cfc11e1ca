"""What doctor says about machines."""

from __future__ import annotations

import pytest

from incay.study.cluster.checks.health import health_problems
from incay.study.cluster.health import Health, examine

VERSIONS = {"python": "3.11.7", "ray": "2.60.0", "torch": "2.15.0", "mlflow": "3", "pyarrow": "25"}
GIB = 2**30


def node(role: str = "worker", **values) -> Health:
    given = {
        "versions": VERSIONS, "gpus": ["L4"], "driver": "580.1", "usable_gpus": 1, "cuda": "13.2",
        "offered_gpus": 1.0 if role == "worker" else 0.0, "disk_free": 50 * GIB,
        "store": "s3://bucket/results", "store_seen": True, **values,
    }  # fmt: skip
    return Health("10.0.0.1", role, **given)


def test_a_sound_cluster_has_no_problem():
    assert health_problems([node("head", gpus=[], driver="", usable_gpus=0), node(), node()]) == []


@pytest.mark.parametrize(
    ("values", "what", "remedy"),
    [
        ({"usable_gpus": 0, "driver": "550.1"}, "can use 0", "driver 580 or newer"),
        ({"usable_gpus": 0, "driver": "590.1"}, "can use 0", "reboot"),
        ({"usable_gpus": 0, "cuda": ""}, "a CPU build", "CUDA build of torch"),
        ({"offered_gpus": 0.0}, "offers 0", "ray up"),
        ({"gpus": [], "usable_gpus": 0}, "driver lists 0", "install NVIDIA's driver"),
        ({"disk_free": GIB}, "1.0 are", "larger disk"),
        ({"store_error": "OSError: denied"}, "denied", "rights"),
        ({"store_seen": False}, "sees another", "s3://"),
        ({"mlflow": "http://127.0.0.1:5000", "mlflow_error": "refused"}, "refused", "systemctl"),
        ({"data": "/data"}, "must be a directory", "INCAY_DATA"),
        ({"versions": {**VERSIONS, "torch": "2.14.0"}}, "torch must be 2.15.0", "ray up"),
    ],
)
def test_each_problem_names_its_remedy(values, what, remedy):
    (problem,) = health_problems([node("head", gpus=[], usable_gpus=0), node(**values)])
    assert what in problem.what
    assert remedy in problem.remedy
    assert problem.where == "worker 10.0.0.1"


def test_this_machine_is_examined(tmp_path):
    settings = {
        "INCAY_DATA": str(tmp_path / "nowhere"),
        "INCAY_RESULTS": str(tmp_path / "results"),
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    }
    health = examine(environment=settings)
    assert health.versions["ray"] == "2.60.0"
    assert health.store_error == ""
    assert not list(tmp_path.glob("results/doctor/*"))
    said = " ".join(problem.what for problem in health_problems([health]))
    assert "nowhere must be a directory" in said
    assert "MLflow must answer" in said


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "results").write_text("a file")
    health = examine(environment={"INCAY_RESULTS": str(tmp_path / "results")})
    assert "Error" in health.store_error


def test_passwords_are_not_shown():
    settings = {
        "INCAY_RESULTS": "s3://KEY:SECR/ET@bucket/results",
        "MLFLOW_TRACKING_URI": "postgresql://incay:SECRET@db/mlflow",
    }
    health = examine(environment=settings)
    assert "must hold no key or password" in health.store_error
    assert "SECR" not in str(health)
    assert health.mlflow == "postgresql://incay:…@db/mlflow"
