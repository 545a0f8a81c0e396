"""From a profile and the options of `onboardee run` to the profile with these settings.

Each sentence about what is wrong names the option that it is about.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from onboardee.device.fleet.expanding import adapted
from onboardee.device.simulation.compatibility import Preset
from onboardee.device.simulation.manufacturer import Manufacturer, from_plgd
from onboardee.device.simulation.numbered import with_lights
from onboardee.device.simulation.profile import OwnerTransferMethod, Profile, ProfileError

if TYPE_CHECKING:
    from onboardee.device.cli.run_options import RunOptions


def configured(profile: Profile, options: "RunOptions") -> Profile:
    """Return a profile with the settings of the command line. Raises `ProfileError`."""
    compat = None if options.compat is None else Preset(options.compat)
    methods = None if options.otm is None else tuple(map(OwnerTransferMethod, options.otm))
    maker = None if options.pki_certs is None else _maker(options.pki_certs)
    if options.lights is not None:
        profile = _with_lights(profile, options.lights)
    try:
        return adapted(profile, compat=compat, pin=options.pin, methods=methods, manufacturer=maker)
    except ValueError as error:
        raise ProfileError(f"--otm: {error}") from error


def _maker(folder: Path) -> Manufacturer:
    try:
        return from_plgd(folder)
    except OSError as error:
        raise ProfileError(f"--pki-certs: {error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise ProfileError(f"--pki-certs: {folder}: {error}") from error


def _with_lights(profile: Profile, count: int) -> Profile:
    try:
        return with_lights(profile, count)
    except ValueError as error:
        raise ProfileError(f"--lights: {error}") from error
