"""The actions by the names that stand in plans.

The names are in databases: one that is here today has to stay, as somebody may resume a plan of
last year. A new kind of step is a class in one of the modules below and a line here.
"""

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
