"""A language model as an annotator, asked over any server that speaks OpenAI's chat completions.

Nothing here runs unless a verb asks for it, and it reaches the one server that was named: no
redirect is followed, and no header tells more than the request needs. Needs the extra ``annotate``.
"""

import dataclasses
import ipaddress
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stance.core.errors import ConfigError, DataError
from stance.core.formatting import counted
from stance.core.types import Article, Judgment, Quote
from stance.labels.annotation_prompt import SCHEMA, Prompt, read_answer

if TYPE_CHECKING:
    import openai

KEY_VARIABLE = "STANCE_ANNOTATE_KEY"
TRIES = 2  # of one quote, where an answer cannot be used
MOST_FAILURES = 5  # in a row, then something is wrong that more requests will not mend
SAVE_EVERY = 10
_KEPT = "judgments so far are kept, and the same command goes on"
# All that goes out besides the body. The library would add the operating system, the version of
# Python and more.
HEADERS = {
    "host",
    "accept",
    "accept-encoding",
    "connection",
    "content-type",
    "content-length",
    "authorization",
    "user-agent",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a language model answers.

    ``url`` ends before ``/chat/completions``; ``key`` is None where the server asks for none.
    """

    url: str
    model: str
    key: str | None = None
    temperature: float = 0.0
    timeout_s: float = 60.0
    max_retries: int = 4

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"--endpoint {self.url!r}: expected an address such as http://127.0.0.1:8080/v1"
            )
        if parts.username or parts.password:
            raise ConfigError(
                f"--endpoint: holds a password; put the key into the variable {KEY_VARIABLE}"
            )
        if self.key and parts.scheme == "http" and not self.is_local:
            raise ConfigError(
                f"--endpoint {self.url!r}: the key would go over the network unencrypted; use "
                f"https, or unset {KEY_VARIABLE}"
            )

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine, so that no text leaves it."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    def annotator(self, prompt: Prompt) -> str:
        """Return the annotator's name: another prompt or temperature is another annotator."""
        name = re.sub(r"[^\w.-]+", "-", self.model).strip("-.") or "model"
        heat = f"-t{self.temperature:g}" if self.temperature else ""
        return f"{name}{heat}@{prompt.fingerprint}"


@dataclasses.dataclass(slots=True)
class Annotated:
    """What came of asking: how many judgments, what was left out and why, tokens as counted."""

    n_judged: int = 0
    left_out: Counter[str] = dataclasses.field(default_factory=Counter)
    examples: dict[str, str] = dataclasses.field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0


class _Unusable(Exception):
    """An answer that is no judgment: the reason in general, and what it was."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def annotate(
    endpoint: Endpoint,
    prompt: Prompt,
    items: Sequence[tuple[Article, Quote]],
    save: Callable[[Sequence[Judgment]], object],
) -> Annotated:
    """Ask for a judgment of each quote, and save the judgments as they come.

    Parameters
    ----------
    save
        Takes new judgments; called every `SAVE_EVERY` quotes, at the end, and before a fault is
        raised.

    Raises
    ------
    ConfigError
        If the server refuses the request, cannot be reached, or keeps asking to wait.
    DataError
        If `MOST_FAILURES` answers in a row are no judgments.
    """
    import openai

    done, unsaved, in_a_row = Annotated(), [], 0
    with _client(endpoint) as client:
        try:
            for article, quote in items:
                try:
                    unsaved.append(_judged(client, endpoint, prompt, article, quote, done))
                    in_a_row = 0
                except _Unusable as fault:
                    done.left_out[fault.reason] += 1
                    done.examples.setdefault(fault.reason, str(fault))
                    in_a_row += 1
                if in_a_row == MOST_FAILURES:
                    raise DataError(
                        f"{endpoint.model}: {MOST_FAILURES} answers in a row were no judgments, "
                        f"the last one: {next(reversed(done.examples.values()))}; does the model "
                        "answer by a JSON schema? Nothing more was asked; the same command goes on"
                    )
                if len(unsaved) == SAVE_EVERY:
                    done.n_judged += len(unsaved)
                    save(unsaved)
                    unsaved = []
        except openai.OpenAIError as fault:
            raise ConfigError(_said(fault, endpoint)) from fault
        finally:
            done.n_judged += len(unsaved)
            if unsaved:
                save(unsaved)
    return done


def _client(endpoint: Endpoint) -> "openai.OpenAI":
    import openai

    def keep_needed(request: Any) -> None:
        for name in [name for name in request.headers if name.lower() not in HEADERS]:
            del request.headers[name]
        request.headers["user-agent"] = "stance"
        if endpoint.key is None:
            del request.headers["authorization"]

    return openai.OpenAI(
        base_url=endpoint.url,
        # Given always: else the library would take OPENAI_API_KEY and send it to this server.
        api_key=endpoint.key or "none",
        timeout=endpoint.timeout_s,
        max_retries=endpoint.max_retries,
        http_client=openai.DefaultHttpxClient(
            follow_redirects=False,
            event_hooks={"request": [keep_needed]},
            # What goes to this machine takes no way round by a proxy.
            trust_env=not endpoint.is_local,
        ),
    )


def _judged(
    client: "openai.OpenAI",
    endpoint: Endpoint,
    prompt: Prompt,
    article: Article,
    quote: Quote,
    done: Annotated,
) -> Judgment:
    messages: Any = prompt.messages(article, quote)
    for number in range(1, TRIES + 1):
        answer = _completion(client, endpoint, messages)
        if answer.usage is not None:
            done.tokens_in += answer.usage.prompt_tokens or 0
            done.tokens_out += answer.usage.completion_tokens or 0
        try:
            text = _text_of(answer)
            return read_answer(
                text,
                quote.id,
                endpoint.annotator(prompt),
                answer.model or endpoint.model,
                prompt.fingerprint,
                endpoint.temperature,
            )
        except DataError as fault:
            if number == TRIES:
                raise _Unusable("answers that are no judgment", str(fault)) from fault
    raise AssertionError("unreachable")


def _completion(client: "openai.OpenAI", endpoint: Endpoint, messages: Any) -> Any:
    """Return the server's answer; where /v1 is forgotten, many servers answer with a page."""
    import openai

    form: Any = {
        "type": "json_schema",
        "json_schema": {"name": "judgment", "strict": True, "schema": SCHEMA},
    }
    answer: Any
    try:
        answer = client.chat.completions.create(
            model=endpoint.model,
            messages=messages,
            response_format=form,
            temperature=endpoint.temperature,
        )
    except json.JSONDecodeError as fault:
        answer = fault.doc
    # The library returns what is not a JSON object as it is.
    if not isinstance(answer, openai.BaseModel):
        raise ConfigError(
            f"{endpoint.url}: the answer is not a chat completion in JSON ({str(answer)[:60]!r}); "
            f"check --endpoint, it should end in /v1; {_KEPT}"
        )
    return answer


def _text_of(answer: Any) -> str:
    if not getattr(answer, "choices", None):
        raise DataError("the answer has no choices")
    choice = answer.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise _Unusable(
            "refusals", f"the model refused: {choice.message.refusal or 'content filter'}"
        )
    if choice.finish_reason == "length":
        raise _Unusable("answers cut off", "the answer was cut off at its greatest length")
    return choice.message.content or ""


def _said(fault: "openai.OpenAIError", endpoint: Endpoint) -> str:
    import openai

    if isinstance(fault, openai.RateLimitError):
        return (
            f"{endpoint.url}: asked to wait (429) {counted(endpoint.max_retries + 1, 'time')}; "
            f"try again later: {_KEPT}"
        )
    if isinstance(fault, openai.APITimeoutError):
        return (
            f"{endpoint.url}: no answer within {endpoint.timeout_s:g} s, asked "
            f"{counted(endpoint.max_retries + 1, 'time')}; raise --timeout-s: {_KEPT}"
        )
    if isinstance(fault, openai.APIConnectionError):
        return f"{endpoint.url}: cannot be reached ({fault.__cause__ or fault}); {_KEPT}"
    if isinstance(fault, openai.AuthenticationError | openai.PermissionDeniedError):
        return (
            f"{endpoint.url}: refuses the key (status {fault.status_code}); put the key into the "
            f"variable {KEY_VARIABLE}; {_KEPT}"
        )
    if isinstance(fault, openai.APIStatusError):
        return (
            f"{endpoint.url}: status {fault.status_code} ({str(fault)[:200]}); check --endpoint "
            f"and --model; {_KEPT}"
        )
    return f"{endpoint.url}: {fault}; {_KEPT}"
