import pytest

from stance.core.errors import DataError
from stance.labels.splits import SETS, read_splits, set_words
from stance.tracking.store import LEGEND, VIEW_METRICS


def test_every_batch_is_told_its_split(tmp_path):
    path = tmp_path / "splits.toml"
    path.write_text('train = ["w1", "w2"]\ntest = ["w3"]\n', encoding="utf-8")
    assert read_splits(path) == {"w1": "train", "w2": "train", "w3": "test"}


def test_all_that_is_no_list_of_batches_is_told_at_once(tmp_path):
    path = tmp_path / "splits.toml"
    path.write_text('train = "w1"\nspare = []\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"(?s)train = 'w1'; expected .*spare = \[\]; expected"):
        read_splits(path)


def test_sets_are_called_by_words_and_unknown_ones_by_their_names():
    assert set_words("seeds") == ("seed articles", "real news, not trained on")
    assert set_words("own")[0] == "your own articles"
    assert set_words("elsewhere") == ("elsewhere", "")


def test_the_stores_page_shows_sets_that_are_measured_and_explains_each():
    shown = {name.removesuffix("_f1") for name in VIEW_METRICS if name.endswith("_f1")}
    assert shown <= set(SETS)
    assert all(f"`{name}`" in LEGEND for name in shown)
