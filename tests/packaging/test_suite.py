"""What the suite itself promises: the same examples each time, and no silent gaps."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
MODELS = "tests/resources/test_data_models.py"


def pytest(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run tests that need OCF's models, as if the models were not there."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=ROOT,
        env=os.environ | {"ONBOARDEE_OCF_MODELS": "/nowhere"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_examples_are_the_same_each_time() -> None:
    """A suite that passes today passes tomorrow: no example is random."""
    seen: list[int] = []

    @given(st.integers())
    def run(number: int) -> None:
        seen.append(number)

    run()
    first = seen.copy()
    seen.clear()
    run()
    assert len(set(first)) > 50
    assert seen == first


def test_programs_keep_their_bytecode() -> None:
    """What tests start does not compile anew what the last program has compiled."""
    asked = [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"]
    assert subprocess.check_output(asked, text=True) == "False\n"


def test_without_the_models() -> None:
    """That they are absent is said in one line, with the place, and no test is skipped."""
    done = pytest("--collect-only", MODELS, CI="")
    (line,) = [line for line in done.stdout.splitlines() if "/nowhere" in line]
    assert "comparisons with OCF's data models were left out" in line
    assert "skip" not in done.stdout.lower()


def test_ci_without_the_models() -> None:
    """In CI it is a failure."""
    done = pytest("--collect-only", MODELS, CI="true")
    assert done.returncode == 4
    assert "CI needs OCF's data models, and they are not at /nowhere" in done.stderr


def test_without_one_repository_of_the_models(tmp_path: Path) -> None:
    """What a repository describes that is absent is left out, in CI as well; the rest is not.

    The line is also written where other processes run the tests.
    """
    tests = "tests/profiles/test_profiles_scenes.py"
    chosen = ("-k", "each_interface or discovery", "--numprocesses", "1")
    done = pytest(tests, *chosen, CI="true", ONBOARDEE_OCF_MODELS=str(tmp_path))
    assert "1 passed" in done.stdout
    assert f" comparisons with OCF's data models were left out: not all are at {tmp_path}" in (
        done.stdout
    )


def test_no_two_files_have_one_name() -> None:
    """Each file of the suite can be imported beside all others, as helpers are by their names."""
    files = [each for each in (ROOT / "tests").rglob("*.py") if each.name != "conftest.py"]
    names = Counter(each.name for each in files)
    assert [name for name, number in names.items() if number > 1] == []
