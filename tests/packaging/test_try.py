"""The script of the two commands, on machines that lack what it needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "try"
TOOLS = ("sh", "dirname", "head", "ls", "touch", "uname", "mkdir")


class Machine:
    """A clone, and a PATH with nothing on it but a few tools and what a test adds."""

    def __init__(self, place: Path) -> None:
        self.clone = place / "clone"
        self.tools = place / "bin"
        self.tools.mkdir()
        self.clone.mkdir()
        shutil.copy(SCRIPT, self.clone / "try")
        for tool in TOOLS:
            self.tools.joinpath(tool).symlink_to(shutil.which(tool) or pytest.fail(tool))

    def add(self, name: str, script: str) -> None:
        """Put a program on the PATH, or into the clone."""
        path = self.tools / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        return subprocess.run(
            ["sh", self.clone / "try", *arguments],
            env={"PATH": str(self.tools)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Make a machine without Python, whose user is not root."""
    made = Machine(tmp_path)
    made.add("id", "echo 1000")
    return made


def python_that(change: str) -> str:
    """Return a script that is Python, where something is otherwise."""
    return f'case "$1" in -c) exec {sys.executable} -c "import sys; {change}; $2";; esac; exit 9'


def test_debian_without_python(machine: Machine) -> None:
    """A user is told the line that root has to run; nothing is installed, and there is no sudo."""
    machine.add("apt-get", "echo apt-get was run >&2")
    machine.add("sudo", "echo sudo was run >&2")
    done = machine.call("demo")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "try: needs python3-venv. Have root run this line, then call me again:",
        "  apt-get update && apt-get install --yes python3-venv",
    ]


def test_debian_without_venv(machine: Machine) -> None:
    """It is the same where Python is there, and only the module is not."""
    machine.add("apt-get", "echo apt-get was run >&2")
    machine.add("python3", python_that("sys.modules['ensurepip'] = None"))
    assert machine.call("test").stderr.splitlines()[1:] == [
        "  apt-get update && apt-get install --yes python3-venv"
    ]


def test_root_has_it_installed(machine: Machine) -> None:
    """Root is not asked to run what the script can run itself."""
    machine.add("id", "echo 0")
    machine.add("apt-get", f'echo "$@" >> {machine.clone}/apt')
    done = machine.call("demo")
    assert (machine.clone / "apt").read_text().splitlines() == [
        "update",
        "install --yes python3-venv",
    ]
    assert "needs Python 3.11 to 3.14; set PYTHON to name it" in done.stderr


def test_another_system_without_python(machine: Machine) -> None:
    """Where there is no apt-get, what is missing is said."""
    assert machine.call().stderr == "try: needs Python 3.11 to 3.14 with its venv module\n"


@pytest.mark.parametrize("version", [(3, 10), (3, 15)])
def test_a_python_that_the_locked_packages_do_not_serve(
    machine: Machine, version: tuple[int, int]
) -> None:
    """Neither one that is too old nor one that has no wheels yet is used."""
    machine.add("python3", python_that(f"sys.version_info = {version}"))
    assert "needs Python 3.11 to 3.14" in machine.call().stderr


def test_32_bits(machine: Machine) -> None:
    """A 32-bit system gets a sentence, not a compiler's output."""
    machine.add("python3", python_that("sys.maxsize = 2**31 - 1"))
    done = machine.call()
    assert done.returncode == 1
    assert done.stderr == (
        "try: needs a 64-bit system: some libraries have no ready-made packages for 32 bits\n"
    )


def test_a_package_that_cannot_be_had(machine: Machine) -> None:
    """Pip builds nothing from source, and a sentence follows what it says."""
    for name in ("python", "pip"):
        machine.add(f"../clone/.venv/bin/{name}", f'echo "$@" >> {machine.clone}/pip; exit 1')
    done = machine.call("test")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("try: cannot install the libraries: pip says")
    assert os.uname().machine in done.stderr
    (line,) = (machine.clone / "pip").read_text().splitlines()
    assert "--require-hashes --only-binary :all:" in line


def test_an_environment_that_was_not_finished(machine: Machine) -> None:
    """One without pip, whose making was interrupted, is made anew."""
    machine.add("../clone/.venv/bin/python", "echo the old one >&2; exit 1")
    machine.add("python3", f'echo "$@" >> {machine.clone}/made; {python_that("pass")}')
    machine.call("demo")
    assert (machine.clone / "made").read_text().splitlines()[-1] == "-m venv --clear .venv"
