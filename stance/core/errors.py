"""The faults that a user can mend; any other exception is a bug."""


class StanceError(Exception):
    """A fault in data, config or model, told in one message.

    The message says where it is, what was found, what was expected and what to do next.
    """


class DataError(StanceError):
    """A fault in articles, quotes, labels or rows to predict."""


class ConfigError(StanceError):
    """A fault in an experiment file or a setting."""


class ModelError(StanceError):
    """A model that is missing, damaged, foreign or made for another version."""


def install_hint(extra: str) -> str:
    """Return the command that installs an extra of this package, for a message.

    It is run in the repository: the package ``stance`` of the package index is another project.
    """
    return f"pip install '.[{extra}]' in the repository's folder"


def gather(faults: list[str], error: type[StanceError], shown: int = 10) -> None:
    """Raise one ``error`` that lists the first ``shown`` faults and counts the rest.

    It raises nothing where there is no fault.
    """
    if faults:
        rest = f"\n… and {len(faults) - shown} more" if len(faults) > shown else ""
        raise error("\n".join(faults[:shown]) + rest)
