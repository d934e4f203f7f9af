"""Run a verb in a process of its own, and kill it where it stands.

The processes are forked from a server that has imported everything: what is killed is the work of
a verb, not its imports.
"""

import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

TRIES = int(os.environ.get("STANCE_KILLS") or 20)
SEED = int(os.environ.get("STANCE_KILL_SEED") or 7)
LONGEST_S = 300
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["stance.cli.app", "stance.experiments.run", "stance.experiments.promotion", "mlflow"]
)


def start(verb, log, environment):
    """Start a verb; what it prints goes to a file."""
    process = _CONTEXT.Process(target=_run, args=([*map(str, verb)], str(log), environment))
    process.start()
    return process


def finish(process):
    """Wait for a verb and return its exit code; one that hangs fails the test."""
    process.join(LONGEST_S)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise AssertionError(f"still running after {LONGEST_S} s")
    return process.exitcode


def kill_after(process, seconds):
    """Kill a verb after so many seconds; return whether it was still running."""
    process.join(seconds)
    if process.exitcode is None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


def moments(whole_s, tries, name):
    """Yield moments at which to kill what takes ``whole_s`` seconds, the same in each run."""
    draw = random.Random(f"{SEED} {name}")
    for _ in range(tries):
        yield draw.uniform(0, whole_s)


def timed(verb, log, environment):
    """Run a verb to its end and return how many seconds it took."""
    began = time.monotonic()
    code = finish(start(verb, log, environment))
    assert code == 0, Path(log).read_text(encoding="utf-8")
    return time.monotonic() - began


def _run(verb, log, environment):
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    os.environ.update(environment)
    sys.argv = ["stance", *verb]
    from stance.cli.app import main

    main()
