"""The resources in the forms of OIC 1.1, as far as an onboarding tool reads them.

They are told from today's by the content format, 60 (plain CBOR) instead of 10000. As in `model`,
what these devices tell beyond what is needed is ignored, and nothing here is shared with the forms
that the devices of this repository write (`onboardee.device.resources.oic_1_1`).
"""

from uuid import UUID

import msgspec

from onboardee.obt.model import CLIENT_DIRECTED, NIL, OLD_CLIENT_DIRECTED, View


class OldPolicy(View, frozen=True, kw_only=True):
    """How a resource is reached in OIC 1.1: secured, at which port."""

    port: int | None = None


class OldLink(View, frozen=True, kw_only=True):
    """One link of `/oic/res` in OIC 1.1."""

    href: str
    types: tuple[str, ...] = msgspec.field(name="rt")
    policy: OldPolicy = msgspec.field(name="p")


class OldDirectory(View, frozen=True, kw_only=True):
    """`/oic/res` in OIC 1.1: a device and its links."""

    device_uuid: UUID = msgspec.field(name="di")
    links: tuple[OldLink, ...]


class OldPstat(View, frozen=True, kw_only=True):
    """`/oic/sec/pstat` in OIC 1.1, without `dos`."""

    operational: bool = msgspec.field(name="isop")
    current_mode: int = msgspec.field(name="cm")
    target_mode: int = msgspec.field(name="tm")
    operation_mode: int = msgspec.field(name="om")
    supported_modes: int = msgspec.field(name="sm")
    device_uuid: UUID = msgspec.field(name="deviceuuid")
    resource_owner: UUID = msgspec.field(name="rowneruuid")

    @property
    def client_directed(self) -> int | None:
        """Return the `om` that lets a client direct this device, None if it has none."""
        if self.supported_modes & CLIENT_DIRECTED:
            return CLIENT_DIRECTED
        is_old = self.supported_modes == OLD_CLIENT_DIRECTED
        return OLD_CLIENT_DIRECTED if is_old else None


class OldTarget(View, frozen=True, kw_only=True):
    """What a rule of OIC 1.1 is about."""

    href: str


class OldRule(View, frozen=True, kw_only=True):
    """An access control entry of OIC 1.1, which has no number."""

    subject: str = msgspec.field(name="subjectuuid")
    resources: tuple[OldTarget, ...]
    permission: int


class OldRules(View, frozen=True, kw_only=True):
    """The list within the list."""

    rules: tuple[OldRule, ...] = msgspec.field(name="aces")


class OldAcl(View, frozen=True, kw_only=True):
    """`/oic/sec/acl` (OIC Security 12).

    Two lists, one within the other: `aclist` with `aces`. Deleting is by subject, as rules have no
    numbers.
    """

    entries: OldRules = msgspec.field(name="aclist")
    resource_owner: UUID = msgspec.field(name="rowneruuid", default=NIL)
