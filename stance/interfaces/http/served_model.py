"""The model that the server answers with, and the watch for another champion."""

import asyncio
import json
import logging

import anyio.to_thread

from stance.core.errors import ModelError, StanceError
from stance.core.types import Article, Quote
from stance.interfaces.http.middleware import Metrics
from stance.interfaces.http.schemas import PredictionOut
from stance.prediction.model import Model, load
from stance.prediction.rows import EXPLAINED, Options
from stance.tracking.resolve import resolve

log = logging.getLogger("stance.serve")

_WORDS = "We are ready to resume the talks, as Moscow rejected them on Monday."
_TRIAL = [
    {"id": "1", "text": _WORDS, "cue": "said", "context": "Nobody else spoke.", "speaker": "Venn"},
    {"id": "2", "text": f"{_WORDS} " * 200},
    {"id": "3", "text": ""},
]


def load_and_try(source: str | None) -> Model:
    """Load a model and let it answer one of everything, so that the first caller need not wait.

    Raises
    ------
    StanceError
        If it cannot be loaded, or answers what is no answer. Whatever else a damaged model raises
        is raised as it is.
    """
    model = load(source)
    asked = Options(explain=EXPLAINED, attributed=True)
    answers = [
        *model.answer_rows(_TRIAL[:1], asked),
        *model.answer_rows(_TRIAL, Options()),
    ]
    article = Article("trial", _WORDS)
    quote = Quote("trial#1", "trial", _WORDS, ((0, len(_WORDS)),), "direct", "said", speaker="Venn")
    reading = model.read_quotes(article, [quote])
    try:
        json.dumps([answers, reading.to_dict()], allow_nan=False)
        if answers[0]["abstained"]:
            raise ValueError(f"it abstains from an ordinary quote: {answers[0]['reason']}")
        for answer in answers:
            PredictionOut.model_validate(answer)
            if not answer["abstained"] and not 0.99 < sum(answer["probabilities"].values()) < 1.01:
                raise ValueError("its probabilities do not sum to 1")
    except ValueError as fault:
        raise ModelError(f"{model}: gives no usable answers ({fault}); train it anew") from fault
    return model


class ServedModel:
    """The model that answers now.

    A request takes it once, so that a change never affects half of an answer.
    """

    def __init__(self, source: str | None, metrics: Metrics) -> None:
        self._source = source
        self._metrics = metrics
        # The same with what is newer: a broken folder is tried once, not every time.
        self._tried = self._mark()
        self._said = ""
        self.model = load_and_try(source)
        self._tell()

    def _mark(self) -> tuple[str, int]:
        folder = resolve(self._source)
        return str(folder), (folder / "card.json").stat().st_mtime_ns

    def _tell(self) -> None:
        self._metrics.model.clear()
        self._metrics.model.labels(**self.model.label).set(1)

    def renew(self) -> bool:
        """Load the model again where the champion has changed.

        If the new one cannot be loaded or does not answer, the old one stays in place.
        """
        try:
            mark = self._mark()
            if mark == self._tried:
                return False
            self._tried = mark
            self.model = load_and_try(mark[0])
        # Whatever a damaged model or a full memory raises: the server goes on with the old one.
        except Exception as fault:  # noqa: BLE001
            said = str(fault) if isinstance(fault, StanceError) else repr(fault)
            if said != self._said:
                self._said = said
                self._metrics.reloads.labels("failed").inc()
                log.warning("the model stays %s: %s", self.model, said)
            return False
        self._said = ""
        self._metrics.reloads.labels("done").inc()
        self._tell()
        log.warning("the model is now %s", self.model)
        return True

    async def watch(self, every_s: float) -> None:
        """Look for another champion for ever.

        A model that was named by its address in MLflow stays the same.
        """
        if self._source is not None and ":" in self._source:
            return
        while True:
            await asyncio.sleep(every_s)
            await anyio.to_thread.run_sync(self.renew)
