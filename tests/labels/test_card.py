import pytest

from stance.core.errors import DataError
from stance.core.types import Article, Judgment, Quote
from stance.labels.card import END, START, figures, write_card
from stance.labels.own_articles import add_articles, import_judgments


def test_the_cards_figures_are_those_of_the_data(root):
    text = (root / "labels" / "README.md").read_text(encoding="utf-8")
    assert text.partition(START)[2].partition(END)[0].strip() == figures(root / "labels"), (
        "run: stance pages labels"
    )


def test_your_own_articles_and_judgments_change_nothing_in_the_projects_card(project):
    before = figures(project / "labels")
    text = "“We will come,” she said."
    quote = Quote("w1_mine#1", "w1_mine", "We will come,", ((1, 14),), "direct")
    add_articles(project / "labels", [(Article("w1_mine", text), [quote])])
    import_judgments(
        project / "labels",
        [Judgment(one, "Anna", "neutral", True) for one in ("w1_mine#1", "w1_01#1")],
    )
    assert figures(project / "labels") == before


def test_a_card_without_its_marks_is_told(project):
    (project / "labels" / "README.md").write_text("nothing")
    with pytest.raises(DataError, match="lacks the lines"):
        write_card(project / "labels")
