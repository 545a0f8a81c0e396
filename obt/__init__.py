"""An onboarding tool for OCF devices: finds them, takes ownership of them, uses and resets them.

Procedures are coroutines over a `Transport`: `AsyncioTransport` has sockets, `MemoryTransport`
lives on a network in memory and needs no event loop. What issues certificates is in
`obt.authority`, to be imported when it is needed.
"""

from obt.access import DeviceAccess, WithCertificate, WithKey
from obt.address import Address
from obt.anchors import TrustAnchors
from obt.asyncio_transport import AsyncioTransport
from obt.dialogue import OnStep, Step
from obt.discovery import (
    Located,
    Unowned,
    find_device,
    find_owned,
    find_unowned,
    find_unowned_at,
)
from obt.engine import ObtEngine
from obt.errors import LinkError, NoAnswerError, ObtError, OnboardingError
from obt.identity import Identity
from obt.keeper import Keeper, KeeperError
from obt.memory import MemoryTransport, run
from obt.methods import AskPin
from obt.model import Method, Permission, Rule, State, Subject, Target
from obt.observation import Observation
from obt.old_device import OldOwnedDevice
from obt.orders import ALL_ORDERS, CR3006, IOT2, LITE, OIC11, ORDERS, PLGD
from obt.owned import OwnedDevice, pair, unpair
from obt.ownership import take_ownership
from obt.record import Ownership
from obt.style import Style
from obt.surveying import Found, KeyFor, SharedKey, Survey, SurveyError, survey
from obt.transfer import Order
from obt.transport import Transport

__all__ = [
    "ALL_ORDERS",
    "CR3006",
    "IOT2",
    "LITE",
    "OIC11",
    "ORDERS",
    "PLGD",
    "Address",
    "AskPin",
    "AsyncioTransport",
    "DeviceAccess",
    "Found",
    "Identity",
    "Keeper",
    "KeeperError",
    "KeyFor",
    "LinkError",
    "Located",
    "MemoryTransport",
    "Method",
    "NoAnswerError",
    "Observation",
    "ObtEngine",
    "ObtError",
    "OldOwnedDevice",
    "OnStep",
    "OnboardingError",
    "Order",
    "OwnedDevice",
    "Ownership",
    "Permission",
    "Rule",
    "SharedKey",
    "State",
    "Step",
    "Style",
    "Subject",
    "Survey",
    "SurveyError",
    "Target",
    "Transport",
    "TrustAnchors",
    "Unowned",
    "WithCertificate",
    "WithKey",
    "find_device",
    "find_owned",
    "find_unowned",
    "find_unowned_at",
    "pair",
    "run",
    "survey",
    "take_ownership",
    "unpair",
]
