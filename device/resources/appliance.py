"""The resources of a profile: what the device is for."""

from collections.abc import Mapping

from device.coap import Code
from device.resources.base import (
    Call,
    Outcome,
    ReadOnly,
    RefusedError,
    Representation,
    with_common,
)
from device.security.gate import Kind, Target
from device.simulation.profile import ResourceProfile
from device.simulation.values import ValueRefusedError, Values


class ApplianceResource(ReadOnly):
    """A resource that holds values."""

    def __init__(self, profile: ResourceProfile) -> None:
        self.target = Target(
            href=profile.href,
            kind=Kind.APPLICATION,
            types=profile.types,
            interfaces=profile.interfaces,
            discoverable=profile.discoverable,
            has_plain_endpoint=profile.plain,
        )
        self.observable = profile.observable
        self.values = Values(profile.properties)
        self._name = profile.name

    def retrieve(self, call: Call) -> Representation:
        """Return the current values."""
        values = self.values.current
        named = values if self._name is None else {"n": self._name, **values}
        return with_common(call, self.target, named)

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write values, all or none, and answer with the result."""
        try:
            changed = self.values.write(payload)
        except ValueRefusedError as error:
            code = Code.BAD_REQUEST if error.is_malformed else Code.FORBIDDEN
            raise RefusedError(code, f"{self.target.href}: {error}") from error
        notify = frozenset({self.target.href}) if changed else frozenset[str]()
        return Outcome(body=self.values.current, notify=notify)
