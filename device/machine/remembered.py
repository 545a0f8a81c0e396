"""Answers that would be the same again.

Clients ask for the same thing again and again, and mostly nothing has changed. What an answer
follows from is a short list: the request's options, the peer and its standing, the database, our
endpoints, whether a session exists, and what the resource names as its `version`. As long as each
is the very object that it was, the answer is. What has to do with the time of day is never
remembered: access by entries with a validity, and resources without a version.
"""

from typing import Final, NamedTuple

from onboardee.device.access.peer import Peer
from onboardee.device.machine.peers import Peers
from onboardee.device.machine.requests import Answer
from onboardee.device.machine.state import DeviceState
from onboardee.device.resources.base import Resource
from onboardee.svrdb.model import Database
from onboardee.wire.coap import Method, Request, Response
from onboardee.wire.path import Endpoint

MAX_REMEMBERED: Final = 128
MAX_OCTETS: Final = 2048
"""Of an answer that is remembered; a larger one is made anew."""


class Asked(NamedTuple):
    """By what a request is known again: its options as they came, and who asks."""

    options: bytes
    peer: Peer


class _Remembered(NamedTuple):
    response: Response
    resource: Resource
    version: object
    standing: Peer
    has_session: bool


class RememberedAnswers:
    """The answers to reads that met the present database."""

    def __init__(self, state: DeviceState, peers: Peers) -> None:
        self._state = state
        self._peers = peers
        self._database: Database | None = None
        self._endpoints: tuple[Endpoint, ...] = ()
        self._answers: dict[Asked, _Remembered] = {}

    def find(self, asked: Asked) -> Response | None:
        """Return the answer to a request if it is known and still true."""
        known = self._answers.get(asked)
        if known is None:
            return None
        is_true = (
            self._state.database is self._database
            and self._state.endpoints is self._endpoints
            and known.resource.version() is known.version
            and known.has_session == self._peers.is_in_transfer
            and has_same_standing(known.standing, self._peers.present(asked.peer))
        )
        return known.response if is_true else None

    def remember(self, asked: Asked, answer: Answer, response: Response) -> None:
        """Remember an answer, if it is one that may be given again."""
        if answer.version is None or len(response.payload) + len(asked.options) > MAX_OCTETS:
            return
        state = self._state
        if state.database is not self._database or state.endpoints is not self._endpoints:
            self._answers.clear()
            self._database, self._endpoints = state.database, state.endpoints
        elif len(self._answers) >= MAX_REMEMBERED:
            self._answers.clear()
        self._answers[asked] = _Remembered(
            response,
            answer.resource,
            answer.version,
            self._peers.present(asked.peer),
            self._peers.is_in_transfer,
        )


def is_repeatable(request: Request) -> bool:
    """Tell whether an answer could be given again: to a read by one peer that observes nothing."""
    return request.method is Method.GET and request.observe is None and not request.multicast


def has_same_standing(one: Peer, other: Peer) -> bool:
    """Tell whether a peer may do the same as before; who it is stays so for a session's life."""
    return one is other or (
        one.roles == other.roles
        and one.is_owner_by_role == other.is_owner_by_role
        and one.uuid == other.uuid
        and one.owns_transfer == other.owns_transfer
    )
