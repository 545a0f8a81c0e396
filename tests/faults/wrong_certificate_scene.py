"""A light with a manufacturer's certificate of a laboratory, for faults that show another one."""

from functools import cache

from fault_scene import OWNER, Scene, with_faults
from msgspec.structs import replace

from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.profile import OwnerTransferMethod, Profile, load
from onboardee.device.testing.setup import BEGINNING
from onboardee.obt import (
    OwnedDevice,
    TransferMethod,
    TrustAnchors,
    find_unowned,
    run,
    take_ownership,
)
from onboardee.obt.orders import CR3006
from onboardee.pki import issuing


@cache
def laboratory() -> tuple[Profile, bytes]:
    """Return a light that proves its maker, and the root that a tool trusts."""
    root = issuing.root()
    middle = root.issue(issuing.authority("middle", path_length=0))
    leaf = middle.issue(issuing.manufacturer())
    maker = Manufacturer(chain=leaf.pem, key=leaf.key_pem, issuer_key=middle.key_pem)
    light = load("light")
    methods = (OwnerTransferMethod.MANUFACTURER_CERTIFICATE,)
    ownership = replace(light.ownership, methods=methods, manufacturer=maker)
    return replace(light, ownership=ownership), root.certificate.der


def certified(*faults: str) -> Scene:
    """Put the light with faults and a tool on a network."""
    return with_faults(*faults, profile=laboratory()[0])


def own_by_certificate(scene: Scene, within: float = 60) -> OwnedDevice:
    """Own the light by its maker's certificate. Raises `ObtError`."""
    anchors = TrustAnchors.of(laboratory()[1], clock=lambda: BEGINNING)
    found = run(find_unowned(scene.transport, style=CR3006.style, enough=1))
    owned = run(
        take_ownership(
            scene.transport,
            found[0],
            OWNER,
            order=CR3006,
            method=TransferMethod.MANUFACTURER_CERTIFICATE,
            anchors=anchors,
            within=within,
        )
    )
    run(owned.doxm())
    return owned
