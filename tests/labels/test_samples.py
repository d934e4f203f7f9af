"""Random samples: the same call draws the same quotes, and each probability is known."""

from collections import Counter

import pytest

from stance.core.errors import DataError
from stance.core.part_files import only_writer
from stance.core.types import Article, Quote
from stance.labels.samples import Sample, add_sample, draw, inclusion, random_items, read_samples


def quotes_of(**counts):
    return [
        (Article(name, "x" * n), Quote(f"{name}#{k}", name, "x", ((k, k + 1),), "direct"))
        for name, n in counts.items()
        for k in range(n)
    ]


def test_a_larger_sample_holds_the_smaller_one():
    pool = quotes_of(a=20, b=20)
    small, large = draw(pool, 5, 0), draw(pool, 12, 0)
    assert large.quotes[:5] == small.quotes
    assert draw(list(reversed(pool)), 5, 0) == small
    assert draw(pool, 5, 1).quotes != small.quotes
    assert draw(pool, 99, 0).probability == 1


def test_each_quote_is_drawn_as_often_as_its_probability_says():
    pool = quotes_of(a=3, b=9)
    drawn = Counter(name for seed in range(2000) for name in draw(pool, 4, seed).quotes)
    assert len(drawn) == 12
    assert all(abs(n / 2000 - 4 / 12) < 0.05 for n in drawn.values())


def test_a_quote_of_two_samples_has_the_probability_of_either():
    first, second = Sample(("a",), 0, 10, ("a#1",)), Sample(("a", "b"), 0, 20, ("a#2", "b#1"))
    found = inclusion([first, second], {"a#1": "a", "a#2": "a", "b#1": "b"})
    both = 1 - (1 - 1 / 10) * (1 - 2 / 20)
    assert found == pytest.approx({"a#1": both, "a#2": both, "b#1": 0.1})


def test_a_sample_is_kept_and_grows(tmp_path):
    pool = quotes_of(a=20)
    assert set(random_items(tmp_path, pool, 5, 0).values()) == {0.25}
    assert set(random_items(tmp_path, pool, 10, 0).values()) == {0.5}
    assert len(random_items(tmp_path, pool, 5, 0)) == 10  # what was drawn stays drawn
    assert [len(one.quotes) for one in read_samples(tmp_path)] == [10]
    random_items(tmp_path, pool, 5, 1)
    assert len(read_samples(tmp_path)) == 2


def test_two_draws_at_once_lose_no_sample(tmp_path):
    sample = draw(quotes_of(a=20), 5, 0)
    with (
        only_writer(tmp_path / "own" / "samples.json"),
        pytest.raises(DataError, match="another process is writing it"),
    ):
        add_sample(tmp_path, sample)
    assert add_sample(tmp_path, sample) == sample


def test_a_sample_of_other_quotes_under_the_same_names_is_told(tmp_path):
    add_sample(tmp_path, draw(quotes_of(a=20), 5, 0))
    with pytest.raises(DataError, match=r"had 20 quotes when they were sampled and have 21 now"):
        add_sample(tmp_path, draw(quotes_of(a=21), 5, 0))
    with pytest.raises(DataError, match="no quotes to draw from"):
        random_items(tmp_path, [], 5, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not JSON"),
        (f"[{'9' * 5000}]", "not JSON"),
        ("{}", "expected a list of samples"),
        ('[{"seed": 1}]', "sample 1: not a sample"),
        (
            '[{"articles": ["a"], "seed": 0, "n_population": 1, "quotes": ["a", "b"]}]',
            "sample 1: 2 quotes drawn from 1",
        ),
    ],
)
def test_a_damaged_file_of_samples_is_told(tmp_path, text, message):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "samples.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_samples(tmp_path)
