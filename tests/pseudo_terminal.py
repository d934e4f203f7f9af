"""A command whose stderr is a terminal."""

import os
import pty
import subprocess
import threading


def run_in_terminal(command):
    """Run a command with stderr on a terminal of its own.

    Return what it wrote to stdout, what the terminal showed, and its exit code.
    """
    ours, theirs = pty.openpty()
    shown = []

    def watch():
        # A terminal holds a few kB only: who does not read makes the command wait.
        try:
            while piece := os.read(ours, 4096):
                shown.append(piece)
        except OSError:  # the other end is closed
            pass

    watcher = threading.Thread(target=watch)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        text=True,
    ) as running:
        os.close(theirs)
        watcher.start()
        out, _ = running.communicate(timeout=120)
    watcher.join(timeout=10)
    os.close(ours)
    return out, b"".join(shown).decode(), running.returncode
