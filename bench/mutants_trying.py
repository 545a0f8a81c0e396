"""A pytest plugin that collects the tests once, and tries planted faults in forks of that process.

Each fork puts the faulty function's code in place, and runs the tests chosen for that fault. The
environment variable MUTANTS_WORK names the folder with `trials.json` (the faults and their tests),
where `outcomes.json` is written.
"""

import contextlib
import gc
import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import mutants_planting
import pytest
from _pytest.main import pytest_runtestloop as run_tests

WORK = Path(os.environ.get("MUTANTS_WORK", "."))
KILLED, SURVIVED, NOT_TRIED = "killed", "survived", "untried"
LONGEST = 60  # seconds for a test, on a busy machine
Live = dict[tuple[str, str, int], list[FunctionType]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Try the faults in place of running the tests."""
    live = live_functions()
    gc.freeze()
    outcomes: dict[str, str] = {}
    for trial in json.loads((WORK / "trials.json").read_text()):
        outcome = Trial(session, trial, live).outcome()
        outcomes[trial["name"]] = outcome.partition(" ")[0]
        print(f"{trial['name']:>6} {trial['path']} {trial['function']} {outcome}", flush=True)
        (WORK / "outcomes.json").write_text(json.dumps(outcomes))
    return True


def pytest_runtest_logstart() -> None:
    """Let a test that takes much longer than any should end the process of its fault."""
    signal.alarm(LONGEST)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Leave word of the test that fails."""
    if report.failed:
        (WORK / "failed").write_text(report.nodeid)


def live_functions() -> Live:
    """Find all functions that exist, by file, qualified name and line."""
    found: Live = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            found[key(each.__code__, each.__code__.co_filename)].append(each)
    return found


def key(code: CodeType, filename: str) -> tuple[str, str, int]:
    """Tell a function from others."""
    return os.path.realpath(filename), code.co_qualname, code.co_firstlineno


class Trial:
    """A fault and the tests chosen for it."""

    def __init__(self, session: pytest.Session, trial: dict[str, Any], live: Live) -> None:
        self._session = session
        items = {item.nodeid: item for item in session.items}
        self._items = [items[name] for name in trial["tests"] if name in items]
        self._seconds: float = trial["seconds"]
        self._path = Path(trial["path"]).resolve()
        self._kept = self._path.read_text()
        self._faulty = (WORK / "faulty" / trial["name"]).read_text()
        pair = mutants_planting.changed_function(
            compile(self._kept, "", "exec"), compile(self._faulty, str(self._path), "exec")
        )
        self._targets = live.get(key(pair[0], str(self._path)), []) if pair else []
        self._code = pair[1] if pair else None

    def outcome(self) -> str:
        """Say whether a test fails with the fault and passes without; one that never ends fails."""
        if not self._targets:
            return NOT_TRIED
        while failed := self._fails(self._items, faulty=True):
            alone = [item for item in self._items if item.nodeid == failed]
            if not self._fails(alone, faulty=False):
                return f"{KILLED} {failed}"
            self._items = [item for item in self._items if item.nodeid != failed]
        return SURVIVED

    def _fails(self, items: list[pytest.Item], *, faulty: bool) -> str:
        """Name the test that fails first, in a fork of this process."""
        (WORK / "failed").write_text("")
        if faulty:
            self._path.write_text(self._faulty)  # for the processes that tests start
        try:
            child = os.fork()
            if child == 0:
                os.setsid()
                os._exit(self._run(items, faulty=faulty))
            ended = wait(child, self._seconds)
        finally:
            self._path.write_text(self._kept)
        return (WORK / "failed").read_text() or (f"ended with {ended}" if ended else "")

    def _run(self, items: list[pytest.Item], *, faulty: bool) -> int:
        """Run the tests in this process, silently; return 1 when one fails."""
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            for each in self._targets:
                if faulty and self._code is not None:
                    each.__code__ = self._code
            self._session.items = items
            run_tests(self._session)
        except BaseException:  # noqa: BLE001 - whatever ends the tests tells of the fault
            return 1
        return min(self._session.testsfailed, 1)


def wait(child: int, seconds: float) -> int:
    """Return how the process ended, or -1 if it had to be ended."""
    end = time.monotonic() + seconds
    for pause in pauses():
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            stop_group(child)
            return status
        if time.monotonic() > end:
            stop_group(child)
            os.waitpid(child, 0)
            return -1
        time.sleep(pause)
    raise AssertionError


def pauses() -> Iterator[float]:
    """Look often at first."""
    pause = 0.002
    while True:
        yield pause
        pause = min(pause * 1.3, 0.2)


def stop_group(child: int) -> None:
    """End the process and those it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
