import pytest

from stance.extraction.text.titles import title_in

BODY = "\n\nThe envoys of both sides met in Lask on Monday, officials said."


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Envoys to meet again in Lask" + BODY, "Envoys to meet again in Lask"),
        ("\n\n# Why do they want talks now?" + BODY, "Why do they want talks now?"),
        ("World · Analysis\n\nEnvoys to meet again" + BODY, "Envoys to meet again"),
        ("Envoys met in Lask on Monday." + BODY, None),
        (BODY, None),
        ("Envoys to meet again in Lask", None),
        ("", None),
    ],
)
def test_the_first_short_line_that_is_no_sentence_is_the_title(text, title):
    assert title_in(text) == title
