"""What `stance compare MODEL MODEL ROWS` prints: two models' answers to the same rows."""

from typing import TYPE_CHECKING

from stance.cli.options import show_json
from stance.cli.tables import WIDE, console, say, to_table

if TYPE_CHECKING:
    from stance.evaluation.model_changes import ModelChanges


def show_changes(first: str, second: str, rows: str, *, as_json: bool) -> None:
    """Let two models answer the rows of a file, and print what changes from one to the other."""
    import stance
    from stance.evaluation.model_changes import compare_models
    from stance.prediction.row_files import numbered, open_rows

    before, after = stance.load(first), stance.load(second)
    with open_rows(rows) as (stream, _):
        changes = compare_models(before, after, numbered(stream))
    names = ["{name} {version}".format(**model.label) for model in (before, after)]
    if as_json:
        show_json({"first": before.label, "second": after.label, **changes.to_dict()})
        return
    _show_tables(names, changes)


def _show_tables(names: list[str], changes: "ModelChanges") -> None:
    from stance.core.types import STANCES
    from stance.evaluation.model_changes import ABSTAINED

    labels = (*STANCES, ABSTAINED)
    say(
        f"{changes.n_rows} rows: {names[0]} and {names[1]} agree on {changes.same:.1%}; the mean "
        f"score moves by {changes.drift:+.3f}"
    )
    place = console(WIDE)
    rows = [(label, *counts) for label, counts in zip(labels, changes.table(), strict=True)]
    title = f"labels of {names[0]} (down) and of {names[1]} (across)"
    place.print(to_table(["", *labels], rows, words=[""], title=title))
    if changes.speakers:
        place.print(
            to_table(
                ["speaker", "quotes", "mean score before", "after"],
                [
                    (name, n, f"{before:+.2f}", f"{after:+.2f}")
                    for name, n, before, after in changes.speakers
                ],
                words=["speaker"],
                title="speakers whose mean score moves most",
            )
        )
    if changes.examples:
        head = ["id", "speaker", "before", "after", "moved", "quote"]
        found = [
            (each.id, each.speaker, each.before, each.after, f"{each.moved:.2f}", each.text[:200])
            for each in changes.examples
        ]
        title = "quotes whose label changes, those that move most first"
        place.print(to_table(head, found, words=[*head[:4], "quote"], title=title))
    say("Whether the change is for the better, only labels tell.", dim=True)
