"""Texts, files and model folders that nobody would write, the same ones for the same seed."""

import gzip
import json
import random

from conftest import ROOT
from rows import as_parquet

SEEDS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]
PIECES = [
    *"“”„«»‹›‘’'\"`()[]{}<>-–—…:;,.!?|/\\=+@#&%*_~^",
    *"\n\r\t \0\x07\x1b\x7f\x85\x9b\xa0\u2028\u2029\ufeff\u200b\u200d\u202e\u2066\ufffd\ufffe",
    *"\ud800\udbff\udc00\udfff\ud83d",
    *"😀👩‍👩‍👧é\u0301İǅßﬁΑΣ中文עברית한글𝔗𝕒",
    "\n\n",
    "\n- ",
    "\n\nMr. Renn: ",
    "Q: ",
    "he said",
    "she told reporters",
    "according to Ms. Ode",
    "said, adding that",
    "asked if",
    "Prime Minister Mara Lindqvist of Merrow",
    "the latter",
    "the spokesman's",
    "We will never talk to them.",
    "There will be no ceasefire",
    "not",
    "1,000.50",
    "12/05/2025",
    "nan",
    "null",
    "=1+1",
    "<p>",
    "</p>",
    '<a href="x">',
    "&nbsp;",
    "https://example.org/?q=“a”",
    "a" * 300,
    "“" * 40,
    "(" * 60,
    "said " * 60,
]


def text(draw, most=40):
    """One text: pieces joined, or a stretch of a seed with pieces put in and parts moved."""
    if draw.random() < 0.4:
        return "".join(
            draw.choice(PIECES) + draw.choice(["", " "]) for _ in range(draw.randint(0, most))
        )
    whole = draw.choice(SEEDS)
    start = draw.randrange(len(whole))
    letters = list(whole[start : start + draw.randint(1, 700)])
    for _ in range(draw.randint(0, 12)):
        at = draw.randrange(len(letters) + 1)
        kind = draw.random()
        if kind < 0.5:
            letters.insert(at, draw.choice(PIECES))
        elif kind < 0.8:
            del letters[at : at + draw.randint(1, 30)]
        else:
            letters[at:at] = letters[max(0, at - draw.randint(1, 60)) : at]
    return "".join(letters)


def value(draw, depth=0):
    """One JSON value of any kind."""
    kind = draw.randrange(9 if depth < 3 else 6)
    if kind < 2:
        return text(draw, 8)
    if kind < 6:
        return draw.choice([None, True, 0, -1, 3.5, 1e308, -0.0, 10**30, "", "support", []])
    if kind < 8:
        return [value(draw, depth + 1) for _ in range(draw.randint(0, 3))]
    return {text(draw, 2): value(draw, depth + 1) for _ in range(draw.randint(0, 3))}


def row(draw):
    """One row to predict."""
    if draw.random() < 0.1:
        return value(draw)
    given = {"text": text(draw)}
    for name in ("id", "cue", "context", "speaker", "text", "Text", "other"):
        if draw.random() < 0.3:
            given[name] = value(draw) if draw.random() < 0.4 else text(draw, 6)
    return given


def damaged(draw, data, most=8):
    """Bytes of which some were changed, left out or doubled."""
    data = bytearray(data)
    for _ in range(draw.randint(0, most)):
        at = draw.randrange(len(data) + 1)
        kind = draw.random()
        if kind < 0.5 and at < len(data):
            data[at] = draw.randrange(256)
        elif kind < 0.75:
            del data[at : at + draw.randint(1, 40)]
        else:
            data[at:at] = data[max(0, at - draw.randint(1, 40)) : at]
    return bytes(data)


def rows_file(draw):
    """A file of rows: the ending of its name, and its bytes."""
    rows = [row(draw) for _ in range(draw.randint(0, 6))]
    texts = [each.get("text") if isinstance(each, dict) else each for each in rows]
    kind = draw.choice(["jsonl", "csv", "tsv", "txt", "parquet", "jsonl.gz"])
    if kind.startswith("jsonl"):
        data = "\n".join(json.dumps(each) for each in rows).encode()
    elif kind == "parquet":
        data = as_parquet([{"text": "We will talk.", "id": 1}])
    else:
        mark = draw.choice(["", "sep=;\n", "\ufeff"])
        lines = [mark + draw.choice(["id,text", "text\tcue", "text", '"text";id', "a,b"])]
        lines += [str(each) for each in texts]
        data = "\n".join(lines).encode("utf-8", draw.choice(["replace", "surrogatepass"]))
    if kind.endswith("gz"):
        data = gzip.compress(data)
    return kind, damaged(draw, data) if draw.random() < 0.7 else data


def seeded(seed):
    """A source of chance of its own."""
    return random.Random(seed)
