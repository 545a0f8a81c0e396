"""By which names properties go that hold a secret: a password, a key, the codes of a lock."""

import re
from typing import Final

_SECRETS: Final = re.compile(
    r"passw|passphrase|passcode|pwd|secret|token|psk|privatekey|privatedata|apikey|credential"
    r"|authcode|lockcode|pincode|^pin$|^cd$|^ac$",
)


def is_secret_name(name: str) -> bool:
    """Tell whether a property goes by a name that secrets have."""
    return _SECRETS.search(re.sub(r"[-_. ]", "", name).lower()) is not None
