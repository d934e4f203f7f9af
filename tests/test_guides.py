"""The pages of docs/ are followed step by step, as a stranger would."""

import json
import re
import shutil
import subprocess

import pytest
from pages import ROOT, Reader, blocks_of
from shell import verbs

from stance.core.types import STANCES

PAGES = sorted((ROOT / "docs").glob("*.md"))
# docs/scale.md needs Spark, Java and Dask: tests/test_scale.py runs what it shows.
FOLLOWED = [
    page
    for page in PAGES
    if page.name != "scale.md"
    and any(block.kind in ("console", "python") or block.file for block in blocks_of(page))
]


@pytest.fixture
def reader(project, model_folder):
    one = Reader(project, model_folder)
    yield one
    one.stop()


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_a_page_can_be_followed_step_by_step(reader, page):
    reader.follow(page)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES], ids=lambda page: page.stem
)
def test_every_link_within_the_project_leads_somewhere(page):
    for target in re.findall(
        r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")
    ):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_page_is_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f"(docs/{page.name})" not in readme] == []


@pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine")
def test_the_function_for_google_sheets_asks_the_server_and_fills_two_columns(reader):
    """Only the classes of Apps Script are replaced.

    The function is the one on the page, and the server and its answer are real.
    """
    (function,) = [
        block.body
        for block in blocks_of(ROOT / "docs" / "over-http.md")
        if block.file == "stance.gs"
    ]
    reader.start("STANCE_API_KEY=sesame .venv/bin/stance serve --port 8000")
    google = """
    import { execFileSync } from "node:child_process";
    const PropertiesService = { getScriptProperties: () => ({ getProperty: () => "sesame" }) };
    const UrlFetchApp = { fetch: (address, given) => {
      const headers = Object.entries({ ...given.headers, "Content-Type": given.contentType })
        .flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
      const local = address.replace("https://stance.example.org", "http://127.0.0.1:8000");
      const options = ["-s", "-w", "\\n%{http_code}", "-d", given.payload, ...headers, local];
      const printed = execFileSync("curl", options).toString();
      const at = printed.lastIndexOf("\\n");
      return {
        getContentText: () => printed.slice(0, at),
        getResponseCode: () => Number(printed.slice(at + 1)),
      };
    } };
    """
    printed = reader.run_script(
        "javascript",
        google
        + function
        + '\nconsole.log(JSON.stringify(STANCE([["We are ready to talk."], [""]])));',
    )
    (first, second) = json.loads(printed)
    assert first[0] in STANCES
    assert -1 <= first[1] <= 1
    assert second == ["empty text", 0]


@pytest.mark.parametrize(
    "page", [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *PAGES], ids=lambda page: page.stem
)
def test_every_verb_and_target_that_a_page_names_is_there(page):
    code = " ; ".join(
        re.findall(r"`[^`\n]+`|```.*?```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    )
    groups = {name.split()[0] for name in verbs() if " " in name}
    named = re.findall(r"(?:`|\.venv/bin/)stance ([a-z][a-z-]+)(?: ([a-z]+))?", code)
    for verb, of_group in named:
        name = f"{verb} {of_group}" if verb in groups and of_group else verb
        assert name in groups | set(verbs()), page.name
    targets = set(
        re.findall(
            r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE
        )
    )
    assert set(re.findall(r"(?:`|\$ )make ([a-z]+)", code)) <= targets, page.name


def test_git_ignores_every_file_of_ones_own_that_the_guide_has_one_write(tmp_path):
    page = (ROOT / "docs" / "your-articles.md").read_text(encoding="utf-8")
    written = {
        block.file for block in blocks_of(ROOT / "docs" / "your-articles.md") if block.file
    } | set(re.findall(r"(?:--out|labels export) (\S+)", page))
    written |= {
        "tasks.xml",
        "labels/own/articles.jsonl",
        "labels/own/annotators.toml",
        "labels/judgments/own.jsonl",
        "labels/judgments/.own.jsonl.lock",
        "quotes.csv.gz",
        "quotes.jsonl.zst",
        "quotes.parquet.part",
        ".quotes.parquet.tmp",
        "quotes.jsonl.skipped.part",
        "quotes.jsonl.journal",
        "trends.svg",
        "trends.pdf",
        "trends.png",
    }
    assert len(written) > 9
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    ignored = subprocess.run(
        ["git", "check-ignore", *sorted(written)], cwd=tmp_path, capture_output=True, text=True
    ).stdout.split()
    assert sorted(written) == ignored
    # and nothing that the project itself holds beside its README
    kept = [
        "README.md",
        "pyproject.toml",
        "requirements.lock",
        "labels/seeds.jsonl",
        "docs/figures.json",
        "experiments/leaderboard.json",
    ]
    assert (
        subprocess.run(
            ["git", "check-ignore", *kept], cwd=tmp_path, capture_output=True, text=True
        ).stdout
        == ""
    )
