"""When an observer is to be told by conditions, cell by cell."""

from collections.abc import Hashable
from typing import Any, cast

import msgspec
import pytest
from resource_support import STRANGER

from onboardee.device.machine.conditional import ConditionalNotices
from onboardee.device.resources.appliances import appliance_resources
from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.values import Values
from onboardee.wire.coap import CoapServer, Method, Observer, Request

HREF, TOLD_AT = "/t", 100.0
AMOUNT = {"type": "integer", "minimum": 0, "initial": 0}
PROFILE = msgspec.convert(
    {
        "device": {"name": "x", "types": ["oic.d.x"]},
        "platform": {"manufacturer": "x"},
        "resources": [
            {
                "href": HREF,
                "types": ["oic.r.temperature", "oic.r.value.conditional"],
                "interfaces": ["oic.if.baseline"],
                "properties": {
                    "temperature": {"type": "number", "initial": 20},
                    "threshold": AMOUNT,
                    "minnotifyperiod": AMOUNT,
                    "maxnotifyperiod": AMOUNT,
                },
            }
        ],
    },
    Profile,
)


class Observers:
    """Stands for the CoAP server: who observes, and who is to be told."""

    def __init__(self, *observers: Observer) -> None:
        self.observers = observers
        self.marked: list[Observer] = []

    def observers_of(self, key: Hashable) -> list[Observer]:
        """Return those of a resource."""
        return [each for each in self.observers if each.key == key]

    def notify_one(self, observer: Observer) -> None:
        """Note who is to be told."""
        self.marked.append(observer)


def watch(
    change: float = 0, key: str = HREF, **conditions: int
) -> tuple[ConditionalNotices, Observers, Observer]:
    """Make an observer that was told 20 degrees, and now there are other ones."""
    values = {HREF: Values(PROFILE.resources[0].properties)}
    values[HREF].set(conditions)
    told = values[HREF].current
    observer = Observer(
        key, STRANGER, Request(Method.GET, key), None, 0.0, state=told, told_at=TOLD_AT
    )
    values[HREF].set({"temperature": 20 + change})
    observers = Observers(observer)
    appliances = appliance_resources(PROFILE, values, None)
    notices = ConditionalNotices({HREF}, appliances, cast("CoapServer", observers))
    return notices, observers, observer


@pytest.mark.parametrize(
    ("threshold", "least", "most", "change", "seconds"),
    [
        (0, 0, 0, 0, None),
        (0, 0, 0, 0.1, 0),
        (2, 0, 0, 1.9, None),
        (2, 0, 0, -2, 0),
        (0, 5000, 0, 0, None),
        (0, 5000, 0, 1, 5),
        (2, 5000, 0, 1, None),
        (2, 5000, 0, 3, 5),
        (0, 0, 9000, 0, 9),
        (0, 0, 9000, 1, 0),
        (2, 0, 9000, 1, 9),
        (0, 5000, 9000, 0, 9),
        (0, 5000, 9000, 1, 5),
        (2, 5000, 9000, 1, 9),
        (0, 9000, 5000, 0, 9),
        (0, 0, 1, 0, 0.2),
    ],
)
def test_the_next_moment(
    threshold: int, least: int, most: int, change: float, seconds: float | None
) -> None:
    """It follows from what was told, when that was, and the conditions as they are now."""
    notices, observers, observer = watch(
        change, threshold=threshold, minnotifyperiod=least, maxnotifyperiod=most
    )
    due = None if seconds is None else pytest.approx(TOLD_AT + seconds)
    assert notices.next_deadline() == due
    early = TOLD_AT + (1e6 if seconds is None else seconds - 0.01)
    assert not notices.is_due(observer, early)
    notices.mark(early)
    assert observers.marked == []
    if seconds is not None:
        notices.mark(TOLD_AT + seconds + 0.01)
        assert observers.marked == [observer]


def test_who_has_to_acknowledge_first_wakes_nobody() -> None:
    """While a notification waits for its acknowledgement no other one is due."""
    notices, _, observer = watch(1)
    observer.awaits_ack = True
    assert notices.next_deadline() is None


@pytest.mark.parametrize("key", ["/other", f"{HREF}?if=oic.if.b"])
def test_other_observers_have_no_conditions(key: str) -> None:
    """Who observes something else, a batch among it, is told of each change."""
    notices, _, observer = watch(key=key, threshold=5)
    assert notices.is_due(observer, 0.0)
    assert notices.next_deadline() is None


def test_an_observer_of_nothing_known_is_told_at_once() -> None:
    """Where it is not known what was told, all is news."""
    notices, _, observer = watch(threshold=5)
    observer.state = cast("Any", None)
    assert notices.is_due(observer, TOLD_AT)
