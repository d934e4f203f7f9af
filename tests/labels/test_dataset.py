import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.core.errors import DataError
from stance.core.types import Article, Quote
from stance.extraction.text.context import context_of
from stance.labels.dataset import (
    fingerprint,
    folds_by_article,
    load_table,
    to_table,
)


@settings(max_examples=20, deadline=None)
@given(n_folds=st.integers(2, 6), seed=st.integers(0, 99))
def test_no_article_stands_on_both_sides_of_a_split(sets, n_folds, seed):
    table = sets["train"]
    left_out = []
    for learned, measured in folds_by_article(table, n_folds, seed):
        assert not set(table["article"].iloc[learned]) & set(table["article"].iloc[measured])
        left_out.append(measured)
    assert sorted(np.concatenate(left_out)) == list(range(len(table)))


def test_more_folds_than_articles_are_refused(sets):
    table = sets["train"][sets["train"]["article"] == sets["train"]["article"].iloc[0]]
    with pytest.raises(DataError, match="1 article for 5 folds; use fewer folds"):
        folds_by_article(table, 5, 0)


def test_the_fingerprint_ignores_the_order_and_sees_every_change(sets):
    table = sets["test"]
    assert fingerprint(table) == fingerprint(table.sample(frac=1, random_state=3))
    for column, value in (("stance", "oppose"), ("text", "other"), ("cue", "other")):
        changed = table.copy()
        changed.loc[changed.index[0], column] = (
            value if changed[column].iloc[0] != value else "neutral"
        )
        assert fingerprint(changed) != fingerprint(table)


def test_the_projects_batches_all_belong_to_a_split(root):
    table = load_table(root / "labels")
    # Your own articles may be there too, under any name.
    table = table[table["split"] != "own"]
    assert set(table["split"]) == {"train", "validation", "test", "seeds", "contrasts"}
    per_batch = table.groupby("batch")["split"].nunique()
    assert per_batch.max() == 1


def test_a_batch_without_a_split_is_told(project):
    (project / "labels" / "splits.toml").write_text("train = []\n")
    with pytest.raises(DataError, match=r"batches w1 belong to no split"):
        load_table(project / "labels")


def test_context_is_what_stands_before_without_the_quote():
    text = "First paragraph.\n\nThe minister spoke. She added: “We will come.”"
    quote = Quote(
        "a#1", "a", "We will come.", ((text.index("We"), text.index("We") + 13),), "direct"
    )
    assert (
        context_of(Article("a", text), quote) == "First paragraph. The minister spoke. She added:"
    )


def test_a_table_without_labels_is_told():
    with pytest.raises(DataError, match="no labelled quotes"):
        to_table([], {})
