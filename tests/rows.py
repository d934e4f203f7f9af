"""Rows to predict in the files that people have them in, and the verb that answers them."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
from shell import cli

ROWS = [
    {"id": "a", "text": "We are ready to talk.", "cue": "said"},
    {"id": "b", "text": 'He said: "never, ever"\nand left them.', "cue": None},
    {"id": "c", "text": "", "cue": None},
    {"id": "d", "text": "They would join; the date is open\t– perhaps.", "cue": "added"},
]


def as_csv(rows, delimiter=","):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def predict(*arguments):
    return cli("predict", *arguments)
