"""Fake devices for the tests of OCF clients."""

from onboardee.device.testing import *  # noqa: F403
from onboardee.device.testing import __all__  # noqa: F401
