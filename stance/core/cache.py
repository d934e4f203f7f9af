"""Data that can be made again, kept in the cache and checked whenever it is used."""

import hashlib
from collections.abc import Callable

from stance.core.files import write_whole
from stance.core.paths import cache_folder


def kept(name: str, build: Callable[[], bytes]) -> bytes:
    """Return data from the cache where it is whole, else built and put there.

    Beside the data lies its checksum. Data that differ from it are built anew. Where the cache
    cannot be written, the data are built each time.

    Parameters
    ----------
    name
        The file's name; it must change with all that decides the data.
    build
        Makes the data; checks what it makes them from.
    """
    path = cache_folder() / name
    note = path.with_suffix(".sha256")
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == note.read_text(encoding="ascii").strip():
            return data
    except (OSError, ValueError):
        pass
    data = build()
    try:
        write_whole(path, data)
        write_whole(note, hashlib.sha256(data).hexdigest() + "\n")
    except OSError:
        pass  # a cache that cannot be written costs time, not answers
    return data
