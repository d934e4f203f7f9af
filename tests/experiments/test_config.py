import pytest

from stance.core.errors import ConfigError
from stance.experiments.config import read_experiment
from stance.experiments.config_files import line_of

GOOD = """
name = "x-1"
question = "Does it work at all?"
[[member]]
features = { kind = "tfidf" }
classifier = { kind = "logreg", C = 2.0 }
"""


def write(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_experiment_of_the_project_is_valid_and_asks_its_own_question(root):
    found = [read_experiment(path) for path in (root / "experiments").glob("*.toml")]
    assert len(found) >= 5
    assert len({one.name for one in found}) == len({one.question for one in found}) == len(found)


def test_all_faults_are_told_at_once_each_with_its_path(tmp_path):
    text = (
        GOOD.replace("C = 2.0", 'C = "much"').replace(
            'question = "Does it work at all?"', 'queston = "?"'
        )
        + "sed = 1\n"
    )
    with pytest.raises(ConfigError) as told:
        read_experiment(write(tmp_path, text.replace("sed = 1", "") + "\n[data]\nfolds = 1\n"))
    message = str(told.value)
    for line in (
        "4 faults",
        "question: missing",
        "queston: unknown key; did you mean 'question'?",
        "member.0.classifier.C: ",
        "got 'much'",
        "data.folds: ",
    ):
        assert line in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"tfidf"', '"tdidf"'), "member.0.features: .*'tdidf'"),
        (('"tfidf"', '"none"'), "features 'none' do not go with classifier 'logreg'"),
        (
            ('kind = "tfidf"', 'kind = "tfidf", words = [3, 1]'),
            r"words is \[3, 1\], expected \[shortest, longest\]",
        ),
        (('name = "x-1"', 'name = "../x"'), "name: "),
        (("question =", "question"), "not TOML"),
    ],
)
def test_a_fault_says_what_was_found(tmp_path, change, message):
    with pytest.raises(ConfigError, match=message):
        read_experiment(write(tmp_path, GOOD.replace(*change)))


def test_settings_change_single_values(tmp_path):
    path = write(tmp_path, GOOD)
    changed = read_experiment(path, ["member.0.classifier.C=0.5", "data.folds=3", "name=other"])
    assert (changed.member[0].classifier.C, changed.data.folds, changed.name) == (0.5, 3, "other")
    with pytest.raises(
        ConfigError,
        match=r"--set 'member\.7\.classifier\.C=1': there is no 'member\.7\.classifier\.C'",
    ):
        read_experiment(path, ["member.7.classifier.C=1"])
    with pytest.raises(ConfigError, match=r"expected key\.path=value"):
        read_experiment(path, ["seed"])


def test_a_missing_file_is_a_fault_of_the_config():
    with pytest.raises(ConfigError, match="cannot be read"):
        read_experiment(__import__("pathlib").Path("nowhere.toml"))


TEXT = '''name = "x"
question = "?"

[data]
# folds = 1
folds = 2
[choices]
"member.0.classifier.C" = [1.0]
[[member]]
features = { kind = "tfidf" }
note = """
folds = 3
"""
[[member]]
features.kind = "rows"
classifier = { kind = "logreg" }
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("question",), 2),
        (("data", "folds"), 6),
        (("data", "train"), 4),  # not there: the table that should hold it
        (("choices", "member.0.classifier.C", "low"), 8),
        (("member", 0, "features", "chars", 1), 10),
        (("member", 1, "features", "kind"), 15),
        (("member", 1, "classifier", "C"), 16),
        (("member", 7), 1),
    ],
)
def test_a_setting_is_found_on_its_line(path, line):
    assert line_of(TEXT, path) == line


def test_every_fault_names_file_and_line(tmp_path):
    path = write(tmp_path, GOOD.replace("C = 2.0", 'C = "much"') + "[data]\nfolds = 1\n")
    with pytest.raises(ConfigError) as told:
        read_experiment(path)
    assert f"{path}:6: member.0.classifier.C: " in str(told.value)
    assert f"{path}:8: data.folds: " in str(told.value)
    with pytest.raises(ConfigError, match=r"x\.toml:3: not TOML"):
        read_experiment(write(tmp_path, 'name = "x"\n\nquestion "?"\n'))
