"""Whole articles on real local clusters of Spark and Dask; without them there is nothing to do."""

import shutil
import sys

import pandas as pd
import pytest
from conftest import ROOT

import stance
from stance.interfaces.clusters import for_spark, no_quotes, quotes_of_part, spark_schema
from stance.prediction.quote_table import columns_of

MODEL = str(ROOT / "tests" / "golden" / "model")
ARTICLES = pd.DataFrame(
    {
        "id": [f"a{k}" for k in range(6)],
        "text": [
            *(
                f"Round {k} began late. “We are ready to sit down with side {k},” said Carla "
                "Whitcombe, the minister."
                for k in range(5)
            ),
            "Der Minister sagte am Montag, die Gespräche würden bald beginnen, so hoffe er",
        ],
        "outlet": ["Courier", None] * 3,
        "desk": "world",
    }
)


@pytest.fixture(scope="module")
def expected():
    rows = list(stance.quotes(ARTICLES, MODEL, columns=["desk"], copies=False))
    return [(row["id"], row["text"], row["stance"], row["score"]) for row in rows]


def facts(frame):
    read = frame[frame["text"].notna()].sort_values("id")
    return list(read[["id", "text", "stance", "score"]].itertuples(index=False, name=None))


def test_a_part_has_the_rows_of_the_verb_and_tells_what_was_not_read(expected):
    frame = quotes_of_part(ARTICLES, MODEL, ["desk"])
    assert list(frame.columns) == list(columns_of(["desk"]))
    assert facts(frame) == expected
    (told,) = frame[frame["text"].isna()].to_dict("records")
    assert (told["article"], told["reason"]) == ("a5", "not English (looks like de)")
    assert no_quotes(["desk"]).dtypes.equals(frame.dtypes)


def test_a_part_has_no_row_for_a_repeated_id_and_holds_any_value():
    articles = ARTICLES[:2].assign(id="a", desk=[["world", "talks"], {"half": "\ud83d"}])
    frame = quotes_of_part(articles, MODEL, ["desk"])
    assert frame["text"].notna().all()
    assert frame.drop_duplicates("article")[["article", "desk"]].to_numpy().tolist() == [
        ["a", '["world", "talks"]'],
        ["a~2", '{"half": "\\ud83d"}'],
    ]


def test_dask_reads_articles_partition_by_partition(expected):
    pytest.importorskip("dask.dataframe", reason="the extra dask is not installed")
    import dask.dataframe as dd
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        found = dd.from_pandas(ARTICLES, npartitions=3).map_partitions(
            quotes_of_part, MODEL, ["desk"], meta=no_quotes(["desk"])
        )
        assert facts(found.compute()) == expected


@pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java, which is not installed")
def test_spark_reads_articles_batch_by_batch(expected, monkeypatch):
    pytest.importorskip("pyspark", reason="the extra spark is not installed")
    from pyspark.sql import SparkSession

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    try:
        articles = spark.createDataFrame(
            ARTICLES.astype(object).where(ARTICLES.notna(), None).to_dict("records"),
            "id string, text string, outlet string, desk string",
        ).repartition(3)
        found = articles.mapInPandas(for_spark(MODEL, ["desk"]), spark_schema(["desk"])).toPandas()
    finally:
        spark.stop()
    assert facts(found) == expected
