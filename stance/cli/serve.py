"""Verbs that answer requests until they are stopped: serve, mcp.

Nothing heavy is imported before a verb runs.
"""

from typing import Annotated

import typer

from stance.cli.options import ModelName, say_aside


def serve(
    model: Annotated[
        str | None,
        typer.Option(
            help="A model folder, a run, champion, or models:/stance@champion; by default the "
            "champion, also when it changes."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="The address to listen on; 127.0.0.1: this machine only.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0: any free one.")
    ] = 8000,
    max_body: Annotated[int, typer.Option(min=1000, help="Most bytes of one request.")] = 2_000_000,
    max_batch: Annotated[int, typer.Option(min=1, help="Most quotes in one request.")] = 1000,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="Most seconds for one answer.")] = 60,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Another name of this server that callers use; may be repeated. Addresses and "
            "localhost are always allowed."
        ),
    ] = None,
) -> None:
    """Answer requests over HTTP.

    POST /predict and /read; GET /model, /health, /ready, /metrics and /openapi.json. Where the
    variable STANCE_API_KEY is set, requests must carry that key.

    Example: stance serve --port 8000
    """
    from stance.interfaces.http.middleware import Limits
    from stance.interfaces.http.server import serve as answer

    answer(
        model,
        host=host,
        port=port,
        limits=Limits(body_bytes=max_body, batch_rows=max_batch, answer_s=timeout_s),
        hosts=allow_host or (),
        say=say_aside,
    )


def mcp(model: ModelName = None) -> None:
    """Give an assistant the tools predict_stance and read_article.

    It speaks the Model Context Protocol (MCP) over standard input and output.

    Example: stance mcp --model champion
    """
    from stance.interfaces.mcp_server import run

    run(model)
