"""Behaviour in Python, for what the other kinds cannot say.

A profile names a file in its own folder and a class in it. The class is made once for each start of
the device, with the entry's `options` as keyword arguments, and offers what `Program` says.
"""

import ast
import importlib.util
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import replace

from onboardee.device.simulation.behaviour.cells import Cell
from onboardee.device.simulation.behaviour.conditions import Check
from onboardee.device.simulation.behaviour.errors import BehaviourError
from onboardee.device.simulation.behaviour.model import Behaviour, Code
from onboardee.device.simulation.behaviour.part import NEVER, SHORTEST, Part, Stage


class Surroundings(Protocol):
    """What a program sees of its device. Properties are named `/href#property`."""

    @property
    def now(self) -> float:
        """Seconds of the device's clock; only differences mean anything."""

    @property
    def wall_time(self) -> datetime:
        """The time of day."""

    def get(self, ref: str, /) -> Any:
        """Return the value of a property. Raises `KeyError` if it is none of `uses`."""

    def set(self, ref: str, value: Any, /) -> None:
        """Let a property go to a value; what travels begins to move.

        Raises `KeyError`, or `ValueRefusedError` for a value that the property cannot have.
        """

    def fraction(self) -> float:
        """Return a random number in [0, 1): the same ones for the same seed of the device."""


class Program(Protocol):
    """What a class in a profile's folder offers.

    Each method returns when it wants `tick` to be called, on the clock of `now`, or None. It is
    called on time, or late once if the process slept. What it raises is logged, and ends it.
    """

    uses: tuple[str, ...]
    """The properties that it reads, sets and listens to."""

    def start(self, world: Surroundings, /) -> float | None:
        """Begin, at the start of the device and each time that `only_while` begins to hold."""

    def changed(self, world: Surroundings, /) -> float | None:
        """Follow: one of `uses` has another value."""

    def tick(self, world: Surroundings, /) -> float | None:
        """Do what is due."""


def located(entries: tuple[Behaviour, ...], folder: Path | None) -> tuple[Behaviour, ...]:
    """Return entries whose files are found in the profile's folder.

    A profile without a folder, such as a built-in one, has no code. Nothing is executed here.
    Raises `BehaviourError`.
    """
    return tuple(
        _located(entry, place, folder) if isinstance(entry, Code) else entry
        for place, entry in enumerate(entries)
    )


def _located(entry: Code, place: int, folder: Path | None) -> Code:
    where = f"behaviour[{place}].file"
    if folder is None:
        raise BehaviourError(f"{where}: code belongs to profiles that are files of their own")
    home = folder.resolve()
    try:
        path = (home / entry.file).resolve()
    except (ValueError, RuntimeError, OSError) as error:
        raise BehaviourError(f"{where}: {entry.file!r} is no path of a file") from error
    if Path(entry.file).is_absolute() or not path.is_relative_to(home):
        raise BehaviourError(f"{where}: {entry.file} leaves the folder of the profile")
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), entry.file)
    except (OSError, UnicodeDecodeError) as error:
        raise BehaviourError(f"{where}: cannot read {entry.file}: {error}") from error
    except SyntaxError as error:
        line = "" if error.lineno is None else f", line {error.lineno}"
        raise BehaviourError(f"{where}: {entry.file}{line}: {error.msg}") from error
    except (ValueError, MemoryError, RecursionError) as error:
        sentence = f"{where}: {entry.file} cannot be read as Python: {str(error) or 'too deep'}"
        raise BehaviourError(sentence) from error
    found = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    if entry.type not in found:
        names = ", ".join(found) or "none"
        sentence = f"{entry.file} has no class {entry.type}; it has {names}"
        raise BehaviourError(f"behaviour[{place}].class: {sentence}")
    return replace(entry, file=str(path))


@lru_cache(maxsize=64)
def _loaded(file: str, name: str) -> Any:
    """Execute a file, once for all devices, and return its class."""
    path = Path(file)
    spec = importlib.util.spec_from_file_location(f"onboardee_profile_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def make_program(entry: Code) -> Program:
    """Make the object of a located entry. Raises `BehaviourError` for whatever goes wrong."""
    if not Path(entry.file).is_absolute():
        raise BehaviourError(f"file: {entry.file} was not looked for in a profile's folder")
    try:
        program: Program = _loaded(entry.file, entry.type)(**entry.options)
        tuple(program.uses)
    except Exception as error:
        sentence = f"{entry.type} in {entry.file} cannot be used: {error!r}"
        raise BehaviourError(f"class: {sentence}") from error
    return program


class CodePart(Part):
    """A program, running."""

    __slots__ = ("_cells", "_has_failed", "_program", "_stage")

    def __init__(self, program: Program, cells: Mapping[str, Cell], gate: Check | None) -> None:
        super().__init__(gate)
        self._program = program
        self._cells = cells
        self._stage: Stage | None = None
        self._has_failed = False

    def inputs(self) -> tuple[Cell, ...]:
        """Return the properties that it uses."""
        return tuple(self._cells.values())

    def resume(self, stage: Stage) -> None:
        """Begin."""
        self._stage = stage
        self._run(self._program.start)

    def changed(self, stage: Stage) -> None:
        """Follow."""
        self._run(self._program.changed)

    def tick(self, stage: Stage) -> None:
        """Do what is due."""
        self._run(self._program.tick)

    def _run(self, method: Callable[["Surroundings"], float | None]) -> None:
        """Call the program, and end it if it fails: the device goes on."""
        self.deadline = NEVER
        if self._has_failed:
            return
        try:
            until = method(self)
            self.deadline = NEVER if until is None else max(self.now + SHORTEST, float(until))
        except Exception as error:  # noqa: BLE001 - whatever a program does, the device goes on
            self._has_failed = True
            name = type(self._program).__name__
            self.stage.report(f"{name} has failed and is ended: {error!r}")

    # what the program sees

    @property
    def stage(self) -> Stage:
        """The world."""
        assert self._stage is not None
        return self._stage

    @property
    def now(self) -> float:
        """The time."""
        return self.stage.now

    @property
    def wall_time(self) -> datetime:
        """The time of day."""
        return self.stage.wall_time

    def get(self, ref: str, /) -> Any:
        """Return the value of a property."""
        return self._cells[ref].value

    def set(self, ref: str, value: Any, /) -> None:
        """Let a property go to a value."""
        cell = self._cells[ref]
        self.stage.aim(cell, cell.spec.checked(cell.name, value))

    def fraction(self) -> float:
        """Return a random number in [0, 1)."""
        return self.stage.dice.fraction()
