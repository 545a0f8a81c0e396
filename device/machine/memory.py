"""A database in memory only: for tests, trials, and devices that live again in a replay."""

from onboardee.svrdb.model import Database


class MemoryKeeper:
    """Keeps the database of a device as long as the process lives (a `Keeper`)."""

    def __init__(self, database: Database) -> None:
        self.current = database
        """What was committed last."""
        self.commits = 0
        """How often something was committed."""

    def commit(self, new: Database) -> None:
        """Replace the database; this never fails."""
        self.current = new
        self.commits += 1
