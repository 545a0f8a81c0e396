"""The actions by the names that stand in plans."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from onboardee.obt.plans.action import Action
from onboardee.obt.plans.ending import ConfirmOwnership, ForgetDevice, ResetDevice
from onboardee.obt.plans.giving import (
    AddCertificate,
    AddCredential,
    AddRule,
    DeleteCredentials,
    DeleteRules,
    SetRevocationList,
)

ACTIONS: Final[Mapping[str, type[Action]]] = MappingProxyType(
    {
        "add credential": AddCredential,
        "delete credentials": DeleteCredentials,
        "add rule": AddRule,
        "delete rules": DeleteRules,
        "add certificate": AddCertificate,
        "set revocation list": SetRevocationList,
        "reset": ResetDevice,
        "forget": ForgetDevice,
        "confirm ownership": ConfirmOwnership,
    }
)
"""By the name that stands in plans."""
