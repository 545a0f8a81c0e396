"""What can go wrong with the provisioning database."""

from onboardee.obt.errors import ObtError


class DatabaseError(ObtError):
    """The file cannot be read or written, or what is asked for is not in it."""


class DatabaseBusyError(DatabaseError):
    """Another process is changing the database."""
