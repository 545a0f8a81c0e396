"""Keys that device and peer derive from their session, where that is not possible."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from onboardee.device.access.rights import OCF
from onboardee.device.resources.base import RefusedError
from onboardee.device.resources.secure.cred import key_of_session
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.wire.coap import Code
from onboardee.wire.entropy import SeededEntropy


def test_a_suite_without_a_derivation_is_refused() -> None:
    """The owner and whoever joins get 4.00, and the device meets no error."""
    session: Any = SimpleNamespace(suite=None, key_block=bytes)
    database = new_database(load("light"), SeededEntropy(1))
    call: Any = SimpleNamespace(database=database, standard=OCF)
    with pytest.raises(RefusedError, match="no owner credential") as raised:
        key_of_session(session, UUID(int=7), call)
    assert raised.value.code == Code.BAD_REQUEST
