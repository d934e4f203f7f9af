import hashlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_encoders import write_encoder

from stance.core.errors import ModelError
from stance.encoders import files as encoder_files
from stance.encoders.files import PUBLISHED, Joined, Published, find_encoder


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5), st.data())
def test_files_in_pieces_read_as_one(tmp_path_factory, pieces, data):
    folder = tmp_path_factory.mktemp("pieces")
    paths = [folder / str(number) for number in range(len(pieces))]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece)
    whole = b"".join(pieces)
    at = data.draw(st.integers(0, len(whole)))
    with Joined(paths) as file:
        assert file.read() == whole
        file.seek(at)
        assert file.read(7) == whole[at : at + 7] or len(file.read()) >= 0
        file.seek(-len(whole) + at, io.SEEK_END)
        assert file.tell() == at


def test_a_folder_of_the_users_is_read_whatever_its_name(tmp_path):
    folder = write_encoder(tmp_path / "my encoder", "mpnet")
    files = find_encoder(str(folder))
    weights, digest = files.weights()
    assert files.architecture().kind == "mpnet"
    assert "encoder.layer.0.attention.self.query.weight" in weights
    assert digest == hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert files.tokenizer(4).encode("we will talk talk talk").ids == [0, 8, 9, 2]


def test_a_folder_that_lacks_a_file_is_told_which(tmp_path):
    folder = write_encoder(tmp_path / "e", "bert")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(
        ModelError, match=r"lacks tokenizer\.json; expected one of mpnet, minilm, or"
    ):
        find_encoder(str(folder))


def test_a_zip_in_pieces_is_read_from_its_packages(tmp_path, monkeypatch):
    folder = write_encoder(tmp_path / "e", "mpnet")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"tiny/{path.name}")
    data = buffer.getvalue()
    for number, piece in enumerate((data[:1000], data[1000:])):
        (tmp_path / f"package{number}").mkdir()
        (tmp_path / f"package{number}" / f"part.{number}").write_bytes(piece)
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    published = Published("tiny", digest, ("package0", "package1"), ("part.0", "part.1"))
    monkeypatch.setitem(PUBLISHED, "tiny", published)
    monkeypatch.setattr(encoder_files, "_package_folder", lambda name: tmp_path / name)
    weights, found = find_encoder("tiny").weights()
    assert found == digest
    assert np.isfinite(weights["embeddings.LayerNorm.weight"]).all()
    (tmp_path / "package1" / "part.1").write_bytes(b"cut off")
    with pytest.raises(ModelError, match=r"model\.safetensors cannot be read .*run make install"):
        find_encoder("tiny").weights()


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path, monkeypatch):
    write_encoder(tmp_path / PUBLISHED["mpnet"].folder, "mpnet")
    monkeypatch.setenv("STANCE_ENCODERS", str(tmp_path))
    with pytest.raises(ModelError, match="expected 78c0197b6159…; the file is not the published"):
        find_encoder("mpnet").weights()
    for read in (lambda files: files.tokenizer(9), lambda files: files.architecture()):
        with pytest.raises(ModelError, match=r"json: checksum .* the file is not the published"):
            read(find_encoder("mpnet"))


def test_an_encoder_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(encoder_files, "_package_folder", lambda _: None)
    with pytest.raises(
        ModelError,
        match=r"'mpnet' \(all-mpnet-base-v2\) is not installed; in the repository's folder",
    ):
        find_encoder("mpnet")


@pytest.mark.parametrize("name", ["mpnet", "minilm"])
def test_what_the_lock_installs_is_what_its_makers_published(name):
    files = find_encoder(name)
    assert files.weights()[1] == PUBLISHED[name].sha256
    assert files.architecture().width in (384, 768)
    assert len(files.tokenizer(9).encode("We will talk.").ids) == 6


@pytest.mark.parametrize(
    ("file", "data", "message"),
    [
        ("tokenizer.json", b"{", r"tokenizer\.json: .*expected a tokenizer"),
        ("tokenizer.json", b"\xff\xfe", r"tokenizer\.json: .*expected a tokenizer"),
        ("config.json", b"[" * 100_000, r"config\.json: .*expected an encoder's configuration"),
        ("config.json", b"[]", r"config\.json: .*expected an encoder's configuration"),
        (
            "config.json",
            b'{"model_type": "bert", "hidden_act": "gelu", "hidden_size": 1e99, '
            b'"num_attention_heads": 4}',
            "width 1e[+]99 with 4 heads",
        ),
    ],
)
def test_damaged_files_of_an_encoder_are_told_in_one_message(tmp_path, file, data, message):
    folder = write_encoder(tmp_path / "e", "bert")
    (folder / file).write_bytes(data)
    files = find_encoder(str(folder))
    with pytest.raises(ModelError, match=message):
        (files.architecture(), files.tokenizer(9))
