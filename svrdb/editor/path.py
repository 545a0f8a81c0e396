"""The name of a place in a database: `doxm.oxmsel`, `acl2.aclist2[aceid=3].resources[0].href`.

Names are those of the wire. In brackets stand a position, counted from 0, or a property of the
entry that is meant, with its value. The latter is what scripts should use: positions change when
somebody else removes an entry. `svr diff` writes paths in the same form.

    path    = name *( "." name / "[" digits "]" / "[" name "=" value "]" )
"""

import re
from typing import Final, TypeAlias

from onboardee.svrdb.editor.errors import MalformedError

Step: TypeAlias = str | int | tuple[str, str]
"""A member by its name, an entry by its position, or an entry by one of its properties."""

Path: TypeAlias = tuple[Step, ...]
"""From the database down; the first step is a member's name."""

_STEP: Final = re.compile(
    r"(?:^|(?<!^)\.)(?P<name>[A-Za-z_][\w-]*)"
    r"|\[(?P<place>\d{1,6})\]"
    r"|\[(?P<key>[A-Za-z_][\w-]*)=(?P<value>[^\]]*)\]"
)


def parse_path(text: str) -> Path:
    """Return the steps of a path. Raises `MalformedError`.

    Whether a database has such a place is seen when the path is followed.

    >>> parse_path("acl2.aclist2[aceid=3].permission")
    ('acl2', 'aclist2', ('aceid', '3'), 'permission')
    """
    steps: list[Step] = []
    end = 0
    while end < len(text):
        found = _STEP.match(text, end)
        if found is None:
            break
        steps.append(_step(found))
        end = found.end()
    if not steps or end < len(text) or not isinstance(steps[0], str):
        example = "doxm.oxmsel or acl2.aclist2[aceid=3].permission"
        raise MalformedError(f"{text!r} is not a path such as {example}")
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    """Return one step of the three kinds; exactly one of the pattern's alternatives has matched."""
    if found["name"] is not None:
        return found["name"]
    if found["place"] is not None:
        return int(found["place"])
    return found["key"], found["value"]


def path_text(path: Path) -> str:
    """Return a path as it is written: the inverse of `parse_path`.

    >>> path_text(("acl2", "aclist2", ("aceid", "3"), "permission"))
    'acl2.aclist2[aceid=3].permission'
    """
    text = ""
    for step in path:
        if isinstance(step, str):
            text += f".{step}" if text else step
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f"[{step[0]}={step[1]}]"
    return text
