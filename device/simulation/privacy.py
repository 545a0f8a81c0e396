"""What is neither logged nor copied of a device, although it shows it: secrets, and who it is.

A captured profile is a file that people hand on, and a log is read by others than the owner. Names
are all there is to go by: a resource of a maker's own may hold anything. So what looks like a
secret counts as one, and a boolean of that name (`passwordSet`) does not.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""The nil UUID, in place of one that is left out."""

_SECRETS: Final = re.compile(
    r"passw|passphrase|passcode|pwd|secret|token|psk|privatekey|privatedata|apikey|credential"
    r"|authcode|lockcode|pincode|^pin$|^cd$|^ac$",
)
"""Parts of names in lower case, without separators."""


def is_secret_name(name: str) -> bool:
    """Tell whether a property goes by a name that secrets have.

    Case and separators do not matter.

    >>> is_secret_name("lock-Code List"), is_secret_name("openLevel")
    (True, False)
    """
    return _SECRETS.search(re.sub(r"[-_. ]", "", name).lower()) is not None


def is_secret(name: str, value: object) -> bool:
    """Tell whether a property, or a part of it, goes by a name that secrets have.

    >>> is_secret("user", {"name": "Ann", "password": "x"}), is_secret("passwordSet", True)
    (True, False)
    """
    if is_secret_name(name):
        return not isinstance(value, bool)
    if isinstance(value, Mapping):
        return any(is_secret(str(part), each) for part, each in value.items())
    if isinstance(value, list | tuple):
        return any(is_secret("", each) for each in value)
    return False


def without(uuids: frozenset[str], value: Any) -> Any:
    """Return the value with the nil UUID in place of these, which are in lower case.

    Whole texts are compared, at every depth.

    >>> without(frozenset({"6f77-1"}), {"di": "6F77-1", "n": "6f77-1 lamp"})
    {'di': '00000000-0000-0000-0000-000000000000', 'n': '6f77-1 lamp'}
    """
    match value:
        case str() if value.lower() in uuids:
            return NOBODY
        case list() | tuple():
            return [without(uuids, each) for each in value]
        case Mapping():
            return {name: without(uuids, each) for name, each in value.items()}
    return value
