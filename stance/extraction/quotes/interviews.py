"""Interviews and transcripts in which the text does not say who speaks where."""

import re
from collections import Counter
from collections.abc import Sequence

from stance.core.types import Article
from stance.extraction.quotes.transcripts import find_turns
from stance.extraction.text.parser_views import View, make_views
from stance.extraction.text.plain_marks import with_plain_marks

MIN_QUESTIONS = 2
MAX_QUESTION_WORDS = 40
FIRST_PERSON = re.compile(r"\b(?:I|I['’]\w+|[Ww]e|[Mm]y|[Oo]ur|[Mm]e|[Uu]s)\b")
MARKS = re.compile(r"[\"“”„«»]")
# What may be a label in some notation that `find_turns` does not read: "Venn::", "~Venn~".
LABEL_LIKE = re.compile(
    r"[^\w\n]{0,4}(?P<name>[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3})\s?[^\w\s,.'’()“”\"$%]{1,3}\s"
)
MIN_LABELS = 4
# The beginning of a long text tells enough.
MAX_CHARS = 20_000


def is_unlabelled_interview(text: str, views: Sequence[View]) -> bool:
    """Tell whether paragraphs of questions and answers take turns without any name.

    "I told him …" is said in an answer there, by nobody whom the text names beside it.
    """
    paragraphs = [text[view.paragraph.start : view.paragraph.end].strip() for view in views]
    questions = [
        at
        for at, words in enumerate(paragraphs[:-1])
        if _is_question(words) and not _is_question(paragraphs[at + 1])
    ]
    answers = [paragraphs[at + 1] for at in questions]
    in_first_person = any(FIRST_PERSON.search(answer) for answer in answers)
    return len(questions) >= MIN_QUESTIONS and in_first_person


def _is_question(words: str) -> bool:
    return (
        words.endswith("?")
        and MARKS.search(words) is None
        and len(words.split()) <= MAX_QUESTION_WORDS
    )


def transcript_note(text: str) -> str | None:
    """Return what to say of an article that looks like a transcript and is not read as one.

    None for all others.
    """
    plain = with_plain_marks(text[:MAX_CHARS])
    views = make_views(Article("", plain))
    if find_turns(plain, views):
        return None
    if is_unlabelled_interview(plain, views):
        return (
            "it looks like an interview that does not name who answers; write a name and a colon "
            'before each turn ("Dora Venn: …") to have its turns read'
        )
    matches = (LABEL_LIKE.match(plain, view.paragraph.start, view.paragraph.end) for view in views)
    names = Counter(match["name"] for match in matches if match is not None)
    n_labels = sum(names.values())
    if n_labels >= MIN_LABELS and 2 * n_labels >= len(views) and 1 < len(names) < n_labels:
        return (
            f"it looks like a transcript ({n_labels} paragraphs open with a name), and its labels "
            'cannot be read; write a name and a colon before each turn ("Dora Venn: …")'
        )
    return None
