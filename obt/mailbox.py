"""How the engine hands results to whoever waits for them, without knowing how they wait.

The engine has no event loop, so it cannot have futures; a mailbox is what is left of one. It takes
several results, as an observation brings many, and at last perhaps a failure, which is raised when
all results have been taken. Nobody else holds it: what is put in without being wanted any more goes
with the mailbox.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from onboardee.obt.errors import LinkError

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Takes in results as they come, and at last perhaps a failure.

    `on_ready` is called at each arrival; a driver with an event loop wakes its task with it.
    """

    def __init__(self) -> None:
        self.on_ready: Callable[[], None] | None = None
        self._items: deque[T] = deque()
        self._failure: LinkError | None = None

    @property
    def is_ready(self) -> bool:
        """Tell whether `take` has something to return or to raise."""
        return bool(self._items) or self._failure is not None

    def put(self, item: T) -> None:
        """Add a result."""
        self._items.append(item)
        self._wake()

    def fail(self, failure: LinkError) -> None:
        """Say that nothing more will come."""
        if self._failure is None:
            self._failure = failure
            self._wake()

    def take(self) -> T:
        """Return the oldest result; raise the failure when there is none left."""
        if not self._items and self._failure is not None:
            raise self._failure
        return self._items.popleft()

    def _wake(self) -> None:
        if self.on_ready is not None:
            self.on_ready()
