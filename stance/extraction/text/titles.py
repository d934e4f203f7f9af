"""The title of an article that brings none: its first lines often have it."""

FIRST_LINES = 3
FEWEST_WORDS, MOST_CHARS = 4, 160
SENTENCE_END = (".", ":", ";", ",", "…")


def title_in(text: str) -> str | None:
    r"""Return the line of a text that reads like its title, else None.

    It is among the first lines, short, no sentence, and more text follows.

    >>> title_in("World · Analysis\n\nEnvoys to meet again in Lask\n\nThe envoys will meet.")
    'Envoys to meet again in Lask'
    >>> title_in("The envoys of both sides will meet again.\n\nNobody knows when.")
    """
    lines = [line.strip() for line in text[:5_000].splitlines() if line.strip()]
    for line in lines[: min(FIRST_LINES, len(lines) - 1)]:
        if len(line) > MOST_CHARS or line.endswith(SENTENCE_END):
            return None
        if len(line.split()) >= FEWEST_WORDS:
            return line.lstrip("#>* ").strip()
    return None
