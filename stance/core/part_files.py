"""A file that takes long to write: one writer at a time, and an interrupted job goes on.

Until the file is whole, its lines lie beside it in ``NAME.part``, and ``NAME.part.json`` says what
the job is and how far it has come.
"""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from stance.core.errors import DataError
from stance.core.files import write_whole

Item = TypeVar("Item")


@contextlib.contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Let no other process write a file while the block runs.

    The lock file lies beside the file and goes with the block. Where the process is killed, the
    lock is released and its file stays; the next writer uses it and removes it.

    Raises
    ------
    DataError
        If another process writes it.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.with_name(f".{path.name}.lock")
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout as fault:
        raise DataError(
            f"{path}: another process is writing it; wait until it has ended, or name another file"
        ) from fault
    try:
        yield
    finally:
        # Whoever opened this lock file before it went sees that, and makes a new one.
        with contextlib.suppress(OSError):
            file.unlink()
        lock.release()


@dataclasses.dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a job was after a batch.

    ``n_done`` inputs were done and ``n_bytes`` of lines written; ``inputs`` and ``lines`` are the
    checksums of all of both.
    """

    n_done: int = 0
    n_bytes: int = 0
    inputs: str = hashlib.sha256().hexdigest()
    lines: str = hashlib.sha256().hexdigest()


class PartFile:
    """The lines of a file in the making.

    As a context it takes up what an interrupted run of the same job left: up to the last batch
    whose lines are all there and undamaged. Where the block fails before anything was done,
    nothing is left behind. Use it inside `only_writer`.

    Parameters
    ----------
    out
        The file to be.
    job
        What decides the lines besides the inputs, as JSON data: only the same job is continued.

    Raises
    ------
    DataError
        If ``out`` is there already, or ``NAME.part`` belongs to another job.
    """

    def __init__(self, out: Path, job: Mapping[str, Any]) -> None:
        self.path = out.with_name(out.name + ".part")
        self._out = out
        self._job = json.loads(json.dumps(job))
        self._notes = out.with_name(out.name + ".part.json")
        self.done = Checkpoint()
        self._inputs, self._lines = hashlib.sha256(), hashlib.sha256()
        self._streams: tuple[IO[bytes], IO[bytes]] | None = None

    def __enter__(self) -> Self:
        refuse_existing(self._out)
        if self.path.exists():
            self.done = self._last_whole(self._checkpoints())
        with self.path.open("ab") as stream:
            stream.truncate(self.done.n_bytes)
        notes = [self._job, *([dataclasses.asdict(self.done)] if self.done.n_done else [])]
        write_whole(self._notes, "".join(json.dumps(note) + "\n" for note in notes))
        self._streams = self.path.open("ab"), self._notes.open("ab")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stream in self._streams or ():
            stream.close()
        if kind is not None and not self.done.n_done:
            self.path.unlink(missing_ok=True)
            self._notes.unlink(missing_ok=True)

    def _checkpoints(self) -> list[Checkpoint]:
        """Return the checkpoints of the run before, if it was the same job."""
        try:
            known, *notes = self._notes.read_bytes().splitlines()
            job = json.loads(known)
        except (OSError, ValueError):
            job, notes = None, []
        if job != self._job:
            changed = [
                name
                for name in self._job
                if not isinstance(job, dict) or job.get(name) != self._job[name]
            ]
            raise DataError(
                f"{self.path}: left by a run that differs in {', '.join(changed)}; remove it to "
                "begin anew, or repeat that run to finish it"
            )
        checkpoints = []
        for note in notes:
            # The last line may be half written.
            with contextlib.suppress(ValueError, TypeError):
                checkpoints.append(Checkpoint(**json.loads(note)))
        return checkpoints

    def _last_whole(self, checkpoints: Iterable[Checkpoint]) -> Checkpoint:
        """Return the last checkpoint up to which the lines are undamaged."""
        last = Checkpoint()
        with self.path.open("rb") as lines:
            for checkpoint in checkpoints:
                self._lines.update(lines.read(max(0, checkpoint.n_bytes - last.n_bytes)))
                if self._lines.hexdigest() != checkpoint.lines:
                    break
                last = checkpoint
        self._lines = hashlib.sha256()
        return last

    def left_of(self, inputs: Iterable[Item], source: str) -> Iterator[Item]:
        """Return the inputs that are still to be done, after a check of those that were.

        Raises
        ------
        DataError
            If the first inputs are not the ones that the lines answer.
        """
        stream = iter(inputs)
        for number in range(self.done.n_done):
            try:
                self._inputs.update(_as_bytes(next(stream)))
            except StopIteration:
                raise DataError(
                    f"{self.path}: holds {self.done.n_done} answers, {source} has only {number} "
                    "rows; remove it to begin anew"
                ) from None
        if self._inputs.hexdigest() != self.done.inputs:
            raise DataError(
                f"{self.path}: the first {self.done.n_done} rows of {source} are not the ones that "
                "it answers: rows or columns have changed; remove it to begin anew"
            )
        with self.path.open("rb") as lines:
            while piece := lines.read(1 << 20):
                self._lines.update(piece)
        return stream

    def add(self, inputs: Sequence[Any], lines: bytes) -> None:
        """Write the lines of a batch, then how far the job is."""
        if self._streams is None:
            raise RuntimeError("a PartFile is written inside its with block")
        stream, notes = self._streams
        stream.write(lines)
        stream.flush()
        self._lines.update(lines)
        for each in inputs:
            self._inputs.update(_as_bytes(each))
        self.done = Checkpoint(
            self.done.n_done + len(inputs),
            self.done.n_bytes + len(lines),
            self._inputs.hexdigest(),
            self._lines.hexdigest(),
        )
        notes.write(json.dumps(dataclasses.asdict(self.done)).encode() + b"\n")
        notes.flush()

    def remove(self) -> None:
        """Remove what lies beside the file, once that is whole."""
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)


def refuse_existing(out: Path) -> None:
    """Raise a `DataError` where a file is there already."""
    if out.exists():
        raise DataError(
            f"{out}: exists already; remove it or name another file, nothing is overwritten"
        )


def _as_bytes(given: Any) -> bytes:
    text = json.dumps(given, sort_keys=True, default=str)
    return text.encode("ascii") + b"\n"
