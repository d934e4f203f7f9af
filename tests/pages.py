"""Do what the pages of docs/ tell a reader to do.

Their files are written, their changes are made, their commands are run, and the output is compared
with what they show.

The first word of a fenced block says what is done with it. ``console``: lines that begin with ``$
`` are run, the others are what must be printed. ``python`` is run; ``# -> …`` is what it must
print. ``javascript`` and ``r`` are run where their interpreter is installed. ``diff`` is applied. A
block whose first line names a file (``toml experiments/mine.toml``) is written there. ``json``
alone, ``text`` and others are only shown.
"""

import dataclasses
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^( *)```(\w+)(?: (\S+))?\n(.*?)^\1```$", flags=re.DOTALL | re.MULTILINE)
# Figures, labels, versions and places belong to the reader's own model, data and machine; the kind
# of what is printed must be the same.
VARIES = re.compile(
    r"\b[0-9a-f]{8}\b|(?:(?<!\w)[-+−])?\d+(?:[.,]\d+)*(?:e-?\d+)?|\bvote-\w+|█+|[─━]+"
    r"|support|conditional|skeptical|oppose|neutral|favor|against|\bnone\b"
)
INTERPRETERS = {"javascript": ("node", ["--input-type=module", "-"]), "r": ("Rscript", ["-"])}
SLOW_S = 300


@dataclasses.dataclass(frozen=True)
class Block:
    kind: str
    file: str | None
    body: str
    place: str


def blocks_of(path):
    text = path.read_text(encoding="utf-8")
    return [
        Block(
            found[2],
            found[3],
            textwrap.dedent(found[4]),
            f"{path.name}:{text[: found.start()].count(chr(10)) + 1}",
        )
        for found in FENCE.finditer(text)
    ]


def shape(line):
    return " ".join(VARIES.sub("_", line).split())


def commands(body):
    """Yield (command, lines that it shows)."""
    command, shown = None, []
    for line in body.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command, shown
            command, shown = line[2:], []
        elif command is not None and command.endswith("\\"):
            command = command[:-1] + line.strip()
        else:
            shown.append(line)
    if command is not None:
        yield command, shown


class Reader:
    """Somebody who follows a page in a small project of their own.

    The project has a copy of the package, a trained model, `.venv/bin` and `make`.
    """

    def __init__(self, project, model_folder):
        from stance.tracking.model_folders import point

        self.place = project
        shutil.copytree(
            ROOT / "stance", project / "stance", ignore=shutil.ignore_patterns("__pycache__")
        )
        for name in (
            "Makefile",
            "pyproject.toml",
            *(path.name for path in ROOT.glob("requirements*.lock")),
        ):
            shutil.copy(ROOT / name, project / name)
        (project / "tests").mkdir()
        programs = project / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name, words in (("stance", "-m stance"), ("python", "")):
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
            (programs / name).chmod(0o755)
        (programs.parent / ".ready").touch()
        shutil.copytree(model_folder, project / "models" / "vote-test")
        point("champion", project / "models" / "vote-test", "test")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(project),
            "STANCE_HOME": str(project),
            "COLUMNS": "150",
        }
        self.servers = []

    def follow(self, page):
        for block in blocks_of(page):
            if block.kind == "diff":
                self._change(block)
            elif block.file:
                path = self.place / block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.body, encoding="utf-8")
            elif block.kind == "console":
                for command, shown in commands(block.body):
                    self._command(command, shown, block.place)
            elif block.kind == "python":
                printed = self._run([sys.executable, "-"], block.place, stdin=block.body)
                self._compare(
                    re.findall(r"# -> (.*)$", block.body, flags=re.MULTILINE), printed, block.place
                )
            elif block.kind in INTERPRETERS and shutil.which(INTERPRETERS[block.kind][0]):
                printed = self.run_script(block.kind, block.body, block.place)
                self._compare(
                    re.findall(r"(?://|#) -> (.*)$", block.body, flags=re.MULTILINE),
                    printed,
                    block.place,
                )

    def _change(self, block):
        path = None
        for hunk in re.split(r"^(?=@@|\+\+\+ )", block.body, flags=re.MULTILINE):
            first, _, lines = hunk.partition("\n")
            if first.startswith("+++ "):
                path = self.place / first.removeprefix("+++ ").strip().removeprefix("b/")
            elif first.startswith("@@"):
                before, after = (
                    "\n".join(line[1:] for line in lines.splitlines() if line[:1] in (" ", sign))
                    for sign in "-+"
                )
                wanted = re.compile(
                    "^" + re.escape(before).replace("…", "(.*)") + "$", flags=re.MULTILINE
                )  # … is the rest of a line, which stays
                text = path.read_text(encoding="utf-8")
                found = wanted.findall(text)
                assert len(found) == 1, (
                    f"{block.place}: {path.name} holds {len(found)} times, expected once:\n{before}"
                )
                text = wanted.sub(
                    lambda match, after=after: (
                        after.replace("…", match[1]) if "…" in after else after
                    ),
                    text,
                )
                path.write_text(text, encoding="utf-8")

    def _command(self, command, shown, place):
        if command.endswith("&"):
            self.start(command.removesuffix("&"), place)
            return
        if command.startswith("kill %1"):
            self.stop()
            return
        command = command.replace("8000", str(self.port))
        self._compare(
            [line for line in shown if line.strip()],
            self._run(["bash", "-c", command], place),
            place,
        )

    def run_script(self, kind, body, place="a test"):
        program, options = INTERPRETERS[kind]
        return self._run([program, *options], place, stdin=body)

    def _run(self, command, place, stdin=None):
        stdin = stdin and stdin.replace("8000", str(self.port))
        done = subprocess.run(
            command,
            input=stdin,
            cwd=self.place,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SLOW_S,
        )
        assert done.returncode == 0, f"{place}: {' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def _compare(self, promised, printed, place):
        """Check that every promised line is printed, in this order.

        ``…`` stands for any words; on a line of its own it stands for any lines.
        """
        lines = iter([shape(line) for line in printed.splitlines()])
        for line in promised:
            wanted = re.compile(
                ".*".join(re.escape(part.strip()) for part in shape(line).split("…"))
            )
            assert line.strip() == "…" or any(wanted.fullmatch(one) for one in lines), (
                f"{place}: shows {line!r}; printed was\n{printed}"
            )

    def start(self, command, place="a test"):
        command = command.replace("8000", str(self.port))
        log = (self.place / "server.log").open("w")
        server = subprocess.Popen(
            ["bash", "-c", f"exec env {command}"],
            cwd=self.place,
            env=self.environment,
            stdout=log,
            stderr=log,
        )
        self.servers.append(server)
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).close()
                return
            except OSError:
                assert server.poll() is None, (
                    f"{place}: {command} ended: {(self.place / 'server.log').read_text()}"
                )
                assert time.monotonic() < until, f"{place}: {command} does not answer"
                time.sleep(0.2)

    def stop(self):
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
        self.servers = []
