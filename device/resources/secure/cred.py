"""`/oic/sec/cred`: the keys and certificates of the device (OCF Security 13.3).

Secrets go in and never come out: a RETRIEVE shows `privatedata` without its data. The one secret
that is not sent is the owner credential, the SharedKey that both sides derive from the session in
which ownership is taken: a pairwise key without octets asks for it (`_owner_key`), and
`device/security/owner.py` computes it.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import (
    Outcome,
    ReadOnly,
    RefusedError,
    Representation,
    with_common,
)
from onboardee.device.resources.secure.common import (
    bad_request,
    lowest_free,
    merged,
    number_from,
    require_writable,
    target,
    wire,
    without_id,
)
from onboardee.device.resources.secure.credential import read_credential
from onboardee.device.resources.secure.own_certificate import require_own
from onboardee.device.security import owner
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    Cred,
    Credential,
    CredentialType,
    Encoding,
    PrivateData,
    State,
    is_same_identity,
)
from onboardee.wire.coap import Code
from onboardee.wire.dtls import Session

MAX_CREDENTIALS: Final = 128
"""Of a device, those of its factory included."""


class CredResource(ReadOnly):
    """The credentials. Their secrets are never readable.

    On the wire: `{"creds": [{"credid", "subjectuuid", "credtype", "credusage"?, "publicdata"?,
    "privatedata"?, "optionaldata"?, "roleid"?, "period"?}], "rowneruuid"}`. The types are 1 for a
    pairwise key, 2 for a group key, 8 for certificates, 16 for a PIN (OCF Security 13.3).
    """

    target = target("cred")
    members: frozenset[str] = frozenset()
    """Of a credential, beyond those that every device keeps."""

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return all credentials, or those that `credid=` or `subjectuuid=` name."""
        cred = call.database.cred
        ids = {number_from(value) for value in call.query.all("credid")}
        subjects = {value.lower() for value in call.query.all("subjectuuid")}
        chosen = tuple(
            credential
            for credential in cred.credentials
            if (not ids or credential.credid in ids)
            and (not subjects or credential.subject in subjects)
        )
        return with_common(call, self.target, _disclosed(replace(cred, credentials=chosen)))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Add credentials, or replace those whose credid is given; all or none.

        Raises `RefusedError`: 4.00 for what makes no sense, 4.13 if there is no more room. Sessions
        whose credential has gone end when the change is stored (`device/machine/lifecycle.py`).
        """
        rest = {name: value for name, value in payload.items() if name == "rowneruuid"}
        cred = merged("cred", call.database.cred, rest, call)
        elements = payload.get("creds")
        if elements is not None:
            require_writable("cred", "creds", call)
            if not isinstance(elements, list):
                raise bad_request("cred: creds is an array")
            for element in elements:
                cred = self._with_credential(cred, element, call)
        return Outcome(database=replace(call.database, cred=cred))

    def delete(self, call: Call) -> Outcome:
        """Remove what `credid=` and `subjectuuid=` name, or all.

        Raises `RefusedError`, 4.04, if the query names a credential that is not there, and then
        nothing is removed.
        """
        if not call.removes_in_operation:
            require_writable("cred", "creds", call)
        cred = call.database.cred
        ids, subjects = call.query.all("credid"), call.query.all("subjectuuid")
        rest = cred.credentials if ids or subjects else ()
        for value in ids:
            rest = without_id(rest, "credid", number_from(value))
        for subject in subjects:
            rest = without_id(rest, "subject", subject.lower())
        return Outcome(
            code=Code.DELETED,
            database=replace(call.database, cred=replace(cred, credentials=rest)),
        )

    def _with_credential(self, cred: Cred, element: object, call: Call) -> Cred:
        """Add one element, or put it in the place of the credential with its id.

        The owner credential replaces an earlier one for the same owner. A credential that says
        exactly what another one says is not kept twice: tools repeat themselves after lost answers.
        """
        credentials = cred.credentials
        taken = {known.credid for known in credentials}
        new = read_credential(element, lowest_free(taken), self.members)
        require_own(new, call)
        if new.kind == CredentialType.SYMMETRIC_PAIRWISE and new.private is None:
            new = replace(new, private=PrivateData(data=self.derived_key(cred, new, call)))
            about = (new.kind, new.subject)
            credentials = tuple(each for each in credentials if (each.kind, each.subject) != about)
        elif new.credid not in taken and any(_is_same_content(known, new) for known in credentials):
            return cred
        by_id = {known.credid: known for known in credentials} | {new.credid: new}
        if len(by_id) > MAX_CREDENTIALS:
            raise RefusedError(
                Code.REQUEST_ENTITY_TOO_LARGE,
                f"cred: there is room for {MAX_CREDENTIALS} credentials",
            )
        return replace(cred, credentials=tuple(by_id.values()))

    def derived_key(self, cred: Cred, credential: Credential, call: Call) -> bytes:
        """Derive the owner credential that an empty `privatedata` asks for (OCF Security 7.3.2).

        Only for the owner, over the ownership connection, while ownership is being taken: anywhere
        else a key without octets would be a credential that anybody knows.
        """
        doxm = call.database.doxm
        session = call.peer.session
        if session is None or not call.peer.owns_transfer or doxm.owned:
            raise bad_request("cred: privatedata is empty, and this is no ownership transfer")
        if call.database.state is not State.RFOTM or credential.subject == ANY_SUBJECT:
            raise bad_request("cred: privatedata is empty, and this is no ownership transfer")
        subject = UUID(credential.subject)
        owners = (doxm.owner_uuid, cred.resource_owner)
        if not any(is_same_identity(subject, uuid) for uuid in owners):
            raise bad_request("cred: the owner credential is for the owner only")
        return key_of_session(session, subject, call)


def key_of_session(session: Session, subject: UUID, call: Call) -> bytes:
    """Derive the key that `subject` and the device share from the session that both are in.

    Raises `RefusedError`, 4.00, where the derivation is not defined for the session's suite.
    """
    doxm = call.database.doxm
    try:
        return owner.derive(
            session.key_block,
            suite=session.suite,
            method=doxm.selected_method,
            owner=subject,
            device=doxm.device_uuid,
            size=call.standard.key_block_size,
        )
    except KeyError as error:
        sentence = "cred: no owner credential can be derived from the session"
        raise bad_request(sentence) from error


def _disclosed(cred: Cred) -> dict[str, Any]:
    """Return the wire form with every secret emptied."""
    values = wire(cred)
    for credential in values["creds"]:
        private = credential.get("privatedata")
        if private is not None:
            # The form stays that of the specification: encoding and an empty value.
            private["data"] = b"" if private["encoding"] == Encoding.RAW else ""
    return values


def _is_same_content(one: Credential, other: Credential) -> bool:
    """Tell whether two credentials differ at most in their ids."""
    return replace(one, credid=other.credid) == other
