"""Credentials, made from octets as files hold them (OCF Security 13.3).

What is stored is what a device stores: keys as raw octets whatever they were written in, private
keys and certificates in the encoding they came in. No error repeats what was read: it may be a key
with a typing error, and the error ends in a terminal or a log.
"""

import base64
import binascii
import re
from collections.abc import Collection
from typing import Final

from msgspec.structs import replace

from onboardee.svrdb.editor.access import subject_text
from onboardee.svrdb.editor.errors import EditError, MalformedError
from onboardee.svrdb.editor.tree import lowest_free
from onboardee.svrdb.editor.words import listed
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    KEY_SIZES,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Encoding,
    OscoreContext,
    PrivateData,
    PublicData,
    RoleId,
)
from onboardee.svrdb.oscore import read_id

INPUT_ENCODINGS: Final = ("auto", "raw", "base64", "hex", "pem", "der")
"""How octets may come in; `auto` looks at them: for a symmetric key hexadecimal, base64 and raw are
tried, in this order, and the first is taken that gives 16 or 32 octets; certificates and private
keys are PEM if they begin like it, and DER otherwise."""

_HEX: Final = re.compile(rb"[0-9A-Fa-f]+")
_PEM: Final = b"-----BEGIN "


def read_key(octets: bytes, encoding: str = "auto") -> bytes:
    """Return a symmetric key of 16 or 32 octets from raw octets, hexadecimal or base64.

    White space in a text is passed over, the end of its line before all. Raises `MalformedError`,
    which does not repeat them.

    >>> read_key(b"00112233445566778899aabbccddeeff").hex()
    '00112233445566778899aabbccddeeff'
    """
    text = b"".join(octets.split())
    # The order matters: 32 hexadecimal digits are base64, too (of 24 octets), and raw octets of a
    # key can by chance be anything. The size decides in all cases that people meet.
    readings = {
        "hex": lambda: bytes.fromhex(text.decode("ascii")),
        "base64": lambda: base64.b64decode(text, validate=True),
        "raw": lambda: octets,
    }
    if encoding != "auto" and encoding not in readings:
        raise MalformedError(f"a symmetric key is not written as {encoding}")
    for name in readings if encoding == "auto" else (encoding,):
        try:
            key = readings[name]()
        except (ValueError, binascii.Error):
            continue
        if len(key) in KEY_SIZES:
            return key
    how = "hexadecimal, base64 or raw" if encoding == "auto" else encoding
    raise MalformedError(f"the key is not 16 or 32 octets in {how}")


def read_pin(octets: bytes) -> bytes:
    """Return a PIN or password without the end of its line. Raises `MalformedError` for none.

    Other white space stays: it may be a part of a password.
    """
    pin = octets.rstrip(b"\r\n")
    if not pin:
        raise MalformedError("the PIN is empty")
    return pin


def read_public(octets: bytes, encoding: str = "auto") -> PublicData:
    """Return certificates: a chain of PEM, or one certificate of DER. Raises `MalformedError`.

    They are not parsed here; `svrdb.worsened` tells of a certificate that cannot be read or whose
    key is another one. DER is kept as base64 text, as the model has public data as text.
    """
    chosen = _encoding(octets, encoding)
    if chosen is Encoding.PEM:
        return PublicData(data=_text(octets), encoding=Encoding.PEM)
    if chosen is Encoding.BASE64:
        octets = _from_base64(octets)
    return PublicData(data=base64.b64encode(octets).decode(), encoding=chosen)


def read_private(octets: bytes, encoding: str = "auto") -> PrivateData:
    """Return a private key: PEM, DER, or DER as raw octets or base64. Raises `MalformedError`."""
    chosen = _encoding(octets, encoding)
    if chosen is Encoding.BASE64:
        return PrivateData(data=_from_base64(octets), encoding=Encoding.RAW)
    return PrivateData(data=octets, encoding=chosen)


def read_oscore_id(text: str) -> str:
    """Return the id of one side for OSCORE in small letters. Raises `MalformedError`.

    >>> read_oscore_id("AABBCCDDEEFF00")
    'aabbccddeeff00'
    """
    try:
        return read_id(text)
    except ValueError as error:
        raise MalformedError(str(error)) from error


def make_context(sender: str | None, recipient: str | None) -> OscoreContext | None:
    """Return the ids of a credential for OSCORE, None without any. Raises `MalformedError`.

    >>> make_context(None, None)
    >>> make_context("00112233445566", "aabbccddeeff00").sequence_number
    0
    """
    if sender is None and recipient is None:
        return None
    return OscoreContext(
        sender=sender and read_oscore_id(sender),
        recipient=recipient and read_oscore_id(recipient),
        sequence_number=0 if sender else None,
    )


def add_credential(  # noqa: PLR0913 - one for each property of a credential
    database: Database,
    kind: int,
    *,
    subject: str | None = None,
    usage: str | None = None,
    public: PublicData | None = None,
    private: PrivateData | None = None,
    role: RoleId | None = None,
    oscore: OscoreContext | None = None,
    period: str | None = None,
    tag: str | None = None,
    credid: int | None = None,
) -> Database:
    """Return the database with one credential more, of the lowest free id unless one is given.

    Without a subject a certificate that the device shows is about the device itself, and any other
    about everybody (`*`); keys and PINs need one. Raises `MalformedError`, and `EditError` for an
    id that is taken.

    >>> changed = add_credential(
    ...     database,
    ...     CredentialType.SYMMETRIC_PAIRWISE,
    ...     subject="aaaaaaaa-0000-4000-8000-000000000001",
    ...     private=PrivateData(data=bytes(16)),
    ... )
    >>> changed.cred.credentials[-1].private
    <secret 16 bytes>
    """
    credentials = database.cred.credentials
    taken = {credential.credid for credential in credentials}
    if credid in taken:
        there = listed(map(str, sorted(taken)))
        raise EditError(f"the credid {credid} is taken (there are: {there})")
    # An id is never used twice: an UPDATE of a peer that names it would replace the wrong one.
    credential = Credential(
        credid=credid or lowest_free(taken),
        kind=int(kind),
        subject=_subject(database, kind, subject, usage),
        usage=usage,
        public=public,
        private=private,
        role=role,
        oscore=oscore,
        period=period,
        tag=tag,
    )
    return with_credentials(database, (*credentials, credential))


def remove_credentials(
    database: Database, credids: Collection[int] = (), *, subject: str | None = None
) -> Database:
    """Return the database without the credentials of some ids, or of a subject.

    All that are named have to be there, or nothing is removed. Raises `EditError` for ids and
    subjects that have none, and names those that there are.
    """
    credentials = database.cred.credentials
    wanted = None if subject is None else subject_text(subject)
    ids = {each.credid for each in credentials}
    missing = [f"credential {credid}" for credid in credids if credid not in ids]
    if wanted is not None and wanted not in {each.subject for each in credentials}:
        missing.append(f"credential for {wanted}")
    if missing:
        there = listed(f"{each.credid} for {each.subject}" for each in credentials) or "none"
        raise EditError(f"there is no {missing[0]} (there are: {there})")
    rest = (each for each in credentials if each.credid not in credids and each.subject != wanted)
    return with_credentials(database, tuple(rest))


def with_credentials(database: Database, credentials: tuple[Credential, ...]) -> Database:
    """Return the database with other credentials; their owner and all else stays."""
    return replace(database, cred=replace(database.cred, credentials=credentials))


def _subject(database: Database, kind: int, subject: str | None, usage: str | None) -> str:
    """Return whom a credential is about; what the device shows itself is about the device.

    An anchor is about everybody, as IoTivity-Lite writes it; whoever means one peer names it.
    """
    if subject is not None:
        return subject_text(subject)
    if kind != CredentialType.CERTIFICATE:
        raise MalformedError("a key or a PIN needs a subject: the UUID of the peer, or *")
    is_own = usage in (CredentialUsage.IDENTITY, CredentialUsage.ROLE)
    return str(database.doxm.device_uuid) if is_own else ANY_SUBJECT


def _encoding(octets: bytes, encoding: str) -> Encoding:
    """Return in which encoding octets come in. Raises `MalformedError` for none of these."""
    if encoding == "auto":
        return Encoding.PEM if octets.lstrip().startswith(_PEM) else Encoding.DER
    known = {
        "pem": Encoding.PEM,
        "der": Encoding.DER,
        "raw": Encoding.RAW,
        "base64": Encoding.BASE64,
    }
    if encoding not in known:
        raise MalformedError(f"a certificate or private key is not written as {encoding}")
    return known[encoding]


def _from_base64(octets: bytes) -> bytes:
    """Decode base64, over several lines or in one; the error does not repeat the text."""
    try:
        return base64.b64decode(b"".join(octets.split()), validate=True)
    except binascii.Error:
        raise MalformedError("what should be base64 is not") from None


def _text(octets: bytes) -> str:
    """Return octets as the text that PEM is; other text than ASCII is damage."""
    try:
        return octets.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedError("what should be PEM is not text") from None
