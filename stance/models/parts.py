"""The files of a model folder, read with bounds: plain files, finite arrays of the right shape."""

import errno
import os
import stat
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

# The largest model so far has 40 MB in all; its encoder does not lie in the folder.
MOST_BYTES = 256_000_000
MOST_CARD_BYTES = 16_000_000
MOST_UNPACKED = 1_000_000_000
MOST_ARRAYS = 100
# Trained coefficients lie between -10 and 10.
LARGEST = 1e6


def read_plain(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the content of a plain file: no link, no pipe, no device, no more than ``most`` bytes.

    Raises
    ------
    OSError
        If it is something else, is larger, or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except OSError as fault:
        if fault.errno in (errno.ELOOP, errno.EMLINK):
            raise OSError(fault.errno, "is a link, expected a plain file", str(path)) from fault
        raise
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "is no plain file", str(path))
        if about.st_size > most:
            raise OSError(
                errno.EFBIG, f"has {about.st_size} bytes, expected at most {most}", str(path)
            )
        return file.read(most)


def read_arrays(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of an npz file, checked before any room is made for them.

    Raises
    ------
    ValueError
        If it would unpack to too much, or an array holds anything but finite numbers of a size
        that training gives.
    """
    arrays = {}
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > MOST_UNPACKED or len(entries) > MOST_ARRAYS:
            raise ValueError(
                f"{len(entries)} arrays of {unpacked} bytes, expected at most {MOST_ARRAYS} of "
                f"{MOST_UNPACKED}"
            )
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            with archive.open(entry) as file:
                arrays[name] = _array(file.read(entry.file_size), name)
    return arrays


def _array(data: bytes, name: str) -> np.ndarray:
    stream = BytesIO(data)
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"{name}: unknown version {version} of its header")
    shape, _, dtype = readers[version](stream)
    if dtype.kind != "f":
        raise ValueError(f"{name}: holds {dtype}, expected floating-point numbers")
    size = dtype.itemsize
    for length in shape:
        size *= int(length)
    if size != len(data) - stream.tell():
        raise ValueError(f"{name}: its shape {shape} does not fit its {len(data)} bytes")
    array: np.ndarray = np.lib.format.read_array(BytesIO(data), allow_pickle=False)
    return in_bounds(array, name)


def in_bounds(array: np.ndarray, name: str) -> np.ndarray:
    """Return an array whose numbers are finite and of a size that training gives.

    Raises
    ------
    ValueError
        If they are not.
    """
    if (
        array.size and not float(np.abs(array).max()) <= LARGEST
    ):  # also false where one is not a number
        raise ValueError(f"{name}: holds numbers that are not finite, or beyond {LARGEST:g}")
    return array


def check_shapes(
    arrays: Mapping[str, np.ndarray], expected: Mapping[str, Sequence[int | None]]
) -> None:
    """Check the arrays of a member; None stands for any length.

    Raises
    ------
    ValueError
        If one is missing or has another shape.
    """
    for name, shape in expected.items():
        if name not in arrays:
            raise ValueError(f"lacks the array {name}")
        found = arrays[name].shape
        if len(found) != len(shape) or any(
            wanted not in (None, length) for wanted, length in zip(shape, found, strict=True)
        ):
            words = ", ".join("any" if length is None else str(length) for length in shape)
            raise ValueError(f"{name} has the shape {found}, expected ({words})")


def number_of(data: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """Return a number of a description or card.

    Raises
    ------
    ValueError
        If it is no number, or not from ``low`` to ``high``.
    """
    value = data[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} is {str(value)[:40]}, expected a number from {low:g} to {high:g}")
    return float(value)
