"""Behaviour in Python, for what the other kinds cannot say.

A profile names a file in its own folder and a class in it. The class is made once for each start of
the device, with the entry's `options` as keyword arguments, and offers what `Program` says.

A file is executed only when a device starts, never when a profile is listed or checked: then its
classes are read from the syntax tree. It has to lie in the folder of the profile, so that a profile
from elsewhere cannot name another file of this machine. Whoever runs a profile with code runs that
code, with all rights of the process (docs/security.md).
"""

import ast
import importlib.util
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Protocol, Self

import msgspec
from msgspec.structs import replace

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import NEVER, SHORTEST, Cell, Part, WorldAccess
from onboardee.device.simulation.world.terms import BehaviourError


class ProgramWorld(Protocol):
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

    def start(self, world: ProgramWorld, /) -> float | None:
        """Begin, at the start of the device and each time that `only_while` begins to hold."""

    def changed(self, world: ProgramWorld, /) -> float | None:
        """Follow: one of `uses` has another value."""

    def tick(self, world: ProgramWorld, /) -> float | None:
        """Do what is due."""


class CodeBehaviour(GatedBehaviour, frozen=True, kw_only=True, rename={"type": "class"}):
    """Behaviour in Python: a class in a file in the profile's folder (see `code.Program`)."""

    file: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    """The path of the file from the profile's folder."""
    type: Annotated[str, msgspec.Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]
    """The name of the class."""
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    """Handed to the class as keyword arguments."""

    def make(self, finder: Finder) -> Part | None:
        """Return the program's part, or None while nothing may be executed."""
        # A check must not execute a file that came from elsewhere.
        if not finder.runs_code:
            return None
        program = self.program()
        return CodePart(program, {ref: finder.cell(ref, "uses") for ref in program.uses})

    def located(self, folder: Path | None) -> Self:
        """Return the entry with the path of its file, which is read and not executed.

        `folder` is that of the profile; a built-in profile has None. Raises `BehaviourError` if the
        path leaves it, or if there is no such class in the file.
        """
        if folder is None:
            raise BehaviourError("file: code belongs to profiles that are files of their own")
        home = folder.resolve()
        try:
            path = (home / self.file).resolve()
        except (ValueError, RuntimeError, OSError) as error:
            raise BehaviourError(f"file: {self.file!r} is no path of a file") from error
        if Path(self.file).is_absolute() or not path.is_relative_to(home):
            raise BehaviourError(f"file: {self.file} leaves the folder of the profile")
        found = _classes(path, self.file)
        if self.type not in found:
            names = ", ".join(found) or "none"
            raise BehaviourError(f"class: {self.file} has no class {self.type}; it has {names}")
        return replace(self, file=str(path))

    def program(self) -> Program:
        """Make the object of a located entry. Raises `BehaviourError` for whatever goes wrong."""
        if not Path(self.file).is_absolute():
            raise BehaviourError(f"file: {self.file} was not looked for in a profile's folder")
        try:
            # Whatever the class does when it is made, the profile is refused with its words.
            program: Program = _loaded(self.file, self.type)(**self.options)
            tuple(program.uses)
        except Exception as error:
            sentence = f"{self.type} in {self.file} cannot be used: {error!r}"
            raise BehaviourError(f"class: {sentence}") from error
        return program


def _classes(path: Path, shown: str) -> list[str]:
    """Return the names of the classes in a file. Raises `BehaviourError` if it is no Python."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), shown)
    except (OSError, UnicodeDecodeError) as error:
        raise BehaviourError(f"file: cannot read {shown}: {error}") from error
    except SyntaxError as error:
        line = "" if error.lineno is None else f", line {error.lineno}"
        raise BehaviourError(f"file: {shown}{line}: {error.msg}") from error
    except (ValueError, MemoryError, RecursionError) as error:
        sentence = f"{shown} cannot be read as Python: {str(error) or 'too deep'}"
        raise BehaviourError(f"file: {sentence}") from error
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


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


class CodePart(Part):
    """A program, running; it is what the program sees of its device, too."""

    __slots__ = ("_cells", "_has_failed", "_program", "_world")

    def __init__(self, program: Program, cells: Mapping[str, Cell]) -> None:
        super().__init__()
        self._program = program
        self._cells = cells
        self._world: WorldAccess | None = None
        self._has_failed = False
        """It has raised something, and is not called any more."""

    def inputs(self) -> tuple[Cell, ...]:
        """Return the properties that it uses."""
        return tuple(self._cells.values())

    def resume(self, world: WorldAccess) -> None:
        """Begin."""
        self._world = world
        self._run(self._program.start)

    def changed(self, world: WorldAccess) -> None:
        """Follow."""
        self._run(self._program.changed)

    def tick(self, world: WorldAccess) -> None:
        """Do what is due."""
        self._run(self._program.tick)

    def _run(self, method: Callable[[ProgramWorld], float | None]) -> None:
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
            self.world.report(f"{name} has failed and is ended: {error!r}")

    # what the program sees

    @property
    def world(self) -> WorldAccess:
        """The world."""
        assert self._world is not None
        return self._world

    @property
    def now(self) -> float:
        """The time."""
        return self.world.now

    @property
    def wall_time(self) -> datetime:
        """The time of day."""
        return self.world.wall_time

    def get(self, ref: str, /) -> Any:
        """Return the value of a property."""
        return self._cells[ref].value

    def set(self, ref: str, value: Any, /) -> None:
        """Let a property go to a value."""
        cell = self._cells[ref]
        self.world.aim(cell, cell.spec.checked(cell.name, value))

    def fraction(self) -> float:
        """Return a random number in [0, 1)."""
        return self.world.chance.fraction()
