"""Whether a credential for OSCORE holds what a security context is made of.

Asked by the device before it keeps one, and by `svr check` of one that came another way.
"""

import re
from typing import Final

from onboardee.svrdb.model import (
    KEY_SIZES,
    OSCORE_ID_DIGITS,
    Credential,
    CredentialType,
    OscoreContext,
)

_ID: Final = re.compile(rf"[0-9a-fA-F]{{{OSCORE_ID_DIGITS}}}")
_IDS: Final = {
    CredentialType.OSCORE: {"senderid", "recipientid"},
    CredentialType.OSCORE_GROUP_CLIENT: {"senderid"},
    CredentialType.OSCORE_GROUP_SERVER: {"recipientid"},
}
"""The ids that a context of each type has; it has no other one."""


def read_id(text: str) -> str:
    """Return a sender's or recipient's id as it is kept. Raises ValueError.

    >>> read_id("AABBCCDDEEFF00")
    'aabbccddeeff00'
    """
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is not {OSCORE_ID_DIGITS} hexadecimal digits")
    return text.lower()


def why_not_a_context(credential: Credential) -> str | None:
    """Say why no context can be made of a credential of type 64, 128 or 256; None if one can.

    The sentence completes "A credential ...". Security 13.3, oic.sec.oscoretype.
    """
    size = 0 if credential.private is None else len(credential.private.data)
    # IoTivity-Lite has 32 octets; RFC 8613 3.2 leaves the length to whoever makes the secret
    if size not in KEY_SIZES:
        return "for OSCORE has a secret of 16 or 32 octets"
    if credential.public is not None and credential.public.data:
        return "for OSCORE has no publicdata"
    context = credential.oscore or OscoreContext()
    wanted = _IDS[CredentialType(credential.kind)]
    ids = {"senderid": context.sender, "recipientid": context.recipient}
    if {name for name, value in ids.items() if value is not None} != wanted:
        return f"for OSCORE has {' and '.join(sorted(wanted, reverse=True))} and no other id"
    if credential.kind == CredentialType.OSCORE and context.description is not None:
        return "for OSCORE with one peer has no desc"
    return None
