import pytest

from stance.core.errors import ConfigError, DataError, StanceError, gather


def test_every_fault_of_a_user_is_a_stance_error():
    # A busy server has one of its own, which is there only where a server was imported.
    kinds = {kind.__name__ for kind in StanceError.__subclasses__()}
    assert kinds - {"BusyError"} == {"DataError", "ConfigError", "ModelError"}


def test_faults_are_told_at_once_and_the_rest_is_counted():
    gather([], DataError)
    with pytest.raises(ConfigError, match=r"^one\ntwo$"):
        gather(["one", "two"], ConfigError)
    with pytest.raises(DataError, match=r"^0\n1\n2\n… and 9 more$"):
        gather([str(k) for k in range(12)], DataError, shown=3)
