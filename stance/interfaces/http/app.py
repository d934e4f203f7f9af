"""Predictions over HTTP, for tools that are not Python.

The server listens on this machine only unless told otherwise. Bodies, batches, texts and time are
limited. An API key, where ``STANCE_API_KEY`` holds one, is compared in constant time. The champion
may change while requests run: each request keeps the model it began with.
"""

import asyncio
import contextlib
import functools
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any

import anyio.to_thread
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

import stance
from stance.core.errors import DataError, ModelError, StanceError
from stance.core.formatting import shown_figures
from stance.core.types import Article
from stance.extraction.text.language import article_note
from stance.interfaces.http.middleware import Gate, Limits, Metrics, problem
from stance.interfaces.http.schemas import (
    ArticleIn,
    PredictAsked,
    PredictionOut,
    Problem,
    ReadAsked,
    ReadingOut,
    RowIn,
)
from stance.prediction.model import Model, load
from stance.prediction.rows import EXPLAINED, Options
from stance.tracking.resolve import resolve

log = logging.getLogger("stance.serve")


class ServedModel:
    """The model that answers now.

    A request takes it once, so that a change never affects half of an answer.
    """

    def __init__(self, source: str | None, metrics: Metrics) -> None:
        self._source = source
        self._metrics = metrics
        # The same with what is newer: a broken folder is tried once, not every time.
        self._tried = self._mark()
        self.model = load(source)
        self._tell()

    def _mark(self) -> tuple[str, int]:
        folder = resolve(self._source)
        return str(folder), (folder / "card.json").stat().st_mtime_ns

    def _tell(self) -> None:
        self._metrics.model.clear()
        self._metrics.model.labels(**self.model.label).set(1)

    def renew(self) -> bool:
        """Load the model again where the champion has changed.

        If the new one cannot be loaded, the old one stays in place.
        """
        try:
            mark = self._mark()
            if mark == self._tried:
                return False
            self._tried = mark
            self.model = load(mark[0])
        except (StanceError, OSError) as fault:
            self._metrics.reloads.labels("failed").inc()
            log.warning("the model stays %s: %s", self.model, fault)
            return False
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


def _json(data: Any) -> Response:
    # Lone surrogates come in through JSON escapes and leave the same way; NaN never leaves.
    return Response(json.dumps(shown_figures(data), allow_nan=False), media_type="application/json")


def build_app(
    holder: ServedModel,
    metrics: Metrics,
    limits: Limits,
    *,
    key: str | None = None,
    watch_s: float = 2.0,
) -> Any:
    """Return the ASGI application around a model.

    Parameters
    ----------
    key
        What callers must know; None: everybody is answered.
    watch_s
        Seconds between two looks at whether another model is the champion.
    """
    wait = anyio.CapacityLimiter(limits.threads)
    reading = anyio.CapacityLimiter(1)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watcher = asyncio.create_task(holder.watch(watch_s))
        yield
        watcher.cancel()

    problems: dict[int | str, dict[str, Any]] = {
        code: {"model": Problem} for code in (400, 401, 408, 409, 413, 422, 503)
    }
    app = FastAPI(
        title="stance",
        version=stance.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=problems,
    )
    app.add_exception_handler(RequestValidationError, _tell_invalid)
    app.add_exception_handler(HTTPException, _tell_http)
    app.add_exception_handler(StanceError, _tell_fault)

    @app.post("/predict", response_model=PredictionOut | list[PredictionOut])
    async def predict(
        rows: RowIn | Annotated[list[RowIn], Field(max_length=limits.batch_rows)],
        how: Annotated[PredictAsked, Query()],
    ) -> Response:
        """One quote (an object) or many (a list): one answer a quote, in the same order."""
        asked = rows if isinstance(rows, list) else [rows]
        _check_lengths([one.text for one in asked], limits)
        options = Options(how.abstain_at, EXPLAINED if how.explain else 0, how.sets, how.attributed)
        work = functools.partial(
            holder.model.answer_rows, [one.model_dump() for one in asked], options
        )
        found = await anyio.to_thread.run_sync(work, limiter=wait, abandon_on_cancel=True)
        for one in found:
            metrics.predictions.labels(one["stance"] or "abstained").inc()
        return _json(found if isinstance(rows, list) else found[0])

    @app.post("/read", response_model=ReadingOut)
    async def read(article: ArticleIn, how: Annotated[ReadAsked, Query()]) -> Response:
        """Extract the quotes of an article; its speakers with their stances."""
        _check_lengths([article.text], limits)
        work = functools.partial(
            _read,
            holder.model,
            Article(article.id or "article", article.text, article.title, article.date),
            how.abstain_at,
        )
        return _json(await anyio.to_thread.run_sync(work, limiter=reading, abandon_on_cancel=True))

    @app.get("/model")
    async def model() -> dict[str, Any]:
        """Return the card of the model that answers now."""
        return holder.model.card

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Say that it runs and with which model; needs no key."""
        return {"status": "ok", "model": holder.model.label}

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def read_metrics() -> Response:
        """Counters and times, for Prometheus."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return Gate(app, limits, key, metrics)


def _read(model: Model, article: Article, abstain_at: float) -> dict[str, Any]:
    note = article_note(article.text)
    return model.read(article, abstain_at=abstain_at).to_dict() | ({"note": note} if note else {})


def _check_lengths(texts: list[str | None], limits: Limits) -> None:
    longest = max((len(text) for text in texts if text), default=0)
    if longest > limits.text_chars:
        raise DataError(f"a text of {longest} characters; expected at most {limits.text_chars}")


async def _tell_invalid(request: Request, fault: Exception) -> JSONResponse:
    # FastAPI's own answer repeats the input, which may be huge, secret, or no JSON at all.
    errors = fault.errors() if isinstance(fault, RequestValidationError) else []
    kind = request.headers.get("content-type", "")
    if "json" not in kind and any(one["loc"][:1] == ("body",) for one in errors):
        return problem(
            422,
            f"header Content-Type is {kind or 'missing'}; expected Content-Type: application/json",
        )
    # A quote is no list and a list no quote: what one of them says of the other is noise.
    if not isinstance(getattr(fault, "body", None), list):
        errors = [one for one in errors if not str(one["loc"][1:2]).startswith("('list[")] or errors
    else:
        errors = [one for one in errors if one["loc"][1:] != ("RowIn",)] or errors
    path = request.url.path
    faults = [f"{_place(one['loc'], path)}: {_said(one, path)}" for one in errors]
    rest = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
    return problem(422, "; ".join(faults[:5])[:2000] + rest)


def _place(loc: Sequence[str | int], path: str) -> str:
    """Return where a fault is, as the caller wrote it.

    The types that the server tried for the body are left out.
    """
    if (
        path == "/predict"
        and loc[0] == "body"
        and (loc[1:2] == ("RowIn",) or str(loc[1:2]).startswith("('list["))
    ):
        loc = (loc[0], *loc[2:])
    return ".".join(map(str, loc))


def _said(error: Mapping[str, Any], path: str) -> str:
    if error["type"] != "extra_forbidden":
        return str(error["msg"])
    in_body = error["loc"][0] == "body"
    taken: tuple[type[BaseModel], type[BaseModel]] = (
        (RowIn, PredictAsked) if path == "/predict" else (ArticleIn, ReadAsked)
    )
    known = taken[0] if in_body else taken[1]
    return (
        f"unknown {'field' if in_body else 'parameter'}; expected {', '.join(known.model_fields)}"
    )


async def _tell_http(_: Request, fault: Exception) -> JSONResponse:
    code = fault.status_code if isinstance(fault, HTTPException) else 500
    if code == 400 and isinstance(fault.__cause__, (ValueError, RecursionError)):
        # FastAPI calls what is no JSON at all 422, and what Python's reader stumbles over 400: to
        # the caller it is the same fault.
        told = (
            "not UTF-8; send JSON in UTF-8"
            if isinstance(fault.__cause__, UnicodeDecodeError)
            else "JSON nested too deeply, or with a number too long"
        )
        return problem(422, f"body: {told}")
    answer = problem(code, str(getattr(fault, "detail", fault)))
    answer.headers.update(getattr(fault, "headers", None) or {})
    return answer


async def _tell_fault(_: Request, fault: Exception) -> JSONResponse:
    # The request may be right and the model that answers now unable to: without bounds for
    # prediction sets.
    return problem(409 if isinstance(fault, ModelError) else 422, str(fault))
