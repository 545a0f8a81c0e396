"""What is neither logged nor copied of a device, although it shows it: secrets, and who it is."""

import re
from collections.abc import Mapping
from typing import Any, Final

NOBODY: Final = "00000000-0000-0000-0000-000000000000"

_SECRETS: Final = re.compile(
    r"passw|passphrase|passcode|pwd|secret|token|psk|privatekey|privatedata|apikey|credential"
    r"|authcode|lockcode|pincode|^pin$|^cd$|^ac$",
)


def is_secret_name(name: str) -> bool:
    """Tell whether a property goes by a name that secrets have."""
    return _SECRETS.search(re.sub(r"[-_. ]", "", name).lower()) is not None


def is_secret(name: str, value: object) -> bool:
    """Tell whether a property, or a part of it, goes by a name that secrets have."""
    if is_secret_name(name):
        return not isinstance(value, bool)
    if isinstance(value, Mapping):
        return any(is_secret(str(part), each) for part, each in value.items())
    if isinstance(value, list | tuple):
        return any(is_secret("", each) for each in value)
    return False


def without(uuids: frozenset[str], value: Any) -> Any:
    """Return the value with the nil UUID in place of these, which are in lower case."""
    match value:
        case str() if value.lower() in uuids:
            return NOBODY
        case list() | tuple():
            return [without(uuids, each) for each in value]
        case Mapping():
            return {name: without(uuids, each) for name, each in value.items()}
    return value
