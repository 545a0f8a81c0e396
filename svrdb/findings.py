"""What can be wrong with a database: one row for each rule, and findings that name the row.

A rule is a row here (how bad a breach is, what to do about it, whether that can be done by itself)
and a function elsewhere, which says what is wrong where:

    svrdb.check         what a device depends on; also asked before each change of state
    svrdb.advice        what contradicts itself, or leads nowhere
    svrdb.content       entries of no use
    svrdb.certificates  chains, keys, names, times

What is done about each is in `svrdb.repairs`. The code of a rule is for programs (`--json`,
`--only`) and does not change; sentences may.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class Severity(StrEnum):
    """How bad a finding is.

    An edit that brings new errors or warnings is refused unless it is forced; notes never count.
    """

    ERROR = "error"
    """The device does not work as it should until this is repaired."""
    WARNING = "warning"
    """Something stored is of no use or contradicts itself."""
    NOTE = "note"
    """It may be meant so."""


class ProblemCode(StrEnum):
    """The rules, each by the name of what breaks it.

    The names are a part of the command line (`svr check --only CODE`) and of its JSON.
    """

    # Of `svrdb.check`: what a device depends on.
    NO_DEVICE_UUID = "no-device-uuid"
    NO_PERMANENT_UUID = "no-permanent-uuid"
    """`pi`, `piid` or the original deviceuuid is nil."""
    RESET_UNFINISHED = "reset-unfinished"
    """The state is RESET, which a device only passes through."""
    CHANGE_UNFINISHED = "change-unfinished"
    """`dos.p` is true in a state that was arrived at."""
    TRANSFER_UNFINISHED = "transfer-unfinished"
    """The state is RFOTM, and something of an owner is set."""
    NOT_OWNED = "not-owned"
    NO_OWNER = "no-owner"
    """`devowneruuid` is nil in an owned state."""
    NO_RESOURCE_OWNER = "no-resource-owner"
    """A `rowneruuid` of doxm, pstat, cred or acl2 is nil in an owned state."""
    OWNER_WITHOUT_CREDENTIAL = "owner-without-credential"
    """A `rowneruuid` could not come back, as no credential is for it."""
    OPERATIONAL_MISMATCH = "operational-mismatch"
    DUPLICATE_CREDID = "duplicate-credid"
    DUPLICATE_ACEID = "duplicate-aceid"
    BAD_SUBJECT = "bad-subject"
    """Neither a UUID other than nil nor `*`."""
    BAD_KEY_LENGTH = "bad-key-length"
    """A pairwise key does not have 16 or 32 octets."""
    UNSUPPORTED_PROFILE = "unsupported-profile"
    """`sp.currentprofile` is none of the supported ones."""

    # Of `svrdb.advice` and `svrdb.content`.
    MODE_MISMATCH = "mode-mismatch"
    """Bits 1 and 2 of `cm` or `tm` are not those of the state."""
    BAD_MODE = "bad-mode"
    UNSUPPORTED_METHOD = "unsupported-method"
    """`oxmsel` is none of `oxms`, and not 4 (none chosen) either."""
    STRAY_RESOURCE_OWNER = "stray-resource-owner"
    STRAY_NEXT_UUID = "stray-next-uuid"
    """A UUID waits for an owner, and there is one."""
    BAD_CREDENTIAL = "bad-credential"
    """Its type, usage or content is of no use to a device."""
    CREDENTIAL_UNUSED = "credential-unused"
    """It is for OSCORE, which the device does not speak."""
    BAD_PERIOD = "bad-period"
    CREDENTIAL_EXPIRED = "credential-expired"
    BAD_RESOURCE = "bad-resource"
    """An entry is about nothing: no `href`, no known `wc`."""
    BAD_VALIDITY = "bad-validity"
    """A period or a rule that cannot be read, so that the entry never applies by it."""
    TOO_MANY_RULES = "too-many-rules"
    """More recurrence rules than a request may have to evaluate."""
    ENTRY_WITHOUT_EFFECT = "entry-without-effect"
    """Its permission is 0; perhaps it was meant to be switched off."""
    BAD_CREATED = "bad-created"
    """A resource that a client created has a path or a number that it cannot have."""
    OWNER_UNKNOWN = "owner-unknown"
    """No credential is for `devowneruuid`, and no trust anchor could stand in."""
    SUBJECT_WITHOUT_CREDENTIAL = "subject-without-credential"
    """An entry is about somebody who cannot open a session yet."""

    # Of `svrdb.certificates`, and the one of `svrdb.advice` that is about certificates.
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    KEY_UNREADABLE = "key-unreadable"
    OWN_KEY_UNREADABLE = "own-key-unreadable"
    KEY_MISMATCH = "key-mismatch"
    """The private key is not that of the certificate beside it."""
    NAME_MISMATCH = "name-mismatch"
    """A certificate of the device is for another UUID."""
    CHAIN_BROKEN = "chain-broken"
    """A certificate of a chain was not issued by the next one."""
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    BAD_REVOCATION_LIST = "bad-revocation-list"
    NO_MANUFACTURER_CERTIFICATE = "no-manufacturer-certificate"
    """`oxms` offers method 2, for which there is no certificate."""

    # Of the reset profile, which is looked at as the device that it describes.
    NO_RESET_PROFILE = "no-reset-profile"
    BAD_RESET_PROFILE = "bad-reset-profile"
    """What a reset would leave has findings that can be repaired."""
    DOUBTFUL_RESET_PROFILE = "doubtful-reset-profile"
    """What a reset would leave has findings that only a person can repair."""


class _Rule(NamedTuple):
    """A row: how bad it is, what to do, and whether `svrdb.repair` does it when it is asked to.

    A remedy is a half sentence that goes behind the finding's own: "...; set it to nil".
    """

    severity: Severity
    remedy: str
    is_repairable: bool = True


def _error(remedy: str) -> _Rule:
    return _Rule(Severity.ERROR, remedy)


def _warning(remedy: str) -> _Rule:
    return _Rule(Severity.WARNING, remedy)


def _by_hand(severity: Severity, remedy: str) -> _Rule:
    """Return the row of a rule whose remedy needs somebody who knows more than the database says.

    A period that is none may have been meant in many ways, and an expired certificate is not made
    valid by anything that happens on the device.
    """
    return _Rule(severity, remedy, is_repairable=False)


_REMOVE_CREDENTIAL: Final = "remove the credential"
_SPARED: Final = "nothing, or have its owner replace it: another stack may be able to read it"
_REMOVE_ENTRY: Final = "remove the entry"
_OTHER_CERTIFICATE: Final = "set the clock, or have the owner install another certificate"

# One row for each code; a test sees to it that none is missing.
_RULES: Final = {
    ProblemCode.NO_DEVICE_UUID: _error("give it the UUID it left the factory with, or a new one"),
    ProblemCode.NO_PERMANENT_UUID: _error("give it a new random one"),
    ProblemCode.RESET_UNFINISHED: _error("carry out the reset, as the device does when it starts"),
    ProblemCode.CHANGE_UNFINISHED: _error("set pstat.dos.p to false"),
    ProblemCode.TRANSFER_UNFINISHED: _error("reset the device, as it does itself when it starts"),
    ProblemCode.NOT_OWNED: _error(
        "set doxm.owned if the owner has a credential, else reset the device"
    ),
    ProblemCode.NO_OWNER: _error(
        "name the owner of doxm if it has a credential, else reset the device"
    ),
    ProblemCode.NO_RESOURCE_OWNER: _error("name the device's owner"),
    ProblemCode.OWNER_WITHOUT_CREDENTIAL: _error(
        "name the device's owner if it has a credential, else reset the device: nobody could "
        "manage it any more"
    ),
    ProblemCode.OPERATIONAL_MISMATCH: _error("let pstat.isop follow the state"),
    ProblemCode.DUPLICATE_CREDID: _error("give all but the first the smallest free credid"),
    ProblemCode.DUPLICATE_ACEID: _error("give all but the first the smallest free aceid"),
    ProblemCode.BAD_SUBJECT: _error(_REMOVE_ENTRY),
    ProblemCode.BAD_KEY_LENGTH: _error(_REMOVE_CREDENTIAL),
    ProblemCode.UNSUPPORTED_PROFILE: _error(
        "make the first of sp.supportedprofiles the current one"
    ),
    ProblemCode.MODE_MISMATCH: _warning("set its bits 1 and 2 to those of the state"),
    ProblemCode.BAD_MODE: _warning("set it to the value that a new device has"),
    ProblemCode.UNSUPPORTED_METHOD: _warning("set it to 4, none chosen"),
    ProblemCode.STRAY_RESOURCE_OWNER: _warning("set it to nil"),
    ProblemCode.STRAY_NEXT_UUID: _warning("forget the UUID that waits"),
    ProblemCode.BAD_CREDENTIAL: _error(_REMOVE_CREDENTIAL),
    ProblemCode.CREDENTIAL_UNUSED: _by_hand(Severity.NOTE, "remove it, or leave it to others"),
    ProblemCode.BAD_PERIOD: _by_hand(Severity.WARNING, "have its owner correct or remove it"),
    ProblemCode.CREDENTIAL_EXPIRED: _by_hand(Severity.WARNING, "have its owner renew or remove it"),
    ProblemCode.BAD_RESOURCE: _warning("remove the resource, and the entry if none is left"),
    ProblemCode.BAD_VALIDITY: _by_hand(
        Severity.WARNING, "have its owner correct or remove the entry"
    ),
    ProblemCode.TOO_MANY_RULES: _by_hand(Severity.WARNING, "remove some of them, or their entries"),
    ProblemCode.ENTRY_WITHOUT_EFFECT: _Rule(Severity.NOTE, "remove it"),
    ProblemCode.BAD_CREATED: _warning("remove the resource"),
    ProblemCode.OWNER_UNKNOWN: _by_hand(
        Severity.WARNING, "reset the device, or have a resource owner install one"
    ),
    ProblemCode.SUBJECT_WITHOUT_CREDENTIAL: _by_hand(
        Severity.NOTE, "install a credential for it, or remove the entry"
    ),
    ProblemCode.CERTIFICATE_UNREADABLE: _error(_REMOVE_CREDENTIAL),
    ProblemCode.KEY_UNREADABLE: _error(_REMOVE_CREDENTIAL),
    ProblemCode.OWN_KEY_UNREADABLE: _error(
        "forget it: the device makes another one when it needs one"
    ),
    ProblemCode.KEY_MISMATCH: _by_hand(
        Severity.ERROR, "have its owner install the right key or certificate"
    ),
    ProblemCode.NAME_MISMATCH: _by_hand(
        Severity.WARNING, "have the owner install a certificate for the deviceuuid"
    ),
    ProblemCode.CHAIN_BROKEN: _by_hand(
        Severity.WARNING, "have its owner install the chain in its order"
    ),
    ProblemCode.CERTIFICATE_EXPIRED: _by_hand(Severity.WARNING, _OTHER_CERTIFICATE),
    ProblemCode.CERTIFICATE_NOT_YET_VALID: _by_hand(Severity.WARNING, _OTHER_CERTIFICATE),
    ProblemCode.BAD_REVOCATION_LIST: _warning("forget it: no certificate is checked against it"),
    ProblemCode.NO_MANUFACTURER_CERTIFICATE: _warning("take the method out of doxm.oxms"),
    ProblemCode.NO_RESET_PROFILE: _by_hand(
        Severity.NOTE,
        "let the device start, which makes one, or use `onboardee svr profile make`",
    ),
    ProblemCode.BAD_RESET_PROFILE: _warning(
        "repair it like the live state, as far as that is possible"
    ),
    ProblemCode.DOUBTFUL_RESET_PROFILE: _by_hand(
        Severity.WARNING, "correct the live state, and use `onboardee svr profile make`"
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule: its code, what is wrong in a sentence without secrets, and the clause.

    The clause is of the specification that the rule is from, as "OCF Security 13.3".
    """

    code: ProblemCode
    sentence: str
    clause: str
    is_spared: bool = False
    """It may be of use to another stack, and the repair would throw it away."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return _RULES[self.code].severity

    @property
    def remedy(self) -> str:
        """What to do about it, as a half sentence."""
        return _SPARED if self.is_spared else _RULES[self.code].remedy

    @property
    def is_repairable(self) -> bool:
        """Whether `svrdb.repair` can do that."""
        return _RULES[self.code].is_repairable and not self.is_spared


Findings = Iterator[Finding]
"""What each function of a rule yields; nothing where it finds nothing."""
