"""Write quotation marks of all kinds, also damaged ones, as the few that the rest reads.

The text keeps its length, so that every offset is one of the article as published. Where a mark
took several characters (``&ldquo;``, ``â€œ``), fillers of no width stand for the others.
"""

import re

from stance.extraction.text.quotation_marks import FILLER

# One character for another: full-width and corner marks, and what Windows-1252 becomes where it
# is read as Latin-1. (\x85 counts as a line break, so it is left alone.)
SAME_LENGTH = str.maketrans(
    {
        "＂": '"',
        "「": "“",
        "」": "”",
        "『": "“",
        "』": "”",
        "〝": "“",
        "〞": "”",
        "❝": "“",
        "❞": "”",
        "\x91": "‘",
        "\x92": "’",
        "\x93": "“",
        "\x94": "”",
        "\x96": "–",
        "\x97": "—",
    }
)
# HTML entities that were never decoded, and UTF-8 that was read as Windows-1252.
LONGER = {
    "&ldquo;": "“",
    "&rdquo;": "”",
    "&bdquo;": "„",
    "&quot;": '"',
    "&lsquo;": "‘",
    "&rsquo;": "’",
    "&sbquo;": "‚",
    "&apos;": "'",
    "&laquo;": "«",
    "&raquo;": "»",
    "&lsaquo;": "‹",
    "&rsaquo;": "›",
    "&ndash;": "–",
    "&mdash;": "—",
    "&hellip;": "…",
    "&nbsp;": " ",
    "&amp;": "&",
    "â€œ": "“",
    "â€\x9d": "”",
    "â€ž": "„",
    "â€˜": "‘",
    "â€™": "’",
    "â€“": "–",
    "â€”": "—",
    "â€¦": "…",
    "Â«": "«",
    "Â»": "»",
    "‘‘": "“",
    "’’": "”",
    "‚‚": "„",
}
TAGS = re.compile(r"</?(?:b|strong|i|em|u)(?: [^<>\n]{0,80})?>", re.I)
CODES = re.compile(r"&#(?:(\d{2,5})|[xX]([0-9a-fA-F]{2,4}));")
KNOWN = re.compile("|".join(map(re.escape, sorted(LONGER, key=len, reverse=True))))
OPENING = frozenset("“„‘‚«‹")
# Marks that open here and close there, by country. Each pair becomes “…” or ‘…’.
PAIRS = (
    (re.compile(r"„([^„“”\n]*)“"), "“", "”"),
    (re.compile(r"(?<![^\s(\[—–-])»(?=\S)([^»«\n]*)(?<=\S)«"), "“", "”"),
    (re.compile(r"(?<![^\s(\[—–-])›(?=\S)([^›‹\n]*)(?<=\S)‹"), "‘", "’"),
    (re.compile(r"‹([^›‹\n]*)›"), "‘", "’"),
    (re.compile(r"‚(?=\S)([^‚‘’\n]*)[‘’](?!\w)"), "‘", "’"),
)
# The same mark on both sides ("”We go,” she said"), in lines without one that only opens.
TWINS = (
    (re.compile(r"(?<![^\s(\[])”(?=\w)([^“”\n]*”)"), "“"),
    (re.compile(r"(?<![^\s(\[])»(?=\w)([^«»\n]*(?<=\S)»)"), "«"),
)
ANY_MARK = re.compile(r"[”»›‹„‚]")


def with_plain_marks(text: str) -> str:
    """Return a text of the same length whose marks are those of `find_quotations`."""
    text = text.translate(SAME_LENGTH)
    if "</" in text:
        # What a page shows in bold may be a label; Markdown's stars say so too.
        text = TAGS.sub(lambda match: "*" * len(match.group()), text)
    text = KNOWN.sub(lambda match: _padded(LONGER[match.group()], match), text)
    if "&#" in text:
        text = CODES.sub(_decoded, text)
    if not ANY_MARK.search(text):
        return text
    for pattern, opener, closer in PAIRS:
        text = pattern.sub(rf"{opener}\1{closer}", text)
    if "”" not in text and "»" not in text:
        return text
    return "\n".join(_with_twins_told(line) for line in text.split("\n"))


def _with_twins_told(line: str) -> str:
    for pattern, opener in TWINS:
        if opener not in line:
            line = pattern.sub(rf"{opener}\1", line)
    return line


def _padded(mark: str, match: re.Match[str]) -> str:
    """Return a mark with fillers: behind one that opens, before any other.

    So what ends a sentence still stands at its end.
    """
    fill = FILLER * (len(match.group()) - 1)
    opens = mark in OPENING or (mark in "\"'" and match.string[match.end() :][:1].isalnum())
    return mark + fill if opens else fill + mark


def _decoded(match: re.Match[str]) -> str:
    code = int(match[1]) if match[1] else int(match[2], 16)
    char = chr(code)
    return _padded(char.translate(SAME_LENGTH), match) if char.isprintable() else match[0]
