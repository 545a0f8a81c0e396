"""Where profiles are: those that come with the package, and files.

A name without a slash and without `.yaml` is a built-in one, anything else is a path: so a file in
the working directory never takes the place of a built-in profile by accident.
"""

from pathlib import Path
from typing import Final

from onboardee.device.nearest import nearest
from onboardee.device.simulation.document import MAX_SIZE, DocumentItem, read
from onboardee.device.simulation.section import ProfileError

BUILT_IN: Final = Path(__file__).parents[2] / "profiles"
"""The directory of the catalogue."""


def built_in_names() -> list[str]:
    """Return the names of the profiles that come with the package."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in BUILT_IN.iterdir()
        if entry.name.endswith(".yaml")
    )


def is_path(name: str) -> bool:
    """Tell the path of a file from the name of a built-in profile.

    >>> is_path("light"), is_path("./light"), is_path("light.yaml")
    (False, True, True)
    """
    return "/" in name or name.endswith((".yaml", ".yml"))


class Catalogue:
    """Finds profiles and reads each once."""

    def __init__(self) -> None:
        self._documents: dict[str, DocumentItem] = {}
        """By name or path: each file is read once, however many profiles extend it."""

    def find(self, name: str, folder: Path | None = None) -> DocumentItem:
        """Return a document by its name, or by its path from a folder. Raises `ProfileError`."""
        key = str(Path(folder or "", name)) if is_path(name) else name
        if key not in self._documents:
            self._documents[key] = read(_text(key), key)
        return self._documents[key]


def _text(name: str) -> str:
    """Return the text of a profile. Raises `ProfileError`."""
    if is_path(name):
        return _file_text(Path(name))
    if name not in built_in_names():
        raise ProfileError(_unknown(name))
    return (BUILT_IN / f"{name}.yaml").read_text(encoding="utf-8")


def _file_text(path: Path) -> str:
    """Return at most one character more than a profile may have: huge files are not read."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise ProfileError(f"cannot read the profile {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProfileError(f"cannot read the profile {path}: it is not UTF-8 text") from error
    except ValueError as error:  # a zero octet
        raise ProfileError(f"cannot read the profile {str(path)!r}: {error}") from error


def _unknown(name: str) -> str:
    """Return the sentence for a name that does not exist, with the nearest one that does."""
    near = nearest(name, built_in_names())
    hint = f"did you mean {near}?" if near else "`onboardee profiles list` names them."
    return (
        f"there is no built-in profile {name!r}; {hint} A file is named by its path, ./{name}.yaml"
    )
