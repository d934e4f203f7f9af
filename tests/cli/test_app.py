import ast
import json
import re
import resource
import subprocess
import sys
import tomllib

import pytest
from conftest import ROOT
from pseudo_terminal import run_in_terminal
from shell import cli, verbs

from stance.cli.app import EXTRAS

HEAVY = (
    "sklearn",
    "pandas",
    "spacy",
    "mlflow",
    "scipy",
    "matplotlib",
    "onnxruntime",
    "numpy",
    "pydantic",
)


def loaded_by(code):
    """The heavy modules that a piece of code leaves loaded."""
    script = f"import sys\n{code}\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    return (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        .stdout.strip()
        .splitlines()[-1]
    )


def test_importing_stance_and_asking_for_help_load_nothing_heavy():
    assert loaded_by("import stance") == "[]"
    helped = (
        "from stance.cli.app import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass"
    )
    assert loaded_by(helped) == "[]"


def test_predicting_loads_neither_the_training_library_nor_the_tracking_store(model_folder):
    code = f"import stance\nstance.load({str(model_folder)!r}).predict('We will come.', cue='said')"
    assert loaded_by(code) == "['onnxruntime', 'numpy']"


def test_one_quote_on_the_command_line_is_one_line(model_folder):
    done = cli(
        "predict", "We will come to the talks.", "--cue", "said", "--model", str(model_folder)
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["stance"] in (
        "support",
        "conditional",
        "skeptical",
        "oppose",
        "neutral",
    )


def test_one_quote_has_the_same_fields_as_in_a_file_also_where_nothing_can_be_judged(
    model_folder, tmp_path
):
    path = tmp_path / "rows.csv"
    path.write_text('text\n"We will come to the talks."\n"?!"\n')
    asked = ("--explain", "--attributed", "--model", str(model_folder))
    rows = [json.loads(line) for line in cli("predict", str(path), *asked).stdout.splitlines()]
    for text, row in zip(("We will come to the talks.", "?!"), rows, strict=True):
        assert json.loads(cli("predict", text, *asked).stdout) == {**row, "id": None}
    assert (rows[1]["explanation"], rows[1]["features"]) == ([], [])


def test_rows_from_standard_input_and_files_keep_their_order_and_count(model_folder, tmp_path):
    rows = [{"id": k, "text": f"Round {k} will be held."} for k in range(5)]
    rows[3]["text"] = ""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "rows.jsonl").write_text(lines)
    (tmp_path / "rows.csv").write_text(
        "id,text\n" + "".join(f'{row["id"]},"{row["text"]}"\n' for row in rows)
    )
    answers = [cli("predict", "-", "--model", str(model_folder), stdin=lines)]
    answers += [
        cli("predict", str(tmp_path / name), "--model", str(model_folder))
        for name in ("rows.jsonl", "rows.csv")
    ]
    for done in answers:
        assert done.returncode == 0
        assert "5 rows, 1 abstained" in done.stderr
        assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == list("01234")
    assert answers[0].stdout == answers[1].stdout == answers[2].stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["predict", "x.jsonl"], 1, "x.jsonl: no such file"),
        (
            ["predict", "hello", "--model", "nowhere/model"],
            1,
            "nowhere/model: neither a model folder nor a run",
        ),
        (["predict", "quotes.xlsx"], 1, "quotes.xlsx: unknown kind of file; expected .jsonl, .csv"),
        (["predict", "quotes.ods"], 1, "save the workbook as CSV"),
        (["predict", str(ROOT / "labels")], 1, "labels: unknown kind of file"),
        (
            ["predict", "We come.", "--keep-columns", "--model", "FOLDER"],
            2,
            "one quote has no columns",
        ),
        (["predict", sys.executable], 1, "unknown kind of file; expected .jsonl, .csv"),
        (
            ["predict", "hello", "--model", "nothing"],
            1,
            "nothing: neither a model folder nor a run in models; there ",
        ),
        (["extract", "article.pdf"], 1, "unknown kind of file '.pdf'"),
        (["train", "nothing.toml"], 1, "nothing.toml: cannot be read"),
        (["predict"], 2, "Missing argument"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_a_users_mistake_is_one_message_and_its_exit_code(model_folder, arguments, code, message):
    if arguments == ["predict", "x.jsonl"]:
        arguments = [*arguments, "--model", str(model_folder)]
    done = cli(*(str(model_folder) if one == "FOLDER" else one for one in arguments))
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_one_message_and_the_same_command_goes_on_when_there_is_room(
    ngrams, many, tmp_path
):
    """A limit on the size of a file is what a process sees of a full disk."""
    out = tmp_path / "answers.jsonl"
    words = ["predict", str(many), "--model", str(ngrams), "--out", str(out)]
    full = subprocess.run(
        [sys.executable, "-m", "stance", *words],
        capture_output=True,
        text=True,
        timeout=180,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert re.search(
        r"^stance: .*: File too large; check its rights and the space on its disk, then repeat",
        full.stderr.splitlines()[-1],
    )
    assert not out.exists()
    assert cli(*words).returncode == 0
    assert len(out.read_text().splitlines()) == 3000


def test_a_reader_that_goes_away_ends_it_quietly(model_folder, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "We will come."}\n' * 3000)
    script = f"{sys.executable} -m stance predict {path} --model {model_folder} | head -n 1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout)["abstained"] is False
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


def test_every_verb_has_help_with_an_example():
    for name, command in verbs().items():
        assert f"Example: stance {name}" in command.help, name


def test_the_first_page_of_help_shows_every_verb_in_its_panel_on_one_screen():
    printed = cli("--help").stdout
    panels = {
        head: re.findall(r"^  (\w+)  ", body, flags=re.MULTILINE)
        for head, body in re.findall(r"^(\w.*):\n((?:  .*\n)+)", printed, flags=re.MULTILINE)
    }
    assert list(panels.values()) == [
        [],
        ["extract", "predict", "read", "quotes", "trends", "report"],
        ["train", "sweep", "compare", "promote", "show", "export", "ui"],
        ["serve", "mcp"],
        ["check"],
        ["labels", "evaluate", "benchmark", "weights", "pages"],
    ]
    commands = printed.partition("Articles and quotes:")[2].splitlines()
    assert sum(line.startswith("  ") for line in commands) <= 22
    assert "..." not in printed.partition("Options:")[2]


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (("serve",), "uvicorn", "serve"),
        (("mcp",), "mcp", "mcp"),
        (("sweep", "experiments/sweeps/ngrams.toml"), "optuna", "train"),
        (("train",), "sklearn", "train"),
        (("compare",), "mlflow", "train"),
        (("labels", "agree"), "sklearn", "train"),
    ],
)
def test_a_verb_whose_extra_is_missing_says_which_command_installs_it(arguments, package, extra):
    script = (
        f"import sys\nsys.modules[{package!r}] = None\n"
        f"sys.argv = ['stance', *{arguments!r}]\nfrom stance.cli.app import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"stance: {package} is not installed; stance {arguments[0]} needs it: "
        f"pip install '.[{extra}]' in the repository's folder"
    )


@pytest.mark.parametrize("extra", ["quotes", "report"])
def test_what_reads_dates_in_words_is_declared(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = " ".join(project["optional-dependencies"][extra])
    assert "dateparser" in needed
    assert "dateparser" in EXTRAS["quotes"].split()


def test_a_folder_that_is_no_project_is_told_by_every_verb_that_needs_one(tmp_path):
    lines = ("check", "labels agree", "train", "pages labels")
    for verb in map(str.split, lines):
        done = cli(*verb, STANCE_HOME=str(tmp_path))
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        assert done.stderr.startswith("stance: "), done.stderr


def test_agreement_is_reported_for_each_pair_of_annotators(project):
    done = cli("labels", "agree", "--disputed")
    assert done.returncode == 0
    assert "author (model) and second (model)" in done.stdout
    assert "seeds-a (model) and seeds-b (model): 75 quotes" in done.stdout
    assert "cbc-news-2025-05#36: adjudicator neutral on target" in done.stdout


GERMAN = (
    "Der Minister sagte am Montag, die Brücke werde im Mai eröffnet. Er wolle in die Stadt und "
    "dann an den See fahren, so war es geplant."
)


def test_extracting_says_where_a_text_is_not_english(tmp_path):
    rows = [
        {"id": "en", "text": "Dora Venn said the bridge would open in May."},
        {"id": "de", "text": GERMAN},
    ]
    (tmp_path / "two.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    done = cli("extract", str(tmp_path / "two.jsonl"))
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["en#1"]
    assert done.stderr.splitlines() == [
        "de: 0 quotes; the text does not look English, and quotes are found in English only",
        "2 articles, 1 quote, 0 without speaker",
    ]


def test_a_terminal_sees_a_progress_bar_and_a_pipe_gets_only_quotes(tmp_path):
    (tmp_path / "one.txt").write_text(
        "Dora Venn said the bridge would open in May.", encoding="utf-8"
    )
    out, shown, _ = run_in_terminal(
        [sys.executable, "-m", "stance", "extract", str(tmp_path / "one.txt")]
    )
    assert "articles" in shown
    assert "1/1" in shown
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["one#1"]


def test_a_broken_line_of_a_long_file_is_told_and_left_out(tmp_path):
    path = tmp_path / "many.jsonl"
    good = json.dumps({"text": "Dora Venn said the bridge would open in May."}) + "\n"
    path.write_text(good * 40 + "{broken\n", encoding="utf-8")
    done = cli("extract", str(path))
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 40
    assert "many.jsonl:41: not JSON" in done.stderr
    assert "1 article left out, 40 read" in done.stderr


def test_every_verb_that_takes_articles_takes_folders_and_tells_empty_files(
    project, model_folder, tmp_path
):
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "bridge.txt").write_text(
        "Dora Venn said the bridge would open in May.", encoding="utf-8"
    )
    (folder / "empty.txt").write_text("", encoding="utf-8")
    model = ("--model", str(model_folder))
    takers = (
        ["extract"],
        ["read", *model],
        ["report", "--out", str(tmp_path / "r.html"), *model],
        ["labels", "suggest", "--out", str(tmp_path / "t.csv"), *model],
    )
    for words in takers:
        done = cli(*words, str(folder))
        assert done.returncode == 0, done.stderr
        assert f"{folder / 'empty.txt'}: empty file" in done.stderr
        alone = cli(*words, str(folder / "empty.txt"))
        assert alone.returncode == 1
        assert "stance: nothing to read: the only article is empty" in alone.stderr
    assert "2 articles (1 empty), 1 quote," in cli("extract", str(folder)).stderr


def test_every_verb_that_a_message_names_is_there():
    # In a message a verb follows a bracket, a semicolon, a backtick or the path to the command;
    # "the stance toward talks" is prose.
    named = re.compile(
        r"(?:\(|`|:\s|\bbin/|\buse |\bafter |\brun )stance ([a-z]+(?: [a-z]+)?)"
        r"|\bstance ([a-z]+(?: [a-z]+)?) (?:shows|needs|RUN|FILE|--)"
    )
    found = {}
    for path in sorted((ROOT / "stance").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {first or second: path.name for first, second in named.findall(node.value)}
    assert {"promote", "ui", "benchmark import", "labels suggest"} <= set(found)
    assert {
        words: place
        for words, place in found.items()
        if words not in verbs() and words.split()[0] not in verbs()
    } == {}


def test_a_text_file_that_looks_like_an_article_gets_a_hint_at_read(model_folder, tmp_path):
    (tmp_path / "article.txt").write_text(
        "Dora Venn said the bridge would open in May. " * 10 + "\n\nNobody else spoke.\n"
    )
    done = cli("predict", str(tmp_path / "article.txt"), "--model", str(model_folder))
    assert len(done.stdout.splitlines()) == 2
    assert f"stance read {tmp_path / 'article.txt'} finds its quotes" in done.stderr
    (tmp_path / "quotes.txt").write_text("We come.\nWe stay.\n")
    assert (
        "stance read"
        not in cli("predict", str(tmp_path / "quotes.txt"), "--model", str(model_folder)).stderr
    )
