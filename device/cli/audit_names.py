"""Which rules and trials somebody names: on the command line, and in a file of known failures.

A name that nobody knows is an error and not ignored: a rule that was renamed, or written wrong,
would otherwise be judged although somebody skips it, or its failure would be known no longer. Who
mistypes one is told the nearest that there is.
"""

from collections.abc import Iterable
from pathlib import Path

from onboardee.device.audit.table import RULES
from onboardee.device.audit.trials import TRIALS
from onboardee.device.nearest import nearest


class NamesError(ValueError):
    """A name that is none, or a file that cannot be read; the message says which, and where."""


def named(values: Iterable[str]) -> frozenset[str]:
    """Return the names in texts that hold one or several, with commas. Raises `NamesError`."""
    names = [name.strip() for each in values for name in each.split(",")]
    return frozenset(_checked(name) for name in names if name)


def read(path: Path) -> frozenset[str]:
    """Return the names in a file: one a line, what follows `#` is a comment.

    Raises `NamesError` with the line of the mistake.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise NamesError(f"cannot read {path}: {why}") from error
    found = set()
    for number, line in enumerate(lines, 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        try:
            found.add(_checked(name))
        except NamesError as error:
            raise NamesError(f"{path}, line {number}: {error}") from None
    return frozenset(found)


def _checked(name: str) -> str:
    known = [*(rule.name for rule in RULES), *(trial.name for trial in TRIALS)]
    if name in known:
        return name
    near = nearest(name, known)
    hint = f"; do you mean {near}?" if near else ";"
    sentence = f"there is no rule and no trial {name}{hint}"
    raise NamesError(f"{sentence} `onboardee audit --rules` lists them")
