"""What this machine cannot give is told as such, and taken for nothing else."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from conformance.core import host
from conformance.core.problems import SetupProblem
from tests.support.hangs import HANGS


def caused(error: BaseException, cause: BaseException | None) -> BaseException:
    error.__cause__ = cause
    return error


def os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


OURS = [
    os_error(errno.EMFILE),
    os_error(errno.ENFILE),
    os_error(errno.ENOSPC),
    os_error(errno.EADDRNOTAVAIL),
    os_error(errno.ENOMEM),
    MemoryError(),
    RuntimeError("can't start new thread"),
    caused(ValueError("no connection"), caused(OSError("all attempts failed"), os_error(errno.EMFILE))),
    ExceptionGroup("several", [ValueError("one"), os_error(errno.ENOSPC)]),
]
OTHERS = [
    None,
    os_error(errno.ECONNREFUSED),
    os_error(errno.ENOENT),
    RuntimeError("no running event loop"),
    caused(SetupProblem("the port is taken"), os_error(errno.EMFILE)),
]


@pytest.mark.parametrize("error", OURS, ids=repr)
def test_ours(error: BaseException) -> None:
    problem = host.host_problem(error)
    assert problem is not None
    assert problem.message.startswith("this machine has no more to give: ")
    assert problem.remedy
    with pytest.raises(SetupProblem, match="no more to give"), host.own_errors():
        raise error


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_of_others(error: BaseException | None) -> None:
    assert host.host_problem(error) is None
    if error is not None:
        with pytest.raises(type(error)), host.own_errors():
            raise error


def test_the_first_that_was_noted_counts() -> None:
    before = host.mark()
    assert not host.note(os_error(errno.ECONNREFUSED))
    assert host.noted_since(before) is None
    assert host.note(os_error(errno.ENOSPC))
    assert host.note(os_error(errno.ENOMEM))
    found = host.noted_since(before)
    assert found is not None
    assert os.strerror(errno.ENOSPC) in found.message
    assert host.noted_since(host.mark()) is None


def in_child(code: str) -> str:
    """What Python prints in a process of its own, whose limits are its own."""
    imports = "import resource\nfrom conformance.core import host\nFILES = resource.RLIMIT_NOFILE\n"
    run = subprocess.run(
        [sys.executable, "-c", imports + code], capture_output=True, text=True, check=True, timeout=HANGS
    )
    return run.stdout.strip()


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    code = "resource.setrlimit(FILES, (64, 300))\nhost.raise_open_files()\nprint(resource.getrlimit(FILES))"
    assert in_child(code) == "(300, 300)"


def test_a_limit_that_is_high_enough_stays() -> None:
    code = "before = resource.getrlimit(FILES)\nresource.setrlimit(FILES, (before[1], before[1]))\n"
    code += "host.raise_open_files()\nprint(resource.getrlimit(FILES)[0] == before[1])"
    assert in_child(code) == "True"


@pytest.mark.parametrize(("limit", "said"), [(16, "have 16 files open, which leaves "), (64, "enough")])
def test_too_few_to_begin_at_all(limit: int, said: str) -> None:
    code = f"resource.setrlimit(FILES, ({limit}, {limit}))\ntry:\n    host.check_open_files()\n    print('enough')\n"
    code += "except host.SetupProblem as problem:\n    print(problem)"
    assert said in in_child(code)
