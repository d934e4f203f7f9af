"""Verbs that answer others until they are stopped: serve, mcp.

Nothing heavy is imported before a verb runs.
"""

from typing import Annotated

import typer

from stance.cli.options import ModelName, say_aside
from stance.core.errors import ConfigError


def serve(
    model: Annotated[
        str | None,
        typer.Option(
            help="A model folder, a run, champion, or models:/stance@champion; by default the "
            "champion, also when it changes."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="127.0.0.1 answers this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8000,
    max_body: Annotated[int, typer.Option(min=1000, help="Bytes of one request.")] = 2_000_000,
    max_batch: Annotated[int, typer.Option(min=1, help="Quotes in one request.")] = 1000,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="Longest time for one answer.")] = 60,
) -> None:
    """Answer over HTTP: POST /predict and /read, GET /model, /health, /metrics, /openapi.json.

    STANCE_API_KEY, where set, is asked for.

    Example: stance serve --port 8000
    """
    try:
        from stance.interfaces.http.middleware import Limits
        from stance.interfaces.http.server import serve as answer
    except ImportError as fault:
        raise ConfigError(
            f"{fault.name} is not installed; stance serve needs it: install stance[serve]"
        ) from fault
    answer(
        model,
        host=host,
        port=port,
        limits=Limits(body_bytes=max_body, batch_rows=max_batch, answer_s=timeout_s),
        say=say_aside,
    )


def mcp(model: ModelName = None) -> None:
    """Offer the tools predict_stance and read_article to an assistant.

    Model Context Protocol over standard input and output.

    Example: stance mcp --model champion
    """
    try:
        from stance.interfaces.mcp_server import run
    except ImportError as fault:
        raise ConfigError(
            f"{fault.name} is not installed; stance mcp needs it: install stance[mcp]"
        ) from fault
    run(model)
