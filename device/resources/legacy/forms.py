"""The form of representations in OIC 1.1: the baseline interface is the default one."""

from collections.abc import Mapping
from typing import Any

from onboardee.device.access.target import Target
from onboardee.device.interfaces import BASELINE
from onboardee.device.resources.base import Representation


def in_old_form(target: Target, properties: Mapping[str, Any]) -> Representation:
    """Add `rt` and `if` behind the properties, where IoTivity 1.2 has them."""
    return {**properties, "rt": target.types, "if": (BASELINE,)}
