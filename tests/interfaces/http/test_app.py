"""A real server in a process of its own.

Ordinary clients, bad ones, and a hundred at once ask it.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import stance
from stance.core.formatting import shown_figures


@contextlib.contextmanager
def running(*arguments, **environment):
    command = [sys.executable, "-m", "stance", "serve", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if found := re.match(r"(http://\S+)", line):
                break
        else:
            raise AssertionError("".join(said))
        threading.Thread(target=lambda: said.extend(process.stderr), daemon=True).start()
        yield Running(process, found[1], said)
    finally:
        process.kill()
        process.wait()


class Running:
    def __init__(self, process, address, said):
        self.process, self.address, self.said = process, address, said
        self.host, _, port = address.removeprefix("http://").rpartition(":")
        self.port = int(port)

    def client(self, **headers):
        return httpx.Client(base_url=self.address, headers=headers, timeout=60, trust_env=False)

    def raw(self):
        return socket.create_connection((self.host, self.port), timeout=30)


@pytest.fixture(scope="module")
def server(ngrams):
    with running("--model", ngrams, "--max-body", 300_000, "--max-batch", 50) as one:
        yield one


def test_it_answers_as_python_does(server, ngrams):
    model = stance.load(ngrams)
    rows = [
        {"id": 1, "text": "We will come.", "cue": "said"},
        {"text": "", "id": "b"},
        {"text": None},
        {"text": "Мы готовы к переговорам."},
    ]
    with server.client() as client:
        assert client.post("/predict", json=rows).json() == [
            shown_figures(one.to_dict()) for one in model.predict_many(rows)
        ]
        assert client.post("/predict", json=rows[0]).json() == shown_figures(
            model.predict("We will come.", cue="said", id="1").to_dict()
        )
        assert client.post("/predict", json=[]).json() == []
        assert (
            client.post("/predict?abstain_at=1", json=rows[0]).json()["reason"].startswith("unsure")
        )
        explained = client.post("/predict?explain=true", json=rows[:2]).json()
        assert explained[0]["explanation"] == [
            shown_figures(one.to_dict()) for one in model.explain(rows[0])
        ]
        assert explained[0]["features"] == [
            shown_figures(one.to_dict()) for one in model.features(rows[0])
        ]
        assert explained[1]["explanation"] == explained[1]["features"] == []
        held = client.post("/predict?attributed=true", json=rows[0]).json()
        assert held == shown_figures(next(model.predict_many([rows[0]], attributed=True)).to_dict())
        assert held["attributed"] == []
        assert client.post("/predict?sets=0.3", json=rows[0]).status_code == 422
        unable = client.post("/predict?sets=0.9", json=rows[0])
        assert (unable.status_code, "no bounds for prediction sets" in unable.json()["detail"]) == (
            409,
            True,
        )
        assert client.get("/model").json() == model.card
        assert client.get("/health").json() == {"status": "ok", "model": model.label}
        assert client.get("/ready").json() == {"status": "ready", "model": model.label}


def test_an_article_is_read(server, ngrams):
    text = "“We are ready to resume the talks,” said Mara Lindqvist, the foreign minister."
    with server.client() as client:
        found = client.post(
            "/read", json={"text": text, "id": "a1", "title": "Talks", "date": "2026-05-04"}
        ).json()
        unsure = client.post("/read?abstain_at=1", json={"text": text}).json()
        other = client.post(
            "/read",
            json={
                "text": "„Wir sind bereit“, sagte die Ministerin am Montag nach der Sitzung des "
                "Kabinetts in Berlin."
            },
        ).json()
    assert unsure["speakers"][0]["quotes"][0]["prediction"]["abstained"]
    assert other["note"] == "the text does not look English, and quotes are found in English only"
    assert found == json.loads(
        json.dumps(shown_figures(stance.load(ngrams).read(stance.Article("a1", text)).to_dict()))
    )
    assert found["speakers"][0]["speaker"] == "Mara Lindqvist"


def test_prometheus_can_read_what_was_done(server):
    with server.client() as client:
        client.post("/predict", json={"text": "We will come."})
        client.get("/nowhere/secret-token")
        text = client.get("/metrics").text
    assert re.search(r'stance_requests_total\{code="200",path="/predict"\} [1-9]', text)
    assert re.search(r'stance_request_seconds_count\{path="/predict"\} [1-9]', text)
    assert 'stance_model_info{name="ngrams",version="1"} 1.0' in text
    assert "secret-token" not in text  # paths that strangers make up are no labels


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", 422, "JSON decode error"),
        (b"", 422, "Field required"),
        (b"\xff\xfe", 422, "JSON decode error"),
        ('{"text": "déjà"}'.encode("latin-1"), 422, "body: not UTF-8; send JSON in UTF-8"),
        (b"[" * 100_000, 422, "body: JSON nested too deeply, or with a number too long"),
        (b'{"text": 3}', 422, "body.text: Input should be a valid string"),
        (b'{"text": "x", "id": NaN}', 422, "id"),
        (
            b'{"quote": "We will come."}',
            422,
            "body.quote: unknown field; expected text, id, cue, context, speaker",
        ),
        (
            b'[{"text": "x", "qeu": "said"}]',
            422,
            "body.0.qeu: unknown field; expected text, id, cue, context, speaker",
        ),
        (
            b'{"text": "x", "id": ' + b"9" * 10_000 + b"}",
            422,
            "body: JSON nested too deeply, or with a number too long",
        ),
        (json.dumps([{"text": "x"}] * 51).encode(), 422, "body: List should have at most 50 items"),
        (
            json.dumps({"text": "x" * 200_001}).encode(),
            422,
            "a text of 200001 characters; expected at most 200000",
        ),
        (b" " * 300_001, 413, "body over 300000 bytes"),
        (b"x" * 5_000_000, 413, "body over 300000 bytes"),
    ],
)
def test_a_bad_body_is_refused_in_words(server, body, code, message):
    with server.client() as client:
        answer = client.post("/predict", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (code, "application/json")
        assert message in answer.json()["detail"]
        assert len(answer.content) < 3000
        assert client.get("/health").status_code == 200


def test_odd_letters_come_back_as_they_were(server):
    with server.client() as client:
        answer = client.post(
            "/predict",
            content=rb'{"text": "\ud800 We \u0000 come.", "id": "\udfff"}',
            headers={"content-type": "application/json"},
        )
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert json.loads(answer.content)["id"] == "\udfff"


def test_half_a_character_is_read_as_unreadable(server):
    bodies = {
        "/predict": rb'[{"text": "We will talk \ud83d", "cue": "said\udc00"}, {"text": "Never."}]',
        "/read": rb'{"text": "\u201cWe will talk \ud83d,\u201d Mr. Renn said.", "id": "\ud800"}',
    }
    with server.client() as client:
        for path, body in bodies.items():
            answer = client.post(path, content=body, headers={"content-type": "application/json"})
            assert answer.status_code == 200
    (speaker,) = answer.json()["speakers"]
    assert speaker["quotes"][0]["text"] == "We will talk \ufffd"
    assert answer.json()["article"] == "\ufffd"


def test_wrong_paths_and_methods_are_told(server):
    with server.client() as client:
        assert (
            client.get("/nowhere").status_code,
            client.get("/predict").status_code,
            client.post("/health").status_code,
        ) == (404, 405, 405)
        assert client.get("/predict").headers["allow"] == "POST"
        assert (
            client.post(
                "/predict", content=b'{"text": "x"}', headers={"content-type": "text/plain"}
            ).status_code
            == 422
        )
        for headers, found in (({"content-type": "text/plain"}, "text/plain"), ({}, "missing")):
            detail = client.post("/predict", content=b'{"text": "x"}', headers=headers).json()[
                "detail"
            ]
            assert (
                detail == f"header Content-Type is {found}; expected Content-Type: application/json"
            )
        unknown = client.post("/read", json={"article": "x"}).json()["detail"]
        assert "body.article: unknown field; expected text, id, title, date" in unknown
        for path, known in (
            ("/predict", "abstain_at, sets, attributed, explain"),
            ("/read", "abstain_at"),
        ):
            refused = client.post(f"{path}?explane=true", json={"text": "x"})
            assert (refused.status_code, refused.json()["detail"]) == (
                422,
                f"query.explane: unknown parameter; expected {known}",
            )


def test_a_slow_body_is_given_up_while_others_are_answered(server):
    with server.raw() as slow, server.client() as client:
        slow.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        began = time.monotonic()
        assert client.post("/predict", json={"text": "We will come."}).status_code == 200
        assert time.monotonic() - began < 5
        answer = b"".join(iter(lambda: slow.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not come within 10 s" in answer


def test_a_request_head_that_never_ends_is_hung_up_on(server):
    with server.raw() as slow:
        slow.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert slow.recv(4096) == b""


def test_a_second_slow_head_on_a_connection_is_hung_up_on_too(server):
    with server.raw() as slow:
        slow.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while not answer.endswith(b"}}"):  # head and body may come apart
            answer += slow.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET /health HTTP/1.1\r\nX-Slow: ")
        assert slow.recv(4096) == b""


def test_noise_is_no_request(server):
    with server.raw() as noisy:
        noisy.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        assert noisy.recv(4096).startswith(b"HTTP/1.1 400")


def test_a_hundred_at_once_all_get_their_own_answer(server, ngrams):
    texts = [f"Delegation {k} will {'join' if k % 2 else 'boycott'} the talks." for k in range(300)]
    expected = [
        shown_figures(one.to_dict())
        for one in stance.load(ngrams).predict_many(
            [{"id": k, "text": text} for k, text in enumerate(texts)]
        )
    ]
    limits = httpx.Limits(max_connections=100)
    with (
        httpx.Client(base_url=server.address, timeout=60, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(100) as pool,
    ):
        answers = list(
            pool.map(
                lambda k: client.post("/predict", json={"id": k, "text": texts[k]}), range(300)
            )
        )
    assert [one.status_code for one in answers] == [200] * 300
    assert [one.json() for one in answers] == expected


def test_a_key_lets_in_only_who_knows_it(ngrams):
    with running("--model", ngrams, STANCE_API_KEY="long random wörd") as server:
        key = "long random wörd".encode()
        for headers in (
            {},
            {"X-API-Key": b"long"},
            {"Authorization": b"Bearer " + key + b"x"},
            {"Authorization": b"Basic " + key},
        ):
            with server.client(**headers) as client:
                answer = client.post("/predict", json={"text": "We will come."})
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
                assert [
                    client.get(path).status_code
                    for path in ("/health", "/ready", "/model", "/metrics", "/openapi.json")
                ] == [200, 200, 401, 401, 401]
        for headers in (
            {"X-API-Key": key},
            {"Authorization": b"Bearer " + key},
            {"Authorization": b"bearer  " + key},
        ):
            with server.client(**headers) as client:
                assert client.post("/predict", json={"text": "We will come."}).status_code == 200


def test_the_champion_changes_without_dropping_a_request(project, ngrams):
    from stance.tracking.model_folders import point

    models = project / "models"
    for name in ("one", "two", "broken"):
        shutil.copytree(ngrams, models / name)
        card = json.loads((models / name / "card.json").read_text())
        (models / name / "card.json").write_text(json.dumps({**card, "version": name}))
    (models / "broken" / "member-0.npz").write_bytes(b"")
    point("champion", models / "one", "1")
    versions, codes = [], set()
    with running() as server, server.client() as client:
        stop = threading.Event()

        def ask():
            while not stop.is_set():
                answer = client.post("/predict", json={"text": "We will come."})
                codes.add(answer.status_code)
                versions.append(answer.json()["model"]["version"])

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for one in askers:
            one.start()
        for name in ("two", "broken"):
            point("champion", models / name, "2")
            end = time.monotonic() + 20
            wanted = 'outcome="failed"} 1' if name == "broken" else 'outcome="done"} 1'
            while wanted not in client.get("/metrics").text:
                assert time.monotonic() < end
                time.sleep(0.1)
        time.sleep(0.3)
        stop.set()
        for one in askers:
            one.join()
        assert client.get("/health").json()["model"]["version"] == "two"
    assert codes == {200}
    assert sorted(set(versions)) == ["one", "two"]
    assert any("checksum" in line for line in server.said)


def test_a_stop_lets_running_requests_finish(ngrams):
    with running("--model", ngrams) as server:
        rows = [{"id": k, "text": "We will come to the talks. " * 60} for k in range(1000)]
        with ThreadPoolExecutor(1) as pool, server.client() as client:
            client.get("/health")
            answer = pool.submit(client.post, "/predict", json=rows)
            time.sleep(0.15)
            server.process.send_signal(signal.SIGTERM)
            assert len(answer.result().json()) == 1000
        assert server.process.wait(30) in (0, -signal.SIGTERM)
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.address + "/health", trust_env=False)


def test_a_late_answer_is_told(ngrams):
    with running("--model", ngrams, "--timeout-s", "0.1") as server, server.client() as client:
        answer = client.post("/read", json={"text": "“We are ready,” said Mara Lindqvist. " * 200})
        assert answer.status_code == 503
        assert "no answer within 0.1 s" in answer.json()["detail"]
        assert client.get("/health").status_code == 200


def threads_of(process):
    return int(re.search(r"Threads:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts threads in /proc")
def test_requests_that_were_given_up_leave_no_threads_behind(ngrams):
    slow = {"text": "“We are ready,” said Mara Lindqvist. " * 1000}
    with running("--model", ngrams, "--timeout-s", "0.3") as server, server.client() as client:
        assert client.post("/predict", json={"text": "We will come."}).status_code == 200
        client.post("/read", json=slow)
        before = threads_of(server.process)
        with ThreadPoolExecutor(20) as pool:
            codes = list(pool.map(lambda _: client.post("/read", json=slow).status_code, range(60)))
        assert set(codes) == {503}
        assert threads_of(server.process) <= before + 2
        # Reading may still be held up by the thread that stops last; predicting is not.
        end = time.monotonic() + 60
        while client.post("/predict", json={"text": "We will come."}).status_code != 200:
            assert time.monotonic() < end
        assert client.get("/health").status_code == 200


def test_explanations_of_many_quotes_are_refused_at_once(server):
    with server.client() as client:
        answer = client.post("/predict?explain=true", json=[{"text": "We will come."}] * 17)
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("17 quotes to explain; expected at most 16 in one")


def test_a_name_that_is_not_the_servers_is_refused_before_anything_else(server):
    with server.client() as client:
        for name in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.x"):
            for path in ("/predict", "/health", "/model"):
                answer = client.get(path, headers={"Host": name})
                assert answer.status_code == 421
                assert "stance serve --allow-host NAME" in answer.json()["detail"]
        for name in (
            "localhost",
            "LOCALHOST:1",
            "localhost.",
            "[::1]:8000",
            "127.0.0.1",
            "10.0.0.8:8",
        ):
            assert client.get("/health", headers={"Host": name}).status_code == 200


def test_a_name_that_was_allowed_is_answered(ngrams):
    with (
        running("--model", ngrams, "--allow-host", "stance.example.org") as server,
        server.client(Host="Stance.Example.org:443") as client,
    ):
        assert client.get("/ready").status_code == 200


def test_a_stop_waits_as_long_as_an_answer_may_take():
    from stance.interfaces.http.middleware import Limits
    from stance.interfaces.http.server import configured

    for limits in (Limits(), Limits(answer_s=300.0)):
        waits = configured(None, limits).timeout_graceful_shutdown
        assert waits > limits.answer_s + limits.body_s


def test_other_machines_are_let_in_only_with_a_warning(ngrams):
    with running("--model", ngrams, "--host", "0.0.0.0", STANCE_API_KEY="") as server:
        assert (
            "0.0.0.0 is reachable by others and no API key is set: anybody may ask"
            in server.said[0]
        )
    with running("--model", ngrams) as server:
        assert server.said[0].startswith("http://127.0.0.1:")


def test_a_port_in_use_is_told(server, ngrams):
    command = [
        sys.executable,
        "-m",
        "stance",
        "serve",
        "--port",
        str(server.port),
        "--model",
        str(ngrams),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Address already in use; give another --port" in done.stderr


def test_fuzzing_from_its_own_description_finds_nothing(server):
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        f"{server.address}/openapi.json",
        "--checks",
        "all",
        "--max-examples",
        "25",
        "--no-color",
    ]
    command += ["--phases", "examples,coverage,fuzzing", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
