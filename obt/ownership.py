"""Taking a device: one order of messages from its first step to the proof that it worked.

The end is always the same: a new session with the owner credential, over which the device has to
say that we own it and that it is in normal operation. Before that nothing is believed. When a step
fails, the sessions are closed, upon which a device gives up the attempt; if that was so late that
the device may have the key, the error says so (`OnboardingError.ownership`), and `plans.owning`
finds out.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from onboardee.obt.anchors import TrustAnchors
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.discovery import Unowned
from onboardee.obt.errand import OnStep
from onboardee.obt.errors import OnboardingError
from onboardee.obt.methods import AskPin, TransferMeans
from onboardee.obt.model import PSTAT, Rule, State, TransferMethod
from onboardee.obt.old_device import OldOwnedDevice
from onboardee.obt.orders import LITE
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.transfer import Keep, Order, Transfer
from onboardee.obt.transport import Transport
from onboardee.pki.key_pairs import CertifiedKey

TIMEOUT: Final = 300.0
RESET_TIMEOUT: Final = 10.0
"""Seconds for an answer to what only is a courtesy."""


async def take_ownership(  # noqa: PLR0913 - all but the first three have defaults
    transport: Transport,
    device: Unowned,
    owner: UUID,
    *,
    order: Order = LITE,
    method: TransferMethod = TransferMethod.JUST_WORKS,
    pin: str | AskPin | None = None,
    anchors: TrustAnchors | None = None,
    certificate: CertifiedKey | None = None,
    domain_name: str = "onboardee",
    rules: Sequence[Rule] = (),
    within: float = TIMEOUT,
    keep: Keep | None = None,
    on_step: OnStep | None = None,
) -> OwnedDevice:
    """Become the owner of a device, and verify it over a new session.

    That session is still open in the device that is returned, for what its owner does next; use it
    as an async context manager, or call `close`.

    Random PIN needs `pin`: the PIN itself, or an async function that is called once the device
    shows one, and again after a failed attempt if the order has more. Manufacturer Certificate
    needs the manufacturers' `anchors`; a device that wants to know the tool, too, is shown
    `certificate`. OCF has only the device show one (Security 7.3.6), IoTivity's servers want both.

    `rules` are access rules that the owner wants the device to have. An order that stands for a
    tool writes that tool's instead: ask the device afterwards whether it has them.

    `keep` is called with the owner credential before the device gets it, so that no device is ever
    owned with a key that nobody has. If the transfer fails later, the device may be ours or not.

    `within` is in seconds, without the time that a person takes for the PIN. When a step fails all
    sessions are closed, upon which the device forgets the attempt.

    Raises:
        ValueError: if the method lacks what it needs.
        OnboardingError: naming the step that failed.

    """
    means = TransferMeans(method, pin, anchors, certificate)
    dialogue = Dialogue(transport, order.style, timeout=within, on_step=on_step)
    transfer = Transfer(dialogue, device, owner, domain_name, device.uuid, device.doxm, means)
    transfer.pin_attempts, transfer.keep = order.pin_attempts, keep
    transfer.rules = tuple(rules)
    try:
        await _carry_out(order, transfer, on_step)
        return await _verified(transfer, on_step)
    except OnboardingError as error:
        error.ownership = transfer.record
        raise
    finally:
        transfer.close()


async def _carry_out(order: Order, transfer: Transfer, on_step: OnStep | None) -> None:
    """Go the steps of an order, one after the other. Raises `OnboardingError`."""
    try:
        for step in order.steps:
            await step(transfer)
    except OnboardingError:
        if order.resets_on_failure:
            await _ask_for_reset(transfer, on_step)
        raise


async def _ask_for_reset(transfer: Transfer, on_step: OnStep | None) -> None:
    """Ask for a reset over the ownership connection; the device may be about to do it anyway.

    Some tools do this when a step fails. It is a courtesy: if it is not answered, nothing else is
    done.
    """
    link = transfer.ownership
    if link is None or not link.is_usable:
        return
    transport, style = transfer.dialogue.transport, transfer.dialogue.style
    dialogue = Dialogue(transport, style, timeout=RESET_TIMEOUT, on_step=on_step)
    body = {"dos": {"s": int(State.RESET)}}
    try:
        await dialogue.post_once("undo the transfer", link, PSTAT, body)
    except OnboardingError:
        return  # the failure that led here is the one to be told


async def _verified(transfer: Transfer, on_step: OnStep | None) -> OwnedDevice:
    """Open a new session with the owner credential, and have the device say that it is ours."""
    ownership = transfer.record
    assert ownership is not None, "every order makes an owner credential"
    dialogue = transfer.dialogue
    kind = OldOwnedDevice if dialogue.style.is_old else OwnedDevice
    owned = kind(dialogue.transport, ownership, style=dialogue.style, on_step=on_step)
    try:
        await owned.verify()
    except BaseException:
        owned.close()
        raise
    return owned
