"""A language model as an annotator, over a real HTTP server that speaks the protocol."""

import json

import pytest
from chat_server import GOOD, chat_server, completion
from conftest import ROOT
from shell import cli

from stance.core.errors import ConfigError, DataError
from stance.core.types import Article, Judgment, Quote
from stance.labels.annotation_prompt import Prompt, estimated_tokens
from stance.labels.consensus import read_labels
from stance.labels.judgments import read_annotators
from stance.labels.model_annotator import HEADERS, Endpoint, annotate
from stance.labels.own_articles import (
    add_articles,
    add_model_judgments,
    import_judgments,
    own_judgments,
    person_judgments,
    unjudged,
)

PROMPT = Prompt.of_codebook(ROOT / "labels")


def items(n):
    text = " ".join(f"“We will come in week {k},” said Dora Venn." for k in range(n))
    pairs = []
    for k in range(n):
        words = f"We will come in week {k}"
        start = text.index(words)
        span = ((start, start + len(words)),)
        pairs.append(Quote(f"mine#{k}", "mine", words, span, "direct", "said", speaker="Dora Venn"))
    return [(Article("mine", text), quote) for quote in pairs]


@pytest.fixture
def server():
    with chat_server() as running:
        yield running


def ask(server, n=1, **settings):
    saved = []
    endpoint = Endpoint(server.url, "tiny", **{"max_retries": 1, "timeout_s": 5.0, **settings})
    return annotate(endpoint, PROMPT, items(n), saved.extend), saved


def test_the_codebook_is_the_prompt_and_the_answer_comes_by_a_schema(server):
    done, (judgment,) = ask(server, temperature=0.5)
    path, _, body = server.requests[0]
    assert path == "/v1/chat/completions"
    codebook = (ROOT / "labels" / "CODEBOOK.md").read_text(encoding="utf-8")
    assert codebook in body["messages"][0]["content"]
    shown = json.loads(body["messages"][1]["content"])
    assert (shown["speaker"], shown["statement"]) == ("Dora Venn", "We will come in week 0")
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["temperature"] == 0.5
    assert judgment == Judgment(
        "mine#0",
        f"tiny-t0.5@{PROMPT.fingerprint}",
        "support",
        True,
        (),
        "a proposal",
        "tiny-1.0",
        PROMPT.fingerprint,
        0.5,
    )
    assert (done.n_judged, done.tokens_in, done.tokens_out) == (1, 100, 10)


def test_nothing_goes_out_but_what_the_request_needs(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret-of-another-service")
    monkeypatch.setenv("OPENAI_ORG_ID", "my-organization")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "my-project")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/elsewhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    ask(server)
    ask(server, key="mine")
    (_, first, _), (_, second, _) = server.requests
    assert set(first) <= HEADERS - {"authorization"}
    assert second["authorization"] == "Bearer mine"
    assert not any("secret" in value or "my-" in value for value in first.values())


def test_a_busy_server_is_asked_again_when_it_says_so(server):
    server.script = [429, 503]
    done, _ = ask(server, max_retries=2)
    assert done.n_judged == 1
    server.script = [429] * 9
    with pytest.raises(ConfigError, match=r"asked to wait \(429\) 2 times; .* same command goes"):
        ask(server)


def test_what_was_judged_before_a_fault_is_saved(server):
    server.script = [json.dumps(GOOD), 429, 429]
    saved = []
    with pytest.raises(ConfigError, match="asked to wait"):
        annotate(Endpoint(server.url, "tiny", max_retries=1), PROMPT, items(3), saved.extend)
    assert [one.quote for one in saved] == ["mine#0"]


@pytest.mark.parametrize(
    ("answer", "reason", "example"),
    [
        ('{"stance": "supp', "answers that are no judgment", "the answer is not JSON"),
        (
            f'{{"reason": {"9" * 5000}}}',
            "answers that are no judgment",
            "the answer is not JSON",
        ),
        ("[]", "answers that are no judgment", "has another form than was asked for"),
        (
            json.dumps({**GOOD, "stance": "skeptic"}),
            "answers that are no judgment",
            "did you mean 'skeptical'",
        ),
        (
            json.dumps({**GOOD, "on_target": False}),
            "answers that are no judgment",
            "a statement off the target is neutral",
        ),
        (completion(None, refusal="I cannot"), "refusals", "the model refused: I cannot"),
        (completion("{", finish_reason="length"), "answers cut off", "cut off at its greatest"),
        ({"choices": []}, "answers that are no judgment", "has no choices"),
    ],
)
def test_an_answer_that_is_no_judgment_is_left_out_with_its_reason(server, answer, reason, example):
    asked_again = reason == "answers that are no judgment"
    server.script = [answer] * (1 + asked_again)
    done, saved = ask(server, 2)
    assert [one.quote for one in saved] == ["mine#1"]
    assert done.left_out == {reason: 1}
    assert example in done.examples[reason]


@pytest.mark.parametrize("half", ["\ud83d", "\\ud83d"])
def test_half_a_character_in_an_answer_is_replaced(server, half):
    server.script = [json.dumps(GOOD).replace("a proposal", f"ready {half}")]
    assert ask(server)[1][0].note == "ready \ufffd"


def test_one_broken_answer_is_asked_again(server):
    server.script = ["{"]
    done, saved = ask(server)
    assert (len(saved), done.left_out, len(server.requests)) == (1, {}, 2)


def test_a_model_that_never_answers_by_the_schema_is_not_asked_for_ever(server):
    server.script = ["Sure! The stance is support."] * 99
    with pytest.raises(DataError, match=r"5 answers in a row were no judgments.*JSON schema"):
        ask(server, 50)
    assert len(server.requests) == 10


def test_a_server_that_does_not_answer_in_time_is_told(server):
    server.script = [1.5, 1.5]
    with pytest.raises(ConfigError, match=r"no answer within 0\.3 s, asked 2 times"):
        ask(server, timeout_s=0.3)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (401, r"refuses the key \(status 401\); put the key into the variable STANCE_ANNOTATE_KEY"),
        (404, r"status 404 .*; check --endpoint and --model"),
        ((307, {"location": "http://127.0.0.1:9/elsewhere"}), "status 307"),
    ],
)
def test_a_server_that_refuses_is_told_and_no_redirect_is_followed(server, entry, message):
    server.script = [entry] * 3
    with pytest.raises(ConfigError, match=message):
        ask(server)
    assert all(path == "/v1/chat/completions" for path, _, _ in server.requests)


@pytest.mark.parametrize(
    "entry",
    [
        (b"<html>Welcome</html>", {"content-type": "text/html"}),
        b"<html>Welcome</html>",
        b'["Welcome"]',
    ],
)
def test_an_answer_that_is_not_a_completion_is_told(server, entry):
    server.script = [entry] * 3
    with pytest.raises(ConfigError, match=r"Welcome.*check --endpoint, it should end in /v1"):
        ask(server)


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match=r"http://127\.0\.0\.1:9/v1: cannot be reached"):
        annotate(Endpoint("http://127.0.0.1:9/v1", "m", max_retries=0), PROMPT, items(1), print)


@pytest.mark.parametrize(
    ("url", "key", "message"),
    [
        ("127.0.0.1:8080", None, "expected an address such as"),
        ("ftp://host/v1", None, "expected an address such as"),
        ("https://me:secret@host/v1", None, "holds a password; put the key into the variable"),
        ("http://example.org/v1", "k", "the key would go over the network unencrypted"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(url, key, message):
    with pytest.raises(ConfigError, match=message) as caught:
        Endpoint(url, "m", key)
    assert "secret" not in str(caught.value)


def test_it_is_known_whether_the_text_leaves_this_machine():
    local = ("http://127.0.0.1:1/v1", "http://localhost/v1", "http://[::1]:2/v1")
    assert all(Endpoint(url, "m").is_local for url in local)
    assert not Endpoint("https://localhost.example.org/v1", "m").is_local
    assert not Endpoint("http://192.168.1.5/v1", "m").is_local


def test_another_codebook_is_another_annotator():
    other = Prompt(PROMPT.system + " More.")
    names = {Endpoint("http://localhost", "org/m:8b").annotator(one) for one in (PROMPT, other)}
    assert names == {f"org-m-8b@{one.fingerprint}" for one in (PROMPT, other)}
    assert estimated_tokens(PROMPT, items(3))[0] == pytest.approx(
        3 * len(PROMPT.system) / 4, rel=0.1
    )


def test_people_go_before_models_and_models_may_differ(project):
    pairs = items(3)
    add_articles(project / "labels", [(pairs[0][0], [quote for _, quote in pairs])])
    known = [quote.id for _, quote in pairs]
    for name, stance_name in (("a@1", "support"), ("b@1", "oppose")):
        new = [Judgment(quote, name, stance_name, True) for quote in known]
        add_model_judgments(project / "labels", new, "a model", known)
    import_judgments(project / "labels", [Judgment("mine#0", "Anna", "skeptical", True)])
    labels = read_labels(project / "labels")[1]
    # Only the quote that a person judged has a label: the two models differ on all of them.
    assert {quote: labels[quote].stance for quote in known if quote in labels} == {
        "mine#0": "skeptical"
    }
    assert set(person_judgments(project / "labels")[0]) == {"mine#0"}
    assert read_annotators(project / "labels")["a@1"]["kind"] == "model"
    assert unjudged(project / "labels", "a@1") == []
    with pytest.raises(DataError, match="'seeds-a' is a model's name; give --annotator"):
        import_judgments(project / "labels", [Judgment("mine#1", "seeds-a", "neutral", True)])
    with pytest.raises(DataError, match="no article other"):
        unjudged(project / "labels", "a@1", ["other"])


def test_the_command_sends_nothing_until_asked_and_goes_on_where_it_stopped(project, server):
    (project / "labels" / "CODEBOOK.md").write_text("Judge well.", encoding="utf-8")
    pairs = items(3)
    add_articles(project / "labels", [(pairs[0][0], [quote for _, quote in pairs])])
    asked = ("labels", "annotate", "--endpoint", server.url, "--model", "tiny")
    done = cli(*asked, "--input-price", "2.5")
    assert done.returncode == 0, done.stderr
    assert f"3 quotes of your articles for {server.url} (this machine)" in done.stderr
    assert "which cost 0.00" in done.stderr
    assert done.stderr.endswith("nothing was sent; --send sends them\n")
    assert server.requests == []
    first = cli(*asked, "--send", "--n", "2")
    assert "2 judgments added; 200 tokens out and 20 back as the server counts" in first.stderr
    assert "1 judgment added" in cli(*asked, "--send").stderr
    assert [one.quote for one in own_judgments(project / "labels")] == [
        "mine#0",
        "mine#1",
        "mine#2",
    ]
    assert len(server.requests) == 3
