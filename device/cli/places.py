"""Where devices keep their state unless told otherwise (XDG base directories)."""

import os
from pathlib import Path


def state_home() -> Path:
    """Return where devices keep their state."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "onboardee"


def directory_name(profile: str, name: str) -> str:
    """Return the name of the directory of a device among others."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
    return f"{Path(profile).stem}-{plain}"
