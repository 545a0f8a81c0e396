"""Selecting a method, and the ownership connection that it leads to (OCF Security 7.3).

Before it a device is unknown; over it the owner credential is made. What it proves depends on the
method: Just Works proves nothing but that both ends are the same until the end, Random PIN that the
device is the one that showed the PIN (or that a person read it to somebody), a manufacturer's
certificate who made it. A device has several addresses, and trying them side by side must not cost
a second attempt where the device counts them, as it does with a PIN.

A wrong PIN is not told from a broken handshake by the protocol. So whenever the handshake itself
fails, the method is selected anew and the next PIN is asked for, as often as the order allows.
"""

from collections.abc import Sequence
from typing import Final

from onboardee.obt.errors import LinkError, OnboardingError
from onboardee.obt.keys import PIN_LABEL, pin_key
from onboardee.obt.link import Link
from onboardee.obt.model import DOXM, TransferMethod
from onboardee.obt.session import shared_key_link
from onboardee.obt.transfer import Transfer

PURPOSE: Final = "open the ownership connection"
"""What the step is called in errors and in `-v`."""
PIN_HINT: Final = PIN_LABEL + b":"
"""What IoTivity-Lite's devices put before their UUID in the identity hint."""


async def select_method(transfer: Transfer) -> None:
    """Select the method; the device may show a PIN from then on, so that is when to ask for it."""
    means = transfer.means
    body = {"oxmsel": int(means.method)}
    await transfer.dialogue.post(f"select {means.name}", transfer.plain, DOXM, body)
    if means.method is TransferMethod.RANDOM_PIN:
        transfer.pin = await transfer.dialogue.wait_for_person(means.ask_pin())


async def connect(transfer: Transfer) -> None:
    """Open the ownership connection; after a wrong PIN select anew and ask for the next."""
    attempts = transfer.pin_attempts if transfer.means.can_ask_again else 1
    for left in reversed(range(attempts)):
        try:
            await _connect_anywhere(transfer)
        except OnboardingError as error:
            if not left or not isinstance(error.__cause__, LinkError):
                raise
            await select_method(transfer)
        else:
            return


async def _connect_anywhere(transfer: Transfer) -> None:
    """Try the addresses side by side; where one answers and refuses, try the others without it.

    A PIN is not tried at another one: the device would count it as two.
    """
    while True:
        links = [transfer.link_to(address) for address in transfer.addresses]
        try:
            transfer.ownership = await _connect(transfer, links)
        except OnboardingError:
            answered = tuple(link.address for link in links if link.has_answered)
            if answered and transfer.means.method is TransferMethod.RANDOM_PIN:
                transfer.addresses = answered
                raise
            others = tuple(each for each in transfer.addresses if each not in answered)
            if not answered or not others:
                raise
            transfer.addresses = others
        else:
            transfer.addresses = (transfer.ownership.address,)
            return
        finally:
            transfer.drop(link for link in links if not link.has_answered)


async def _connect(transfer: Transfer, links: Sequence[Link]) -> Link:
    """Open the ownership connection on the link that answers first, in the way of the method.

    Raises `OnboardingError`.
    """
    dialogue, means = transfer.dialogue, transfer.means
    match means.method:
        case TransferMethod.JUST_WORKS:
            return await dialogue.connect(PURPOSE, links, dialogue.style.hello)
        case TransferMethod.RANDOM_PIN:
            return await _connect_with_pin(transfer, links)
        case TransferMethod.MANUFACTURER_CERTIFICATE:
            assert means.anchors is not None, "checked at the beginning"
            style = dialogue.style
            verify = means.anchors.verify_manufacturer(needs_usage=style.needs_key_usage)
            hello = style.certificate_hello(verify, means.certificate)
            return await dialogue.connect(PURPOSE, links, hello)


async def _connect_with_pin(transfer: Transfer, links: Sequence[Link]) -> Link:
    """Use the key that comes from the PIN and the UUID that the device has now.

    IoTivity-Lite sends that UUID as a hint, with a label before it. Others send the UUID alone, and
    IoTivity 1.1 and 1.3 octets that mean nothing. A hint proves nothing: who claims to be the
    device could send the right one (RFC 4279 5.2). Only one with the label and another UUID is
    refused, as that device would count the PIN as a guess.
    """
    uuid = transfer.device_uuid
    labelled = PIN_HINT + uuid.bytes
    return await shared_key_link(
        transfer.dialogue,
        f"{PURPOSE} with the PIN",
        links,
        identity=transfer.dialogue.style.pin_identity or transfer.owner.bytes,
        key=pin_key(transfer.pin, uuid),
        is_ours=lambda hint: hint == labelled or not hint.startswith(PIN_HINT),
        expected=f"{labelled.hex()} or one without the label",
    )
