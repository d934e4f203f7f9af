"""What can be made again is taken from the cache only where it is whole."""

from stance.core.cache import kept


def test_data_are_built_once_and_again_where_they_are_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    built = []

    def build():
        built.append(1)
        return b"data"

    assert [kept("some.npz", build) for _ in range(3)] == [b"data"] * 3
    assert len(built) == 1
    (tmp_path / "cache" / "some.npz").write_bytes(b"date")
    assert kept("some.npz", build) == b"data"
    (tmp_path / "cache" / "some.sha256").unlink()
    assert kept("some.npz", build) == b"data"
    assert len(built) == 3


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "file" / "cache"))
    assert kept("some.npz", lambda: b"data") == b"data"
