"""Tell a quote from a file of rows, and from a file of another kind."""

from pathlib import Path

from stance.prediction.row_files import kind_of

WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
NO_ROWS = (
    *WORKBOOKS,
    ".json",
    ".md",
    ".html",
    ".htm",
    ".pdf",
    ".docx",
    ".doc",
    ".odt",
    ".rtf",
    ".zip",
    ".sav",
    ".dta",
    ".rds",
    ".feather",
    ".arrow",
)


def is_rows(source: str) -> bool:
    """Tell a file of rows, or standard input, from a quote; a quote may end like a file's name."""
    return source == "-" or (
        kind_of(source) is not None
        and (not any(map(str.isspace, source.strip())) or Path(source).is_file())
    )


def is_other_file(source: str) -> bool:
    """Tell whether a source is a file of a kind that is not read.

    Its name must not be judged as if it were a quote.
    """
    if (
        source == "-"
        or not source.strip()
        or "\n" in source
        or len(source) > 255
        or kind_of(source)
    ):
        return False
    return (Path(source).suffix.lower() in NO_ROWS and not any(map(str.isspace, source))) or Path(
        source
    ).exists()
