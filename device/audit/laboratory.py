"""The maker of the devices whose certificates are on trial.

A tool trusts a root certificate that it was given; the devices show certificates of that maker, of
which one thing is wrong. So the maker has to be one whose keys are at hand, and nobody's device
must be trusted because of it: it is made anew for each run and never written down, except for the
root certificate that the tool is told.
"""

from dataclasses import dataclass, field
from functools import cache

from msgspec.structs import replace

from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.profile import OwnerTransferMethod, Profile


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A maker of devices: what one of its devices has, and whom a tool has to trust."""

    manufacturer: Manufacturer
    root: str = field(repr=False)
    """The root certificate, PEM."""


@cache
def laboratory() -> Laboratory:
    """Return the maker of this process.

    Made once: all devices of a run have the same root, which is told to the tool before it
    begins.
    """
    # 5 MB of memory that whoever tries nothing else does without
    from onboardee.pki import issuing  # noqa: PLC0415

    root = issuing.root()
    middle = root.issue(issuing.authority("onboardee trial intermediate", path_length=0))
    leaf = middle.issue(issuing.manufacturer())
    made = Manufacturer(chain=leaf.pem, key=leaf.key_pem, issuer_key=middle.key_pem)
    return Laboratory(made, root.pem)


def with_certificate(profile: Profile) -> Profile:
    """Let a device offer nothing but its certificate, which is the laboratory's."""
    ownership = replace(
        profile.ownership,
        methods=(OwnerTransferMethod.MANUFACTURER_CERTIFICATE,),
        manufacturer=laboratory().manufacturer,
    )
    return replace(profile, ownership=ownership)
