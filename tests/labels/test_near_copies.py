import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import cli

from stance.core.errors import DataError
from stance.labels.near_copies import (
    FEWEST_WORDS,
    check_near_copies,
    common_in_order,
    content_words,
    measured_files,
    near_copies,
    read_statements,
)

MEASURED = "The envoys of Drevan will not return to the harbour talks before the ferry is released"
WORDS = st.lists(st.sampled_from("envoy harbour ferry talk border the of".split()), max_size=14)
LONG = st.lists(st.sampled_from("envoy harbour ferry talk border".split()), min_size=FEWEST_WORDS)


@given(WORDS, WORDS)
def test_what_is_common_in_order_is_symmetric_and_never_longer_than_either(first, second):
    n = common_in_order(first, second)
    assert n == common_in_order(second, first) <= min(len(first), len(second))
    assert common_in_order(first, first) == len(first)
    assert common_in_order(first, [*second, *first]) == len(first)


@given(LONG)
def test_a_statement_is_its_own_near_copy(words):
    text = " ".join(words)
    assert list(near_copies({"a": text}, {"m": text})) == [("a", "m")]


@given(WORDS, st.lists(st.sampled_from("envoy the".split()), max_size=FEWEST_WORDS - 1))
def test_a_short_statement_never_has_one(words, short):
    assert list(near_copies({"a": " ".join([*words, *short])}, {"m": " ".join(short)})) == []


@given(st.permutations(content_words(MEASURED)))
def test_the_order_of_the_words_matters(words):
    found = list(near_copies({"a": " ".join(words)}, {"m": MEASURED}))
    n_common = common_in_order(words, content_words(MEASURED))
    assert bool(found) == (n_common >= max(FEWEST_WORDS, 0.7 * len(words)))


@pytest.mark.parametrize(
    ("text", "is_copy"),
    [
        (MEASURED.upper(), True),
        ("Drevan's envoys won't return to harbour talks before a ferry was released", True),
        ("Envoys return to the harbour talk before ferries", False),
        ("The ferry is released before the talks, and the envoys of Drevan will return", False),
        ("A strike closed the harbour on Monday", False),
    ],
)
def test_most_content_words_in_the_same_order_make_a_near_copy(text, is_copy):
    assert bool(list(near_copies({"a": text}, {"m": MEASURED}))) is is_copy


@pytest.fixture
def measured(project, monkeypatch):
    """A measured file that holds a quote of the project's first report."""
    path = project.parent / "set.jsonl"
    monkeypatch.setenv("STANCE_DEV", str(path))
    reports = project / "labels" / "reports" / "w01.jsonl"
    quotes = json.loads(reports.read_text(encoding="utf-8").splitlines()[0])["quotes"]
    longest = max(quotes, key=lambda quote: len(content_words(quote["text"])))

    def write(text=longest["text"]):
        row = {"id": "m", "text": text, "quotes": [{"id": "m#1", "text": text}]}
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
        return longest

    return write


def test_a_near_copy_is_named_by_both_ids_and_never_by_its_words(project, measured):
    quote = measured()
    with pytest.raises(
        DataError, match=rf"^labels: {quote['id']} is a near copy of .* m#1; rew"
    ) as told:
        check_near_copies(project / "labels")
    assert quote["text"][:20] not in str(told.value)
    done = cli("check")
    assert done.returncode == 1
    assert f"labels: {quote['id']} is a near copy of the measured statement m#1" in done.stderr


def test_the_seed_articles_may_be_measured_and_own_words_pass(project, measured):
    seeds = (project / "labels" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    quotes = json.loads(seeds[0])["quotes"]
    measured(max((quote["text"] for quote in quotes), key=len))
    said = check_near_copies(project / "labels")
    assert said.startswith("near copies: none of 1 measured statement among ")


def test_without_measured_articles_the_check_says_so(project):
    assert measured_files() == []
    assert "nothing to compare with" in check_near_copies(project / "labels")


def test_sets_beside_the_project_are_compared_too(project, monkeypatch):
    monkeypatch.delenv("STANCE_DEV")
    expected = [
        project.parent / "shared" / "data" / name / "articles.jsonl"
        for name in ("real_dev", "real_dev_2")
    ]
    for path in expected:
        path.parent.mkdir(parents=True)
        path.write_text("", encoding="utf-8")
    assert measured_files() == expected


def test_a_measured_quote_without_text_is_told(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text('{"quotes": [{"id": "m#1"}]}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"set\.jsonl:1: a quote has the fields id; expected an id"):
        read_statements(path)
