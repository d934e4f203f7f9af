"""Find the stretches between quotation marks of any kind, closed or not."""

import dataclasses
import re
from collections.abc import Iterator

OPENERS = {"“": "”", "„": "”", "«": "»", "‟": "”"}
CLOSERS = frozenset("”»‟")
# A single mark opens after a blank or bracket and before a letter; '90s and 'em are apostrophes.
SINGLE_OPEN = re.compile(r"(?<![\w.,!?…\)\]])[‘'’](?=[A-Za-z\[…“\"])")
SINGLE_CLOSE = re.compile(r"(?<=\S)[’'](?!\w)")
# '"We go. He said it was "late".': the mark behind "go." was forgotten.
NARRATED = re.compile(
    r"[.!?](?=\s+(?:He|She|They)\s+(?:also\s+)?(?:said|says|added|told|noted|warned|argued)\s)"
)
FILLER = "\u200b"
PUNCT_BEFORE_CLOSER = ",.?!…"


@dataclasses.dataclass(frozen=True, slots=True)
class Quotation:
    """Words between outer quotation marks; offsets in the text that was scanned.

    ``open`` is the opening mark, ``start`` to ``end`` the words, ``close`` lies behind the closing
    mark. Where the mark was never closed ``closed`` is false and the words end with their
    paragraph.
    """

    open: int
    start: int
    end: int
    close: int
    closed: bool = True


def _with_one_mark_each(text: str) -> str:
    """Write marks of two characters ('' and ``) as one mark and a filler of no width.

    So that offsets stay.
    """
    return text.replace("``", '"' + FILLER).replace("''", '"' + FILLER)


def find_quotations(text: str, start: int = 0, end: int | None = None) -> list[Quotation]:
    """Find the outermost quotations of one paragraph, in text order.

    Parameters
    ----------
    text
        Text that holds the paragraph.
    start, end
        Where the paragraph stands in ``text``.

    Returns
    -------
    list of Quotation
        Disjoint. Nested marks stay inside the outer quotation; a mark without a partner ends with
        the paragraph, a lone closing mark is passed over.
    """
    part = _with_one_mark_each(text[start : len(text) if end is None else end])
    quotations = list(_double(part, 0, len(part), nested=True))
    if quotations and not quotations[-1].closed:
        # Newspapers reopen inside without closing twice; then the first closer ends the quotation.
        quotations = list(_double(part, 0, len(part), nested=False))
    gaps = _gaps(quotations, 0, len(part))
    singles = [quotation for low, high in gaps for quotation in _single(part, low, high)]
    return [
        _shifted(quotation, start)
        for quotation in sorted([*quotations, *singles], key=lambda quotation: quotation.open)
    ]


def _shifted(quotation: Quotation, by: int) -> Quotation:
    return Quotation(
        quotation.open + by,
        quotation.start + by,
        quotation.end + by,
        quotation.close + by,
        quotation.closed,
    )


def _gaps(quotations: list[Quotation], start: int, end: int) -> list[tuple[int, int]]:
    edges = [
        start,
        *(edge for quotation in quotations for edge in (quotation.open, quotation.close)),
        end,
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _is_straight_opener(text: str, at: int, start: int, end: int) -> bool:
    before = text[at - 1] if at > start else " "
    after = text[at + 1] if at + 1 < end else " "
    return not after.isspace() and not before.isalnum() and before not in ".,!?…;"


# one pass over the marks, one branch for each kind
def _double(text: str, start: int, end: int, *, nested: bool) -> Iterator[Quotation]:  # noqa: C901
    opened, closer, depth = -1, "", 0
    for at in range(start, end):
        char = text[at]
        if char not in OPENERS and char not in CLOSERS and char != '"':
            continue
        if opened < 0:
            if char in OPENERS or (char == '"' and _is_straight_opener(text, at, start, end)):
                opened, closer, depth = at, OPENERS.get(char, '"'), 1
            continue
        if char == '"':
            # Inside curly marks a straight one is either an inner mark or, at the end, a mixed
            # closer.
            if closer != '"' and _is_straight_opener(text, at, start, end):
                continue
            if (
                closer == '"'
                and at > start
                and text[at - 1].isspace()
                and _is_straight_opener(text, at, start, end)
                and '"' in text[at + 1 : end]
            ):
                narrated = NARRATED.search(text, opened, at)
                stop = narrated.end() if narrated else at
                yield _cut(text, opened, stop, stop, closed=True)
                opened = at
                continue
            if closer != '"' and closer in text[at + 1 : min(end, at + 400)]:
                continue
            depth = 1
        elif char in OPENERS:
            depth += nested
            continue
        elif closer == '"' and char != "”":
            continue
        depth -= 1
        if depth <= 0 or not nested:
            yield _cut(
                text, opened, at, at + 2 if text[at + 1 : at + 2] == FILLER else at + 1, closed=True
            )
            opened = -1
    if opened >= 0:
        yield _cut(text, opened, end, end, closed=False)


def _single(text: str, start: int, end: int) -> Iterator[Quotation]:
    at = start
    # Without a closer none of the openers before it has one either, so the search stays linear.
    while opener := SINGLE_OPEN.search(text, at, end):
        closer = _single_closer(text, opener.end(), min(end, opener.end() + 3000))
        if closer is None:
            at = opener.end()
            if not SINGLE_CLOSE.search(text, at, end):
                return
            continue
        quotation = _cut(text, opener.start(), closer, closer + 1, closed=True)
        at = quotation.close
        if (
            text[closer - 1] in PUNCT_BEFORE_CLOSER
            or len(text[quotation.start : quotation.end].split()) > 1
        ):
            yield quotation


def _single_closer(text: str, start: int, end: int) -> int | None:
    plural = None
    for closer in SINGLE_CLOSE.finditer(text, start, end):
        before = text[closer.start() - 1]
        if before != "s":
            return closer.start()
        # "the players' union" is no closer, unless nothing better comes.
        plural = closer.start() if plural is None else plural
    return plural


def _cut(text: str, opened: int, end: int, close: int, *, closed: bool) -> Quotation:
    start = opened + 1
    while start < end and (text[start].isspace() or text[start] == FILLER):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] == FILLER):
        end -= 1
    return Quotation(opened, start, end, close, closed)
