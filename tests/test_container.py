"""The steps of the container file, without a builder: what is copied is there, and it answers."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
import yaml
from conftest import ROOT

STEPS = (ROOT / "Containerfile").read_text(encoding="utf-8")


def step(name):
    """The lists of words that a step of the file is given."""
    return [json.loads(found) for found in re.findall(rf"{name}.*?(\[.*\])$", STEPS, re.MULTILINE)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What the file copies, installed as the file does; the packages are those of the tests."""
    place = tmp_path_factory.mktemp("app")
    for line in re.findall(r"^COPY (.*)$", STEPS, re.MULTILINE):
        *names, _ = line.split()
        for name in names:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, place)
    (command,) = re.findall(r"^RUN pip (install .*--no-deps \.)$", STEPS, re.MULTILINE)
    packages = tmp_path_factory.mktemp("packages")
    subprocess.run(
        [sys.executable, "-m", "pip", *command.split(), "--quiet", "--target", str(packages)],
        cwd=place,
        check=True,
        timeout=300,
    )
    return packages


def test_the_service_of_the_container_answers_its_own_health_check(installed, tmp_path):
    ((python, *entry),) = step("^ENTRYPOINT")
    (command,) = step("^CMD")
    (check,) = step("^HEALTHCHECK")
    assert python == check[0] == "python"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    # Where it runs, the port is that of another, and only this machine may ask.
    given = {"8000": port, "0.0.0.0": "127.0.0.1"}
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "STANCE_HOME": str(tmp_path),
        "STANCE_CACHE": str(ROOT / ".cache" / "tests"),
    }
    model = ROOT / "tests" / "golden" / "model"
    server = subprocess.Popen(
        [sys.executable, *entry, *(given.get(word, word) for word in command), "--model", model],
        cwd=tmp_path,
        env=environment,
    )
    try:
        until = time.monotonic() + 120
        while subprocess.run(
            [sys.executable, *(word.replace("8000", port) for word in check[1:])],
            capture_output=True,
            timeout=60,
        ).returncode:
            assert server.poll() is None
            assert time.monotonic() < until
            time.sleep(0.5)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/model", timeout=30) as answer:
            assert json.load(answer)["name"] == "tiny"
    finally:
        server.terminate()
        server.wait(60)


def test_the_files_that_the_container_needs_are_installed_by_hash():
    for lock in re.findall(r"-r (\S+)", STEPS):
        assert "--hash=sha256:" in (ROOT / lock).read_text(encoding="utf-8")
    version = re.search(r"python:(\d\.\d+)-slim", STEPS)[1]
    assert f"--python-version {version}" in (ROOT / "requirements.lock").read_text()[:1000]


def test_the_citation_names_the_version_and_licence_of_the_package():
    import tomllib

    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["version"] == project["version"]
    assert cited["license"] == project["license"]
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
