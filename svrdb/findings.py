"""What can be wrong with a database: one row for each rule, and findings that name the row.

The rules themselves are in `svrdb.check` (what a device depends on), `svrdb.content` (entries of
no use), `svrdb.certificates` and `svrdb.advice`; what to do about each is in `svrdb.repairs`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The device does not work as it should until this is repaired."""
    WARNING = "warning"
    """Something stored is of no use or contradicts itself."""
    NOTE = "note"
    """It may be meant so."""


class ProblemCode(StrEnum):
    """The rules, each by the name of what breaks it."""

    NO_DEVICE_UUID = "no-device-uuid"
    NO_PERMANENT_UUID = "no-permanent-uuid"
    RESET_UNFINISHED = "reset-unfinished"
    CHANGE_UNFINISHED = "change-unfinished"
    TRANSFER_UNFINISHED = "transfer-unfinished"
    NOT_OWNED = "not-owned"
    NO_OWNER = "no-owner"
    NO_RESOURCE_OWNER = "no-resource-owner"
    OWNER_WITHOUT_CREDENTIAL = "owner-without-credential"
    OPERATIONAL_MISMATCH = "operational-mismatch"
    DUPLICATE_CREDID = "duplicate-credid"
    DUPLICATE_ACEID = "duplicate-aceid"
    BAD_SUBJECT = "bad-subject"
    BAD_KEY_LENGTH = "bad-key-length"
    UNSUPPORTED_PROFILE = "unsupported-profile"

    MODE_MISMATCH = "mode-mismatch"
    BAD_MODE = "bad-mode"
    UNSUPPORTED_METHOD = "unsupported-method"
    STRAY_RESOURCE_OWNER = "stray-resource-owner"
    STRAY_NEXT_UUID = "stray-next-uuid"
    BAD_CREDENTIAL = "bad-credential"
    BAD_PERIOD = "bad-period"
    CREDENTIAL_EXPIRED = "credential-expired"
    BAD_RESOURCE = "bad-resource"
    BAD_VALIDITY = "bad-validity"
    TOO_MANY_RULES = "too-many-rules"
    ENTRY_WITHOUT_EFFECT = "entry-without-effect"
    OWNER_UNKNOWN = "owner-unknown"
    SUBJECT_WITHOUT_CREDENTIAL = "subject-without-credential"

    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    KEY_UNREADABLE = "key-unreadable"
    OWN_KEY_UNREADABLE = "own-key-unreadable"
    KEY_MISMATCH = "key-mismatch"
    NAME_MISMATCH = "name-mismatch"
    CHAIN_BROKEN = "chain-broken"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    BAD_REVOCATION_LIST = "bad-revocation-list"
    NO_MANUFACTURER_CERTIFICATE = "no-manufacturer-certificate"

    NO_RESET_PROFILE = "no-reset-profile"
    BAD_RESET_PROFILE = "bad-reset-profile"
    DOUBTFUL_RESET_PROFILE = "doubtful-reset-profile"


class _Rule(NamedTuple):
    severity: Severity
    remedy: str
    is_repairable: bool = True


def _error(remedy: str) -> _Rule:
    return _Rule(Severity.ERROR, remedy)


def _warning(remedy: str) -> _Rule:
    return _Rule(Severity.WARNING, remedy)


def _by_hand(severity: Severity, remedy: str) -> _Rule:
    return _Rule(severity, remedy, is_repairable=False)


_REMOVE_CREDENTIAL: Final = "remove the credential"
_REMOVE_ENTRY: Final = "remove the entry"
_OTHER_CERTIFICATE: Final = "set the clock, or have the owner install another certificate"

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
    ProblemCode.BAD_PERIOD: _by_hand(Severity.WARNING, "have its owner correct or remove it"),
    ProblemCode.CREDENTIAL_EXPIRED: _by_hand(Severity.WARNING, "have its owner renew or remove it"),
    ProblemCode.BAD_RESOURCE: _warning(_REMOVE_ENTRY),
    ProblemCode.BAD_VALIDITY: _warning(_REMOVE_ENTRY),
    ProblemCode.TOO_MANY_RULES: _by_hand(Severity.WARNING, "remove some of them, or their entries"),
    ProblemCode.ENTRY_WITHOUT_EFFECT: _Rule(Severity.NOTE, "remove it"),
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
    ProblemCode.KEY_MISMATCH: _error(_REMOVE_CREDENTIAL),
    ProblemCode.NAME_MISMATCH: _by_hand(
        Severity.WARNING, "have the owner install a certificate for the deviceuuid"
    ),
    ProblemCode.CHAIN_BROKEN: _warning("keep the certificates before the break only"),
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
    """One broken rule: its code, what is wrong in a sentence without secrets, and the clause."""

    code: ProblemCode
    sentence: str
    clause: str

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return _RULES[self.code].severity

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _RULES[self.code].remedy

    @property
    def is_repairable(self) -> bool:
        """Whether `svrdb.repair` can do that."""
        return _RULES[self.code].is_repairable


Findings = Iterator[Finding]
