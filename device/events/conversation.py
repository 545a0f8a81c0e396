"""What happens between a device and its peers: sessions, requests, refusals.

A peer is written as `host:port`, IPv6 in brackets. Strangers cause most of these events, so what
they can repeat at will is counted or held back by its sender (`wire/dtls`, `device/machine/budget`)
before it becomes an event, and no event holds a secret.
"""

from onboardee.device.events.bus import Event


class SessionOpened(Event, frozen=True, kw_only=True):
    """A DTLS handshake finished."""

    name = "session.opened"
    peer: str
    """Where it is, as `host:port`."""
    suite: str
    """The cipher suite, by its name in the registry of IANA."""
    identity: str
    """The UUID of the peer, or what is known of it instead."""


class SessionEnded(Event, frozen=True, kw_only=True):
    """A DTLS session ended."""

    name = "session.ended"
    peer: str
    reason: str
    """One word: `peer_closed`, `idle` and the like."""


class HandshakeRefused(Event, frozen=True, kw_only=True):
    """A DTLS handshake came to nothing."""

    name = "handshake.failed"
    peer: str
    reason: str
    """For the device's owner; the peer gets the alert alone."""
    alert: str | None
    """The alert that the peer got, or that ended the handshake; None: it was silent."""


class OwnCertificateExpired(Event, frozen=True, kw_only=True):
    """A certificate of the device is outside its time; it is shown to nobody."""

    name = "certificate.expired"
    credid: int
    """Of the credential that has it."""
    usage: str
    """Its `credusage`."""


class RevocationsOutdated(Event, frozen=True, kw_only=True):
    """A peer was believed by a list of revoked certificates that should have been renewed."""

    name = "crl.outdated"
    peer: str
    due: str
    """When it should have been."""


class AccessDenied(Event, frozen=True, kw_only=True):
    """The gate refused a request; `rule` and `reason` say why.

    The peer gets 4.01 or 4.03 and no reason: whoever is refused learns nothing of the rules. The
    device's owner reads here which rule it was; `docs/tables.md` lists them.
    """

    name = "access.denied"
    subject: str
    """Who asked: a UUID, or `anonymous`."""
    peer: str
    method: str
    """`GET`, `POST`, `PUT` or `DELETE`."""
    href: str
    """The path as it was asked for."""
    rule: str
    """The name of the rule in the table of the gate."""
    reason: str
    """What the rule found, in a sentence."""


class RequestRefused(Event, frozen=True, kw_only=True):
    """A request passed the gate and was wrong in itself."""

    name = "request.refused"
    peer: str
    method: str
    href: str
    code: str
    """As CoAP writes it, such as 4.00."""
    reason: str
    """What is wrong with the request, in a sentence."""


class AccessGranted(Event, frozen=True, kw_only=True):
    """The gate granted a request, by a rule; for an entry `reason` names it.

    Only a trace has it (`device.trace.tracing`): it is made if somebody traces the device, and goes
    to no subscriber.
    """

    name = "access.granted"
    subject: str
    peer: str
    method: str
    href: str
    rule: str
    reason: str


class RequestServed(Event, frozen=True, kw_only=True):
    """A request was answered, or met with silence (then `code` is None).

    `payload` and `answer` are decoded, without secrets, None where there is nothing.

    It is made only if somebody subscribed with `requests=True`.
    """

    name = "request.served"
    peer: str
    method: str
    href: str
    query: tuple[str, ...]
    """Each part of the query, `if=oic.if.b`."""
    payload: object
    """What was sent."""
    code: str | None
    """As CoAP writes it, such as 2.04."""
    answer: object
    """What was answered."""


class AnswersWithheld(Event, frozen=True, kw_only=True):
    """A source asked for more unauthenticated answers than it may get."""

    name = "answers.withheld"
    peer: str
