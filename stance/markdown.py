"""Tables in Markdown, for cards and pages."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""Return a table, one line a row, without a line break at its end.

    >>> print(table(["stance", "n"], [["support", 3], ["a | b", 1]]))
    | stance | n |
    |---|---|
    | support | 3 |
    | a \| b | 1 |
    """
    lines = ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])
