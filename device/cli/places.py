"""Where devices keep their state, and how each is called: in the log, by `ctl`, `svr` and `reset`.

A device's name is the name of its directory among the others, or that in its state file.

The place follows the XDG base directories, and `ONBOARDEE_STATE_DIR` overrides it, as in the
container. The name is made of the profile's and of `--name`, in small letters with hyphens, so that
it can be typed: `onboardee ctl --device light-kitchen`.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from onboardee.svrdb.errors import StoreError
from onboardee.svrdb.locations import is_state_file, names_in
from onboardee.svrdb.storage import PREFIX

STATE_DIR: Final = "ONBOARDEE_STATE_DIR"
"""The environment variable that says below which directory devices keep their state."""
LONGEST: Final = 100
"""Characters of a name."""


def state_home() -> Path:
    """Return below which directory devices keep their state (XDG base directories).

    `ONBOARDEE_STATE_DIR`, else `$XDG_STATE_HOME/onboardee`, else `~/.local/state/onboardee`.
    """
    if chosen := os.environ.get(STATE_DIR):
        return Path(chosen)
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "onboardee"


def device_name(profile: str, given: str | None) -> str:
    """Return what a device is called: as its profile, and as itself if it was given a name.

    `light` for the profile's own light, `light-kitchen` for the one named Kitchen, and
    `kitchen-light` for Kitchen light.
    """
    kind = _hyphenated(Path(profile).stem) or "device"
    name = _hyphenated(given or "")
    if not name:
        return kind
    return name if f"-{kind}-" in f"-{name}-" else f"{kind}-{name}"[:LONGEST]


def former_name(profile: str, display_name: str) -> str:
    """Return how the directory of a device was called by the first versions of this program."""
    plain = "".join(each if each.isalnum() else "-" for each in display_name.lower())
    return f"{Path(profile).stem}-{plain}"


def free_name(wanted: str, taken: Iterable[str]) -> tuple[str, int]:
    """Return a name that none of those taken has: the one wanted, or with a number behind it."""
    used = set(taken)
    number = 1
    name = wanted
    while name in used:
        number += 1
        name = f"{wanted}-{number}"
    return name, number


def holds_device(directory: Path) -> bool:
    """Tell whether a directory is one in which a device keeps its state."""
    try:
        return any(each.name.startswith(PREFIX) for each in directory.iterdir())
    except OSError:
        return False


def devices_in(home: Path) -> list[Path]:
    """List the places of devices: a state directory itself, those below it, and in state files.

    `home` may be a state file itself. What cannot be read is no device.
    """
    if home.is_file():
        return devices_of(home)
    try:
        below = sorted(home.iterdir())
    except OSError:
        return []
    directories = [each for each in (home, *below) if each.is_dir() and holds_device(each)]
    return [*directories, *(place for file in below for place in devices_of(file))]


def devices_of(file: Path) -> list[Path]:
    """List the places of the devices in a state file; none if it is no such file."""
    if not is_state_file(file):
        return []
    try:
        return [file / name for name in names_in(file)]
    except (OSError, StoreError):
        return []


def _hyphenated(text: str) -> str:
    """Return a text in small letters, figures and single hyphens."""
    words = "".join(each if each.isalnum() else " " for each in text.lower()).split()
    return "-".join(words)[:LONGEST].strip("-")
