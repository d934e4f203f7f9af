"""The command line, as a shell runs it."""

import os
import subprocess
import sys


def verbs():
    """Every verb by the words that call it, such as ``labels import``."""
    from typer.main import get_command

    from stance.cli.app import app

    return {
        " ".join(words): command
        for name, top in get_command(app).commands.items()
        for words, command in (
            [((name, inner), each) for inner, each in top.commands.items()]
            if hasattr(top, "commands")
            else [((name,), top)]
        )
    }


def cli(*arguments, stdin=None, **environment):
    """Run ``stance`` with these arguments in a process of its own.

    The result has its code, stdout and stderr.
    """
    command = [sys.executable, "-m", "stance"]
    command += [each if isinstance(each, bytes) else str(each) for each in arguments]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=180,
    )
