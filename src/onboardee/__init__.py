"""Simulated OCF devices that real onboarding tools take ownership of.

What is public is listed in `__all__` of `onboardee`, `onboardee.testing`, `onboardee.svrdb` and
`onboardee.obt`; docs/api.md describes it. Names are imported when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from onboardee.device.machine.boot import Surroundings, boot
    from onboardee.device.machine.device import Device
    from onboardee.device.simulation.profile import load as load_profile
    from onboardee.device.testing import fake_device
    from onboardee.svrdb import open_existing as open_database
    from onboardee.svrdb import read_existing as read_database

    __version__: str

__all__ = [
    "Device",
    "Surroundings",
    "__version__",
    "boot",
    "fake_device",
    "load_profile",
    "open_database",
    "read_database",
]

_PLACES: Final = {
    "Device": ("onboardee.device.machine.device", "Device"),
    "Surroundings": ("onboardee.device.machine.boot", "Surroundings"),
    "boot": ("onboardee.device.machine.boot", "boot"),
    "load_profile": ("onboardee.device.simulation.profile", "load"),
    "fake_device": ("onboardee.device.testing", "fake_device"),
    "open_database": ("onboardee.svrdb", "open_existing"),
    "read_database": ("onboardee.svrdb", "read_existing"),
}

if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        """Import what is asked for."""
        if name == "__version__":
            value = importlib.import_module("importlib.metadata").version("onboardee")
        elif name in _PLACES:
            module, attribute = _PLACES[name]
            value = getattr(importlib.import_module(module), attribute)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value
