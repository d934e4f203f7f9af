"""The word lists and the terms that come of them; each case is a sentence of our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.features.lexicon import (
    cue_acts,
    find_lists,
    frame_terms,
    is_negated,
    masked_terms,
    speaker_terms,
    word_lists,
    words_of,
)

TEXTS = st.text(max_size=80) | st.text(alphabet="abcAB ’'“\"-.,0123ßéİ\n", max_size=80)


def terms(text, cue="said", context=None):
    return set(frame_terms({"text": text, "cue": cue, "context": context}))


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        (
            "We are ready for talks",
            {"talk", "ready", "ready~talk", "we~ready", "on"},
            {"not:ready", "off"},
        ),
        (
            "We are not ready for talks",
            {"not:ready", "not:ready~talk", "we~not:ready"},
            {"ready", "ready~talk"},
        ),
        # A mark ends the reach of a negation.
        ("No, we are ready", {"ready"}, {"not:ready"}),
        ("They are playing for time", {"sham", "they~sham", "off"}, {"talk"}),
        ("The round was a waste of time", {"doubt~talk"}, {"sham"}),
        ("Talks can begin only after the troops leave", {"until~talk", "fight"}, {"refuse"}),
        ("The bridge was shelled", {"fight", "off"}, {"on", "near", "talk"}),
        # A truce alone lies near the target, not on it.
        ("The ceasefire holds", {"near", "truce"}, {"on"}),
        # Too far apart to belong together.
        (
            "Ready or not, the harvest in the northern provinces will come in before anybody "
            "thinks of talks",
            {"ready", "talk"},
            {"ready~talk"},
        ),
    ],
)
def test_a_quote_says_what_it_speaks_of_and_how(text, present, absent):
    found = terms(text)
    assert present <= found
    assert not absent & found


def test_the_reporting_verb_says_what_it_does_and_to_what():
    assert {"cue:refuse", "cue:refuse+on"} <= terms("the plan", cue="rejected")
    assert {"cue:plain", "cue:doubt"} <= terms("it", cue="said; warned")
    assert cue_acts(None) == ["none"]
    assert cue_acts("hummed") == ["other"]


def test_the_context_gives_terms_of_its_own():
    assert "before:talk" in terms("That will not change", context="He spoke of the talks.")
    assert "talk" not in terms("That will not change", context="He spoke of the talks.")


def test_a_possessive_and_a_typographic_apostrophe_change_nothing():
    assert (
        words_of("Lask’s envoy can't")
        == words_of("Lask's envoy can’t")
        == ["Lask", "envoy", "can't"]
    )
    assert terms("They don’t want talks") == terms("They don't want talks")


def test_names_and_numbers_do_not_enter_the_masked_terms():
    one = masked_terms({"text": "The delegation of Lask met Anna Merrow on 12 May", "cue": "said"})
    other = masked_terms({"text": "The delegation of Orvia met Jon Vell on 3 March", "cue": "said"})
    assert one == other
    assert "said :: TALK" in one


@pytest.mark.parametrize("group", ["thing", "frame", "cue", "speaker"])
def test_every_phrase_of_a_list_is_found_by_it(group):
    for name, listed in word_lists()[group].items():
        for phrase in listed.split(","):
            words = phrase.replace("*", "").split()
            assert name in find_lists(["so", *words, "then"], group), phrase


def test_a_word_that_only_contains_a_phrase_is_not_found():
    assert find_lists(words_of("he stalked the unready tablecloth".lower()), "thing") == {}
    assert "ready" not in find_lists(["unready", "already"], "frame")


@pytest.mark.parametrize(
    ("role", "speaker", "kinds"),
    [
        ("foreign minister of Orvia", "Mara Lindqvist", {"minister"}),
        ("senior analyst at the Lask Institute", "Jon Vell", {"expert", "rank"}),
        (None, "a lawmaker", {"law"}),
        # Names say nothing, also where they sound like an office.
        (None, "Stephen King", {"unknown"}),
        (None, None, {"unknown"}),
    ],
)
def test_a_speaker_is_a_kind_and_never_a_name(role, speaker, kinds):
    found = set(
        speaker_terms(
            {"text": "the talks go on", "cue": "said", "speaker": speaker, "speaker_role": role}
        )
    )
    assert {term for term in found if "+" not in term} == kinds
    assert {f"{kind}{rest}" for kind in kinds for rest in ("+on", "+cue:plain")} <= found


@given(
    TEXTS,
    st.lists(st.sampled_from("Volodymyr Abbas Khan King Judge Ilse Öz".split()), max_size=3),
    TEXTS,
)
def test_another_name_gives_the_same_terms(text, name, role):
    one = speaker_terms({"text": text, "speaker": " ".join(name), "speaker_role": role})
    assert one == speaker_terms({"text": text, "speaker": "Mara Lindqvist", "speaker_role": role})


@given(TEXTS, TEXTS)
def test_any_text_gives_terms_and_the_same_ones_twice(text, cue):
    row = {"text": text, "cue": cue, "context": text[::-1]}
    assert frame_terms(row) == frame_terms(dict(row))
    assert masked_terms(row) == masked_terms(dict(row))
    assert len({"on", "near", "off"} & set(frame_terms(row))) == 1


@given(TEXTS)
def test_places_of_matches_are_words_of_the_text(text):
    words = [word.lower() for word in words_of(text)]
    for group in word_lists():
        for places in find_lists(words, group).values():
            assert all(0 <= place < len(words) for place in places)
            assert all(isinstance(is_negated(words, place), bool) for place in places)


@given(TEXTS)
def test_blanks_and_line_breaks_between_words_change_nothing(text):
    wide = text.replace(" ", "  \n ")
    assert frame_terms({"text": text}) == frame_terms({"text": wide})
