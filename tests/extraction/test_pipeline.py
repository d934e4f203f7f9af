"""What the extractor must find, must leave alone, and must survive. All sentences are invented."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.core.errors import DataError
from stance.core.types import Article, Quote
from stance.extraction.pipeline import extract, find_quotes
from stance.extraction.text.parser import load_nlp
from stance.training.cue_weights import meets

if TYPE_CHECKING:
    from spacy.language import Language


@pytest.fixture(scope="module")
def nlp() -> "Language":
    return load_nlp()


def quotes_of(text: str, nlp: "Language") -> list[Quote]:
    return next(extract([Article("a", text)], nlp=nlp))


def texts_of(text: str, nlp: "Language") -> list[str]:
    return [quote.text for quote in quotes_of(text, nlp)]


FORMS = [
    # (why it is here, text, form, cue, words of the quote)
    (
        "direct, cue behind",
        '"The bridge will open in May," said Dora Venn.',
        "direct",
        "said",
        ["The bridge will open in May"],
    ),
    (
        "curly marks",
        "“The bridge will open in May,” Dora Venn said.",
        "direct",
        "said",
        ["The bridge will open in May"],
    ),
    (
        "guillemets",
        "«The bridge will open in May», said Dora Venn.",
        "direct",
        "said",
        ["The bridge will open in May"],
    ),
    (
        "single marks",
        "‘The bridge will open in May,’ Dora Venn said.",
        "direct",
        "said",
        ["The bridge will open in May"],
    ),
    (
        "two single marks as one",
        "''The bridge will open in May,'' Dora Venn said.",
        "direct",
        "said",
        ["The bridge will open in May"],
    ),
    (
        "cue before a colon",
        'Dora Venn said: "The bridge will open in May."',
        "direct",
        "said",
        ["The bridge will open in May."],
    ),
    (
        "interrupted",
        '"The bridge," Dora Venn said, "will open in May."',
        "direct",
        "said",
        ["The bridge", "will open in May."],
    ),
    (
        "goes on behind the cue",
        '"It will open in May," Dora Venn said. "We are ready."',
        "direct",
        "said",
        ["It will open in May", "We are ready."],
    ),
    (
        "cue in a Markdown link",
        "“The bridge will open in May,” Dora Venn [said](#) on Monday.",
        "direct",
        "said",
        ["The bridge will open in May"],
    ),
    (
        "blank before the closer",
        '"The bridge will open in May, " said Dora Venn.',
        "direct",
        "said",
        ["The bridge will open in May"],
    ),
    (
        "that-clause",
        "Dora Venn said that the bridge would open in May.",
        "indirect",
        "said",
        ["the bridge would open in May"],
    ),
    (
        "no that",
        "Dora Venn says the bridge will open in May.",
        "indirect",
        "says",
        ["the bridge will open in May"],
    ),
    (
        "behind an addressee",
        "Dora Venn told reporters after a long meeting that the bridge would open in May.",
        "indirect",
        "told",
        ["the bridge would open in May"],
    ),
    (
        "fronted",
        "The bridge will open in May, Dora Venn said.",
        "indirect",
        "said",
        ["The bridge will open in May"],
    ),
    (
        "inserted",
        "The bridge, she recalled, opened in May of last year.",
        "indirect",
        "recalled",
        ["The bridge", "opened in May of last year"],
    ),
    (
        "according to",
        "According to the ministry, the bridge will open in May.",
        "indirect",
        "According to",
        ["the bridge will open in May"],
    ),
    (
        "according to, behind",
        "The bridge will open in May, according to the ministry.",
        "indirect",
        "according to",
        ["The bridge will open in May"],
    ),
    (
        "mixed",
        'Dora Venn said the bridge was "a gift to the whole valley" and would open in May.',
        "mixed",
        "said",
        None,
    ),
    (
        "the verb carries the stance",
        "The mayor rejected the offer of the two companies.",
        "indirect",
        "rejected",
        ["rejected the offer of the two companies"],
    ),
    (
        "demand with an infinitive",
        "The union called on the mayor to open the bridge at once.",
        "indirect",
        "called",
        ["called on the mayor to open the bridge at once"],
    ),
    (
        "doubt begins with its verb",
        "Dora Venn doubted that the bridge would open in May.",
        "indirect",
        "doubted",
        ["doubted that the bridge would open in May"],
    ),
    (
        "name and colon",
        'Dora Venn: "The bridge will open in May."',
        "direct",
        None,
        ["The bridge will open in May."],
    ),
    (
        "signed",
        '"The bridge will open in May." - Dora Venn',
        "direct",
        None,
        ["The bridge will open in May."],
    ),
    (
        "never closed",
        'Dora Venn said: "The bridge will open in May.',
        "direct",
        "said",
        ["The bridge will open in May."],
    ),
    (
        "post",
        "“The bridge will open in May,” Dora Venn posted on X.",
        "direct",
        "posted",
        ["The bridge will open in May"],
    ),
]


@pytest.mark.parametrize(
    ("why", "text", "form", "cue", "words"), FORMS, ids=[row[0] for row in FORMS]
)
def test_each_form_of_reported_speech_is_found(
    why: str, text: str, form: str, cue: str | None, words: list[str] | None, nlp: "Language"
) -> None:
    found = quotes_of(text, nlp)
    assert len(found) == 1, why
    assert (found[0].form, found[0].cue) == (form, cue)
    if words is not None:
        assert [text[start:end] for start, end in found[0].spans] == words


LIMITED = [
    # (words of the quote, what follows them in its sentence)
    ("ruled out any meeting with the mayor before the shelling ends", ""),
    ("rejected the offer until the ferries have left", ""),
    ("rejected talks until the dismissals are withdrawn", ""),
    ("ruled out a meeting as long as the border is closed", ""),
    ("rejected a deal before the strike ends", ""),
    ("opposed a truce while the raids continue", ""),
    ("accepted a truce if the guards are withdrawn", ""),
    ("ruled out any talks, unless the prisoners are freed first", ""),
    ("rejected any truce until after the election", ""),
    ("turned down the offer unless wages rise", ""),
    ("brushed aside calls for a vote until the books are audited", ""),
    ("rejected the offer", " before she left for the harbour"),
    ("rejected the plan", " while visiting the harbour"),
    ("rejected the proposal", " without giving a reason"),
    ("ruled out talks", ", while the ferrymen went home"),
]


@pytest.mark.parametrize(("words", "narrated"), LIMITED)
def test_a_condition_stays_with_the_stance_it_limits_and_the_narrators_time_does_not(
    words: str, narrated: str, nlp: "Language"
) -> None:
    assert texts_of(f"The union {words}{narrated}.", nlp) == [words]


def test_what_is_turned_down_with_a_knob_is_no_statement(nlp: "Language") -> None:
    assert texts_of("The nurse turned down the heating.", nlp) == []


def test_a_banner_that_is_quoted_speaks_for_itself(nlp: "Language") -> None:
    found = quotes_of(
        "Tomas Ild came to the gate on Monday. “We will never sell it,” read a banner at the gate.",
        nlp,
    )
    assert [(quote.speaker_mention, quote.speaker) for quote in found] == [("a banner", "banner")]


NO_QUOTES = [
    ("scare quote", 'The "experts" left the building before noon.'),
    ("title", 'Her novel "The Long Winter" was sold in nine countries.'),
    ("nickname", 'Tomas "The Axe" Ild was born in a village near the lake.'),
    ("apostrophes", "The players' union met in the '90s at the workers' hall."),
    ("inches", "The door is 6'2\" high and the window is 3'4\" wide."),
    ("no speech", "The ferry left the harbour at noon and reached the island at two."),
]


@pytest.mark.parametrize(("why", "text"), NO_QUOTES, ids=[row[0] for row in NO_QUOTES])
def test_words_in_marks_that_nobody_says_are_no_quotes(
    why: str, text: str, nlp: "Language"
) -> None:
    assert texts_of(text, nlp) == [], why


def test_a_quotation_reopened_in_the_next_paragraph_is_one_quote(nlp: "Language") -> None:
    found = quotes_of(
        'Dora Venn said: "The bridge will open in May.\n\n"Nobody will have to take the ferry any '
        'more."\n\nShe left.',
        nlp,
    )
    assert [len(quote.spans) for quote in found] == [2]


def test_a_quotation_without_a_cue_goes_to_the_speaker_before_it(nlp: "Language") -> None:
    found = quotes_of(
        '"The bridge will open in May," said Dora Venn.\n\n"Nobody will have to take the ferry '
        'any more."',
        nlp,
    )
    assert [(quote.cue, quote.speaker) for quote in found] == [
        ("said", "Dora Venn"),
        (None, "Dora Venn"),
    ]


def test_inner_quotations_stay_inside_the_outer_one(nlp: "Language") -> None:
    assert texts_of("“He said ‘never again’ and left the room,” Dora Venn recalled.", nlp) == [
        "He said ‘never again’ and left the room"
    ]


NESTED = [
    (
        "outer speaker behind",
        "Dora Venn arrived.\n\n“The ferryman told us: ‘We will come’,” she said.",
        "We will come",
        "ferryman",
    ),
    (
        "full name inside",
        "“Tomas Ild told us, ‘The ferry will stop in May,’ and he meant it,” Dora Venn said.",
        "The ferry will stop in May",
        "Tomas Ild",
    ),
    (
        "one's own words",
        "\"I told them, 'We will never sell the bridge,' and they left,\" Dora Venn said.",
        "We will never sell the bridge",
        "Dora Venn",
    ),
    (
        "never the outer speaker",
        "Dora Venn said: “He wrote to me: ‘The money is gone. I am sorry.’ That was all.”",
        "The money is gone. I am sorry.",
        None,
    ),
    (
        "guillemets inside",
        "Dora Venn said: “The sign read: «Nobody may cross the bridge.» So we turned.”",
        "Nobody may cross the bridge.",
        "sign",
    ),
]


@pytest.mark.parametrize(
    ("why", "text", "words", "speaker"), NESTED, ids=[row[0] for row in NESTED]
)
def test_what_is_quoted_inside_a_quote_is_kept_and_names_its_parent(
    why: str, text: str, words: str, speaker: str | None, nlp: "Language"
) -> None:
    outer, inner = quotes_of(text, nlp)
    assert (outer.id, outer.parent, outer.speaker) == ("a#1", None, "Dora Venn"), why
    assert (inner.id, inner.parent, inner.text, inner.speaker) == (
        "a#1.1",
        "a#1",
        words,
        speaker,
    ), why


def test_a_turn_of_a_transcript_keeps_what_it_quotes(nlp: "Language") -> None:
    text = (
        "MS. VENN: It opens in May.\n\nQ    Who pays?\n\nMS. VENN: Tomas Ild told me, “The county "
        "will pay for all of it.” So it will.\n\nMR. ILD: Not quite."
    )
    inner = [quote for quote in quotes_of(text, nlp) if quote.parent]
    assert [(quote.id, quote.parent, quote.text, quote.speaker) for quote in inner] == [
        ("a#2.1", "a#2", "The county will pay for all of it.", "Tomas Ild"),
    ]


def test_a_gerund_behind_the_statement_is_a_statement_of_its_own(nlp: "Language") -> None:
    assert texts_of(
        "Dora Venn said the bridge was ready, adding that it would open in May.", nlp
    ) == ["the bridge was ready", "it would open in May"]


def test_a_transcript_gives_one_quote_per_turn(nlp: "Language") -> None:
    text = (
        "MS. VENN: The bridge opens in May.\n\nQ    Who pays for it?\n\nMS. VENN: The county "
        "does.\n\nIt always has.\n\nMR. ILD: Not quite."
    )
    assert [quote.speaker for quote in quotes_of(text, nlp)] == ["Venn", "Venn", "Ild"]


def test_what_headlines_captions_and_links_quote_is_optional(nlp: "Language") -> None:
    text = (
        "Bridge will open in May, mayor says\n\nMayor Dora Venn, seen on Monday, said the bridge "
        "would open in May. (Ann Oro/Reuters)\n\n"
        "Related article: “We will open the bridge in May,” says mayor\n\nMayor Dora Venn said "
        "the bridge would open in May.\n\nABOUT THE AUTHOR\n\n"
        "Ann Oro said she writes about bridges."
    )
    found = obeys_the_laws(Article("a", text), nlp)
    assert [quote.text for quote in found if not quote.optional] == ["the bridge would open in May"]
    assert [quote.text for quote in found if quote.optional] == [
        "Bridge will open in May",
        "the bridge would open in May",
        "We will open the bridge in May",
    ]


def test_a_sentence_broken_by_a_blank_line_is_read_as_one(nlp: "Language") -> None:
    found = quotes_of("Dora Venn said the bridge would open\n\nin May after all.", nlp)
    assert [quote.text for quote in found] == ["the bridge would open in May after all"]
    assert len(found[0].spans) == 2


def obeys_the_laws(article: Article, nlp: "Language") -> list[Quote]:
    """Every quote is its article cut at its spans.

    Quotes are disjoint, save that one with a parent lies within one of its parent's spans.
    """
    quotes = next(extract([article], nlp=nlp))
    by_id = {quote.id: quote for quote in quotes}
    assert len(by_id) == len(quotes)
    ends: dict[str | None, int] = {}
    for quote in quotes:
        assert Quote.from_dict(quote.to_dict(), article) == quote
        assert quote.spans[0][0] >= ends.get(quote.parent, 0)
        ends[quote.parent] = quote.spans[-1][1]
        if quote.parent is not None:
            outer = by_id[quote.parent]
            assert outer.parent is None
            assert all(
                any(low <= start and end <= high for low, high in outer.spans)
                for start, end in quote.spans
            )
    return quotes


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(max_size=300)
    | st.text(alphabet="\"'“”‘’«»„` \n.,:;-—[]()#said that Dora he \u00a0", max_size=300)
)
def test_no_text_makes_it_raise_and_every_quote_is_cut_from_its_article(
    text: str, nlp: "Language"
) -> None:
    obeys_the_laws(Article("a", text), nlp)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_truncated_and_shuffled_articles_obey_the_same_laws(
    data: st.DataObject, nlp: "Language"
) -> None:
    whole = (ROOT / "seeds/moscow-times-2025-05-13.txt").read_text(encoding="utf-8")
    pieces = data.draw(st.lists(st.sampled_from(whole.split(" ")), max_size=150))
    start = data.draw(st.integers(0, len(whole)))
    for text in (" ".join(pieces), whole[start : start + 700]):
        obeys_the_laws(Article("a", text), nlp)


MARKS = ["“”", "‘’", "«»", '""', "''", "„“", "“", "‘", '"']
CUED = st.sampled_from(
    [
        "Dora Venn said: {}",
        "{} he told us.",
        "I wrote, {} and left.",
        "{}",
        "{} - Dora Venn",
        "The sign read {}",
        "\n\n{}",
    ]
)


def marked(words: str, marks: str, cued: str) -> str:
    return cued.format(marks[0] + words + marks[1:])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(layers=st.lists(st.tuples(st.sampled_from(MARKS), CUED), min_size=2, max_size=12))
def test_marks_nested_to_any_depth_obey_the_laws(
    layers: list[tuple[str, str]], nlp: "Language"
) -> None:
    text = "We will open the bridge in May."
    for marks, cued in layers:
        text = marked(text, marks, cued)
    obeys_the_laws(Article("a", text), nlp)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_articles_with_their_paragraphs_shuffled_and_cut_off_anywhere_obey_the_laws(
    data: st.DataObject, nlp: "Language"
) -> None:
    paragraphs = (ROOT / "seeds/cbc-news-2025-05.txt").read_bytes().decode("utf-8").split("\n")
    text = "\n".join(data.draw(st.permutations(paragraphs)))[: data.draw(st.integers(0, 4000))]
    obeys_the_laws(Article("a", text), nlp)


FOREIGN = [
    "Le ministre a déclaré lundi que le pont serait ouvert en mai. Il a ajouté que les travaux "
    "sont en retard et que personne ne paiera. " * 5,
    "El ministro dijo el lunes que el puente se abrirá en mayo. Añadió que no hay más retrasos en "
    "las obras de la ciudad. " * 5,
    "Министр сказал в понедельник, что мост откроется в мае и что больше не будет задержек в "
    "работе. " * 5,
    "大臣は月曜日に橋が五月に開通すると述べた。工事は順調に進んでいるという。" * 5,
]


@pytest.mark.parametrize("text", FOREIGN, ids=["French", "Spanish", "Russian", "Japanese"])
def test_in_another_language_little_or_nothing_is_found(text: str, nlp: "Language") -> None:
    assert len(obeys_the_laws(Article("a", text), nlp)) <= 2


def test_time_grows_with_the_text_not_with_its_square(nlp: "Language") -> None:
    passage = (
        "Mayor Dora Venn said the bridge would open in May. “Nobody will have to pay,” she added. "
        "Tomas Ild, the ferryman, doubted it.\n\n"
    )

    def seconds(n_passages: int) -> float:
        start = time.process_time()
        obeys_the_laws(Article("a", passage * n_passages), nlp)
        return time.process_time() - start

    seconds(10)
    assert seconds(800) < 8 * seconds(200)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "“" * 5000,
        "«“‘" * 3000,
        '"' * 5001,
        "'a " * 3000,
        "Der Minister sagte, die Brücke werde im Mai eröffnet. " * 20,
    ],
)
def test_odd_texts_pass(text: str, nlp: "Language") -> None:
    obeys_the_laws(Article("a", text), nlp)


def test_extract_streams_one_list_per_article_in_order(nlp: "Language") -> None:
    def articles() -> Iterator[Article]:
        for number in range(5):
            yield Article(
                f"n{number}", f"Dora Venn said the bridge would open in {number + 2} months."
            )

    found = list(extract(articles(), nlp=nlp, batch_size=2))
    assert [[quote.id for quote in quotes] for quotes in found] == [
        [f"n{number}#1"] for number in range(5)
    ]


def test_find_quotes_leaves_the_speaker_open(nlp: "Language") -> None:
    found = find_quotes(Article("a", "“The bridge will open in May,” she said."), nlp=nlp)
    assert [(quote.speaker, quote.speaker_mention) for quote in found] == [(None, "she")]


def test_a_pipeline_that_is_not_installed_is_named() -> None:
    with pytest.raises(DataError, match=r"'en_none_xx' is not installed"):
        load_nlp("en_none_xx")


def seed_scores(nlp: "Language") -> tuple[float, float]:
    """Return F1 of quotes, alone and with their speaker, on the seed articles.

    Optional gold quotes are neutral.
    """
    hits = speakers = n_gold = n_found = 0
    for line in (ROOT / "labels/seeds.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        article = Article(row["id"], (ROOT / row["source"]).read_bytes().decode("utf-8"))
        gold = [Quote.from_dict(quote, article) for quote in row["quotes"]]
        core, neutral = (
            [quote for quote in gold if not quote.optional],
            [quote for quote in gold if quote.optional],
        )
        found = next(extract([article], nlp=nlp))
        found = [
            quote
            for quote in found
            if not any(meets(article.text, quote.spans, other.spans) for other in neutral)
        ]
        pairs = [(a, b) for a in core for b in found if meets(article.text, a.spans, b.spans, 0.8)]
        hits += len(pairs)
        speakers += sum(
            bool(b.speaker) and (a.speaker or "").split()[-1] == (b.speaker or "").split()[-1]
            for a, b in pairs
        )
        n_gold, n_found = n_gold + len(core), n_found + len(found)
    return 2 * hits / (n_gold + n_found), 2 * speakers / (n_gold + n_found)


def test_the_seed_articles_stay_above_the_floor(nlp: "Language") -> None:
    quotes, with_speaker = seed_scores(nlp)
    assert quotes > 0.9
    assert with_speaker > 0.87
