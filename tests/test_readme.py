"""What the README says is run: its Python and shell blocks, its verbs, its targets, its tables."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TARGETS = re.findall(
    r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE
)
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def trained(project, model_folder):
    """The small project with a trained model where prediction looks for it."""
    from stance.tracking.model_folders import point

    shutil.copytree(model_folder, project / "models" / "vote-test")
    point("champion", project / "models" / "vote-test", "test")
    return project


@pytest.mark.parametrize("block", [body for kind, body in BLOCKS if kind == "python"])
def test_python_blocks_run_and_print_what_they_say(trained, block, monkeypatch, capsys):
    monkeypatch.chdir(trained)
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    promised = re.findall(r"^# -> (.*)$", block, flags=re.MULTILINE)
    assert len(printed) >= len(promised)
    # Numbers and labels belong to the full model; the kind of what is printed must be the same.
    shape = re.compile(r"-?\d+\.\d+|support|conditional|skeptical|oppose|neutral")
    assert [shape.sub("_", line) for line in printed[: len(promised)]] == [
        shape.sub("_", line) for line in promised
    ]


@pytest.mark.parametrize(
    "line",
    [
        line[2:]
        for kind, body in BLOCKS
        if kind == "console"
        for line in body.splitlines()
        if line.startswith("$ ")
    ],
)
def test_shell_lines_run(trained, line):
    if line.startswith("make"):
        assert line.split()[1] in TARGETS  # running them is what CI does
        return
    command = line.replace(".venv/bin/stance", f"{sys.executable} -m stance")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=trained,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_json_shown_has_the_fields_that_come_out(trained):
    shown = [
        json.loads(line)
        for kind, body in BLOCKS
        if kind == "json"
        for line in body.splitlines()
        if line.strip()
    ]
    assert shown
    import stance

    fields = set(stance.load().predict("x").to_dict())
    assert all(set(row) - {"reason"} == fields for row in shown if "probabilities" in row)


def test_the_readme_is_short_and_every_target_is_among_the_commands():
    assert len(README.splitlines()) <= 110
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for target in TARGETS:
        assert f"`make {target}`" in commands, target


def test_the_encoders_are_pinned_by_hash_and_what_adapting_adds_by_version():
    """PyTorch is pinned in pyproject.toml: each kind of machine has its own build."""
    lock = (ROOT / "requirements-encoders.lock").read_text(encoding="utf-8")
    pinned = re.findall(
        r"^[\w.-]+==.*((?:\n    --hash=sha256:[0-9a-f]{64}.*)*)", lock, flags=re.MULTILINE
    )
    assert len(pinned) == len(re.findall(r"^[\w.-]+==", lock, flags=re.MULTILINE)) == 6
    assert all(pinned)
    with (ROOT / "pyproject.toml").open("rb") as file:
        extra = tomllib.load(file)["project"]["optional-dependencies"]["adapt"]
    assert any(re.fullmatch(r"torch==[\d.]+", name) for name in extra)
