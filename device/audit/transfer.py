"""Rules on the transfer itself (CR 3006, steps 6 to 12, and CR 2868).

All of them are about an order, as in the change requests: the credential after the owner is named,
the owners of the resources after the credential, RFPRO after all of that. A rule is not reached
where the tool gave up before; it fails where the tool went on without. Why the tool ended is seen
from the device's last answer: who was refused may end.

What counts is what the device accepted. The owner credential, and the request for RFPRO, are judged
even if the device refused them: what is wrong with them may be why.
"""

from typing import Any, Final

from onboardee.device.audit.attempts import ACL2, CHANGES, CRED, DOXM, OWNED, PSTAT, Attempt
from onboardee.device.audit.exchanges import Exchange
from onboardee.device.audit.verdicts import (
    NOT_APPLICABLE,
    NOT_REACHED,
    Opinion,
    failed,
    passed,
)
from onboardee.svrdb.model import NIL, State

CLIENT_DIRECTED: Final = 4
"""The bit of `om` with which the client directs the onboarding."""


def client_directed(attempt: Attempt) -> Opinion:
    """Judge step 6; `om` in the clear is none, as anybody could have written it."""
    if attempt.ownership_connection is None:
        return NOT_REACHED
    written = attempt.first_write(PSTAT, "om")
    expected = "om 4 on pstat, over the ownership connection"
    if written is None:
        if not _went_on(attempt):
            return NOT_REACHED
        return failed(expected, "om was not written")
    if written.get("om") != CLIENT_DIRECTED or not written.over:
        where = "in the clear" if not written.over else ""
        return failed(expected, f"om {written.get('om')} {where}".strip(), written.request)
    return passed(written.request)


def _went_on(attempt: Attempt) -> bool:
    """Tell whether the tool changed anything in a session but for om: it did not give up there."""
    return any(
        each.over and each.method in CHANGES and not each.has("om") for each in attempt.exchanges
    )


def owner_named(attempt: Attempt) -> Opinion:
    """Judge step 7; the nil UUID names nobody."""
    if attempt.ownership_connection is None:
        return NOT_REACHED
    if attempt.owner_named is None:
        written = attempt.first_write(DOXM, "devowneruuid")
        if written is None:
            if not _went_on(attempt):
                return NOT_REACHED
            return failed("devowneruuid becomes a UUID", "it was not written")
        return failed("devowneruuid becomes a UUID", "the nil UUID", written.request)
    return passed(attempt.owner_named.request)


def device_id_read_again(attempt: Attempt) -> Opinion:
    """Judge step 8: between the owner's name and the key, which is derived from deviceuuid."""
    if attempt.owner_named is None or attempt.owner_credential is None:
        return NOT_REACHED
    begin, (end, _) = attempt.owner_named.number, attempt.owner_credential
    expected = f"GET {DOXM} after devowneruuid is written, before the owner credential is"
    if begin > end.number:
        return failed(expected, "the owner credential came before devowneruuid", end.request)
    for each in attempt.exchanges:
        is_between = begin < each.number < end.number
        if each.path == DOXM and each.method == "GET" and is_between and each.is_accepted:
            return passed(each.request)
    return failed(expected, "deviceuuid was not read", end.request)


def device_id_before_key(attempt: Attempt) -> Opinion:
    """Judge step 9, for tools that set deviceuuid at all."""
    written = attempt.first_write(DOXM, "deviceuuid")
    if written is None:
        return NOT_APPLICABLE
    if attempt.owner_credential is None:
        return NOT_REACHED
    if written.number > attempt.owner_credential[0].number:
        return failed("deviceuuid before the owner credential", "after it", written.request)
    return passed(written.request)


def owner_credential_sent(attempt: Attempt) -> Opinion:
    """Judge step 10b: what is sent in privatedata, not what the device makes of it."""
    if attempt.owner_named is None:
        return NOT_REACHED
    expected = "a creds entry with credtype 1 and privatedata with empty data"
    if attempt.offered_credential is None:
        if attempt.to_rfpro is None:
            return NOT_REACHED
        return failed(expected, "no owner credential was sent", attempt.to_rfpro.request)
    exchange, credential = attempt.offered_credential
    private = credential.get("privatedata")
    if not isinstance(private, dict):
        return failed(expected, "there is no privatedata", exchange.request)
    data = private.get("data")
    if data not in (b"", "", None):
        return failed(expected, f"an explicit key of {_length(data)} octets", exchange.request)
    return passed(exchange.request)


def _length(data: Any) -> int:
    return len(data) if isinstance(data, bytes | str) else 0


def owner_credential_subject(attempt: Attempt) -> Opinion:
    """Judge the subject of the owner credential against the owner."""
    if attempt.offered_credential is None or attempt.owner is None:
        return NOT_REACHED
    exchange, credential = attempt.offered_credential
    subject = _uuid(credential.get("subjectuuid"))
    if subject != attempt.owner:
        return failed(f"subjectuuid {attempt.owner}", str(subject), exchange.request)
    return passed(exchange.request)


def owner_credential_matches_owner(attempt: Attempt) -> Opinion:
    """Judge the subject of the owner credential against the owner of doxm."""
    end = attempt.asked_for(State.RFPRO)
    if attempt.owner_credential is None or end is None:
        return NOT_REACHED
    exchange, credential = attempt.owner_credential
    owner = _uuid(attempt.picture_before(end).get(DOXM, "rowneruuid"))
    subject = _uuid(credential.get("subjectuuid"))
    if owner != subject:
        return failed(f"the rowneruuid of doxm, {owner}", str(subject), exchange.request)
    return passed(exchange.request)


def _uuid(value: Any) -> str | None:
    """Return a UUID as text in lower case, without the NUL that some tools count."""
    return value.rstrip("\0").lower() if isinstance(value, str) else None


def owners_set(attempt: Attempt) -> Opinion:
    """Judge step 11, the owners of the resources."""
    if attempt.owner_credential is None:
        return NOT_REACHED
    begin = attempt.owner_credential[0].number
    end = attempt.asked_for(State.RFPRO)
    for path in OWNED:
        written = [each for each in attempt.writes(path, "rowneruuid") if _names_owner(each)]
        if not written:
            if end is None:
                return NOT_REACHED
            return failed(f"rowneruuid of {path} is written", "it was not", end.request)
        # a tool may have written it before as well; one writing in its place is enough
        early = next((each for each in written if each.number >= begin), None)
        if early is None:
            expected = f"rowneruuid of {path} after the owner credential"
            return failed(expected, "before it", written[-1].request)
        if end is not None and early.number > end.number:
            return failed(f"rowneruuid of {path} before RFPRO", "after it", early.request)
    return passed(attempt.owner_credential[0].request)


def _names_owner(exchange: Exchange) -> bool:
    """Tell whether a request sets an owner: the nil UUID takes one away."""
    return _uuid(exchange.get("rowneruuid")) != str(NIL)


def owned_set(attempt: Attempt) -> Opinion:
    """Judge step 11, `owned`."""
    owned, end = attempt.owned, attempt.to_rfpro
    if attempt.owner_credential is None:
        if owned is None:
            return NOT_REACHED
        return failed("owned: true after the owner credential", "there is none", owned.request)
    credential = attempt.owner_credential[0]
    if owned is None:
        if end is None:
            return NOT_REACHED
        return failed("owned: true before RFPRO", "it was not written", end.request)
    if owned.number < credential.number:
        return failed("owned: true after the owner credential", "before it", owned.request)
    if end is not None and owned.number > end.number:
        return failed("owned: true before RFPRO", "after it", owned.request)
    return passed(owned.request)


def services_have_credentials(attempt: Attempt) -> Opinion:
    """Judge whether each service named as an owner can authenticate."""
    end = attempt.asked_for(State.RFPRO)
    if end is None:
        return NOT_REACHED
    picture = attempt.picture_before(end)
    subjects = {_uuid(each.get("subjectuuid")) for each in picture.credentials}
    # which kinds of credential the device says that it supports, as a sum of bits
    types = picture.get(DOXM, "sct")
    for path in (DOXM, CRED, ACL2):
        owner = _uuid(picture.get(path, "rowneruuid"))
        if owner is not None and owner != str(NIL) and owner not in subjects:
            return failed(f"a credential of {owner}, who owns {path}", "none", end.request)
    for each in picture.credentials:
        kind = each.get("credtype")
        if type(types) is int and type(kind) is int and not kind & types:
            return failed(f"a credtype that sct {types} has", str(kind), end.request)
    return passed(end.request)


def to_rfpro(attempt: Attempt) -> Opinion:
    """Judge step 12; a tool that was refused before may end without."""
    if attempt.owned is None:
        return NOT_REACHED
    if attempt.to_rfpro is None:
        if attempt.was_refused:
            return NOT_REACHED
        return failed("dos.s 2 (RFPRO) in the end", "it was not asked for")
    if attempt.to_rfpro.number < attempt.owned.number:
        return failed("RFPRO after all of step 11", "before owned", attempt.to_rfpro.request)
    return passed(attempt.to_rfpro.request)


def no_transitive_trust(attempt: Attempt) -> Opinion:
    """Judge keys that several subjects share, and who manages the credentials."""
    changes = [*attempt.writes(CRED, "creds")]
    if not changes:
        return NOT_REACHED
    holders: dict[bytes, set[str | None]] = {}
    for exchange in changes:
        for each in exchange.get("creds") or ():
            key, subject = _key_of(each)
            if key:
                holders.setdefault(key, set()).add(subject)
                if len(holders[key]) > 1:
                    return failed("a key for one subject", "the same for two", exchange.request)
    return passed(changes[0].request)


def _key_of(credential: Any) -> tuple[bytes, str | None]:
    """Return the key of a credential and whom it is for; an empty key is to be derived."""
    if not isinstance(credential, dict):
        return b"", None
    private = credential.get("privatedata")
    data = private.get("data") if isinstance(private, dict) else None
    octets = data.encode() if isinstance(data, str) else data if isinstance(data, bytes) else b""
    return octets, _uuid(credential.get("subjectuuid"))


def to_rfnop(attempt: Attempt) -> Opinion:
    """Judge whether the device is put into operation."""
    if attempt.to_rfpro is None:
        return NOT_REACHED
    if attempt.to_rfnop is None:
        return failed("dos.s 3 (RFNOP)", "the device was left in RFPRO", attempt.to_rfpro.request)
    return passed(attempt.to_rfnop.request)
