import pytest
from shell import cli

from stance.core.errors import DataError
from stance.experiments.benchmarks.corpora import read_corpus

HEAD = "id,text,target,stance,split,label_orig,subset\n"
ROWS = (
    'a1,"Talks, now",peace talks,favor,train,FAVOR,A\n'
    'a2,"Talks, now",tariffs,none,dev,NONE,A\n'
    "a3,No,tariffs,against,train,AGAINST,A\n"
)


def write(tmp_path, text):
    path = tmp_path / "corpus.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_on_one_text_share_their_source_and_keep_their_targets(tmp_path):
    table = read_corpus("vast", write(tmp_path, HEAD + ROWS))
    assert list(table["article"]) == ["a1", "a1", "a3"]
    assert list(table["target"]) == ["peace talks", "tariffs", "tariffs"]


def test_a_row_says_how_sure_its_annotators_were_where_the_corpus_does(tmp_path):
    rows = ROWS.replace("dev", "test").replace("FAVOR,A", "FAVOR,p=0.711")
    found = read_corpus("desmog", write(tmp_path, HEAD + rows))["certainty"]
    assert found[0] == 0.711
    assert found[1:].isna().all()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("desmog", HEAD + ROWS, r"corpus\.csv:3: split 'dev', expected one of train, test"),
        (
            "vast",
            HEAD + ROWS.replace("none", "maybe"),
            r"corpus\.csv:3: stance 'maybe', expected one of favor, against, none",
        ),
        (
            "vast",
            HEAD + ROWS.replace("FAVOR,A", "FAVOR,p=1.2"),
            r"corpus\.csv:2: subset 'p=1\.2', expected p= and a number above 0 and at most 1",
        ),
        (
            "vast",
            HEAD + ROWS.replace("FAVOR,A", "FAVOR,p=often"),
            r"subset 'p=often', expected p= and a number",
        ),
        (
            "vast",
            HEAD + ROWS.replace("FAVOR,A", "FAVOR,p=nan"),
            r"subset 'p=nan', expected p= and a number",
        ),
        ("vast", "id,text\n1,x\n", "lacks the columns target, stance"),
        ("vast", HEAD + ROWS + ROWS, r"id 'a1' stands 2 times"),
        ("imdb", HEAD, "corpus 'imdb' is unknown; expected one of semeval2016, desmog, vast"),
    ],
)
def test_a_file_that_is_not_the_corpus_is_told(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message):
        read_corpus(name, write(tmp_path, text))


def test_the_verb_checks_and_stores_a_corpus(project, tmp_path):
    done = cli("benchmark", "import", "vast", str(write(tmp_path, HEAD + ROWS)))
    assert done.returncode == 0, done.stderr
    assert "3 rows, 2 sources, 2 targets" in done.stdout
    assert (project / "data" / "vast.csv").read_text(encoding="utf-8") == HEAD + ROWS
