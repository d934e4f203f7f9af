"""A small HTTP server that speaks OpenAI's chat completions, with faults on demand."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOOD = {"reason": "a proposal", "on_target": True, "stance": "support", "attributed": []}


def completion(content, **message):
    """What a server answers, around the model's own text."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny-1.0",
        "choices": [
            {
                "index": 0,
                "finish_reason": message.pop("finish_reason", "stop"),
                "message": {"role": "assistant", "content": content, "refusal": None, **message},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


class ChatServer:
    """Answers each request by the next entry of ``script``, then always by a good judgment.

    An entry is the model's text, a status code, a number of seconds to wait (a float), a whole
    body (a dict), or a body as it is (bytes). ``requests`` keeps (path, headers,
    body).
    """

    def __init__(self):
        self.script, self.requests = [], []

    def answer(self, handler):
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append((handler.path, headers, body))
        entry = self.script.pop(0) if self.script else json.dumps(GOOD)
        status, extra = 200, {}
        if isinstance(entry, float):
            time.sleep(entry)
            entry = json.dumps(GOOD)
        if isinstance(entry, tuple):
            entry, extra = entry
        if isinstance(entry, int):
            status, entry = entry, {"error": {"message": "no", "type": "fault"}}
        if isinstance(entry, bytes):
            data = entry
        else:
            data = json.dumps(completion(entry) if isinstance(entry, str) else entry).encode()
        with contextlib.suppress(OSError):  # a client that waited too long has gone
            handler.send_response(status)
            for name, value in {"content-type": "application/json", **extra}.items():
                handler.send_header(name, value)
            handler.send_header("content-length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)


@contextlib.contextmanager
def chat_server():
    """Run a server in a thread; yields it with its ``url``."""
    server = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            server.answer(self)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}/v1"
        thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        http.shutdown()
