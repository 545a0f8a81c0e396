"""Certificates between the tool and a simulated light: owned, identified, given roles, revoked."""

from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA384
from msgspec.structs import replace
from obt_support import OWNER, SECURED, Scene, scene, scene_with_light

from onboardee.device.machine.device import Device
from onboardee.device.simulation import profile
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.testing import memory_device
from onboardee.obt import (
    IOT2,
    LITE,
    OIC11,
    ORDERS,
    PLGD,
    DeviceAccess,
    Identity,
    MemoryTransport,
    OnboardingError,
    Order,
    OwnedDevice,
    Permission,
    Rule,
    Subject,
    Target,
    TransferMethod,
    TrustAnchors,
    WithCertificate,
    find_unowned,
    pair,
    run,
    take_ownership,
    unpair,
)
from onboardee.obt.authority import Authority
from onboardee.pki import issuing, pem, revocations
from onboardee.pki.certificate import read_octets
from onboardee.pki.curves import Curve, curve_of
from onboardee.svrdb.model import State
from onboardee.wire.dtls import CipherSuite
from onboardee.wire.wall_clock import utc_now

GUEST = UUID("22222222-3333-4444-8555-666666666666")
IDENTITY = "oic.sec.cred.cert"
ANCHOR = "oic.sec.cred.trustca"
LIGHT = profile.load("light")
STRONG = replace(LIGHT, ownership=replace(LIGHT.ownership, curve="P-384"))
"""A light that has P-384 and SHA-384."""
USE = int(Permission.RETRIEVE | Permission.UPDATE)


def by_manufacturer(preset: Preset = Preset.OCF) -> tuple[Scene, Device, TrustAnchors]:
    """Make a light with a manufacturer's certificate, and the anchors for it."""
    root = issuing.root()
    middle = root.issue(issuing.authority("middle", path_length=0))
    leaf = middle.issue(issuing.manufacturer())
    loaded = profile.load("light")
    ownership = replace(
        loaded.ownership,
        methods=(
            profile.OwnerTransferMethod.JUST_WORKS,
            profile.OwnerTransferMethod.MANUFACTURER_CERTIFICATE,
        ),
        manufacturer=Manufacturer(chain=leaf.pem, key=leaf.key_pem),
    )
    made = scene()
    wanted = replace(loaded, ownership=ownership, compat=PRESETS[preset])
    device = memory_device(made.network, wanted, wall_clock=utc_now)
    return made, device, TrustAnchors.of(root.pem)


def rule(subject: Subject) -> Rule:
    """Make a rule for the application resources."""
    return Rule(subject=subject, targets=(Target(wildcard="*"),), permission=USE)


def visit(transport: MemoryTransport, identity: Identity, owned: OwnedDevice) -> DeviceAccess:
    """Access a device with a certificate."""
    opener = WithCertificate(identity, owned.ownership.device)
    return DeviceAccess(transport, SECURED, opener)


@pytest.mark.parametrize("order", ORDERS.values(), ids=lambda order: order.name)
def test_manufacturer_certificate(order: Order) -> None:
    """A light that its manufacturer vouches for is owned in each order of messages."""
    made, device, anchors = by_manufacturer()
    owned = made.own(order, method=TransferMethod.MANUFACTURER_CERTIFICATE, anchors=anchors)
    assert device.database.state is State.RFNOP
    assert device.database.doxm.selected_method == 2
    keys = [c.private.data for c in device.database.cred.credentials if c.kind == 1 and c.private]
    assert keys == [owned.ownership.key]


@pytest.mark.parametrize("preset", [Preset.IOTIVITY_1_2, Preset.AUTO])
def test_manufacturer_certificate_of_oic_1_1(preset: Preset) -> None:
    """IoTivity 1.2.1 makes the owner credential of 96 octets of the key block with CCM, too."""
    made, device, anchors = by_manufacturer(preset)
    method = TransferMethod.MANUFACTURER_CERTIFICATE
    if preset is Preset.AUTO:  # tools of OCF take what they always did
        made.own(IOT2, method=method, anchors=anchors)
    else:
        made.own(OIC11, method=method, anchors=anchors)
    assert device.database.doxm.owned


def test_foreign_manufacturer() -> None:
    """A light of somebody else's is not owned, and still can be."""
    made, device, anchors = by_manufacturer()
    foreign = TrustAnchors.of(issuing.root().pem)
    with pytest.raises(OnboardingError, match="leads to none of our trust anchors"):
        made.own(LITE, method=TransferMethod.MANUFACTURER_CERTIFICATE, anchors=foreign)
    assert not device.database.doxm.owned
    made.network.run(5.0)
    made.own(LITE, method=TransferMethod.MANUFACTURER_CERTIFICATE, anchors=anchors)


def test_the_owner_with_a_certificate() -> None:
    """With certificates on both sides the owner has the same rights as with the key."""
    made, device = scene_with_light()
    authority, owned = Authority.create(), made.own(LITE)
    run(owned.provision_identity(authority))
    mine, steps = authority.issue(OWNER), list[Any]()
    certified = OwnedDevice(made.transport, owned.ownership, identity=mine, on_step=steps.append)

    async def use() -> None:
        async with certified:
            await certified.verify()
            await certified.add_rules([rule(Subject(uuid=str(OWNER)))])
            await certified.update("/light/switch", {"value": True})
            assert await certified.read("/light/switch") == {"value": True}

    run(use())
    assert steps[0].outcome == CipherSuite.ECDHE_ECDSA_AES_128_CCM_8.name
    assert device.database.state is State.RFNOP


@pytest.mark.parametrize("order", [LITE, PLGD])
def test_the_owner_on_p384(order: Order) -> None:
    """A light on P-384 gets what an authority on P-384 signs, and all is with SHA-384 then."""
    made = scene()
    device = memory_device(made.network, STRONG, wall_clock=utc_now)
    authority, owned = Authority.create(curve=Curve.P384), made.own(order)
    text = run(owned.provision_identity(authority))
    leaf = read_octets(text.encode())[0]
    assert curve_of(leaf.public_key()) is Curve.P384
    assert isinstance(leaf.content.signature_hash_algorithm, SHA384)
    mine, steps = authority.issue(OWNER), list[Any]()
    certified = OwnedDevice(made.transport, owned.ownership, identity=mine, on_step=steps.append)
    guest = authority.issue(GUEST)

    async def use() -> None:
        async with certified:
            await certified.verify()
            await certified.provision_role(authority, "cook")
            authority.revoke(pem.to_pem(guest.certificate.chain))
            await certified.set_revocations(authority.revocations().body)

    run(use())
    assert steps[0].outcome == CipherSuite.ECDHE_ECDSA_AES_256_GCM_SHA384.name
    revoked = revocations.read_base64(str(device.database.crl.data))
    assert isinstance(revoked.content.signature_hash_algorithm, SHA384)
    with pytest.raises(OnboardingError, match="open a session with certificates"):
        run(visit(made.transport, guest, owned).connect())


def test_an_authority_on_p256_for_a_light_on_p384() -> None:
    """Nothing is signed: peers that have P-256 alone would not believe the light."""
    made = scene()
    memory_device(made.network, STRONG, wall_clock=utc_now)
    owned = made.own(LITE)
    with pytest.raises(OnboardingError, match="the key of the request is not on P-256"):
        run(owned.provision_identity(Authority.create()))


def test_an_authority_on_p384_for_a_light_on_p256() -> None:
    """The light refuses a certificate that it cannot check, and stays as it was."""
    made, device = scene_with_light()
    owned = made.own(LITE)
    with pytest.raises(OnboardingError, match=r"4\.00"):
        run(owned.provision_identity(Authority.create(curve=Curve.P384)))
    assert not any(each.usage == IDENTITY for each in device.database.cred.credentials)


def test_strangers() -> None:
    """Neither side believes a certificate of an authority that it does not know."""
    made, _ = scene_with_light()
    authority, owned = Authority.create(), made.own(LITE)
    run(owned.provision_identity(authority))
    stranger = Authority.create("another").issue(GUEST)
    with pytest.raises(OnboardingError, match="leads to none of our trust anchors"):
        run(visit(made.transport, stranger, owned).connect())
    pretender = Identity(GUEST, stranger.certificate, authority.anchors)
    with pytest.raises(OnboardingError, match="open a session with certificates"):
        run(visit(made.transport, pretender, owned).connect())
    elsewhere = DeviceAccess(
        made.transport, SECURED, WithCertificate(authority.issue(GUEST), GUEST)
    )
    with pytest.raises(OnboardingError, match=f"not for uuid:{GUEST}"):
        run(elsewhere.connect())


def test_roles() -> None:
    """A guest may do what a role permits, once the role is asserted, until the session ends."""
    made, _ = scene_with_light()
    authority, owned = Authority.create(), made.own(LITE)
    guest = authority.issue(GUEST)
    chef = authority.issue_role(guest, "chef", authority="kitchen")

    async def go() -> None:
        async with owned:
            await owned.provision_identity(authority)
            await owned.add_rules([rule(Subject(role="chef", authority="kitchen"))])
        async with visit(made.transport, guest, owned) as visitor:
            with pytest.raises(OnboardingError, match=r"4\.01"):
                await visitor.read("/light/switch")
            await visitor.assert_role(chef)
            assert len((await visitor.roles()).roles) == 1
            assert await visitor.read("/light/switch") == {"value": False}
        async with visit(made.transport, guest, owned) as visitor:
            with pytest.raises(OnboardingError, match=r"4\.01"):
                await visitor.read("/light/switch")

    run(go())


def test_somebody_elses_role() -> None:
    """A role that was given to another key is not granted."""
    made, _ = scene_with_light()
    authority, owned = Authority.create(), made.own(LITE)
    run(owned.provision_identity(authority))
    theirs = authority.issue_role(authority.issue(OWNER), "chef")
    visitor = visit(made.transport, authority.issue(GUEST), owned)
    with pytest.raises(OnboardingError, match=r"assert a role \(POST /oic/sec/roles\)"):
        run(visitor.assert_role(theirs))


def test_roles_of_the_device() -> None:
    """A device takes a role certificate for its own key."""
    made, device = scene_with_light()
    authority, owned = Authority.create(), made.own(LITE)
    run(owned.provision_role(authority, "light", role_authority="house"))
    usages = [str(each.usage) for each in device.database.cred.credentials]
    assert usages[-2:] == ["oic.sec.cred.trustca", "oic.sec.cred.rolecert"]


def test_revocation() -> None:
    """A revoked guest gets no further session; the others do."""
    made, _ = scene_with_light()
    authority, owned = Authority.create(), made.own(LITE)
    guest, friend = authority.issue(GUEST), authority.issue(GUEST)
    authority.revoke(guest.certificate.chain[0])

    async def go() -> None:
        async with owned:
            await owned.provision_identity(authority)
            visitor = visit(made.transport, guest, owned)
            await visitor.roles()
            visitor.close()
            await owned.revoke(authority)
            await owned.revoke(authority)
        rules = (await owned.rules()).rules
        assert sum("/oic/sec/crl" in {t.href for t in each.targets} for each in rules) == 1
        with pytest.raises(OnboardingError, match="open a session with certificates"):
            await visit(made.transport, guest, owned).connect()
        await visit(made.transport, friend, owned).connect()

    run(go())


def test_an_authority_below_a_root() -> None:
    """The light gets its root; identities and roles from below it work on both sides."""
    made, device = scene_with_light()
    root, owned = Authority.create(), made.own(LITE)
    authority = root.subordinate()
    guest = authority.issue(GUEST)

    async def go() -> None:
        async with owned:
            await owned.provision_identity(authority)
            await owned.add_rules([rule(Subject(role="friend"))])
            visitor = visit(made.transport, guest, owned)
            await visitor.assert_role(authority.issue_role(guest, "friend"))
            await visitor.update("/light/switch", {"value": True})
            visitor.close()
            authority.revoke(guest.certificate.chain[0])
            await owned.revoke(authority)
            with pytest.raises(OnboardingError, match="open a session with certificates"):
                await visit(made.transport, guest, owned).connect()

    run(go())
    anchors = [each for each in device.database.cred.credentials if each.usage == ANCHOR]
    assert [each.public and each.public.data for each in anchors] == [root.root]


def test_a_device_that_was_revoked() -> None:
    """The tool refuses the light's certificate from the moment it is revoked."""
    made, _ = scene_with_light()
    authority, owned = Authority.create(), made.own(LITE)
    lost = run(owned.provision_identity(authority))
    guest = authority.issue(GUEST)
    run(visit(made.transport, guest, owned).connect())
    authority.revoke(lost)
    with pytest.raises(OnboardingError, match="was revoked"):
        run(visit(made.transport, guest, owned).connect())


def test_pairing_and_parting() -> None:
    """What two lights know of each other is deleted by its subject."""
    made = scene()
    devices = [
        memory_device(made.network, "light", host=host, seed=host, wall_clock=utc_now)
        for host in ("10.0.0.10", "10.0.0.11")
    ]

    def known() -> list[set[str]]:
        return [{each.subject for each in d.database.cred.credentials} for d in devices]

    async def go() -> None:
        found = await find_unowned(made.transport, enough=2)
        one, other = [await take_ownership(made.transport, each, OWNER) for each in found]
        before = known()
        await pair(one, other)
        assert [len(each) for each in known()] == [2, 2]
        await unpair(one, other)
        assert known() == before

    run(go())
    assert all(device.database.state is State.RFNOP for device in devices)
