"""A copy of the repository in which faults are planted, and what is known of its tests."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import coverage
from mutants_planting import Mutant

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LONGEST = 900  # seconds that the tests of one fault may take in a process of their own


class Suite:
    """The copy, its recorded tests, and the ways to run them."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.copy = work / "copy"
        self.tests: dict[str, dict[str, Any]] = {}
        self._lines: dict[str, dict[int, list[str]]] = {}

    def prepare(self) -> None:
        """Copy the working tree, and run the tests once, or those that are new, to know them."""
        changed = self._copy()
        kept = self.work / "tests.json"
        new = [name for name in changed if Path(name).match("tests/**/test_*.py")]
        if not kept.exists() or any(name.endswith(".py") for name in changed - {*new}):
            kept.unlink(missing_ok=True)
            (self.work / "coverage").unlink(missing_ok=True)
            self._pytest("mutants_recording")
        elif new := [name for name in new if (self.copy / name).exists()]:
            self._pytest("mutants_recording", *new)
        self.tests = json.loads(kept.read_text())
        data = coverage.CoverageData(str(self.work / "coverage"))
        data.read()
        for file in data.measured_files():
            path = os.path.relpath(os.path.realpath(file), self.copy.resolve())
            self._lines[path] = data.contexts_by_lineno(file)

    def _copy(self) -> set[str]:
        """Make the copy equal to the working tree; return the names of files that changed.

        What lies in bench/ and docs/ no test depends on.
        """
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        output = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True)
        names = {name for name in output.stdout.split("\0") if os.path.lexists(ROOT / name)}
        stamps = {name: _stamp(ROOT / name) for name in sorted(names - {""})}
        kept = self.work / "copied.json"
        before = json.loads(kept.read_text()) if kept.exists() else {}
        changed = {n for n in before.keys() | stamps.keys() if before.get(n) != stamps.get(n)}
        for name in changed:
            target = self.copy / name
            target.unlink(missing_ok=True)
            if name in stamps:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target, follow_symlinks=False)
        kept.write_text(json.dumps(stamps))
        return {name for name in changed if not name.startswith(("bench/", "docs/"))}

    def covering(self, mutant: Mutant) -> list[str]:
        """Return the tests that run the faulty line, file by file, the quickest first."""
        lines = self._lines.get(mutant.path, {})
        names = next((found for n in mutant.lines if (found := _named(lines.get(n)))), set())
        if not mutant.function or not names:  # run at import, if at all: all tests of the room
            room = str(Path(mutant.path).parent)
            near = [found for path, found in self._lines.items() if path.startswith(room)]
            names = set().union(*(_named(each) for found in near for each in found.values()))
        return self._sort(names)

    def starting_processes(self) -> list[str]:
        """Return the tests that start a process: what that runs is not recorded."""
        return self._sort({name for name, test in self.tests.items() if test["starts_process"]})

    def _sort(self, names: set[str]) -> list[str]:
        passing = [name for name in names if self.tests.get(name, {}).get("passed")]
        files: dict[str, list[float]] = defaultdict(list)
        for name in passing:
            files[_file(name)].append(self.tests[name]["seconds"])
        means = {file: sum(each) / len(each) for file, each in files.items()}
        return sorted(passing, key=lambda name: (means[_file(name)], name))

    def seconds(self, tests: list[str]) -> float:
        """Return how long these tests may take, with room for a busy machine."""
        return 20.0 + 6 * sum(float(self.tests[name]["seconds"]) for name in tests)

    def try_all(self, mutants: dict[str, Mutant]) -> dict[str, str]:
        """Try each fault with the tests that run its line, all forked from one process."""
        faulty = self.work / "faulty"
        shutil.rmtree(faulty, ignore_errors=True)
        faulty.mkdir()
        trials: list[dict[str, Any]] = []
        for name, mutant in mutants.items():
            (faulty / name).write_text(mutant.text)
            tests = self.covering(mutant)
            trials.append(
                {"name": name, "path": mutant.path, "function": mutant.function, "tests": tests}
                | {"seconds": self.seconds(tests)}
            )
        (self.work / "trials.json").write_text(json.dumps(trials))
        (self.work / "outcomes.json").write_text("{}")
        self._select(sorted({name for trial in trials for name in trial["tests"]}))
        self._pytest("mutants_selecting", "-p", "mutants_trying", "-x")
        outcomes: dict[str, str] = json.loads((self.work / "outcomes.json").read_text())
        return outcomes

    def fails_with(self, mutant: Mutant, tests: list[str]) -> bool:
        """Say whether one of the tests fails with the fault, in a process of its own."""
        self._select(tests)
        with planted(self.copy, mutant):
            return self._pytest("mutants_selecting", "-x", files=tests, quiet=True) != 0

    def refuses(self, mutant: Mutant) -> bool:
        """Say whether mypy --strict refuses the fault."""
        with planted(self.copy, mutant):
            command = [sys.executable, "-m", "mypy"]
            done = subprocess.run(command, cwd=self.copy, check=False, capture_output=True)
            return done.returncode != 0

    def _select(self, tests: list[str]) -> None:
        (self.work / "selected.json").write_text(json.dumps(tests))

    def _pytest(
        self, plugin: str, *words: str, files: list[str] | None = None, quiet: bool = False
    ) -> int:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", plugin]
        command += [*words, *sorted({_file(name) for name in files or ()})]
        environment = os.environ | {
            "MUTANTS_WORK": str(self.work),
            "PYTHONPATH": f"{self.copy / 'src'}{os.pathsep}{HERE}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if "mutants_trying" in words:
            command += ["-s", "--no-header", "--no-summary"]
        try:
            return subprocess.run(
                command,
                cwd=self.copy,
                env=environment,
                capture_output=quiet,
                timeout=LONGEST if quiet else None,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return -1


class planted:  # noqa: N801 - reads as a statement: with planted(…)
    """Have a fault in the copy for a while."""

    def __init__(self, copy: Path, mutant: Mutant) -> None:
        self._path = copy / mutant.path
        self._text = mutant.text
        self._kept = self._path.read_text()

    def __enter__(self) -> None:
        self._path.write_text(self._text)

    def __exit__(self, *_: object) -> None:
        self._path.write_text(self._kept)


def _stamp(path: Path) -> str:
    content = bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
    return hashlib.sha256(content).hexdigest()


def _named(contexts: list[str] | None) -> set[str]:
    return {each for each in contexts or () if each}


def _file(test: str) -> str:
    return test.partition("::")[0]
