"""Everything that is wrong or doubtful in a database, each with what to do about it.

`problems` is what must hold before a device goes on; this looks further, at certificates, times,
references and the reset profile, and nothing here keeps a device from working.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from svrdb.check import Problem, ProblemCode, problems
from svrdb.model import (
    NIL,
    CredentialType,
    CredentialUsage,
    Database,
    State,
    TransferMethod,
)
from svrdb.reset_profile import factory_state, without_owner
from svrdb.seed import parsed_uuid


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The device does not work as it should until this is repaired."""
    WARNING = "warning"
    """Something stored is of no use or contradicts itself."""
    NOTE = "note"
    """It may be meant so."""


class AdviceCode(StrEnum):
    """What `problems` does not look at, each by the name of what is wrong."""

    MODE_MISMATCH = "mode-mismatch"
    UNSUPPORTED_METHOD = "unsupported-method"
    STRAY_RESOURCE_OWNER = "stray-resource-owner"
    STRAY_NEXT_UUID = "stray-next-uuid"
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    KEY_UNREADABLE = "key-unreadable"
    KEY_MISMATCH = "key-mismatch"
    CHAIN_BROKEN = "chain-broken"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CREDENTIAL_EXPIRED = "credential-expired"
    NO_MANUFACTURER_CERTIFICATE = "no-manufacturer-certificate"
    OWNER_UNKNOWN = "owner-unknown"
    SUBJECT_WITHOUT_CREDENTIAL = "subject-without-credential"
    ENTRY_WITHOUT_EFFECT = "entry-without-effect"
    NO_RESET_PROFILE = "no-reset-profile"
    BAD_RESET_PROFILE = "bad-reset-profile"


Code = ProblemCode | AdviceCode


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, where it is written, how bad, and what to do about it.

    `is_repairable` tells whether `svrdb.repair` can do it. No text holds a secret.
    """

    code: Code
    severity: Severity
    sentence: str
    clause: str
    remedy: str
    is_repairable: bool = True


Findings = Iterator[Finding]

MODES: Final = {
    State.RESET: (1, 2),
    State.RFOTM: (2, 0),
    State.RFPRO: (0, 0),
    State.RFNOP: (0, 0),
    State.SRESET: (1, 0),
}
"""The bits "reset" (1) and "take owner" (2) of `cm` and `tm` in each state (OCF Security 13.8)."""

_REMEDIES: Final = {
    ProblemCode.NO_DEVICE_UUID: "give it the UUID it left the factory with, or a new one",
    ProblemCode.NO_PERMANENT_UUID: "give it a new random one",
    ProblemCode.RESET_UNFINISHED: "carry out the reset, as the device does when it starts",
    ProblemCode.CHANGE_UNFINISHED: "set pstat.dos.p to false",
    ProblemCode.TRANSFER_UNFINISHED: "reset the device, as it does itself when it starts",
    ProblemCode.NOT_OWNED: "set doxm.owned if the owner has a credential, else reset the device",
    ProblemCode.NO_OWNER: "name the owner of doxm if it has a credential, else reset the device",
    ProblemCode.NO_RESOURCE_OWNER: "name the device's owner",
    ProblemCode.OWNER_WITHOUT_CREDENTIAL: (
        "name the device's owner if it has a credential, else reset the device: nobody could "
        "manage it any more"
    ),
    ProblemCode.OPERATIONAL_MISMATCH: "let pstat.isop follow the state",
    ProblemCode.DUPLICATE_CREDID: "give all but the first the smallest free credid",
    ProblemCode.DUPLICATE_ACEID: "give all but the first the smallest free aceid",
    ProblemCode.BAD_SUBJECT: "remove the entry",
    ProblemCode.BAD_KEY_LENGTH: "remove the credential",
    ProblemCode.UNSUPPORTED_PROFILE: "make the first of sp.supportedprofiles the current one",
}


def advise(database: Database, now: datetime) -> tuple[Finding, ...]:
    """Return everything that is wrong or doubtful at that time (aware), in a fixed order."""
    found = [_of_problem(problem) for problem in problems(database)]
    for look in _LOOKS:
        found += look(database)
    found += _credentials(database, now)
    found += _reset_profile(database, now)
    return tuple(found)


def _of_problem(problem: Problem) -> Finding:
    remedy = _REMEDIES[problem.code]
    return Finding(problem.code, Severity.ERROR, problem.sentence, problem.clause, remedy)


def _modes(database: Database) -> Findings:
    pstat = database.pstat
    for name, value, bits in zip(
        ("cm", "tm"), (pstat.current_mode, pstat.target_mode), MODES[pstat.state], strict=True
    ):
        if value & 3 != bits:
            yield Finding(
                AdviceCode.MODE_MISMATCH,
                Severity.WARNING,
                f"The state is {pstat.state.name}, but pstat.{name} is {value}.",
                "OCF Security 13.8",
                f"set its bits 1 and 2 to {bits}",
            )


def _ownership(database: Database) -> Findings:
    doxm = database.doxm
    if database.state is not State.RFOTM:
        if database.next_uuid is not None and doxm.owned:
            yield Finding(
                AdviceCode.STRAY_NEXT_UUID,
                Severity.WARNING,
                "The device has an owner and a UUID that waits for one.",
                "OCF Security 13.2",
                "forget the UUID that waits",
            )
        return
    if doxm.selected_method not in {*doxm.methods, TransferMethod.SELF}:
        yield Finding(
            AdviceCode.UNSUPPORTED_METHOD,
            Severity.WARNING,
            f"doxm.oxmsel {doxm.selected_method} is not one of doxm.oxms.",
            "OCF Security 13.2",
            f"set it to {TransferMethod.SELF:d}, none chosen",
        )
    for name in ("doxm", "pstat", "acl2", "cred"):
        if doxm.owner_uuid == NIL and getattr(database, name).resource_owner != NIL:
            yield Finding(
                AdviceCode.STRAY_RESOURCE_OWNER,
                Severity.WARNING,
                f"Nobody owns the device, but {name}.rowneruuid is set.",
                "OCF Security 8.3",
                "set it to nil",
            )


def _references(database: Database) -> Findings:
    known = {parsed_uuid(credential.subject) for credential in database.cred.credentials}
    has_anchor = any(
        credential.usage == CredentialUsage.TRUST_ANCHOR for credential in database.cred.credentials
    )
    owner = database.doxm.owner_uuid
    if database.doxm.owned and owner not in {NIL, *known} and not has_anchor:
        yield Finding(
            AdviceCode.OWNER_UNKNOWN,
            Severity.WARNING,
            f"No credential is for doxm.devowneruuid {owner}.",
            "OCF Security 7.3",
            "reset the device, or have a resource owner install one",
            is_repairable=False,
        )
    for entry in database.acl2.entries:
        subject = parsed_uuid(entry.subject.uuid or "")
        if subject not in {None, NIL, *known} and not has_anchor:
            yield Finding(
                AdviceCode.SUBJECT_WITHOUT_CREDENTIAL,
                Severity.NOTE,
                f"No credential is for the subject {subject} of access control entry "
                f"{entry.aceid}.",
                "OCF Security 12.2",
                "install a credential for it, or remove the entry",
                is_repairable=False,
            )
        if not entry.resources or not entry.permission:
            yield Finding(
                AdviceCode.ENTRY_WITHOUT_EFFECT,
                Severity.NOTE,
                f"Access control entry {entry.aceid} permits nothing.",
                "OCF Security 12.2",
                "remove it",
            )


def _manufacturer(database: Database) -> Findings:
    usages = {credential.usage for credential in database.cred.credentials}
    if (
        database.state is State.RFOTM
        and TransferMethod.MANUFACTURER_CERTIFICATE in database.doxm.methods
        and CredentialUsage.MANUFACTURER not in usages
    ):
        yield Finding(
            AdviceCode.NO_MANUFACTURER_CERTIFICATE,
            Severity.WARNING,
            "doxm.oxms offers manufacturer certificates, but the device has none.",
            "OCF Security 7.3.6",
            "take the method out of doxm.oxms",
        )


_LOOKS: Final[tuple[Callable[[Database], Findings], ...]] = (
    _modes,
    _ownership,
    _references,
    _manufacturer,
)


def _credentials(database: Database, now: datetime) -> Findings:
    for credential in database.cred.credentials:
        end = _end_of(credential.period)
        if end is not None and end < now:
            yield Finding(
                AdviceCode.CREDENTIAL_EXPIRED,
                Severity.WARNING,
                f"The period of credential {credential.credid} ended at {end:%Y-%m-%d %H:%M}.",
                "OCF Security 13.3",
                "have its owner renew or remove it",
                is_repairable=False,
            )
    if any(each.kind == CredentialType.CERTIFICATE for each in database.cred.credentials):
        # 5 MB of memory that a device without certificates need not have
        from svrdb.certificates import certificate_findings  # noqa: PLC0415

        yield from certificate_findings(database, now)


def _end_of(period: str | None) -> datetime | None:
    """Return the end of a period of two times, None for any other."""
    _start, _, end = (period or "").partition("/")
    try:
        return datetime.strptime(end, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _reset_profile(database: Database, now: datetime) -> Findings:
    profile = database.reset_profile
    if profile is None:
        yield Finding(
            AdviceCode.NO_RESET_PROFILE,
            Severity.NOTE,
            "The device has no reset profile.",
            "OCF Security 8.2",
            "let the device start, which makes one, or use `onboardee svr profile make`",
            is_repairable=False,
        )
        return
    sentences = []
    if profile != without_owner(profile):
        sentences.append("It is not that of a device without owner.")
    shown = replace(profile, is_uuid_hidden=False)
    # any UUID: a profile without one is in order
    restored = factory_state(shown, database.permanent, UUID(int=1), lambda: NIL)
    restored = replace(restored, reset_profile=None)
    sentences += [
        finding.sentence
        for finding in advise(restored, now)
        if finding.severity is not Severity.NOTE
        and finding.code is not ProblemCode.NO_PERMANENT_UUID
    ]
    for sentence in sentences:
        yield Finding(
            AdviceCode.BAD_RESET_PROFILE,
            Severity.WARNING,
            f"In the reset profile: {sentence}",
            "OCF Security 8.2",
            "repair it like the live state, as far as that is possible",
        )
