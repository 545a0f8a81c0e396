"""An onboarding tool for OCF devices: finds them, takes ownership of them, uses and resets them.

Procedures are coroutines over a `Transport`: `AsyncioTransport` has sockets, `MemoryTransport`
lives on a network in memory and needs no event loop. What issues certificates is in
`obt.authority`, what keeps records in `obt.database`, and operations on what is kept in
`obt.plans`, to be imported when they are needed.

From the outside in: an operation of an owner (`owned`, `managing`), one conversation with one
device (`dialogue`), a way to it (`link`), and the engine that moves datagrams (`engine`). Taking
ownership stands beside them: an order of messages (`orders`) is a list of steps (`steps`), each
of which writes and reads over a dialogue.

Whatever goes wrong with a device or the network is an `ObtError`; wrong arguments are
ValueErrors. Nothing here logs: who wants to see messages gives an `on_step`.
"""

from onboardee.obt.access import DeviceAccess, WithCertificate, WithKey
from onboardee.obt.address import Address
from onboardee.obt.anchors import TrustAnchors
from onboardee.obt.asyncio_transport import AsyncioTransport
from onboardee.obt.discovery import (
    Unowned,
    find_device,
    find_owned,
    find_unowned,
    find_unowned_at,
)
from onboardee.obt.engine import ObtEngine
from onboardee.obt.errand import OnStep, StepReport
from onboardee.obt.errors import LinkError, NoAnswerError, ObtError, OnboardingError
from onboardee.obt.identity import Identity
from onboardee.obt.locating import Located
from onboardee.obt.memory import MemoryTransport, run
from onboardee.obt.methods import AskPin
from onboardee.obt.model import Permission, Rule, State, Subject, Target, TransferMethod
from onboardee.obt.observation import ObservedResource
from onboardee.obt.old_device import OldOwnedDevice
from onboardee.obt.orders import ALL_ORDERS, CR3006, IOT2, LITE, OIC11, ORDERS, PLGD
from onboardee.obt.owned import OwnedDevice, pair, unpair
from onboardee.obt.ownership import take_ownership
from onboardee.obt.record import Ownership
from onboardee.obt.style import Style
from onboardee.obt.surveying import Found, KeyFor, SharedKey, Survey, SurveyError, survey
from onboardee.obt.transfer import Order
from onboardee.obt.transport import Transport

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
    "KeyFor",
    "LinkError",
    "Located",
    "MemoryTransport",
    "NoAnswerError",
    "ObservedResource",
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
    "StepReport",
    "Style",
    "Subject",
    "Survey",
    "SurveyError",
    "Target",
    "TransferMethod",
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
