"""Whether what the entries of a database hold can be used: keys, certificates, times, paths.

`svrdb.check` has the rules between the parts, which a device itself depends on. A device passes
over an entry that these rules find fault with; whoever edits a database wants to hear of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from svrdb.model import (
    Ace,
    AceResource,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    PrivateData,
    TimePattern,
    TransferMethod,
)
from svrdb.validity import MAX_PATTERNS, MAX_RULES_IN_ALL, parse


class ContentCode(StrEnum):
    """The rules, each by the name of what breaks it."""

    UNOFFERED_METHOD = "unoffered-method"
    BAD_MODE = "bad-mode"
    BAD_CREDENTIAL = "bad-credential"
    BAD_CERTIFICATE = "bad-certificate"
    BAD_PRIVATE_KEY = "bad-private-key"
    KEY_MISMATCH = "key-mismatch"
    NAME_MISMATCH = "name-mismatch"
    EXPIRED_CERTIFICATE = "expired-certificate"
    BAD_REVOCATION_LIST = "bad-revocation-list"
    BAD_RESOURCE = "bad-resource"
    BAD_VALIDITY = "bad-validity"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry or property of no use: the rule, what is wrong in a sentence, and the clause."""

    code: ContentCode
    sentence: str
    clause: str


Faults = Iterator[Fault]

KEY_SIZES: Final = (16, 32)
MAX_PIN: Final = 64
WILDCARDS: Final = ("*", "+", "-")
"""All resources, the discoverable ones with a secured endpoint, and those without."""

_SHOWN: Final = frozenset(
    {CredentialUsage.IDENTITY, CredentialUsage.ROLE, CredentialUsage.MANUFACTURER}
)
_WITH_KEY_PAIRS: Final = (
    CredentialType.ASYMMETRIC,
    CredentialType.CERTIFICATE,
    CredentialType.ASYMMETRIC_ENCRYPTION,
)
_OF_THE_DEVICE: Final = frozenset({CredentialUsage.IDENTITY, CredentialUsage.ROLE})


def faults(database: Database, moment: datetime | None = None) -> tuple[Fault, ...]:
    """Return every entry that could not be used, in a fixed order; empty is good.

    With a `moment` (aware of its zone) certificates that have expired by then are among them.
    """
    found = [fault for rule in _RULES for fault in rule(database)]
    for credential in _certificate_credentials(database):
        found += _certificate(database, credential, moment)
    return tuple(found)


def _methods(database: Database) -> Faults:
    doxm = database.doxm
    if doxm.selected_method not in (*doxm.methods, TransferMethod.SELF):
        sentence = f"doxm.oxmsel {doxm.selected_method} is not one of doxm.oxms."
        yield Fault(ContentCode.UNOFFERED_METHOD, sentence, "OCF Security 13.2")


def _modes(database: Database) -> Faults:
    pstat = database.pstat
    ranges = (
        ("cm", pstat.current_mode, range(256)),
        ("tm", pstat.target_mode, range(256)),
        ("om", pstat.operation_mode, range(1, 8)),
        ("sm", pstat.supported_modes, range(1, 8)),
    )
    for name, value, allowed in ranges:
        if value not in allowed:
            sentence = f"pstat.{name} {value} is not {allowed[0]} to {allowed[-1]}."
            yield Fault(ContentCode.BAD_MODE, sentence, "OCF Security 13.8")


def _credentials(database: Database) -> Faults:
    for credential in database.cred.credentials:
        for what in _whys(credential):
            sentence = f"Credential {credential.credid} {what}."
            yield Fault(ContentCode.BAD_CREDENTIAL, sentence, "OCF Security 13.3")
        period = credential.period
        why = None if period is None else _why_not_a_time(TimePattern(period=period))
        if why:
            sentence = f"The period of credential {credential.credid} is wrong: {why}."
            yield Fault(ContentCode.BAD_VALIDITY, sentence, "RFC 5545 3.3.9")


def _whys(credential: Credential) -> Iterator[str]:
    size = 0 if credential.private is None else len(credential.private.data)
    match credential.kind:
        case CredentialType.SYMMETRIC_GROUP if size not in KEY_SIZES:
            yield "has a group key that is not 16 or 32 octets long"
        case CredentialType.PIN if not 0 < size <= MAX_PIN:
            yield f"has a PIN that is not 1 to {MAX_PIN} octets long"
        case CredentialType.ASYMMETRIC | CredentialType.ASYMMETRIC_ENCRYPTION if (
            credential.public is None and credential.private is None
        ):
            yield "is a key pair without publicdata and privatedata"
        case CredentialType.CERTIFICATE if credential.public is None:
            yield "is a certificate without publicdata"
    if credential.kind not in set(CredentialType):
        yield f"has the credtype {credential.kind}, which is not known"
    if credential.usage is not None and credential.usage not in set(CredentialUsage):
        yield f"has the credusage {credential.usage!r}, which is not known"


def _rules(database: Database) -> Faults:
    rules = 0
    for ace in database.acl2.entries:
        yield from _resources(ace)
        yield from _validity(ace)
        rules += sum(len(pattern.recurrence) for pattern in ace.validity)
    if rules > MAX_RULES_IN_ALL:
        sentence = f"acl2 has {rules} recurrence rules; there is room for {MAX_RULES_IN_ALL}."
        yield Fault(ContentCode.BAD_VALIDITY, sentence, "OCF Security 12.2")


def _resources(ace: Ace) -> Faults:
    whys = [why for resource in ace.resources if (why := _why_not_a_resource(resource))]
    for why in whys if ace.resources else ["it names none"]:
        sentence = f"The resources of access control entry {ace.aceid} are wrong: {why}."
        yield Fault(ContentCode.BAD_RESOURCE, sentence, "OCF Security 12.2")


def _why_not_a_resource(resource: AceResource) -> str | None:
    if not resource.href and resource.wildcard is None:
        return "one has neither href nor wc"
    if resource.wildcard is not None and resource.wildcard not in WILDCARDS:
        return f"a wildcard is one of {' '.join(WILDCARDS)}"
    return None


def _validity(ace: Ace) -> Faults:
    whys = [why for pattern in ace.validity if (why := _why_not_a_time(pattern))]
    if len(ace.validity) > MAX_PATTERNS:
        whys.append(f"there are more than {MAX_PATTERNS} periods")
    for why in whys:
        sentence = f"The validity of access control entry {ace.aceid} is wrong: {why}."
        yield Fault(ContentCode.BAD_VALIDITY, sentence, "RFC 5545 3.3.10")


def _why_not_a_time(pattern: TimePattern) -> str | None:
    try:
        parse(pattern)
    except ValueError as error:
        return str(error)
    return None


def _keys(database: Database) -> Faults:
    named: Iterable[tuple[str, PrivateData | None]] = (
        ("The device's own key", database.identity_key),
        *(
            (f"The private key of credential {credential.credid}", credential.private)
            for credential in database.cred.credentials
            if credential.kind in _WITH_KEY_PAIRS
        ),
    )
    for name, private in named:
        if private is None or not private.data:
            continue
        # 5 MB of memory that a database without private keys need not have
        from svrdb.x509 import why_not_a_key  # noqa: PLC0415

        why = why_not_a_key(private)
        if why:
            yield Fault(ContentCode.BAD_PRIVATE_KEY, f"{name} {why}.", "OCF Security 13.3")


def _revocations(database: Database) -> Faults:
    if not database.crl.data:
        return
    from svrdb.x509 import is_revocation_list  # noqa: PLC0415 - as above

    if not is_revocation_list(database.crl.data):
        sentence = "crl.crldata is not the base64 text of a list of revoked certificates."
        yield Fault(ContentCode.BAD_REVOCATION_LIST, sentence, "RFC 5280 5")


def _certificate_credentials(database: Database) -> list[Credential]:
    return [
        credential
        for credential in database.cred.credentials
        if credential.kind == CredentialType.CERTIFICATE and credential.public is not None
    ]


def _certificate(database: Database, credential: Credential, moment: datetime | None) -> Faults:
    from svrdb.x509 import Leaf, Unusable, read_certificates  # noqa: PLC0415 - as above

    assert credential.public is not None
    name = f"credential {credential.credid}"
    try:
        leaf = Leaf(read_certificates(credential.public)[0])
    except Unusable as why:
        sentence = f"The publicdata of {name} {why}."
        yield Fault(ContentCode.BAD_CERTIFICATE, sentence, "OCF Security 13.3")
        return
    if moment is not None and leaf.has_expired(moment):
        sentence = f"The certificate of {name} has expired."
        yield Fault(ContentCode.EXPIRED_CERTIFICATE, sentence, "RFC 5280 4.1.2.5")
    if credential.usage not in _SHOWN:
        return
    is_manufacturer = credential.usage == CredentialUsage.MANUFACTURER
    private = credential.private or (None if is_manufacturer else database.identity_key)
    if private is None or not leaf.is_for(private):
        sentence = f"The certificate of {name} is not for the private key beside it."
        yield Fault(ContentCode.KEY_MISMATCH, sentence, "OCF Security 13.3")
    if credential.usage in _OF_THE_DEVICE and leaf.identity != database.doxm.device_uuid:
        sentence = f"The common name in {name} is not uuid: and the deviceuuid."
        yield Fault(ContentCode.NAME_MISMATCH, sentence, "OCF Security 9.4.2")


_RULES: Final[tuple[Callable[[Database], Faults], ...]] = (
    _methods,
    _modes,
    _credentials,
    _rules,
    _keys,
    _revocations,
)
