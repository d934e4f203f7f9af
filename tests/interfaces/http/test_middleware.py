"""The gate before the application, without a network."""

import asyncio
import json

import pytest

from stance.interfaces.http.middleware import Gate, Limits, Metrics

WAIT_S = 30


class Asked:
    """One request to a gate: its body comes at once, its answer is kept."""

    def __init__(self, body=b"", **headers):
        self._body, self.status, self.answer = body, None, b""
        self.scope = {
            "type": "http",
            "path": "/predict",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

    async def receive(self):
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message):
        self.status = message.get("status", self.status)
        self.answer += message.get("body", b"")

    def to(self, gate):
        return gate(self.scope, self.receive, self.send)


async def answer_ok(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def test_bodies_in_memory_are_counted_together_and_given_back():
    async def scenario():
        go_on = asyncio.Event()

        async def slow(scope, receive, send):
            await go_on.wait()
            await answer_ok(scope, receive, send)

        gate = Gate(slow, Limits(body_bytes=100, held_bytes=150), None, Metrics())
        first, second = Asked(b"x" * 100), Asked(b"x" * 100)
        running = asyncio.create_task(first.to(gate))
        await asyncio.sleep(0)
        await second.to(gate)
        assert second.status == 503
        assert "too many large requests at once" in json.loads(second.answer)["detail"]
        go_on.set()
        await asyncio.wait_for(running, WAIT_S)
        assert first.status == 200
        third = Asked(b"x" * 100)
        await third.to(gate)
        assert third.status == 200

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("stance.example.org", 200),
        ("STANCE.example.org.:443", 200),
        ("192.168.1.7:8000", 200),
        ("[fe80::1]:8000", 200),
        ("", 200),
        ("example.org", 421),
        ("stance.example.org.evil.example", 421),
        ("127.0.0.1.evil.example:8000", 421),
        ("localhost:8000@evil.example", 421),
        ("0x7f000001", 421),
        (":8000", 421),
    ],
)
def test_only_addresses_and_names_of_its_own_are_answered(host, status):
    gate = Gate(answer_ok, Limits(), None, Metrics(), ["stance.example.org"])
    asked = Asked(host=host)
    asyncio.run(asked.to(gate))
    assert asked.status == status
