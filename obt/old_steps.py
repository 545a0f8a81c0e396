"""The steps that only tools of OIC 1.1 go, as IoTivity 1.2.1's provisioning client does.

Its transfer has two sessions: over the first, anonymous or with the PIN, the owner credential is
made; the second one is opened with it, and is at the same time the proof that both sides have the
same key. Only then does the device learn that it is owned. Steps that today's tools go as well are
in `steps`.
"""

from typing import Any, Final

from onboardee.obt import old_model
from onboardee.obt.cbor import Body
from onboardee.obt.model import ACL, DOXM, NIL, PSTAT, TAKE_OWNER
from onboardee.obt.steps import connect_as_owner
from onboardee.obt.transfer import StepFunction, Transfer, post, require

ANYTHING: Final = "*"
"""The path that stands for all resources."""
FULL: Final = 31
"""All five bits of a permission."""


async def read_mode(transfer: Transfer) -> None:
    """Check, in the clear, that the device waits for an owner and lets a client direct it."""
    purpose = "read the provisioning mode"
    pstat = await transfer.dialogue.get(purpose, transfer.plain, PSTAT, old_model.OldPstat)
    step, mode = f"{purpose} (GET {PSTAT})", pstat.current_mode
    require(step, mode & TAKE_OWNER, "the bit 2 in cm", f"cm is {mode}")
    directed = pstat.client_directed
    came = f"sm is {pstat.supported_modes}"
    require(step, directed is not None, "the bit 4 in sm, or the number 3", came)
    transfer.target_mode = pstat.target_mode
    transfer.operation_mode = directed or 0


async def choose_mode(transfer: Transfer) -> None:
    """Let the client direct, in the clear."""
    body = _pstat(transfer, mode=TAKE_OWNER, is_operational=False)
    await transfer.dialogue.post("let the client direct", transfer.plain, PSTAT, body)


async def return_as_owner(transfer: Transfer) -> None:
    """Close the ownership connection, and prove the owner credential in a session of its own."""
    transfer.close()
    await connect_as_owner(transfer)


def _doxm(transfer: Transfer, *, owned: bool) -> Body:
    """Return doxm as that client writes it, whole, whichever property it wants to change."""
    return {
        "oxmsel": int(transfer.means.method),
        "owned": owned,
        "devowneruuid": transfer.owner_text,
        "rowneruuid": str(NIL),
    }


def _pstat(transfer: Transfer, *, mode: int, is_operational: bool) -> dict[str, Any]:
    """Return the modes; what the device said it wants is kept (`tm`, `om`)."""
    return {
        "isop": is_operational,
        "cm": mode,
        "tm": transfer.target_mode,
        "om": transfer.operation_mode,
    }


def _owner_rule(transfer: Transfer) -> Body:
    """Return the only rule that the client writes: the owner may do everything."""
    entry = {
        "subjectuuid": transfer.owner_text,
        "resources": [transfer.dialogue.style.old_target(ANYTHING)],
        "permission": FULL,
    }
    return {"aclist": {"aces": [entry]}, "rowneruuid": transfer.owner_text}


NAME_AS_OWNER: Final[StepFunction] = post("name the owner", DOXM, lambda t: _doxm(t, owned=False))
"""The first of two writings of doxm: the owner is named, and the device not yet owned."""
PERMIT_OWNER: Final[StepFunction] = post("permit the owner everything", ACL, _owner_rule)
OWN: Final[StepFunction] = post("declare the device owned", DOXM, lambda t: _doxm(t, owned=True))
"""The second one, over the session with the owner credential."""
PROVISION: Final = post(
    "end taking ownership", PSTAT, lambda t: _pstat(t, mode=0, is_operational=False)
)
"""Leaves the modes without any bit: the device waits to be put into operation."""
WORK: Final = post("begin to work", PSTAT, lambda t: _pstat(t, mode=0, is_operational=True))
