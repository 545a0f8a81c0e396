"""A pytest plugin that records what tests do: which lines they run, how long, whether in processes.

The lines that a process runs are not seen. The environment variable MUTANTS_WORK names the folder
for the record; what it holds of other tests stays.
"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path

import coverage
import pytest

STARTS_PROCESS = {"subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec", "os.forkpty"}
WORK = Path(os.environ.get("MUTANTS_WORK", "."))


@dataclass
class Test:
    """What was seen of a test."""

    seconds: float = 0.0
    passed: bool = True
    starts_process: bool = False


class Recorder:
    """Watches all tests of a run."""

    def __init__(self) -> None:
        self._coverage = coverage.Coverage(
            data_file=str(WORK / "coverage"), include=[f"{Path.cwd()}/*"], omit=["*/tests/*"]
        )
        self._tests: dict[str, Test] = defaultdict(Test)
        self._current = ""
        if (WORK / "tests.json").exists():
            self._coverage.load()
        self._coverage.start()
        sys.addaudithook(self._on_event)

    def _on_event(self, event: str, _: object) -> None:
        if self._current and event in STARTS_PROCESS:
            self._tests[self._current].starts_process = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Let what runs from here on belong to this test."""
        self._current = item.nodeid
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")
            self._current = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the time; a test that fails or is skipped without any fault can find none."""
        test = self._tests[report.nodeid]
        test.seconds += report.duration
        test.passed = test.passed and report.passed

    def pytest_sessionfinish(self) -> None:
        """Keep it all."""
        self._coverage.stop()
        self._coverage.save()
        file = WORK / "tests.json"
        before = json.loads(file.read_text()) if file.exists() else {}
        files = {_file(name) for name in self._tests}
        tests = {name: test for name, test in before.items() if _file(name) not in files}
        tests |= {name: asdict(test) for name, test in self._tests.items()}
        file.write_text(json.dumps(tests))


def _file(test: str) -> str:
    return test.partition("::")[0]


def pytest_configure(config: pytest.Config) -> None:
    """Begin."""
    config.pluginmanager.register(Recorder())
