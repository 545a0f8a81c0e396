"""Which resources changed, until the observers are told."""

from collections.abc import Hashable, Iterable, Mapping


class Announcements:
    """A set in an order that does not depend on hashes."""

    def __init__(self, batches: Mapping[str, Iterable[Hashable]]) -> None:
        """Take which batches show which resource: they change with it."""
        self._batches = batches
        self._changed: dict[Hashable, None] = {}
        self._ends_observations = False

    def add(self, hrefs: Iterable[str]) -> None:
        """Note that these resources changed."""
        for href in hrefs:
            self._changed[href] = None
            self._changed.update(dict.fromkeys(self._batches.get(href, ())))

    def end_observations(self) -> None:
        """Let all observations end before anything else is sent; they hear no more."""
        self._ends_observations = True

    def take_end(self) -> bool:
        """Tell, once, that all observations are to end; what has changed before is forgotten."""
        is_ending, self._ends_observations = self._ends_observations, False
        if is_ending:
            self._changed.clear()
        return is_ending

    def take(self) -> Hashable | None:
        """Return the next key of a resource that changed, None if there is none."""
        if not self._changed:
            return None
        key = next(iter(self._changed))
        del self._changed[key]
        return key
