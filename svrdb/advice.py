"""Everything that is wrong or doubtful in a database, each with what to do about it.

`problems` is what must hold before a device goes on; this looks further, at certificates, times,
references and the reset profile, and nothing here keeps a device from working. `svr check` prints
it, `svr check --fix` repairs it, and the editor judges by it what an edit has made worse.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.svrdb import content
from onboardee.svrdb.check import problems
from onboardee.svrdb.findings import Finding, Findings, ProblemCode, Severity
from onboardee.svrdb.model import (
    NIL,
    OWNED_RESOURCES,
    WITH_KEY_PAIRS,
    CredentialUsage,
    Database,
    State,
    TransferMethod,
)
from onboardee.svrdb.onboarding import ON_ENTRY
from onboardee.svrdb.reset_profile import factory_state, without_owner
from onboardee.svrdb.seed import parsed_uuid


def advise(database: Database, now: datetime | None = None) -> tuple[Finding, ...]:
    """Return everything that is wrong or doubtful at a time (aware), in a fixed order.

    What a device depends on comes first, then the rest by where it is. Without a time, what has
    expired is not among it.

    >>> [finding.code.value for finding in advise(database)]
    ['no-reset-profile']
    """
    found = [*problems(database)]
    for look in _LOOKS:
        found += look(database)
    found += content.findings(database, now)
    if _has_certificates(database):
        # 5 MB of memory that a device without certificates need not have
        from onboardee.svrdb import certificates  # noqa: PLC0415

        found += certificates.findings(database, now)
    found += _reset_profile(database, now)
    return tuple(found)


def worsened(before: Database, after: Database, now: datetime | None = None) -> tuple[Finding, ...]:
    """Return the errors and warnings about `after` that were none about `before`.

    An edit is judged by what it makes worse, not by whether the result is sound: a database that is
    broken already has to be repairable in steps, and an edit of one property can break another (a
    new `deviceuuid`, the certificates). Findings are the same if code and sentence are.
    """
    # Both are looked at as of the same moment, so that a certificate that has just expired is not
    # laid to the charge of the edit.
    known = {_identity(before, finding) for finding in advise(before, now)}
    return tuple(
        finding
        for finding in advise(after, now)
        if finding.severity is not Severity.NOTE and _identity(after, finding) not in known
    )


def _identity(database: Database, finding: Finding) -> tuple[str, str]:
    """Return what makes a finding the same one in another database."""
    # sentences name the state; the same fault in another state is no new one
    return finding.code, finding.sentence.replace(database.state.name, "")


def _modes(database: Database) -> Findings:
    """Find modes whose bits of reset and ownership are not those of the state.

    The other bits of cm and tm are a matter of what is being provisioned, and are not looked at.
    """
    pstat = database.pstat
    _, *bits = ON_ENTRY[pstat.state]
    for name, value, wanted in zip(
        ("cm", "tm"), (pstat.current_mode, pstat.target_mode), bits, strict=True
    ):
        if value & 3 != wanted:
            sentence = f"The state is {pstat.state.name}, but pstat.{name} is {value}."
            yield Finding(ProblemCode.MODE_MISMATCH, sentence, "OCF Security 13.8")


def _ownership(database: Database) -> Findings:
    """Find remains of a transfer: a method that is not offered, owners of an unowned device."""
    doxm = database.doxm
    if doxm.selected_method not in {*doxm.methods, TransferMethod.SELF}:
        sentence = f"doxm.oxmsel {doxm.selected_method} is not one of doxm.oxms."
        yield Finding(ProblemCode.UNSUPPORTED_METHOD, sentence, "OCF Security 13.2")
    # In RFOTM a waiting UUID is in order: it is what an owner will make of the temporary one.
    if database.state is not State.RFOTM:
        if database.next_uuid is not None and doxm.owned:
            sentence = "The device has an owner and a UUID that waits for one."
            yield Finding(ProblemCode.STRAY_NEXT_UUID, sentence, "OCF Security 13.2")
        return
    for name in OWNED_RESOURCES:
        if doxm.owner_uuid == NIL and getattr(database, name).resource_owner != NIL:
            sentence = f"Nobody owns the device, but {name}.rowneruuid is set."
            yield Finding(ProblemCode.STRAY_RESOURCE_OWNER, sentence, "OCF Security 8.3")


def _references(database: Database) -> Findings:
    """Find owners and subjects that no credential is for.

    With a trust anchor there may be certificates for them that the device has never seen.
    """
    known = {parsed_uuid(credential.subject) for credential in database.cred.credentials}
    if any(each.usage == CredentialUsage.TRUST_ANCHOR for each in database.cred.credentials):
        return  # anybody may come with a certificate
    owner = database.doxm.owner_uuid
    if database.doxm.owned and owner not in {NIL, *known}:
        sentence = f"No credential is for doxm.devowneruuid {owner}."
        yield Finding(ProblemCode.OWNER_UNKNOWN, sentence, "OCF Security 7.3")
    for entry in database.acl2.entries:
        subject = parsed_uuid(entry.subject.uuid or "")
        if subject not in {None, NIL, *known}:
            sentence = (
                f"No credential is for the subject {subject} of access control entry {entry.aceid}."
            )
            yield Finding(ProblemCode.SUBJECT_WITHOUT_CREDENTIAL, sentence, "OCF Security 12.2")


def _manufacturer(database: Database) -> Findings:
    """Find a device that offers manufacturer certificates and has none (OCF Security 7.3.6).

    A tool that takes up the offer fails in the handshake, and does not say why.
    """
    usages = {credential.usage for credential in database.cred.credentials}
    if (
        database.state is State.RFOTM
        and TransferMethod.MANUFACTURER_CERTIFICATE in database.doxm.methods
        and CredentialUsage.MANUFACTURER not in usages
    ):
        sentence = "doxm.oxms offers manufacturer certificates, but the device has none."
        yield Finding(ProblemCode.NO_MANUFACTURER_CERTIFICATE, sentence, "OCF Security 7.3.6")


_LOOKS: Final[tuple[Callable[[Database], Findings], ...]] = (
    _modes,
    _ownership,
    _references,
    _manufacturer,
)
"""Those that need neither time nor cryptography, in the order in which their findings are listed.
"""


def _has_certificates(database: Database) -> bool:
    """Tell whether there is anything that needs cryptography to be looked at.

    A device with keys alone then never imports it, in any process that only checks.
    """
    return bool(database.identity_key.data or database.crl.data) or any(
        credential.kind in WITH_KEY_PAIRS for credential in database.cred.credentials
    )


def _reset_profile(database: Database, now: datetime | None) -> Findings:
    """Find what is wrong with the device that a reset would leave.

    It is restored here, as if for a reset, and looked at like any device; its findings become
    findings of the profile. Otherwise one would learn of a fault after the reset that was to help.
    """
    profile = database.reset_profile
    if profile is None:
        sentence = "The device has no reset profile."
        yield Finding(ProblemCode.NO_RESET_PROFILE, sentence, "OCF Security 8.2")
        return
    if profile != without_owner(profile):
        yield _in_profile("It is not that of a device without owner.", is_repairable=True)
    # Without the temporary UUID, which is a random one and would make findings differ each time.
    shown = replace(profile, is_uuid_hidden=False)
    # any UUID: a profile without one is in order
    restored = factory_state(shown, database.permanent, UUID(int=1), lambda: NIL)
    for finding in advise(replace(restored, reset_profile=None), now):
        if finding.severity is not Severity.NOTE and finding.code not in _NOT_ITS_OWN:
            yield _in_profile(finding.sentence, is_repairable=finding.is_repairable)


def _in_profile(sentence: str, *, is_repairable: bool) -> Finding:
    """Return a finding of the profile in the words of the device that it describes."""
    code = ProblemCode.BAD_RESET_PROFILE if is_repairable else ProblemCode.DOUBTFUL_RESET_PROFILE
    return Finding(code, f"In the reset profile: {sentence}", "OCF Security 8.2")


_NOT_ITS_OWN: Final = frozenset({ProblemCode.NO_PERMANENT_UUID, ProblemCode.NAME_MISMATCH})
"""Findings that do not come from the reset profile: the identifiers are not in it, and which UUID a
reset gives is decided elsewhere."""
