"""Rules about single entries and properties: whether what they hold can be used.

A device passes over an entry that these rules find fault with: a group key of a wrong size serves
nobody, an access control entry whose period cannot be read does not apply. The onboarding tool was
answered 2.04 all the same, because other stacks store such entries and tools rely on it. So whoever
edits a database wants to hear of it, and `svr check` tells.

Each function yields findings in the order of the database; what is found, how bad it is and what to
do about it is the row of its code in `svrdb.findings`.

    where                          what is looked at                          clause
    ----------------------------   ----------------------------------------   ---------------
    pstat cm, tm, om, sm           the range of their bits                    Security 13.8
    cred creds[]                   type, usage, key or certificate, its size  Security 13.3
    cred creds[].period            an RFC 5545 period that is not over        RFC 5545 3.3.9
    acl2 aclist2[].resources       href or wc, and which wc                   Security 12.2
    acl2 aclist2[].validity        periods, recurrence rules, how many        RFC 5545 3.3.10
    created resources[]            paths, numbers, size (`svrdb.created`)     Core 7.8
"""

from collections.abc import Iterator
from datetime import datetime

from onboardee.svrdb import created
from onboardee.svrdb.findings import Finding, Findings, ProblemCode
from onboardee.svrdb.model import (
    FOR_OSCORE,
    KEY_SIZES,
    MAX_PIN,
    WILDCARDS,
    Ace,
    AceResource,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    TimePattern,
)
from onboardee.svrdb.oscore import why_not_a_context
from onboardee.svrdb.shape import holds_anything
from onboardee.svrdb.validity import MAX_PATTERNS, MAX_RULES_IN_ALL, end_of, parse


def findings(database: Database, now: datetime | None) -> Findings:
    """Yield what is wrong with modes, credentials and rules; without a time, what always is.

    `now` has a time zone. Without it nothing is said of periods that are over: a database that was
    in order yesterday is then in order today.

    >>> [each.code for each in findings(database, None)]  # om 8, which has no meaning
    [<ProblemCode.BAD_MODE: 'bad-mode'>]
    """
    yield from _modes(database)
    for credential in database.cred.credentials:
        is_spared = _is_of_use_elsewhere(credential)
        for what in _whys(credential):
            sentence = f"Credential {credential.credid} {what}."
            yield Finding(ProblemCode.BAD_CREDENTIAL, sentence, "OCF Security 13.3", is_spared)
        yield from _period(credential, now)
        yield from _unused(credential)
    yield from _rules(database)
    yield from created.findings(database)


def _modes(database: Database) -> Findings:
    """Find bit masks that are outside their type (OCF Security 13.8): cm and tm have eight bits.

    om and sm have three, of which at least one is set: 1 and 2 server-directed, 4 client-directed.
    """
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
            yield Finding(ProblemCode.BAD_MODE, sentence, "OCF Security 13.8")


def _whys(credential: Credential) -> Iterator[str]:
    """Say why a credential cannot be used for its type (OCF Security 13.3).

    Pairwise keys are not looked at here: they are what a device depends on for its sessions, and
    `svrdb.check` has the rule for them. Types and usages are numbers and texts in the model and not
    enumerations, so that a database of another stack can be read at all; what is not known is told
    here.
    """
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
        case kind if kind in FOR_OSCORE and (why := why_not_a_context(credential)):
            yield f"is not as it has to be: one {why}"
    if credential.kind not in set(CredentialType):
        yield f"has the credtype {credential.kind}, which is not known"
    # what a usage means for keys and PINs is nowhere said; other stacks write some
    is_certificate = credential.kind == CredentialType.CERTIFICATE
    if is_certificate and credential.usage not in {None, *CredentialUsage}:
        yield f"has the credusage {credential.usage!r}, which is not known"


def _is_of_use_elsewhere(credential: Credential) -> bool:
    """Tell whether another stack may know what to do with a credential that has no use here."""
    if credential.kind == CredentialType.SYMMETRIC_GROUP:
        return False
    return holds_anything(credential)


def _period(credential: Credential, now: datetime | None) -> Findings:
    """Find the period of a credential wrong or over.

    Its form is that of one RFC 5545 period, without recurrence.
    """
    if credential.period is None:
        return
    pattern = TimePattern(period=credential.period)
    why = _why_not_a_time(pattern)
    if why:
        sentence = f"The period of credential {credential.credid} is wrong: {why}."
        yield Finding(ProblemCode.BAD_PERIOD, sentence, "RFC 5545 3.3.9")
    elif now is not None and (end := end_of(pattern)) < now:
        sentence = f"The period of credential {credential.credid} ended at {end:%Y-%m-%d %H:%M}."
        yield Finding(ProblemCode.CREDENTIAL_EXPIRED, sentence, "OCF Security 13.3")


def _unused(credential: Credential) -> Findings:
    """Find what is kept for others: messages are protected by DTLS alone."""
    if credential.kind in FOR_OSCORE:
        sentence = f"Credential {credential.credid} is for OSCORE, and is never used."
        yield Finding(ProblemCode.CREDENTIAL_UNUSED, sentence, "OCF Security 13.3")


def _rules(database: Database) -> Findings:
    """Find fault with access control entries, each on its own, and count their recurrences.

    The bound on all of them together keeps a decision short: a request may have to look at each.
    """
    count = 0
    for ace in database.acl2.entries:
        yield from _resources(ace)
        yield from _validity(ace)
        # To evaluate a recurrence rule takes up to a hundredth of a second, and a request may need
        # all.
        count += sum(len(pattern.recurrence) for pattern in ace.validity)
        if not ace.permission:
            sentence = f"Access control entry {ace.aceid} permits nothing."
            yield Finding(ProblemCode.ENTRY_WITHOUT_EFFECT, sentence, "OCF Security 12.2")
    if count > MAX_RULES_IN_ALL:
        sentence = f"acl2 has {count} recurrence rules; there is room for {MAX_RULES_IN_ALL}."
        yield Finding(ProblemCode.TOO_MANY_RULES, sentence, "OCF Security 12.2")


def _resources(ace: Ace) -> Findings:
    """Find resources that match nothing, and entries that name none at all."""
    whys = [why for resource in ace.resources if (why := _why_not_a_resource(resource))]
    for why in whys if ace.resources else ["it names none"]:
        sentence = f"The resources of access control entry {ace.aceid} are wrong: {why}."
        yield Finding(ProblemCode.BAD_RESOURCE, sentence, "OCF Security 12.2")


def is_resource(resource: AceResource) -> bool:
    """Tell whether an entry can be about it."""
    return _why_not_a_resource(resource) is None


def _why_not_a_resource(resource: AceResource) -> str | None:
    """Say why a resource of an entry can match nothing (OCF Security 12.2)."""
    if not resource.href and resource.wildcard is None:
        return "one has neither href nor wc"
    if resource.wildcard is not None and resource.wildcard not in WILDCARDS:
        return f"a wildcard is one of {' '.join(WILDCARDS)}"
    return None


def _validity(ace: Ace) -> Findings:
    """Find patterns that cannot be read, and too many of them in one entry."""
    whys = [why for pattern in ace.validity if (why := _why_not_a_time(pattern))]
    if len(ace.validity) > MAX_PATTERNS:
        whys.append(f"there are more than {MAX_PATTERNS} periods")
    for why in whys:
        sentence = f"The validity of access control entry {ace.aceid} is wrong: {why}."
        yield Finding(ProblemCode.BAD_VALIDITY, sentence, "RFC 5545 3.3.10")


def _why_not_a_time(pattern: TimePattern) -> str | None:
    try:
        parse(pattern)
    except ValueError as error:
        return str(error)
    return None
