"""The command line, as a shell runs it."""

import os
import subprocess
import sys


def cli(*arguments, stdin=None, **environment):
    """Run ``stance`` with these arguments in a process of its own.

    What comes back has its code, stdout and stderr.
    """
    command = [sys.executable, "-m", "stance", *map(str, arguments)]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=180,
    )
