"""A model's card as a page: what it was trained on, what it scores, where it abstains.

The registered version in MLflow and ``stance show`` show it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from stance.core.formatting import table

LIMITS = (
    "English only; the words of a quote and its reporting verb count, not irony, pictures or "
    "what a speaker is known for.",
    "A stance says what the quoted words say about negotiations, not who is right, and not what "
    "somebody thinks.",
    "Treat one prediction as a hint, many as evidence.",
)


def describe_card(card: Mapping[str, Any]) -> str:
    """Return the card as Markdown; parts that a card does not have are left out."""
    parts = [
        f"# {card.get('name', 'model')} {card.get('version', '')}".rstrip(),
        *([card["question"]] if card.get("question") else []),
    ]
    for part in (
        _scores(card.get("scores", {})),
        _data(card.get("data", {})),
        _abstention(card.get("abstention", [])),
        _members(card),
    ):
        parts += part
    if card.get("versions"):
        parts.append(
            "Made with "
            + ", ".join(f"{name} {number}" for name, number in card["versions"].items())
            + "."
        )
    return "\n\n".join([*parts, "\n".join(f"- {line}" for line in LIMITS)]) + "\n"


def _scores(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    if not scores:
        return []
    head = [
        "measured on",
        "macro-F1 (95%)",
        "coarse",
        "majority",
        "calibration error",
        "quotes",
        "articles",
    ]
    rows = []
    for name, one in scores.items():
        low, high = one["interval"]
        figures = [
            f"{one['macro_f1']:.2f} ({low:.2f}-{high:.2f})",
            f"{one['coarse_macro_f1']:.2f}",
            f"{one['majority_macro_f1']:.2f}",
        ]
        rows.append(
            [
                name,
                *figures,
                f"{one['calibration_error']:.3f}",
                str(one["n_quotes"]),
                str(one["n_articles"]),
            ]
        )
    return [table(head, rows)]


def _data(data: Mapping[str, Any]) -> list[str]:
    if not data:
        return []
    counts = ", ".join(f"{stance} {n}" for stance, n in data["counts"].items())
    return [
        f"Trained on {data['n_quotes']} quotes in {data['n_reports']} reports ({counts}); "
        f"fingerprint {data['fingerprint'][:12]}."
    ]


def _abstention(risks: Sequence[Mapping[str, Any]]) -> list[str]:
    if not risks:
        return []
    rows = [
        [f"{row['risk']:.0%}", f"{row['abstain_at']:.2f}", f"{row['coverage']:.0%}"]
        for row in risks
    ]
    return [table(["at most so many wrong", "abstain below a confidence of", "answers"], rows)]


def _members(card: Mapping[str, Any]) -> list[str]:
    members = card.get("experiment", {}).get("member", [])
    lines = [
        f"- {one['weight']:g} x {_options(one['features'])} -> {_options(one['classifier'])}"
        for one in members
    ]
    return ["\n".join(["Settings:", *lines])] if lines else []


def _options(given: Mapping[str, Any]) -> str:
    rest = ", ".join(f"{key} {value}" for key, value in given.items() if key != "kind")
    return f"{given['kind']} ({rest})" if rest else str(given["kind"])
