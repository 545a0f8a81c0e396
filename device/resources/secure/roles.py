"""`/oic/sec/roles`: the roles that the asking peer has by certificate (OCF Security 10.4).

A peer that authenticated with a certificate may show role certificates for the same key, and then
entries about these roles apply to its requests. They belong to the session and end with it: nothing
is stored. Whether a certificate proves a role is asked of `device/security/trust.py`.

    handshake with an identity certificate          the session has a UUID
    POST roles {"roles": [{role certificate}]}      its roles count from here on
    GET  /oven                                      granted by an entry about the role
"""

from collections.abc import Mapping
from typing import Any, Final

from onboardee.device.access.call import Call
from onboardee.device.access.target import RES
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
    number_from,
    target,
    wire,
)
from onboardee.device.resources.secure.credential import read_public
from onboardee.device.security.asserted_roles import AssertedRoles, Assertion, Assertions
from onboardee.pki.errors import CertificateError
from onboardee.svrdb.model import CredentialType, CredentialUsage
from onboardee.wire.coap import Code
from onboardee.wire.dtls import Session
from onboardee.wire.wall_clock import WallClock

_SEEN_BY_ROLE: Final = frozenset({RES})
"""What may show something else to who has another role."""
MAX_ROLES: Final = 8
"""Role certificates that one session may assert."""


class RolesResource(ReadOnly):
    """Every session has its own; nothing of it outlives the session.

    `asserted` keeps roles by session; `wall_clock` tells whether they have expired.
    """

    target = target("roles")

    def __init__(self, asserted: AssertedRoles, wall_clock: WallClock) -> None:
        self._asserted = asserted
        self._wall_clock = wall_clock

    def retrieve(self, call: Call) -> Representation:
        """Return what the asking session asserted."""
        known = {} if call.peer.session is None else self._known(call.peer.session)
        roles = [_disclosed(credid, each) for credid, each in known.items()]
        return with_common(call, self.target, {"roles": roles})

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Verify role certificates; all of them count from now on, or none.

        `roles` has the form of `creds`, with certificates alone. Raises `RefusedError`: 4.00 for
        what does not verify or is for another key than the session's, 4.13 beyond the bound.
        """
        elements = payload.get("roles")
        if not isinstance(elements, list):
            raise bad_request("roles: roles is an array")
        if call.peer.session is None or not call.peer.session.peer_certificates:
            raise bad_request("roles: the session was not opened with a certificate")
        known = dict(self._known(call.peer.session))
        for element in elements:
            known = self._with_role(known, element, call)
        self._asserted.replace(call.peer.session, known)
        return Outcome(notify=_SEEN_BY_ROLE)

    def delete(self, call: Call) -> Outcome:
        """Give up the role certificates that `credid=` names, or all.

        Raises `RefusedError`: 4.04 for an id that there is not, 4.00 without a session.
        """
        if call.peer.session is None:
            raise bad_request("roles: only a session has roles")
        known = dict(self._known(call.peer.session))
        ids = call.query.all("credid")
        for value in ids:
            if known.pop(number_from(value), None) is None:
                raise RefusedError(Code.NOT_FOUND, f"roles: there is no credid {value}")
        self._asserted.replace(call.peer.session, known if ids else {})
        return Outcome(code=Code.DELETED, notify=_SEEN_BY_ROLE)

    def _known(self, session: Session) -> Assertions:
        """Return the roles of a session that have not expired."""
        return self._asserted.of(session, self._wall_clock())

    def _with_role(self, known: Assertions, element: object, call: Call) -> dict[int, Assertion]:
        """Add one verified role; the same certificate replaces itself."""
        new = self._read(element, call)
        assert isinstance(element, dict)
        credid = element.get("credid")
        for present, each in known.items():
            if each.public == new.public:
                return {**known, present: new}
        if type(credid) is not int or credid < 1:
            credid = lowest_free(set(known))
        result = {**known, credid: new}
        if len(result) > MAX_ROLES:
            raise RefusedError(
                Code.REQUEST_ENTITY_TOO_LARGE, f"roles: a session has at most {MAX_ROLES}"
            )
        return result

    def _read(self, element: object, call: Call) -> Assertion:
        """Read one element and verify it. Raises `RefusedError`."""
        if not isinstance(element, dict):
            raise bad_request("roles: an element is a map")
        if element.get("credtype") != CredentialType.CERTIFICATE:
            raise bad_request("roles: a role is asserted by a certificate")
        if element.get("credusage") != CredentialUsage.ROLE:
            raise bad_request(f"roles: credusage is not {CredentialUsage.ROLE}")
        public = read_public(element.get("publicdata"))
        if public is None:
            raise bad_request("roles: publicdata is missing")
        assert call.peer.session is not None
        # 5 MB of memory that a device without certificates need not have
        from onboardee.device.security import trust  # noqa: PLC0415

        chain = call.peer.session.peer_certificates
        try:
            grant = trust.verify_roles(public, chain, call.database, self._wall_clock)
        except CertificateError as error:
            raise bad_request(f"roles: {error}") from error
        return Assertion(
            public=public, subject=str(call.peer.uuid), roles=grant.roles, until=grant.until
        )


def _disclosed(credid: int, assertion: Assertion) -> dict[str, Any]:
    """Return an assertion as the resource shows it."""
    return {
        "credid": credid,
        "credtype": int(CredentialType.CERTIFICATE),
        "subjectuuid": assertion.subject,
        "credusage": str(CredentialUsage.ROLE),
        "publicdata": wire(assertion.public),
    }
