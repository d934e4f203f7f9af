"""spaCy: ``nlp.add_pipe("stance")``.

``doc._.quotes`` is the article's quotes with their predictions, ``doc._.stance`` its speakers with
theirs, both as plain data that goes through ``nlp.pipe(n_process=…)`` and ``DocBin``;
``doc.spans["stance"]`` marks the quotes with their stance, for displaCy.
"""

from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

import stance
from stance.core.types import Article

_KEY = "stance"


def _stored(name: str) -> Any:
    def read(doc: Doc) -> Any:
        return doc.user_data.get(_KEY, {}).get(name)

    return read


for _name in ("quotes", "stance"):
    Doc.set_extension(_name, getter=_stored(_name), force=True)


@Language.factory(
    "stance", default_config={"model": None}, assigns=["doc._.stance", "doc._.quotes"]
)
# spaCy's signature
# spaCy's signature
def make(nlp: Language, name: str, model: str | None) -> "StanceComponent":  # noqa: ARG001
    """Return the component; ``model`` is what `stance.load` takes."""
    return StanceComponent(model)


class StanceComponent:
    """Reads the quotes of a document and predicts their stances.

    It parses the text itself, paragraph by paragraph, whatever pipeline it is in.
    """

    def __init__(self, model: str | None) -> None:
        self._source = model
        self._model = stance.load(model)

    def __call__(self, doc: Doc) -> Doc:
        """Add quotes and stances to a document."""
        reading = self._model.read(Article("doc", doc.text)).to_dict()
        quotes = sorted(
            (quote for speaker in reading["speakers"] for quote in speaker["quotes"]),
            key=lambda quote: quote["spans"],
        )
        doc.user_data[_KEY] = {"quotes": quotes, "stance": reading["speakers"]}
        marked = []
        for quote in quotes:
            for start, end in quote["spans"]:
                span = doc.char_span(
                    start,
                    end,
                    label=quote["prediction"]["stance"] or "abstained",
                    alignment_mode="expand",
                )
                marked += [span] if span is not None else []
        doc.spans["stance"] = SpanGroup(doc, name="stance", spans=marked)
        return doc

    def to_disk(self, path: Path | str, *, exclude: Any = ()) -> None:
        """Write nothing: the pipeline's config names the model."""

    # spaCy's signature
    # spaCy's signature
    def from_disk(self, path: Path | str, *, exclude: Any = ()) -> "StanceComponent":  # noqa: ARG002
        """Read nothing."""
        return self

    def to_bytes(self, *, exclude: Any = ()) -> bytes:  # noqa: ARG002 - spaCy's signature
        """Write nothing."""
        return b""

    # spaCy's signature
    # spaCy's signature
    def from_bytes(self, data: bytes, *, exclude: Any = ()) -> "StanceComponent":  # noqa: ARG002
        """Read nothing."""
        return self
