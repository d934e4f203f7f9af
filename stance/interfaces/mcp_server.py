"""The model as tools for assistants.

It speaks the Model Context Protocol over standard input and output. Nothing listens on a port.
"""

import io
import sys
from collections.abc import Callable
from typing import Annotated, Any, BinaryIO

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

import stance
from stance.core.errors import StanceError
from stance.core.safe_text import json_in_whole_characters
from stance.core.types import STANCES, Article
from stance.interfaces.workers import Check, Workers
from stance.prediction.model import Model

MAX_CHARS = 200_000  # of one text
ANSWER_S = 60.0
THREADS, WAITING = 2, 100
# Both tools only compute: no file, no network, the same answer each time.
HARMLESS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def build_server(model: Model) -> MCPServer[Any]:
    """Return the server with its two tools around a loaded model."""
    server: MCPServer[Any] = MCPServer(
        "stance",
        version=stance.__version__,
        instructions=f"Stance of quoted speech toward negotiations: {', '.join(STANCES)}. One "
        "prediction is a hint, many are evidence. English only.",
        log_level="ERROR",
    )

    workers = Workers(THREADS, WAITING)

    async def answer(
        texts: list[str | None], work: Callable[[Check], dict[str, Any]]
    ) -> dict[str, Any]:
        """Return what the work returns, within the limits of length, time and number."""
        longest = max(len(text or "") for text in texts)
        if longest > MAX_CHARS:
            raise ToolError(
                f"a text of {longest} characters; expected at most {MAX_CHARS}, give it in parts"
            )
        try:
            with anyio.fail_after(ANSWER_S):
                return await workers.run(work)
        except TimeoutError as fault:
            raise ToolError(f"no answer within {ANSWER_S:g} s; give it in parts") from fault
        except StanceError as fault:
            raise ToolError(str(fault)) from fault

    @server.tool(annotations=HARMLESS)
    async def predict_stance(
        text: Annotated[str, Field(description="The quote's words, without its speaker.")],
        cue: Annotated[
            str | None, Field(description="The reporting verb: said, rejected, promised.")
        ] = None,
        context: Annotated[
            str | None, Field(description="The sentence or two before the quote.")
        ] = None,
    ) -> dict[str, Any]:
        """Predict the stance of one quote toward negotiations, with probabilities.

        Stance is null where the model abstains and says why.
        """
        return await answer(
            [text, cue, context], lambda _: model.predict(text, cue=cue, context=context).to_dict()
        )

    @server.tool(annotations=HARMLESS)
    async def read_article(
        text: Annotated[str, Field(description="The article as published, paragraphs apart.")],
    ) -> dict[str, Any]:
        """Find an article's quotes and who says them.

        Return each speaker's stance toward negotiations with the quotes it rests on.
        """
        return await answer([text], lambda check: _read(model, text, check))

    return server


def _read(model: Model, text: str, check: Check) -> dict[str, Any]:
    from stance.extraction.pipeline import extract

    check()
    article = Article("article", text)
    (quotes,) = extract([article])
    return model.read_quotes(article, quotes, before_each=check).to_dict()


class _WholeLines(io.RawIOBase):
    """Standard input, one message a line, in whole characters.

    The protocol's own reader drops a message with a lone surrogate, and the caller would wait for
    ever.
    """

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self._left = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give what is left of a line, or of the next one."""
        self._left = self._left or json_in_whole_characters(self._lines.readline())
        piece = self._left[: len(buffer)]
        self._left = self._left[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


def run(source: str | None) -> None:
    """Serve the two tools on standard input and output until the other side closes it."""
    server = build_server(stance.load(source))
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_WholeLines(sys.stdin.buffer)))
    server.run("stdio")
