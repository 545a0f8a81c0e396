"""What others may want to know of a device: typed events on one bus.

The log, the audit, the snapshots, `ctl watch` and the tests subscribe; nobody looks into a device
to learn what happened.

    bus                   `Event`, its envelope `Told`, and the `Bus` that hands them out
    process               the process around the device: ready, sockets, options
    onboarding            owner transfer, owner, sub-owners, onboarding state, reset, pairing
    conversation          sessions, requests, refusals
    simulation            values, inputs and faults of the appliance
    failures              errors of the program, disks that refuse, planted faults
    automatic_snapshots   a subscriber: a snapshot of the database for each change of state

A new event is a class in one of these files, listed below; its `name` is what the log prints and
`ctl watch` filters by, its fields are what both show.
"""

from onboardee.device.events.bus import Bus, Event, Follower, Subscriber, Told
from onboardee.device.events.conversation import (
    AccessDenied,
    AccessGranted,
    AnswersWithheld,
    HandshakeRefused,
    OwnCertificateExpired,
    RequestRefused,
    RequestServed,
    RevocationsOutdated,
    SessionEnded,
    SessionOpened,
)
from onboardee.device.events.failures import (
    DeviceFault,
    FaultActed,
    FaultAppeared,
    FaultGone,
    StorageFailed,
)
from onboardee.device.events.onboarding import (
    CredentialUnused,
    DatabaseReplaced,
    DevicePaired,
    DeviceRebooted,
    DeviceReset,
    DeviceUnpaired,
    JoiningPinShown,
    MethodSelected,
    OwnerChanged,
    PairingFailed,
    PairingPinShown,
    PairingStarted,
    PinShown,
    ResetScheduled,
    SharingChanged,
    StateChanged,
    SubOwnerJoined,
    SubOwnerRemoved,
)
from onboardee.device.events.process import (
    ControlUnavailable,
    DeviceLeft,
    DeviceNotStarted,
    DeviceReady,
    EntropySeeded,
    KeylogFailed,
    MulticastChanged,
    MulticastUnavailable,
    OptionIgnored,
    PortShared,
)
from onboardee.device.events.simulation import (
    BehaviourFailed,
    DeviceConfigured,
    FaultChanged,
    InputPressed,
    ResourceCreated,
    ResourceDeleted,
    SoftwareInstalled,
    TimeChanged,
    UpdateChanged,
    UpdateFailed,
    ValueChanged,
)

__all__ = [
    "AccessDenied",
    "AccessGranted",
    "AnswersWithheld",
    "BehaviourFailed",
    "Bus",
    "ControlUnavailable",
    "CredentialUnused",
    "DatabaseReplaced",
    "DeviceConfigured",
    "DeviceFault",
    "DeviceLeft",
    "DeviceNotStarted",
    "DevicePaired",
    "DeviceReady",
    "DeviceRebooted",
    "DeviceReset",
    "DeviceUnpaired",
    "EntropySeeded",
    "Event",
    "FaultActed",
    "FaultAppeared",
    "FaultChanged",
    "FaultGone",
    "Follower",
    "HandshakeRefused",
    "InputPressed",
    "JoiningPinShown",
    "KeylogFailed",
    "MethodSelected",
    "MulticastChanged",
    "MulticastUnavailable",
    "OptionIgnored",
    "OwnCertificateExpired",
    "OwnerChanged",
    "PairingFailed",
    "PairingPinShown",
    "PairingStarted",
    "PinShown",
    "PortShared",
    "RequestRefused",
    "RequestServed",
    "ResetScheduled",
    "ResourceCreated",
    "ResourceDeleted",
    "RevocationsOutdated",
    "SessionEnded",
    "SessionOpened",
    "SharingChanged",
    "SoftwareInstalled",
    "StateChanged",
    "StorageFailed",
    "SubOwnerJoined",
    "SubOwnerRemoved",
    "Subscriber",
    "TimeChanged",
    "Told",
    "UpdateChanged",
    "UpdateFailed",
    "ValueChanged",
]
