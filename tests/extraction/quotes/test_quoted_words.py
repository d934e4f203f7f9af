"""To which cue quoted words inside a paraphrase belong. All sentences are invented."""

import pytest
from extracted import texts_of


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        (
            "Clara Venn called a ferry impossible “after what we saw on the pier.”",
            ["called a ferry impossible “after what we saw on the pier.”"],
        ),
        (
            "Clara Venn insisted that the maps of Lorn stay, “otherwise nobody signs”.",
            ["the maps of Lorn stay, “otherwise nobody signs”"],
        ),
        (
            "Clara Venn praised the tariff, in force since May, as “a gift to the east”.",
            ["praised the tariff, in force since May, as “a gift to the east”"],
        ),
        (
            "Clara Venn wrote that the crew should be called home “and not sent out again”.",
            ["the crew should be called home “and not sent out again”"],
        ),
        (
            "A ferry was possible, Clara Venn said, “but not by Friday.”",
            ["A ferry was possible but not by Friday."],
        ),
        (
            "Asked about the ferry, Clara Venn said, “not by Friday, and not by bus.”",
            ["not by Friday, and not by bus."],
        ),
        (
            "Clara Venn said Lorn was “asking for too much” and criticised the draft.",
            ["Lorn was “asking for too much”", "criticised the draft"],
        ),
        (
            "Clara Venn condemned the raid and said that “nobody signs with pirates”.",
            ["condemned the raid", "nobody signs with pirates"],
        ),
    ],
)
def test_mixed_quotes(text, quotes):
    assert texts_of(text) == quotes
