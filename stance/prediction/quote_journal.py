"""The files of a run that is not finished: what it has answered, and a journal of it.

Beside ``OUT.part`` (rows of quotes, JSONL) and ``OUT.skipped.part`` lies ``OUT.journal``. Its
first line says what decides the answers (model, options). Each further line is one chunk: the
digest of its articles, and where both files ended when it was written. A run that is repeated reads
its articles again, compares digests, and computes only what is missing: so standard input can be
continued too, and articles that have changed are noticed.
"""

import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from stance.core.errors import DataError
from stance.core.formatting import json_line
from stance.prediction.quote_chunks import Answered, Chunk


@dataclasses.dataclass(frozen=True)
class Ends:
    """A line of the journal: a chunk that is written, and where its files end."""

    digest: str
    part: int
    skipped: int
    n_rows: int


class Journal:
    """Writes the answers of chunks so that they are found again after any interruption.

    Parameters
    ----------
    origin
        What decides the answers beside the articles; a run with another origin is not continued.

    Raises
    ------
    DataError
        If another run left its files there.
    """

    def __init__(self, out: Path, origin: Mapping[str, Any]) -> None:
        self.part = out.with_name(out.name + ".part")
        self.skipped = out.with_name(out.name + ".skipped.part")
        self._path = out.with_name(out.name + ".journal")
        out.parent.mkdir(parents=True, exist_ok=True)
        self._done = self._take_up(json.loads(json.dumps(origin)))
        self._files: list[IO[bytes]] = []
        self._began = bool(self._done)

    def _take_up(self, origin: Mapping[str, Any]) -> list[Ends]:
        """Return the chunks that an interrupted run wrote, after cutting off what is not whole."""
        lines = self._path.read_bytes().splitlines(keepends=True) if self._path.exists() else []
        whole = [line for line in lines if line.endswith(b"\n")]
        if len(whole) < 2:  # nothing was done, so nothing is lost
            self._path.write_text(json.dumps(origin) + "\n", encoding="utf-8")
            for path in (self.part, self.skipped):
                path.write_bytes(b"")
            return []
        try:
            known = json.loads(whole[0])
            done = [Ends(**json.loads(line)) for line in whole[1:]]
        except (ValueError, TypeError) as fault:
            raise DataError(f"{self._path}: damaged; remove it to begin anew") from fault
        if known != origin:
            changed = [name for name in origin if known.get(name) != origin[name]]
            raise DataError(
                f"{self._path}: left by a run that differs in {', '.join(changed)}; remove it to "
                "begin anew, or repeat that run to finish it"
            )
        os.truncate(self._path, sum(map(len, whole)))
        self._cut(done[-1] if done else Ends("", 0, 0, 0))
        return done

    def _cut(self, ends: Ends) -> None:
        for path, end in ((self.part, ends.part), (self.skipped, ends.skipped)):
            path.touch()
            if path.stat().st_size < end:
                raise DataError(
                    f"{path}: shorter than its journal says; remove {self._path} to begin anew"
                )
            os.truncate(path, end)

    def __enter__(self) -> "Journal":
        self._files = [path.open("ab") for path in (self.part, self.skipped, self._path)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files:
            file.close()
        if kind is not None and not self._began:
            self.remove()  # a run that never began leaves nothing behind

    def fresh(
        self, chunks: Iterable[Chunk], written: Callable[[Chunk, Ends], None]
    ) -> Iterator[Chunk]:
        """Yield the chunks that are not written yet; ``written`` is told of the others.

        Raises
        ------
        DataError
            If the articles are not those of the interrupted run.
        """
        done = iter(self._done)
        n_articles = 0
        for chunk in chunks:
            ends = next(done, None)
            if ends is not None and ends.digest != chunk.digest:
                raise DataError(
                    f"{self._path}: other articles than before, from article {n_articles + 1} "
                    "on; give the same ones to go on, or remove it to begin anew"
                )
            n_articles += chunk.n_articles
            if ends is None:
                yield chunk
            else:
                written(chunk, ends)
        if next(done, None) is not None:
            raise DataError(
                f"{self._path}: the run before had more than these {n_articles} articles; give "
                "the same ones to go on, or remove it to begin anew"
            )

    def write(self, chunk: Chunk, answered: Answered) -> None:
        """Write a chunk: first its rows, then the line that says they are there."""
        part, skipped, journal = self._files
        part.write("".join(map(json_line, answered.rows)).encode("utf-8"))
        skipped.write("".join(map(json_line, chunk.aside + answered.aside)).encode("utf-8"))
        for file in (part, skipped):
            file.flush()
            os.fsync(file.fileno())
        ends = Ends(chunk.digest, part.tell(), skipped.tell(), len(answered.rows))
        journal.write(json_line(dataclasses.asdict(ends)).encode("utf-8"))
        journal.flush()
        os.fsync(journal.fileno())
        self._began = True  # also where the chunk holds no quotes

    def remove(self) -> None:
        """Remove what only an unfinished run needs."""
        for path in (self._path, self.part, self.skipped):
            path.unlink(missing_ok=True)
