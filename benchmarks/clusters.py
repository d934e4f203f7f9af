"""What whole articles cost on local clusters of Spark and Dask, beside one process.

    python benchmarks/clusters.py one|dask|spark N_ARTICLES [MODEL]

It prints seconds of processor time of all processes, before the first row and in all.
"""

import os
import sys
import time
from pathlib import Path

import pandas as pd
from quotes import articles

from stance.interfaces.clusters import for_spark, no_quotes, quotes_of_part, spark_schema
from stance.tracking.resolve import resolve


def processor_time(pid: int) -> float:
    """Return the processor time of a process and of all that it started, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task").glob("*/children")
    pids = [int(child) for path in children for child in path.read_text(encoding="ascii").split()]
    return own + sum(map(processor_time, pids))


def one(table: pd.DataFrame, model: str) -> pd.DataFrame:
    """Answer in this process."""
    return quotes_of_part(table, model)


def dask(table: pd.DataFrame, model: str) -> pd.DataFrame:
    """Answer on a Dask cluster of one process."""
    import dask.dataframe as dd
    from dask.distributed import Client, LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster):
            parts = dd.from_pandas(table, npartitions=1)
            found = parts.map_partitions(quotes_of_part, model, meta=no_quotes()).compute()
        print(f"processor time before the cluster ends: {processor_time(os.getpid()):.1f} s")
    return found


def spark(table: pd.DataFrame, model: str) -> pd.DataFrame:
    """Answer on a Spark of one process."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    rows = session.createDataFrame(table.to_dict("records"), "id string, text string")
    found = rows.coalesce(1).mapInPandas(for_spark(model), spark_schema()).toPandas()
    print(f"processor time before the session ends: {processor_time(os.getpid()):.1f} s")
    session.stop()
    return found


if __name__ == "__main__":
    way, n = sys.argv[1], int(sys.argv[2])
    folder = str(resolve(sys.argv[3] if len(sys.argv) > 3 else None))
    began = time.perf_counter()
    frame = {"one": one, "dask": dask, "spark": spark}[way](pd.DataFrame(articles(n)), folder)
    print(
        f"{way}: {n} articles, {len(frame)} quotes, {processor_time(os.getpid()):.1f} s of "
        f"processor time, {time.perf_counter() - began:.0f} s of the clock",
        flush=True,
    )
