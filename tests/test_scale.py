"""The logged model on Spark and Dask, with real local engines.

Both are extras; without them there is nothing to test.
"""

import json
import sys

import pandas as pd
import pytest
from conftest import ROOT

import stance

# Not the column stance itself: in a struct MLflow makes a text of what is missing.
RESULT = "score double, abstained boolean, prediction string"
TEXTS = [
    f"Delegation {k} will {'join' if k % 2 else 'boycott'} the talks." if k % 5 else ""
    for k in range(40)
]


def test_dask_predicts_partition_by_partition_in_order(model, model_folder):
    pytest.importorskip("dask.dataframe", reason="the extra dask is not installed")
    import dask.dataframe as dd

    rows = pd.DataFrame({"id": [f"q{k}" for k in range(40)], "text": TEXTS}, index=range(100, 140))
    loaded = stance.load(model_folder)
    meta = loaded.predict_frame(rows.head(0))
    parts = dd.from_pandas(rows, npartitions=4).map_partitions(loaded.predict_frame, meta=meta)
    answer = parts.compute(scheduler="processes", num_workers=2)
    expected = loaded.predict_frame(rows)
    pd.testing.assert_frame_equal(answer, expected, check_dtype=False)


@pytest.fixture
def logged(project, model_folder):
    """The model as a run logs it."""
    from stance.tracking import registry, store

    mlflow = store.open_store()
    with mlflow.start_run():
        registry.log_model(
            mlflow,
            model_folder,
            ROOT / "stance" / "interfaces" / "mlflow_model.py",
            [{"text": "x", "cue": "said", "context": "", "speaker": "", "id": "1"}],
            ["stance"],
            "test",
        )
    return mlflow, mlflow.MlflowClient().get_model_version(registry.REGISTERED, "1").source


def test_spark_predicts_every_row_once(logged, model, monkeypatch):
    pytest.importorskip("pyspark", reason="the extra spark is not installed")
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import get_json_object, struct

    mlflow, uri = logged
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    builder = (
        SparkSession.builder.master("local[2]")
        .appName("stance-test")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
    )
    spark = (
        builder.config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    try:
        predict = mlflow.pyfunc.spark_udf(spark, uri, result_type=RESULT, env_manager="local")
        rows = spark.createDataFrame(
            [(f"q{k}", text) for k, text in enumerate(TEXTS)], "id string, text string"
        ).repartition(3)
        answers = rows.withColumn("answer", predict(struct("text", "id"))).select("id", "answer.*")
        found = answers.withColumn("stance", get_json_object("prediction", "$.stance")).collect()
    finally:
        spark.stop()
    expected = {
        one.id: one
        for one in model.predict_many(
            [{"id": f"q{k}", "text": text} for k, text in enumerate(TEXTS)]
        )
    }
    assert sorted(row.id for row in found) == sorted(expected)
    for row in found:
        assert (row.stance, row.abstained) == (expected[row.id].stance, expected[row.id].abstained)
        assert row.score == pytest.approx(expected[row.id].score)
        assert json.loads(row.prediction)["id"] == row.id
