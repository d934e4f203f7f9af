import pytest

from stance.extraction.text.given_names import with_given_names
from stance.extraction.text.parser import load_nlp


@pytest.fixture(scope="module")
def nlp():
    return load_nlp()


@pytest.mark.parametrize(
    "text",
    [
        "Professor Per Ild said the bridge would open.",
        "But Per Ild, a ferryman, doubted it.",
        "Will Ild, who leads the union, agreed.",
    ],
)
def test_the_words_and_their_places_stay_and_the_name_is_one(nlp, text):
    doc = with_given_names(nlp(text), nlp)
    assert doc.text == text
    (given,) = [token for token in doc if token.text in ("Per", "Will")]
    assert text[given.idx : given.idx + len(given)] == given.text
    assert given.pos_ == "PROPN"
    assert given.head.text == "Ild"


@pytest.mark.parametrize(
    "text",
    [
        "Will Russia open the bridge?",  # a modal verb before a state
        "The bridge will open in May.",
        "It costs ten crowns per head.",
        "Per Reuters, the bridge is open.",  # a preposition before an agency
        "Dora Venn said so.",
    ],
)
def test_where_they_are_no_names_the_parse_is_left_as_it_was(nlp, text):
    doc = nlp(text)
    assert with_given_names(doc, nlp) is doc
