"""English is told from what is not. All sentences are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.language import looks_english

OTHERS = [
    ("German", "Der Minister sagte am Montag, die Brücke werde im Mai eröffnet. Er wolle in die Stadt und dann an den See fahren, so war es geplant."),
    ("French", "Le ministre a déclaré lundi que le pont serait ouvert en mai, on a dit que les travaux sont en retard."),
    ("Spanish", "El ministro dijo el lunes que el puente se abrirá en mayo y que no hay más retrasos en las obras de la ciudad."),
    ("Dutch", "De minister zei maandag dat de brug in mei opengaat, we moeten over de weg naar het dorp en was er niet is het over."),
    ("Russian", "Министр сказал в понедельник, что мост откроется в мае и что больше не будет задержек в работе."),
    ("Japanese", "大臣は月曜日に橋が五月に開通すると述べた。工事は順調に進んでいるという。"),
]


@pytest.mark.parametrize(("name", "text"), OTHERS, ids=[row[0] for row in OTHERS])
def test_other_languages_are_told_apart(name: str, text: str) -> None:
    assert not looks_english(text), name


@pytest.mark.parametrize(
    "text", ["", "Bridge opens", "Dora Venn said that the bridge would open in May and that nobody would have to take the ferry any more."]
)
def test_english_and_texts_too_short_to_tell_pass(text: str) -> None:
    assert looks_english(text)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert looks_english(text) in (True, False)
