"""Growing the data: suggest, label, import, learn."""

import csv
import json
import subprocess

import pytest
from shell import cli

from stance.cli.check import check_all
from stance.core.errors import DataError
from stance.core.part_files import only_writer
from stance.core.types import Article, Judgment, Quote
from stance.labels.checks import check_labels
from stance.labels.consensus import read_labels
from stance.labels.dataset import load_table
from stance.labels.judgments import read_annotators
from stance.labels.own_articles import (
    Imported,
    add_articles,
    import_judgments,
    own_judgments,
    shown_otherwise,
)

REPORT = """PORT ELLIS, May 3 - The foreign minister of Merrow, Carla Whitcombe, said on Friday \
that a delegation would leave for the talks on Monday.

“We want an agreement before the summer,” she said. “We are ready to work through the night.”

Opposition leader Tomas Reyk rejected the mission. “There is nobody in Lask with whom one \
could sign anything,” he told reporters.

The police said two people had been hurt in a fire in the harbour.
"""


def test_own_articles_are_suggested_labelled_imported_and_learned_from(
    project, model_folder, tmp_path
):
    source = tmp_path / "merrow.txt"
    source.write_text(REPORT, encoding="utf-8")
    done = cli(
        "labels",
        "suggest",
        str(source),
        "--out",
        str(tmp_path / "tasks.csv"),
        "--model",
        str(model_folder),
    )
    assert done.returncode == 0, done.stderr
    assert "1 article (1 new in labels/own)" in done.stderr
    rows = list(csv.DictReader((tmp_path / "tasks.csv").open(encoding="utf-8", newline="")))
    assert len(rows) >= 4
    assert {row["article"] for row in rows} == {"merrow"}

    # Unlabelled own quotes are no fault, and nothing is learned from them yet.
    assert cli("check").returncode == 0
    assert "own" not in set(load_table(project / "labels")["split"])

    for row in rows:
        row["stance"] = (
            "oppose"
            if row["speaker"] == "Tomas Reyk"
            else "neutral"
            if "fire" in row["text"]
            else "support"
        )
        row["on_target"] = "off" if "fire" in row["text"] else "on"
    with (tmp_path / "filled.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    done = cli("labels", "import", str(tmp_path / "filled.csv"), "--annotator", "Anna Example")
    assert done.returncode == 0, done.stderr
    assert f"{len(rows)} judgments added, 0 of them on quotes that had a label" in done.stderr
    table = load_table(project / "labels")
    assert (table["split"] == "own").sum() == len(rows)
    assert cli("check").returncode == 0

    # Suggesting again finds nothing left to label; importing again changes nothing.
    assert (
        "0 quotes without label"
        in cli(
            "labels",
            "suggest",
            str(source),
            "--out",
            str(tmp_path / "t.json"),
            "--model",
            str(model_folder),
        ).stderr
    )
    assert json.loads((tmp_path / "t.json").read_text()) == []
    assert (
        "0 judgments added"
        in cli(
            "labels", "import", str(tmp_path / "filled.csv"), "--annotator", "Anna Example"
        ).stderr
    )


def test_reading_an_article_again_marks_the_quotes_that_a_person_judged(
    project, model_folder, tmp_path
):
    source = tmp_path / "merrow.txt"
    source.write_text(REPORT, encoding="utf-8")
    assert (
        cli(
            "labels",
            "suggest",
            str(source),
            "--out",
            str(tmp_path / "t.csv"),
            "--model",
            str(model_folder),
        ).returncode
        == 0
    )
    import_judgments(project / "labels", [Judgment("merrow#2", "Anna", "oppose", True)])
    done = cli("read", str(source), "--json", "--model", str(model_folder))
    assert done.returncode == 0, done.stderr
    quotes = {
        quote["id"]: quote for one in json.loads(done.stdout)["speakers"] for quote in one["quotes"]
    }
    assert {name: quote.get("label") for name, quote in quotes.items() if "label" in quote} == {
        "merrow#2": "oppose"
    }
    # The prediction stays the model's own.
    assert quotes["merrow#2"]["prediction"]["model"]["name"] == "vote"
    assert (
        cli("read", str(source), "--model", str(model_folder)).stdout.count("your label: oppose")
        == 1
    )
    # Another text of the same name is another quote.
    source.write_text("“We want talks,” she said.\n\n" + REPORT, encoding="utf-8")
    assert '"label"' not in cli("read", str(source), "--json", "--model", str(model_folder)).stdout


def test_training_says_how_many_of_your_labels_it_learned_from(project):
    add_articles(
        project / "labels",
        [
            (
                Article("mine", "“We will come,” she said."),
                [Quote("mine#1", "mine", "We will come,", ((1, 14),), "direct")],
            )
        ],
    )
    import_judgments(project / "labels", [Judgment("mine#1", "Anna", "support", True)])
    done = cli("train", str(project / "experiments" / "other.toml"))
    assert done.returncode == 0, done.stderr
    assert "learned from 1 label of your own, in 1 article" in done.stdout


def test_a_filled_in_spreadsheet_is_not_overwritten_before_it_is_imported(project, tmp_path):
    out = tmp_path / "tasks.csv"
    assert cli("labels", "export", str(out), "--article", "w1_01").returncode == 0
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig", newline="")))
    rows[0]["stance"] = "oppose"
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    filled = out.read_bytes()
    source = tmp_path / "merrow.txt"
    source.write_text(REPORT, encoding="utf-8")
    for arguments in (
        ["labels", "suggest", str(source), "--out", str(out)],
        ["labels", "export", str(out), "--article", "w1_01"],
    ):
        done = cli(*arguments)
        assert done.returncode == 1
        assert (
            "1 stances are filled in there and not imported; import them first (stance "
            "labels import" in done.stderr
        )
        assert out.read_bytes() == filled
    assert not (project / "labels" / "own").exists()
    assert cli("labels", "import", str(out), "--annotator", "Anna").returncode == 0
    assert cli("labels", "export", str(out), "--article", "w1_01").returncode == 0


def test_a_persons_judgment_is_kept_beside_the_models_and_decides(project):
    before = read_labels(project / "labels")[1]["w1_01#1"]
    assert before.stance == "support"
    assert import_judgments(
        project / "labels", [Judgment("w1_01#1", "Anna", "neutral", True)]
    ) == Imported(added=1, second=1)
    after = read_labels(project / "labels")[1]["w1_01#1"]
    assert after.stance == "neutral"
    author = (project / "labels" / "judgments" / "author.jsonl").read_text(encoding="utf-8")
    assert '{"quote": "w1_01#1", "annotator": "author", "stance": "support"' in author


def test_git_sees_nothing_of_your_articles_your_judgments_and_your_name(project, root):
    (project / ".gitignore").write_bytes((root / ".gitignore").read_bytes())
    git = ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "before"]):
        subprocess.run([*git, *arguments], check=True)
    add_articles(
        project / "labels",
        [
            (
                Article("mine", "“We will come,” she said."),
                [Quote("mine#1", "mine", "We will come,", ((1, 14),), "direct")],
            )
        ],
    )
    import_judgments(project / "labels", [Judgment("mine#1", "Anna", "neutral", True)])
    assert read_labels(project / "labels")[1]["mine#1"].stance == "neutral"
    assert (
        subprocess.run(
            [*git, "status", "--porcelain"], check=True, capture_output=True, text=True
        ).stdout
        == ""
    )


def test_the_projects_labels_are_the_same_whatever_you_have_labelled(project):
    before, table = read_labels(project / "labels", own=False), load_table(project / "labels")
    add_articles(
        project / "labels",
        [
            (
                Article("w1_mine", "“We will come,” she said."),
                [Quote("w1_mine#1", "w1_mine", "We", ((1, 3),), "direct")],
            )
        ],
    )
    import_judgments(
        project / "labels",
        [Judgment(one, "Anna", "neutral", True) for one in ("w1_mine#1", "w1_01#1")],
    )
    assert read_labels(project / "labels", own=False) == before
    after = load_table(project / "labels")
    assert list(after.loc[after["split"] == "own", "quote"]) == ["w1_mine#1"]
    assert list(after.loc[after["split"] != "own", "quote"]) == list(table["quote"])


def test_two_persons_who_differ_on_your_quote_decide_in_your_own_file(project):
    add_articles(
        project / "labels",
        [
            (
                Article("mine", "“We will come,” she said."),
                [Quote("mine#1", "mine", "We", ((1, 3),), "direct")],
            )
        ],
    )
    import_judgments(
        project / "labels",
        [Judgment("mine#1", "Anna", "neutral", True), Judgment("mine#1", "Ben", "support", True)],
    )
    with pytest.raises(DataError) as told:
        check_all([])
    told = str(told.value)
    assert (
        "mine#1 is judged in two ways (Anna: neutral, Ben: support); decide: add a line to "
        "labels/judgments/own.jsonl like {" in told
    )
    assert told.count("mine#1 is judged in two ways") == 1
    with (project / "labels" / "judgments" / "own.jsonl").open("a", encoding="utf-8") as file:
        file.write(told.splitlines()[0].partition(" like ")[2].replace("neutral", "support") + "\n")
    assert read_labels(project / "labels")[1]["mine#1"].by == "adjudicated"


def test_what_the_program_missed_in_your_articles_is_no_fault_of_your_labels(project):
    add_articles(
        project / "labels",
        [(Article("mine", "The so-called “war party of the north” did not come."), [])],
    )
    assert "articles" in check_labels(project / "labels")


def test_the_same_judgments_under_a_second_name_are_warned_of(project, tmp_path):
    path = tmp_path / "filled.csv"
    path.write_text("quote,stance,on_target\nw1_01#1,oppose,\nw1_01#2,support,\n", encoding="utf-8")
    assert "warning" not in cli("labels", "import", str(path), "--annotator", "person-1").stderr
    done = cli("labels", "import", str(path), "--annotator", "Nina New")
    assert done.returncode == 0
    assert "2 judgments added" in done.stderr
    assert (
        "warning: what Nina New judged (2) is the same as what person-1 judged before; if they "
        "are one person, delete" in done.stderr
    )
    # Who differs in one of them is another person.
    path.write_text("quote,stance,on_target\nw1_01#1,oppose,\nw1_01#2,oppose,\n", encoding="utf-8")
    assert "warning" not in cli("labels", "import", str(path), "--annotator", "Ben").stderr


def test_a_models_name_is_no_persons_name(project):
    with pytest.raises(DataError, match="'author' is a model's name"):
        import_judgments(project / "labels", [Judgment("w1_01#1", "author", "neutral", True)])


@pytest.mark.parametrize("name", ['Anna "Nan" Example', "A\\B", "Łukasz 🙂", "two\nlines"])
def test_any_name_of_a_person_can_be_written_and_read_back(project, name):
    import_judgments(project / "labels", [Judgment("w1_01#1", name, "neutral", True)])
    assert read_annotators(project / "labels")[name]["kind"] == "person"


def test_half_a_character_in_an_export_is_written_as_unreadable(project, tmp_path):
    path = tmp_path / "export.json"
    given = {"stance": "oppose", "on_target": "on target", "note": "\ud83d"}
    result = [{"from_name": name, "value": {"text": [text]}} for name, text in given.items()]
    annotation = {"completed_by": {"email": "Anna\udc00"}, "result": result}
    path.write_text(json.dumps([{"data": {"quote": "w1_01#1"}, "annotations": [annotation]}]))
    done = cli("labels", "import", path)
    assert (done.returncode, "1 judgment added" in done.stderr) == (0, True)
    (judgment,) = own_judgments(project / "labels")
    assert (judgment.annotator, judgment.note) == ("Anna\ufffd", "\ufffd")
    assert "Anna\ufffd" in read_annotators(project / "labels")


def test_a_name_that_no_file_can_hold_changes_nothing(project):
    with pytest.raises(
        DataError,
        match=r"annotators 'Anna\\x7f': a name cannot be written .*; give --annotator one of "
        "letters and digits",
    ):
        import_judgments(project / "labels", [Judgment("w1_01#1", "Anna\x7f", "neutral", True)])
    assert not (project / "labels" / "own" / "annotators.toml").exists()


def test_two_imports_at_once_lose_no_judgment(project):
    judgment = Judgment("w1_01#1", "Anna", "neutral", True)
    with (
        only_writer(project / "labels" / "judgments" / "own.jsonl"),
        pytest.raises(DataError, match="another process is writing it"),
    ):
        import_judgments(project / "labels", [judgment])
    assert import_judgments(project / "labels", [judgment]).added == 1


def test_an_article_does_not_take_anothers_id(project):
    add_articles(project / "labels", [(Article("mine", "One."), ())])
    assert add_articles(project / "labels", [(Article("mine", "One."), ())]) == 0
    for name in ("mine", "w1_01"):
        with pytest.raises(DataError, match=f"article '{name}': the id is taken by another text"):
            add_articles(project / "labels", [(Article(name, "Two."), ())])


def test_labelled_quotes_go_out_for_another_reader_without_their_labels(project, tmp_path):
    done = cli("labels", "export", str(tmp_path / "out.json"), "--article", "w1_01")
    assert done.returncode == 0, done.stderr
    tasks = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert {task["data"]["article"] for task in tasks} == {"w1_01"}
    assert "support" not in json.dumps(tasks)
    assert (tmp_path / "out.xml").is_file()
    assert (
        "ids look like w1_01"
        in cli("labels", "export", str(tmp_path / "o.csv"), "--article", "nothing").stderr
    )


def test_a_further_reader_gets_no_quotes_that_nobody_has_labelled(project, tmp_path):
    quotes = [Quote(f"mine#{k}", "mine", "We", ((1, 3),), "direct") for k in (1, 2)]
    add_articles(project / "labels", [(Article("mine", "“We will come,” she said."), quotes)])
    done = cli("labels", "export", str(tmp_path / "o.csv"), "--article", "mine")
    assert done.returncode == 1
    assert (
        "nothing to look at again: 2 quotes without label (stance labels suggest writes those)"
        in done.stderr
    )
    import_judgments(project / "labels", [Judgment("mine#2", "Anna", "neutral", True)])
    done = cli("labels", "export", str(tmp_path / "o.csv"), "--article", "mine")
    assert "1 quote written to" in done.stderr
    assert "left out: 1 quote without label (stance labels suggest writes those)" in done.stderr
    assert [
        row["quote"] for row in csv.DictReader((tmp_path / "o.csv").open(encoding="utf-8-sig"))
    ] == ["mine#2"]


def test_a_task_that_showed_other_words_is_told(project):
    text = "“We will come to the talks,” she said."
    quote = Quote("mine#1", "mine", "We will come to the talks", ((1, 26),), "direct")
    add_articles(project / "labels", [(Article("mine", text), [quote])])
    told = shown_otherwise(
        project / "labels", {"mine#1": "Something else entirely", "other#1": "Unknown here"}
    )
    assert told == [("mine#1", "Something else entirely", "We will come to the talks")]
    assert shown_otherwise(project / "labels", {"mine#1": "we  will come, to the talks"}) == []
