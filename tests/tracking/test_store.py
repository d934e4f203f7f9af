"""The store's page as a person sees it: a real server and a real browser."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from browser import BROWSER, WITHOUT, open_browser

from stance.core.errors import ConfigError
from stance.tracking.runs import all_runs
from stance.tracking.store import VIEW_METRICS, open_store
from stance.tracking.ui import ui_server


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def tracked(project):
    """The small project with one run in its store."""
    done = subprocess.run(
        [sys.executable, "-m", "stance", "train"],
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert "seed articles" in done.stdout
    return project


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_the_link_opens_the_runs_with_their_metric_columns(tracked, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    with ui_server(free_port()) as link, open_browser(tmp_path / "profile") as browser:
        browser.get(link)
        wait = WebDriverWait(browser, 60)
        wait.until(
            lambda page: all(
                word in page.find_element(By.TAG_NAME, "body").text
                for word in ("default-", "cv_f1")
            )
        )
        shown = browser.find_element(By.TAG_NAME, "body").text
        if os.environ.get("STANCE_SCREENSHOTS"):
            browser.save_screenshot(os.environ["STANCE_SCREENSHOTS"] + "/runs.png")
    # Only the columns in sight are on the page: the first ones, by their names.
    assert {name for name in VIEW_METRICS if name in shown} >= {"cv_f1", "cv_coarse", "cv_s"}


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_a_runs_page_shows_its_figures_and_the_registered_version_its_card(tracked, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    mlflow = open_store()
    run = next(all_runs(mlflow))
    with ui_server(free_port()) as link, open_browser(tmp_path / "profile") as browser:
        wait = WebDriverWait(browser, 60)
        address = (
            link.split("#")[0]
            + f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}/artifacts/"
        )
        for name in ("calibration.png", "risk_coverage.png", "confusion_cv.png", "slices_cv.png"):
            browser.get("about:blank")
            browser.get(address + name)
            # The figure itself is loaded, not only its name listed.
            wait.until(
                lambda page: [
                    one
                    for one in page.find_elements(By.TAG_NAME, "img")
                    if int(one.get_property("naturalWidth")) > 300
                ]
            )
            if os.environ.get("STANCE_SCREENSHOTS"):
                browser.save_screenshot(os.environ["STANCE_SCREENSHOTS"] + f"/{name}")
        browser.get(link.split("#")[0] + "#/models/stance/versions/1")
        wait.until(
            lambda page: (
                "Treat one prediction as a hint" in page.find_element(By.TAG_NAME, "body").text
            )
        )
        if os.environ.get("STANCE_SCREENSHOTS"):
            browser.save_screenshot(os.environ["STANCE_SCREENSHOTS"] + "/version.png")


def test_the_verb_prints_a_link_that_answers_and_ends_with_its_server(tracked):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "stance", "ui", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        link = process.stdout.readline().strip()
        assert link.startswith(f"http://127.0.0.1:{port}/#/experiments/")
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/ajax-api/3.0/mlflow/ui-telemetry", timeout=5
        ) as answer:
            assert json.load(answer)["disable_ui_telemetry"] is True
        assert (
            "MLflow's usage data is switched off here"
            in process.stderr.readline() + process.stderr.readline()
        )
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    assert process.returncode == 0
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)


def test_a_taken_port_is_told(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(
                ConfigError,
                match=rf"port {port} on 127\.0\.0\.1: Address already in use; give another one",
            ),
            ui_server(port),
        ):
            pass
