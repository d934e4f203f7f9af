"""A real headless Chromium for the tests of pages."""

import contextlib
import shutil

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
WITHOUT = "no chromium on this machine; .ci/run installs it"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
FLAGS += ["--disable-component-update", "--disable-sync"]


@contextlib.contextmanager
def open_browser(profile, size="1900,900"):
    """Start the browser with a fresh profile, and end it."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--window-size={size}", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = shutil.which("chromedriver")
    browser = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(executable_path=driver) if driver else None
    )
    try:
        yield browser
    finally:
        browser.quit()
