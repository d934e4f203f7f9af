import pytest

from stance.card import END, START, figures, write_card
from stance.errors import DataError


def test_the_cards_figures_are_those_of_the_data(root):
    text = (root / "labels" / "README.md").read_text(encoding="utf-8")
    assert text.partition(START)[2].partition(END)[0].strip() == figures(root / "labels"), "run: stance labels-card"


def test_a_card_without_its_marks_is_told(project):
    (project / "labels" / "README.md").write_text("nothing")
    with pytest.raises(DataError, match="lacks the lines"):
        write_card(project / "labels")
