"""How many files may be open: each device has sockets, a lock and a control socket."""

import resource
from contextlib import suppress


def allow_many_files() -> None:
    """Raise the limit to what the system allows; who may not does with less."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
