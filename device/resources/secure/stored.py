"""Security resources that are a part of the database, read and written property by property.

Most are no more than that: what may be written when stands in their descriptor, and what a
structure cannot say of its values is a check below.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, ReadOnly, Representation, with_common
from onboardee.device.resources.secure.common import (
    bad_request,
    merged,
    require_short,
    target,
    wire,
)
from onboardee.pki.errors import CertificateError
from onboardee.svrdb.model import Crl, Sdi, SecurityResource, Sp

Check = Callable[[Any, Any], None]
"""Raises `RefusedError` unless a part of the database may be put in the place of another one."""

MAX_PROFILES: Final = 16
"""Security profiles that a device may be told to support (OCF Security 14.8)."""
MAX_LIST: Final = 65536
"""Characters of a list of revoked certificates."""


class StoredResource(ReadOnly):
    """`/oic/sec/<name>`, one part of the database.

    `descriptor` is the resource's in `svrdb/model`; `check` looks at the values that a structure
    cannot describe.
    """

    def __init__(self, descriptor: SecurityResource, check: Check | None = None) -> None:
        self.target = target(descriptor.name)
        self.observable = descriptor.observable
        self._name = descriptor.name
        self._check = check

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return all properties."""
        return with_common(call, self.target, wire(getattr(call.database, self._name)))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write the properties that are given, all or none.

        Raises `RefusedError`, 4.00, and then nothing has changed.
        """
        before = getattr(call.database, self._name)
        part = merged(self._name, before, payload, call)
        if self._check is not None:
            self._check(before, part)
        return Outcome(database=replace(call.database, **{self._name: part}))


class SdiResource(StoredResource):
    """Security domain information."""

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write domain, name and privacy; unknown properties are passed over."""
        known = {name: payload[name] for name in wire(call.database.sdi) if name in payload}
        if not known:
            raise bad_request("sdi: nothing to write")
        return super().update(call, known)


class CrlResource(StoredResource):
    """The list of revoked certificates, honoured from the next handshake on."""

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write the list, its number or its time; an empty list withdraws nothing.

        `crldata` is a list in DER, in base64 or as octets.
        """
        data = payload.get("crldata")
        if isinstance(data, bytes):
            payload = {**payload, "crldata": base64.b64encode(data).decode()}
        return super().update(call, payload)


class SpResource(StoredResource):
    """The security profile in force, and those that there are."""

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Choose another profile, or write which there are.

        Raises `RefusedError`, 4.00, for one that the device does not support. Where its maker has
        said which these are, beyond baseline, no others can be added: its certificate does not
        assert them.
        """
        outcome = super().update(call, payload)
        factory = call.database.reset_profile
        if factory is None or factory.sp == Sp() or outcome.database is None:
            return outcome
        if not {*outcome.database.sp.supported} <= {*factory.sp.supported}:
            raise bad_request("sp: the device has none but the profiles of its maker")
        return outcome


def check_sdi(_before: Sdi, sdi: Sdi) -> None:
    """Refuse a name that is too long."""
    require_short("sdi", [sdi.name])


def check_sp(_before: Sp, sp: Sp) -> None:
    """Refuse a profile that is not among the supported ones, and too many of these."""
    if sp.current not in sp.supported:
        raise bad_request(f"sp: {sp.current} is not a supported profile")
    if len(sp.supported) > MAX_PROFILES:
        raise bad_request(f"sp: there are at most {MAX_PROFILES} profiles")
    require_short("sp", sp.supported)


def check_crl(before: Crl, crl: Crl) -> None:
    """Refuse what is too long, and a new list that cannot be read."""
    require_short("crl", [crl.updated])
    if len(crl.data) > MAX_LIST:
        raise bad_request(f"crl: crldata has at most {MAX_LIST} characters")
    if crl.data and crl.data != before.data:
        _require_readable(crl.data)


def _require_readable(data: str) -> None:
    """Raise `RefusedError` unless the list can be parsed: one that cannot would revoke nothing."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.revocations import read_base64  # noqa: PLC0415

    try:
        read_base64(data)
    except CertificateError as error:
        raise bad_request("crl: crldata is not the base64 text of a list in DER") from error
