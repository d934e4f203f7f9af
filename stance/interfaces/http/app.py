"""Predictions over HTTP, for tools that are not Python.

The server listens on this machine only unless told otherwise. Bodies, batches, texts and time are
limited. An API key, where ``STANCE_API_KEY`` holds one, is compared in constant time. The champion
may change while requests run: each request keeps the model it began with.
"""

import asyncio
import contextlib
import functools
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Annotated, Any

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
from stance.extraction.quotes.interviews import transcript_note
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
from stance.interfaces.http.served_model import ServedModel
from stance.interfaces.workers import BusyError, Check, Workers
from stance.prediction.model import Model
from stance.prediction.rows import BATCH, EXPLAINED, Options


def _json(data: Any) -> Response:
    # Lone surrogates come in through JSON escapes and leave the same way; NaN never leaves.
    return Response(json.dumps(shown_figures(data), allow_nan=False), media_type="application/json")


def build_app(
    holder: ServedModel,
    metrics: Metrics,
    limits: Limits,
    *,
    key: str | None = None,
    hosts: Collection[str] = (),
    watch_s: float = 2.0,
) -> Any:
    """Return the ASGI application around a model.

    Parameters
    ----------
    key
        What callers must know; None: everybody is answered.
    hosts
        Names under which the server may be asked, beside addresses and localhost.
    watch_s
        Seconds between two looks at whether another model is the champion.
    """
    predicting = Workers(limits.threads, limits.waiting)
    reading = Workers(1, limits.waiting)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watcher = asyncio.create_task(holder.watch(watch_s))
        yield
        watcher.cancel()

    problems: dict[int | str, dict[str, Any]] = {
        code: {"model": Problem} for code in (400, 401, 408, 409, 413, 421, 422, 503)
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
        if how.explain and len(asked) > limits.explained_rows:
            # 409: the parameter and the body are each right, and too much together.
            raise HTTPException(
                409,
                f"{len(asked)} quotes to explain; expected at most {limits.explained_rows} in one "
                "request with explain=true, as each costs as much as 65 without",
            )
        options = Options(how.abstain_at, EXPLAINED if how.explain else 0, how.sets, how.attributed)
        work = functools.partial(
            _answers, holder.model, [one.model_dump() for one in asked], options
        )
        found = await predicting.run(work)
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
        return _json(await reading.run(work))

    @app.get("/model")
    async def model() -> dict[str, Any]:
        """Return the card of the model that answers now."""
        return holder.model.card

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Say that it runs and with which model; needs no key."""
        return {"status": "ok", "model": holder.model.label}

    @app.get("/ready")
    async def ready() -> dict[str, Any]:
        """Say that it can take one more request, 503 where it cannot; needs no key.

        Before the model is loaded and tried nothing listens at all.
        """
        if predicting.full or reading.full:
            raise BusyError("too many requests at once")
        return {"status": "ready", "model": holder.model.label}

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def read_metrics() -> Response:
        """Counters and times, for Prometheus."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return Gate(app, limits, key, metrics, hosts)


def _answers(
    model: Model, rows: list[dict[str, Any]], options: Options, check: Check
) -> list[dict[str, Any]]:
    """Return the answers of rows; between two steps the work can be stopped."""
    step = 1 if options.explain else BATCH
    answers: list[dict[str, Any]] = []
    for start in range(0, len(rows), step):
        check()
        answers += model.answer_rows(rows[start : start + step], options)
    return answers


def _read(model: Model, article: Article, abstain_at: float, check: Check) -> dict[str, Any]:
    from stance.extraction.pipeline import extract

    check()
    note = article_note(article.text) or transcript_note(article.text)
    (quotes,) = extract([article])
    reading = model.read_quotes(article, quotes, abstain_at=abstain_at, before_each=check)
    return reading.to_dict() | ({"note": note} if note else {})


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
    if isinstance(fault, BusyError):
        answer = problem(503, str(fault))
        answer.headers["retry-after"] = "1"
        return answer
    # The request may be right and the model that answers now unable to: without bounds for
    # prediction sets.
    return problem(409 if isinstance(fault, ModelError) else 422, str(fault))
