"""What `stance quotes` costs: articles per second of processor time, and memory, by processes.

    python benchmarks/quotes.py N_ARTICLES JOBS [MODEL]

Processor time counts the work of all processes and little of what else the machine does; seconds
of the clock are printed too and hold for an idle machine only.
"""

import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stance.core.paths import home


def articles(n: int) -> list[dict[str, str]]:
    """Return invented reports of the project, in turn, each with an id of its own."""
    paths = sorted((home() / "labels" / "reports").glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    texts = itertools.islice(itertools.cycle(json.loads(line)["text"] for line in lines), n)
    return [{"id": f"a{k}", "text": text} for k, text in enumerate(texts)]


def resident(pid: int) -> dict[str, int]:
    """Return the memory of a process and of those it started, in MB, by their role."""
    found = {}
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    for name, each in (("main", pid), *((f"process {k}", int(c)) for k, c in enumerate(children))):
        pages = int(Path(f"/proc/{each}/statm").read_text(encoding="ascii").split()[1])
        found[name] = pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    return found


def measure(n: int, jobs: int, model: list[str]) -> None:
    """Run the verb once and print one line."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "articles.jsonl", Path(folder) / "quotes.parquet"
        source.write_text("".join(json.dumps(row) + "\n" for row in articles(n)), encoding="utf-8")
        command = [sys.executable, "-m", "stance", "quotes", str(source), "--out", str(out)]
        began = time.perf_counter()
        running = subprocess.Popen([*command, "--jobs", str(jobs), *model])
        most: dict[str, int] = {}
        while running.poll() is None:
            time.sleep(0.5)
            try:
                for name, size in resident(running.pid).items():
                    most[name] = max(size, most.get(name, 0))
            except (OSError, ValueError, IndexError):
                continue
        seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime
    print(
        f"{n} articles, {jobs} processes: {processor:.0f} s of processor time "
        f"({n / processor:.2f} articles/s), {seconds:.0f} s of the clock; MB at most: {most}",
        flush=True,
    )


if __name__ == "__main__":
    measure(int(sys.argv[1]), int(sys.argv[2]), [f"--model={name}" for name in sys.argv[3:]])
