"""The server in a process of its own, spoken to by the official SDK's client."""

import json
import subprocess
import sys
import threading
import types

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.server.mcpserver.exceptions import ToolError

import stance
from stance.interfaces import mcp_server


@pytest.fixture
def ask(model_folder):
    def run(what):
        async def session():
            parameters = StdioServerParameters(
                command=sys.executable, args=["-m", "stance", "mcp", "--model", str(model_folder)]
            )
            async with Client(parameters) as client:
                return await what(client)

        return anyio.run(session)

    return run


def test_it_offers_two_harmless_tools_and_says_what_they_take(ask):
    listed = ask(lambda client: client.list_tools()).tools
    assert [one.name for one in listed] == ["predict_stance", "read_article"]
    assert all(
        one.annotations.read_only_hint and not one.annotations.open_world_hint for one in listed
    )
    schema = listed[0].input_schema
    assert (schema["required"], list(schema["properties"])) == (
        ["text"],
        ["text", "cue", "context"],
    )
    assert all("description" in one for one in schema["properties"].values())


def test_a_tool_answers_as_python_does(ask, model):
    text = "“We are ready to resume the talks,” said Mara Lindqvist."

    async def both(client):
        first = await client.call_tool(
            "predict_stance", {"text": "We will come.", "cue": "promised"}
        )
        return first, await client.call_tool("read_article", {"text": text})

    predicted, read = ask(both)
    assert rounded(predicted.structured_content) == rounded(
        model.predict("We will come.", cue="promised").to_dict()
    )
    assert rounded(read.structured_content["speakers"]) == rounded(
        model.read(stance.Article("article", text)).to_dict()["speakers"]
    )


def test_a_message_with_half_a_character_is_answered(model_folder):
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    calls = [
        {"name": "predict_stance", "arguments": {"text": text}}
        for text in ("We will talk \ud83d", "Yes \U0001f600, we will.")
    ]
    asked = [("initialize", hello), *(("tools/call", call) for call in calls)]
    messages = [
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for number, (method, params) in enumerate(asked)
    ]
    messages.insert(1, '{"jsonrpc": "2.0", "method": "notifications/initialized"}')
    command = [sys.executable, "-m", "stance", "mcp", "--model", str(model_folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write("".join(f"{message}\n" for message in messages).encode())
        process.stdin.flush()
        answers = {}
        while len(answers) < 3:
            answer = json.loads(process.stdout.readline())
            answers[answer["id"]] = answer
        process.stdin.close()
    assert answers[1]["result"]["structuredContent"]["stance"] is not None
    assert answers[2]["result"]["isError"] is False


def rounded(answer):
    """An answer as JSON gives it, to six digits.

    The last bits of an encoder's sums may differ from call to call.
    """
    return json.loads(json.dumps(answer), parse_float=lambda number: round(float(number), 6))


def test_what_it_cannot_do_is_told_and_it_goes_on(ask):
    async def several(client):
        answers = [await client.call_tool("predict_stance", {"text": "Мы готовы к переговорам."})]
        for tool, arguments in (
            ("read_article", {"text": "x" * 200_001}),
            ("predict_stance", {"text": "We.", "cue": "x" * 200_001}),
            ("predict_stance", {}),
            ("predict_stance", {"text": 3}),
            ("delete", {}),
        ):
            answers.append(await client.call_tool(tool, arguments))
        answers.append(await client.call_tool("predict_stance", {"text": "We will come."}))
        return answers

    foreign, *wrong, last = ask(several)
    assert foreign.structured_content["reason"] == "not English (looks like ru)"
    assert [one.is_error for one in wrong] == [True] * 5
    for refused in wrong[:2]:
        assert "expected at most 200000, give it in parts" in refused.content[0].text
    assert last.structured_content["abstained"] is False


class SlowModel:
    """A model that takes longer than a caller is kept waiting."""

    def __init__(self):
        self.go_on = threading.Event()

    def predict(self, *_, **__):
        self.go_on.wait(30)
        return types.SimpleNamespace(to_dict=dict)


def test_a_tool_that_takes_too_long_says_so_and_later_calls_are_refused(monkeypatch):
    monkeypatch.setattr(mcp_server, "ANSWER_S", 0.2)
    monkeypatch.setattr(mcp_server, "THREADS", 1)
    monkeypatch.setattr(mcp_server, "WAITING", 0)
    slow = SlowModel()
    server = mcp_server.build_server(slow)

    async def twice():
        said = []
        for _ in range(2):
            with pytest.raises(ToolError) as told:
                await server.call_tool("predict_stance", {"text": "We will come."})
            said.append(str(told.value))
        slow.go_on.set()
        return said

    late, busy = anyio.run(twice)
    assert "no answer within 0.2 s" in late
    assert "too many requests at once" in busy
