"""The table of all trials: devices that misbehave in one thing each.

`python tests/audit/rules_page.py` writes it into `docs/audit-rules.md`. The order is that of a
transfer: the network, the steps, what answers say, handshakes, certificates, the disk.

Each function yields one group, and each trial names what is wrong with its device in the words of
`--fault`, so that a person can look at the same device with `onboardee run --fault`. Where
something is to happen every time, `times=0` says so; without it a fault acts once, as a loss on a
network does, and a sound tool gets over it.
"""

from collections.abc import Iterator
from dataclasses import replace as with_fields
from typing import Final

from msgspec.structs import replace

from onboardee.device.audit.laboratory import with_certificate
from onboardee.device.audit.trial import Expectation, Need, Trial
from onboardee.device.audit.trial import trial as _trial
from onboardee.device.audit.verdicts import Level
from onboardee.device.simulation.profile import OwnerTransferMethod, Profile
from onboardee.pki.defects import Defect
from onboardee.svrdb.model import NIL

COMPLETES, GIVES_UP, IS_TRUE = Expectation
OTHER_KEY: Final = "other-key at=credential"
"""The fault by which the device keeps a key that the tool cannot have."""

_ANSWERED: Final = ("select", "om", "owner", "credential", "owned", "rfpro", "rfnop")
"""Steps whose answer gets lost."""
_REFUSED: Final = {
    "select": "4.00",
    "om": "4.03",
    "owner": "5.03",
    "credential": "4.00",
    "pstat-owner": "4.03",
    "acl2-owner": "5.00",
    "owned": "5.03",
    "rfpro": "4.03",
}
"""Steps that are refused, and the code: one that a device of that kind may answer there."""
_POWER: Final = ("owner", "credential", "owned", "rfpro")
"""Steps whose change matters when power is lost before or after it is durable."""
_FLIGHTS: Final = {
    "hello-verify-request": "HelloVerifyRequest",
    "server-hello": "ServerHello",
    "server-finished": "Finished",
}
"""Flights of the device's side of a handshake, by the name of the trial in which it is lost."""


def _of_network() -> Iterator[Trial]:
    """Yield what an unsound network does.

    A tool has to repeat, and to drop what is not its own.
    """
    for step in _ANSWERED:
        yield _trial(
            f"lost-answer-{step}",
            f"the first answer to the step {step} is lost",
            COMPLETES,
            f"drop at={step}",
        )
    for name, flight in _FLIGHTS.items():
        yield _trial(
            f"lost-{name}",
            f"the flight with {flight} is lost once",
            COMPLETES,
            f"drop flight={flight}",
        )
    yield _trial(
        "lost-client-flight",
        "the tool's ClientKeyExchange is lost once",
        COMPLETES,
        "drop flight=ClientKeyExchange way=in",
    )
    yield _trial(
        # every datagram twice: a tool has to know answers again by token and message ID (RFC 7252
        # 4.5)
        "doubled",
        "every answer comes twice",
        COMPLETES,
        "duplicate path=/oic/sec/doxm",
        times=0,
    )
    yield _trial("late", "an answer comes after 3 seconds", COMPLETES, "delay at=owned seconds=3")
    yield _trial(
        "separate",
        "an empty acknowledgement, and the answer in a message of its own",
        COMPLETES,
        "separate at=select seconds=1",
    )
    yield _trial(
        "discovery-crowd",
        "thirty devices answer a search",
        COMPLETES,
        "crowd at=discovery",
        level=Level.SHOULD,
    )
    for name, sentence, fault in (
        ("reordered", "an answer comes behind the next one", "reorder at=select"),
        ("corrupted", "a bit of an answer in the session is another one", "corrupt at=owner"),
        ("truncated", "an answer in the session ends too early", "truncate at=owner"),
    ):
        yield _trial(name, sentence, COMPLETES, fault)
    for kind, what in (
        ("token", "with another token"),
        ("id", "with another message id"),
        ("port", "from another port"),
    ):
        yield _trial(f"wrong-{kind}", f"an answer {what}", COMPLETES, f"wrong-{kind} at=select")


def _of_steps() -> Iterator[Trial]:
    """Yield devices that refuse, forget or break off one step of the transfer."""
    for step, code in _REFUSED.items():
        yield _trial(
            f"refuses-{step}",
            f"{code} to the step {step}",
            GIVES_UP,
            f"refuse at={step} code={code}",
        )
    # an answer of success is no proof: CR 3006 has the tool read what it has written
    for step in ("om", "owner", "owned", "rfpro"):
        yield _trial(
            f"ignores-{step}",
            f"2.04 to the step {step}, and nothing was done",
            GIVES_UP,
            f"ignore at={step}",
        )
    for step in _POWER:
        # the tool cannot know which of the two it was: it may say either, if it is so
        for when in ("before", "after"):
            yield _trial(
                f"power-cut-{when}-{step}",
                f"power is lost {when} the change of the step {step} is durable",
                IS_TRUE,
                f"restart-{when} at={step}",
            )
    for step in ("owner", "credential"):
        yield _trial(
            f"resets-itself-at-{step}", f"a reset at the step {step}", GIVES_UP, f"reset at={step}"
        )
    yield _trial("closes-session", "close_notify at the step owner", GIVES_UP, "close at=owner")
    yield _trial("alerts", "a fatal alert at the step credential", GIVES_UP, "alert at=credential")
    for step in ("om", "credential", "rfpro"):
        yield _trial(
            f"goes-silent-at-{step}",
            f"no answer any more from {step} on",
            GIVES_UP,
            f"silence at={step}",
        )
    yield _trial("reset-while-provisioning", "a reset before RFNOP", GIVES_UP, "reset at=rfnop")


def _of_answers() -> Iterator[Trial]:
    """Yield devices whose answers lie about themselves, or are no answers that can be read."""
    lies = {
        "already-owned": ("owned is true when asked again", '{"owned":true}'),
        "method-unknown": ("only a method of a vendor is offered", '{"oxms":[65281]}'),
        "methods-empty": ("no method is offered", '{"oxms":[]}'),
        "nil-device-id": ("deviceuuid is nil", f'{{"deviceuuid":"{NIL}"}}'),
    }
    for name, (sentence, payload) in lies.items():
        yield _trial(name, sentence, GIVES_UP, f"patch at=read payload={payload}", times=0)
    # the payload is a stranger's until the session stands, so a tool has to bound what it decodes
    for effect, sentence in (
        ("not-cbor", "the answer is not CBOR"),
        ("deep-cbor", "the answer is nested two thousand times"),
        ("huge-cbor", "the answer says it is 4 GiB long"),
        ("wrong-format", "the answer is text"),
        ("unknown-critical", "the answer has an unknown critical option"),
        ("endless-blocks", "the answer comes in blocks that never end"),
    ):
        yield _trial(effect, sentence, GIVES_UP, f"{effect} at=read", times=0)


def _of_handshake() -> Iterator[Trial]:
    """Yield devices that answer a handshake with what was not offered, or derive another key."""
    yield _trial(
        "weaker-suite",
        "ServerHello has a suite that was not offered",
        GIVES_UP,
        "other-suite flight=ServerHello",
        times=0,
    )
    yield _trial(
        "old-version",
        "ServerHello is of DTLS 1.0",
        GIVES_UP,
        "old-version flight=ServerHello",
        times=0,
    )
    other = _trial("other-key", "the device derives another owner key", GIVES_UP, OTHER_KEY)
    # nothing shows the difference until the owner logs in, and then the device is owned
    yield with_fields(other, may_be_owned=True)


def _with_pin(profile: Profile) -> Profile:
    """Let a device offer nothing but a PIN."""
    methods = (OwnerTransferMethod.RANDOM_PIN,)
    return replace(profile, ownership=replace(profile.ownership, methods=methods))


_WRONG: Final = {
    Defect.EXPIRED: "which has expired",
    Defect.NOT_YET_VALID: "which is not valid yet",
    Defect.WRONG_SIGNATURE: "whose signature is wrong",
    Defect.WRONG_KEY: "of which it has not the key",
    Defect.WRONG_USAGE: "whose key is not to sign handshakes",
    Defect.WRONG_PURPOSE: "which is for signed code",
    Defect.SELF_SIGNED: "which it signed itself",
    Defect.OTHER_ROOT: "of another maker with the same names",
    Defect.CHAIN_MISSING: "without the certificate that connects it with the root",
    Defect.OTHER_CURVE: "with a key on P-521",
    Defect.AUTHORITY: "of an authority",
    Defect.UNKNOWN_CRITICAL: "with a critical extension that nobody knows",
    Defect.SIGNED_BY_DEVICE: "which another device signed, that is no authority",
}
"""Those defects that a manufacturer's certificate can have, and how a device shows them."""


def _of_certificates() -> Iterator[Trial]:
    """Yield devices whose manufacturer certificate is not to be trusted (OCF Security 9.4)."""
    yield with_fields(
        _trial(
            "certificate-clock-jump",
            "the time of day leaps ten years in a transfer by certificate",
            IS_TRUE,
            "clock-jump at=owner",
        ),
        adapt=with_certificate,
        needs=Need.ANCHORS,
    )
    for defect, sentence in _WRONG.items():
        found = _trial(
            f"certificate-{defect}",
            f"the device shows a certificate {sentence}",
            GIVES_UP,
            f"certificate kind={defect}",
            times=0,
        )
        yield with_fields(found, adapt=with_certificate, needs=Need.ANCHORS)


def _of_secrets() -> Iterator[Trial]:
    """Yield a device whose PIN the tool does not know."""
    yield Trial(
        "pin-unknown",
        "only a PIN is offered, and the tool is given a wrong one",
        GIVES_UP,
        adapt=_with_pin,
        needs=Need.PIN,
    )


def _with_temporary_uuid(profile: Profile) -> Profile:
    """Let a device have another UUID until it is owned (OCF Security 7.3.1)."""
    return replace(profile, ownership=replace(profile.ownership, temporary_uuid=True))


def _of_disk() -> Iterator[Trial]:
    """Yield devices whose storage is slow or full, or whose UUID changes on the way."""
    yield _trial(
        "slow-disk",
        "each change takes 0.3 s, some 4 s in all",
        COMPLETES,
        "slow-disk seconds=0.3",
        times=0,
        level=Level.SHOULD,
    )
    yield _trial(
        "full-disk", "the disk is full at the credential", GIVES_UP, "full-disk at=credential"
    )
    yield Trial(
        "temporary-device-id",
        "deviceuuid is another one as soon as the owner is named",
        IS_TRUE,
        adapt=_with_temporary_uuid,
    )


TRIALS: Final = (
    *_of_network(),
    *_of_steps(),
    *_of_answers(),
    *_of_handshake(),
    *_of_secrets(),
    *_of_certificates(),
    *_of_disk(),
)
"""All trials."""
