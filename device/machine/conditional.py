"""When observers of a conditional resource are told (`oic.r.value.conditional`).

Each observer has conditions of its own, as each was told at another time. It is told when

    the value differs from what it was told last by `threshold`, and `minnotifyperiod` has passed
      since then; what differs sooner is looked at again when that has passed;
    or `maxnotifyperiod` has passed, whatever the value is.

Nothing is noted down for that: what an observer was told and when is known of each (`Observer`), so
that the next moment at which one may have to be told follows from that and from the values. A
change of a condition by an UPDATE therefore holds at once, for those who wait already, too. Who
reads sees the present value at any time.

Observers are peers, so it is the device's clock that counts, not that of its world.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from onboardee.device.machine.step import earliest
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.simulation.conditional import LEAST, MOST, has_news
from onboardee.device.simulation.world.notices import INTERVAL
from onboardee.wire.coap import CoapServer, Observer

_MILLISECONDS: Final = 0.001


class ConditionalNotices:
    """Says who of the observers of conditional resources is to be told, and when the next is."""

    def __init__(
        self,
        hrefs: Collection[str],
        appliances: Mapping[str, ApplianceResource],
        coap: CoapServer,
    ) -> None:
        """Take the paths of conditional resources; both grow and shrink with what is created."""
        self._appliances = appliances
        self._coap = coap
        self._hrefs = hrefs

    def is_due(self, observer: Observer, now: float) -> bool:
        """Tell whether an observer of whatever may be told now."""
        if observer.key not in self._hrefs:
            return True
        due = self._due_at(observer)
        return due is not None and due <= now

    def mark(self, now: float) -> None:
        """Have those told who are due."""
        for observer in self._observers():
            if self.is_due(observer, now):
                self._coap.notify_one(observer)

    def next_deadline(self) -> float | None:
        """Return when the next one is due; who is to acknowledge something first is not."""
        waiting = (each for each in self._observers() if not each.awaits_ack)
        return earliest(*(self._due_at(each) for each in waiting))

    def _observers(self) -> Iterator[Observer]:
        for href in self._hrefs:
            yield from self._coap.observers_of(href)

    def _due_at(self, observer: Observer) -> float | None:
        """Return when an observer is to be told, if nothing changes any more; None for never."""
        values = self._appliances[str(observer.key)].values.current
        told = observer.state if isinstance(observer.state, Mapping) else {}
        least, most = (values.get(name, 0) for name in (LEAST, MOST))
        assert isinstance(least, int | float)
        assert isinstance(most, int | float)
        soonest = observer.told_at + least * _MILLISECONDS
        if has_news(told, values):
            return soonest
        # more often than other resources tell of anything is too often for this one, too
        latest = observer.told_at + max(most * _MILLISECONDS, INTERVAL)
        return max(soonest, latest) if most else None
