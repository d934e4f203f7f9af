"""The model as tools for assistants.

It speaks the Model Context Protocol over standard input and output. Nothing listens on a port.
"""

from functools import partial
from typing import Annotated, Any

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

import stance
from stance.core.errors import StanceError
from stance.core.types import STANCES, Article
from stance.prediction.model import Model

MAX_ARTICLE_CHARS = 200_000
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
        found = await anyio.to_thread.run_sync(
            partial(model.predict, text, cue=cue, context=context)
        )
        return found.to_dict()

    @server.tool(annotations=HARMLESS)
    async def read_article(
        text: Annotated[str, Field(description="The article as published, paragraphs apart.")],
    ) -> dict[str, Any]:
        """Find an article's quotes and who says them.

        Return each speaker's stance toward negotiations with the quotes it rests on.
        """
        if len(text) > MAX_ARTICLE_CHARS:
            raise ToolError(
                f"an article of {len(text)} characters; expected at most {MAX_ARTICLE_CHARS}, "
                "give it in parts"
            )
        try:
            found = await anyio.to_thread.run_sync(partial(model.read, Article("article", text)))
        except StanceError as fault:
            raise ToolError(str(fault)) from fault
        return found.to_dict()

    return server


def run(source: str | None) -> None:
    """Serve the two tools on standard input and output until the other side closes it."""
    build_server(stance.load(source)).run("stdio")
