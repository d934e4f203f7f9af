"""What prediction costs, as ratios within one run on one machine.

``make bench`` prints them with n and versions. It measures processor time where work is counted,
and wall time (the median, the two sides alternating) where somebody waits.
"""

import argparse
import contextlib
import csv
import itertools
import json
import os
import platform
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import stance
from stance.core.paths import home
from stance.features.row_text import view_of

ONE_THREAD = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
QUOTE = "We are ready to sit down with them on Monday."


def show(what: str, ratio: float, target: str, detail: str) -> None:
    """Print one line of the table."""
    print(f"{what:46s} {ratio:8.2f}   {target:14s} {detail}", flush=True)


def wall(command: list[str]) -> float:
    """Return the seconds that a program takes from start to end."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=ONE_THREAD)
    return time.perf_counter() - began


def medians(n: int, *commands: list[str]) -> list[float]:
    """Return the median seconds of each program, started in turn."""
    rounds = [[wall(command) for command in commands] for _ in range(n + 1)][
        1:
    ]  # the first one warms the disk
    return [statistics.median(one) for one in zip(*rounds, strict=True)]


def start_up(folder: Path, n: int) -> None:
    """Measure the first answer of a new process and the import."""
    python = sys.executable
    predict = [python, "-m", "stance", "predict", QUOTE, "--model"]
    heavy, ours = medians(n, [python, "-c", "import sklearn.linear_model"], [*predict, str(folder)])
    show(
        "cold stance predict / import sklearn",
        ours / heavy,
        "<= 0.20 (0.10)",
        f"{ours:.2f} s / {heavy:.2f} s, n-gram model, median of {n}",
    )
    with contextlib.suppress(stance.ModelError):
        chosen = stance.load()
        (whole,) = medians(n, [*predict, str(chosen.folder)])
        show(
            "  the same with the model in use",
            whole / heavy,
            "",
            f"{whole:.2f} s, {chosen}, median of {n}",
        )
    bare, imported = medians(4 * n, [python, "-c", "pass"], [python, "-c", "import stance"])
    show(
        "import stance / bare Python",
        imported / bare,
        "<= 5 (3)",
        f"{imported * 1000:.0f} ms / {bare * 1000:.0f} ms, median of {4 * n}",
    )


class Plain:
    """A fitted n-gram pipeline with scikit-learn's own vectorizers in the place of the project's.

    The project's vectorizers share their counts and are slower to predict with.
    """

    def __init__(self, pipeline: Any, rows: list[dict[str, Any]]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import FeatureUnion

        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True)
        self._features = FeatureUnion([("words", words), ("chars", chars)]).fit(
            [view_of(row, "cue+text") for row in rows]
        )
        self._classifier = pipeline.named_steps["classifier"]
        if abs(self.predict_proba(rows[:500]) - pipeline.predict_proba(rows[:500])).max() > 1e-9:
            raise SystemExit(
                "scikit-learn's vectorizers give other probabilities than the project's: nothing "
                "can be compared"
            )

    def predict_proba(self, rows: list[dict[str, Any]]) -> Any:
        """Return the probabilities of each row."""
        return self._classifier.predict_proba(
            self._features.transform([view_of(row, "cue+text") for row in rows])
        )


def fit(place: Path) -> tuple[Any, Path, list[dict[str, Any]]]:
    """Fit the n-gram pipeline of experiments/ngrams.toml on all reports and save it as a folder."""
    from stance.labels.consensus import read_labels
    from stance.labels.dataset import to_table
    from stance.training.classifiers import build_pipeline
    from stance.training.saving import save_model

    reports, labels = read_labels(home() / "labels")
    table = to_table([one for one in reports if one[0].origin == "synthetic"], labels)
    pipeline = build_pipeline(
        [{"features": {"kind": "tfidf"}, "classifier": {"kind": "logreg", "C": 5.0}}]
    ).fit(table, table["stance"])
    save_model(pipeline, place / "ngrams", {"name": "ngrams", "version": "bench"})
    rows = [
        {"text": text, "cue": cue} for text, cue in zip(table["text"], table["cue"], strict=True)
    ]
    return Plain(pipeline, rows), place / "ngrams", rows


def cpu(work: Callable[[], Any]) -> float:
    """Return the processor seconds of a piece of work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def p50(call: Callable[[dict[str, Any]], Any], rows: list[dict[str, Any]]) -> float:
    """Return the median seconds of one call a row."""
    seconds = []
    for row in rows:
        began = time.perf_counter()
        call(row)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def in_python(pipeline: Any, folder: Path, rows: list[dict[str, Any]], n: int) -> None:
    """Measure batches and single quotes against the scikit-learn pipeline."""
    model = stance.load(folder)
    rounds = []
    for _ in range(n):
        theirs = cpu(lambda: pipeline.predict_proba(rows))
        cold = cpu(lambda: stance.load(folder)._portable.probabilities(rows))
        bare = cpu(lambda: model._portable.probabilities(rows))
        rounds.append((theirs, bare, cpu(lambda: list(model.predict_many(rows))), cold))
    ratios = " ".join(f"{theirs / whole:.2f}" for theirs, _, whole, _ in rounds)
    theirs, bare, whole, cold = (statistics.median(one) for one in zip(*rounds, strict=True))
    show(
        "batch: probabilities / predict_proba",
        theirs / bare,
        ">= 1.5 (4)",
        f"{len(rows) / bare:.0f} / {len(rows) / theirs:.0f} quotes a CPU s, n = {len(rows)}",
    )
    show(
        "  in a new process, loading counted",
        theirs / cold,
        "",
        f"{len(rows) / cold:.0f} quotes a CPU s",
    )
    detail = (
        f"{len(rows) / whole:.0f} quotes a CPU s: with language check and answers; the rounds: "
        f"{ratios}"
    )
    show("batch: predict_many / predict_proba", theirs / whole, ">= 1.5 (4)", detail)
    some = rows[:500]
    one, other = (
        p50(lambda row: pipeline.predict_proba([row]), some),
        p50(lambda row: model.predict(row["text"], cue=row["cue"]), some),
    )
    show(
        "one quote: predict / predict_proba, p50",
        other / one,
        "<= 0.25 (0.1)",
        f"{other * 1e6:.0f} us / {one * 1e6:.0f} us, n = {len(some)}",
    )


def many_rows(folder: Path, place: Path, rows: list[dict[str, Any]], sizes: list[int]) -> None:
    """Measure the memory of CSV files of several sizes on the command line.

    It must not grow with the size of the file.
    """
    for n in sizes:
        kilobytes, seconds = predict_csv(folder, place, rows, n)
        show(
            "memory of predict on CSV, MB",
            kilobytes / 1024,
            "< 300 (150)",
            f"peak, {n} rows, {n / seconds:.0f} rows a CPU s",
        )


# Started from a small process: a child begins with the memory of its parent, and the peak of this
# one would be told as its own.
MEASURED = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stderr=subprocess.DEVNULL)
_, code, used = os.wait4(child.pid, 0)
print(code, used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)
"""


def predict_csv(
    folder: Path, place: Path, rows: list[dict[str, Any]], n: int
) -> tuple[float, float]:
    """Answer a CSV file of ``n`` different rows in a process of its own.

    Returns
    -------
    peak memory (kB), processor seconds
    """
    path = place / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "cue"))
        writer.writerows(
            (k, f"{row['text']} {k}", row["cue"])
            for k, row in enumerate(itertools.islice(itertools.cycle(rows), n))
        )
    command = [
        sys.executable,
        "-I",
        "-c",
        MEASURED,
        sys.executable,
        "-m",
        "stance",
        "predict",
        str(path),
        "--model",
        str(folder),
    ]
    with (place / "answers.jsonl").open("wb") as out:
        done = subprocess.run(
            command, stdout=out, stderr=subprocess.PIPE, text=True, env=ONE_THREAD, check=True
        )
    code, kilobytes, seconds = map(float, done.stderr.split())
    if code:
        raise SystemExit(f"stance predict ended with {code:g} on {n} rows")
    with (place / "answers.jsonl").open("rb") as file:
        n_answers = sum(1 for _ in file)
    if n_answers != n:
        raise SystemExit(f"{n_answers} answers to {n} rows")
    return kilobytes, seconds


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(command: list[str], port: int, health: str) -> Iterator[None]:
    """Run a server until the block ends."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ONE_THREAD,
        start_new_session=True,
    )
    try:
        for _ in range(600):
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}{health}", timeout=2),
            ):
                break
            if process.poll() is not None:
                raise SystemExit(f"{' '.join(command[2:5])} ended with code {process.returncode}")
            time.sleep(0.2)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def requests_a_second(port: int, path: str, body: bytes, seconds: float) -> float:
    """Return how many one-row requests per second one client gets answered.

    They are sent one after the other on one connection.
    """
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    done = 0
    began = None
    while began is None or time.perf_counter() - began < seconds:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {answer.read()[:200]!r}")
        answer.read()
        done += 1
        if began is None and done == 50:
            began, done = time.perf_counter(), 0
    return done / (time.perf_counter() - began)


def over_http(folder: Path, place: Path, seconds: float) -> None:
    """Measure stance serve against mlflow models serve with the same model."""
    os.environ["STANCE_HOME"] = str(place / "project")
    from stance.tracking import registry, store

    mlflow = store.open_store()
    with mlflow.start_run():
        registry.log_model(
            mlflow,
            folder,
            [{"text": QUOTE, "cue": "said", "context": "", "speaker": "", "id": "1"}],
            ["stance"],
            "",
        )
        uri = mlflow.MlflowClient().get_model_version(registry.REGISTERED, "1").source
    path = mlflow.artifacts.download_artifacts(uri)
    ours, theirs = free_port(), free_port()
    with server(
        [sys.executable, "-m", "stance", "serve", "--model", str(folder), "--port", str(ours)],
        ours,
        "/health",
    ):
        rate = requests_a_second(
            ours, "/predict", json.dumps({"text": QUOTE, "cue": "said"}).encode(), seconds
        )
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "models",
        "serve",
        "-m",
        path,
        "--port",
        str(theirs),
        "--env-manager",
        "local",
        "--workers",
        "1",
    ]
    with server(command, theirs, "/ping"):
        body = json.dumps({"dataframe_records": [{"text": QUOTE, "cue": "said"}]}).encode()
        other = requests_a_second(theirs, "/invocations", body, seconds)
    show(
        "stance serve / mlflow models serve",
        rate / other,
        ">= 3 (8)",
        f"{rate:.0f} / {other:.0f} requests/s, one row, one client, {seconds:g} s each",
    )


def main() -> None:
    """Measure everything, or what is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        default=["start", "python", "http", "memory"],
        help="start python http memory",
    )
    parser.add_argument(
        "--rows",
        type=int,
        nargs="*",
        default=[100_000, 300_000, 1_000_000],
        help="rows of the CSV files",
    )
    parser.add_argument("-n", type=int, default=5, help="repetitions")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    names = ("numpy", "scikit-learn", "mlflow", "fastapi", "uvicorn")
    print(
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in names)
        + f"; {os.cpu_count()} processors, one thread each"
    )
    print(f"{'what':46s} {'ratio':>8s}   {'target':14s} measured")
    with tempfile.TemporaryDirectory() as place:
        pipeline, folder, rows = fit(Path(place))
        parts: dict[str, Callable[[], None]] = {
            "start": lambda: start_up(folder, given.n),
            "python": lambda: in_python(pipeline, folder, rows, given.n),
            "http": lambda: over_http(folder, Path(place), 5.0),
            "memory": lambda: many_rows(folder, Path(place), rows, given.rows),
        }
        for name in given.parts:
            parts[name]()


if __name__ == "__main__":
    main()
