"""The steps that the orders of messages are made of (OCF Security 7.3).

A step is a function of the `Transfer`, most of them one request and a check of its answer; those
that take arguments are made by a function of their own. Their names say what the tool is about, not
which resource is written, so that an order reads as a list of what happens.
"""

from collections.abc import Callable
from typing import Final

from onboardee.obt import model
from onboardee.obt.cbor import Body
from onboardee.obt.keys import KEY_SIZE, owner_key
from onboardee.obt.model import ACL2, CRED, DEVICE, DOXM, NIL, PSTAT, RES, SDI
from onboardee.obt.session import pairwise_link
from onboardee.obt.transfer import StepFunction, Transfer, post, require
from onboardee.wire.coap import Code
from onboardee.wire.entropy import random_uuid

# before the ownership connection


def read_doxm(query: tuple[str, ...] = ()) -> StepFunction:
    """Make a step that reads doxm in the clear and checks that the device can be owned."""
    purpose = "read the transfer methods"

    async def step(transfer: Transfer) -> None:
        doxm = await transfer.dialogue.get(purpose, transfer.plain, DOXM, model.Doxm, query=query)
        transfer.doxm = doxm
        check_ownable(f"{purpose} (GET {DOXM})", transfer)

    return step


async def check_discovered(transfer: Transfer) -> None:
    """Check the doxm of the discovery, for tools that do not read it again."""
    check_ownable(f"discover devices (GET {DOXM})", transfer)


def check_ownable(step: str, transfer: Transfer) -> None:
    """Check that the device is the one found, has no owner and offers the method."""
    doxm = transfer.doxm
    require(step, not doxm.owned, "owned: false", f"{doxm.owner_uuid} owns the device")
    require(
        step, doxm.owner_uuid == NIL, "a nil devowneruuid", f"devowneruuid is {doxm.owner_uuid}"
    )
    means = transfer.means
    require(
        step,
        means.method in doxm.methods,
        f"{means.name} ({int(means.method)}) among oxms",
        f"oxms is {list(doxm.methods)}",
    )
    require(
        step,
        doxm.device_uuid == transfer.device.uuid,
        f"deviceuuid {transfer.device.uuid}",
        f"it is {doxm.device_uuid}",
    )


async def read_device(transfer: Transfer) -> None:
    """Read the specification version, by which IoTivity tells OCF devices from older ones."""
    purpose = "read the specification version"
    device = await transfer.dialogue.get(purpose, transfer.plain, DEVICE, model.DeviceView)
    step = f"{purpose} (GET {DEVICE})"
    came = f"icv is {device.spec_version!r}"
    require(step, device.spec_version.startswith("ocf."), "an OCF version", came)
    came = f"it is {device.device_uuid}"
    require(step, device.device_uuid == transfer.device.uuid, f"di {transfer.device.uuid}", came)


async def read_links(transfer: Transfer) -> None:
    """Read which resources there are."""
    links = await transfer.dialogue.get(
        "list the resources", transfer.plain, RES, list[model.LinkView]
    )
    for link in links:
        transfer.hrefs |= dict.fromkeys(link.types, link.href)


# over the ownership connection


async def recheck_doxm(transfer: Transfer) -> None:
    """Compare doxm with what was told in the clear, where anybody could have told it."""
    purpose = "check that doxm is what it was"
    doxm = await transfer.dialogue.get(purpose, transfer.link, DOXM, model.Doxm)
    step = f"{purpose} (GET {DOXM})"
    selected = int(transfer.means.method)
    require(step, doxm.selected == selected, f"oxmsel {selected}", f"it is {doxm.selected}")
    # IoTivity's client compares all of them: whoever stood between could have promised less in
    # the clear
    for name in ("device_uuid", "owner_uuid", "resource_owner", "owned", "credential_types"):
        before, after = getattr(transfer.doxm, name), getattr(doxm, name)
        require(step, before == after, f"{name} {before}", f"it is {after}")
    before, after = list(transfer.doxm.methods), list(doxm.methods)
    require(step, before == after, f"oxms {before}", f"it is {after}")


async def read_pstat(transfer: Transfer) -> None:
    """Check that the device waits for an owner and lets a client direct it."""
    purpose = "read the onboarding state"
    pstat = await transfer.dialogue.get(purpose, transfer.link, PSTAT, model.Pstat)
    step = f"{purpose} (GET {PSTAT})"
    state = pstat.dos.state
    require(step, state == model.State.RFOTM, "dos.s 1 (RFOTM)", f"dos.s is {state}")
    require(step, not pstat.dos.pending, "dos.p false", "it is true")
    came = f"cm is {pstat.current_mode}"
    require(step, pstat.current_mode & model.TAKE_OWNER, "the bit 2 in cm", came)
    came = f"sm is {pstat.supported_modes}"
    require(step, pstat.supported_modes & model.CLIENT_DIRECTED, "the bit 4 in sm", came)
    transfer.target_mode = pstat.target_mode & ~model.TAKE_OWNER


async def confirm_mode(transfer: Transfer) -> None:
    """Check that the client directs from now on: a device may accept that and not do it."""
    purpose = "confirm the operation mode"
    pstat = await transfer.dialogue.get(purpose, transfer.link, PSTAT, model.Pstat)
    came = f"om is {pstat.operation_mode}"
    is_directed = bool(pstat.operation_mode & model.CLIENT_DIRECTED)
    require(f"{purpose} (GET {PSTAT})", is_directed, "the bit 4 in om", came)


async def rename(transfer: Transfer) -> None:
    """Give the device a new random UUID, so that nobody knows it by its old one."""
    renamed = random_uuid(transfer.dialogue.transport.entropy)
    body = {"deviceuuid": str(renamed)}
    await transfer.dialogue.post("give the device a UUID", transfer.link, DOXM, body)
    transfer.device_uuid = renamed


async def reread_uuid(transfer: Transfer) -> None:
    """Learn the device's UUID again: some devices change it when they get an owner."""
    transfer.device_uuid = (await _owned_by_us(transfer)).device_uuid


async def check_owner(transfer: Transfer) -> None:
    """Check that the device knows its owner."""
    doxm = await _owned_by_us(transfer)
    step = f"check the owner (GET {DOXM})"
    came = f"it is {doxm.device_uuid}"
    expected = f"deviceuuid {transfer.device_uuid}"
    require(step, doxm.device_uuid == transfer.device_uuid, expected, came)


async def _owned_by_us(transfer: Transfer) -> model.Doxm:
    """Read doxm in the session, and check that the device names us as its owner."""
    purpose = "check the owner"
    doxm = await transfer.dialogue.get(purpose, transfer.link, DOXM, model.Doxm)
    came = f"it is {doxm.owner_uuid}"
    expected = f"devowneruuid {transfer.owner}"
    require(f"{purpose} (GET {DOXM})", doxm.owner_uuid == transfer.owner, expected, came)
    return doxm


def derive_key(body: Callable[[Transfer], Body]) -> StepFunction:
    """Make a step that has both sides compute the owner credential.

    The key is kept before the request is sent, as the device may have it from then on. The body has
    a credential with empty private data, which asks for the derivation (OCF Security 7.3.2).
    """
    ask = post("have the owner credential derived", CRED, body)

    async def step(transfer: Transfer) -> None:
        session = transfer.link.session
        assert session is not None, "the request goes over it"
        key = owner_key(
            session,
            method=transfer.means.method,
            owner=transfer.owner,
            device=transfer.device_uuid,
            size=transfer.dialogue.style.key_block_size,
        )
        await transfer.take_key(key)
        await ask(transfer)

    return step


def choose_key(body: Callable[[Transfer], Body]) -> StepFunction:
    """Make a step that sends an owner credential of our own choice.

    Not the specification's way, but that of a tool which sends a random key instead of deriving
    one.
    """
    send = post("hand over the owner credential", CRED, body)

    async def step(transfer: Transfer) -> None:
        await transfer.take_key(transfer.dialogue.transport.entropy.token(KEY_SIZE))
        await send(transfer)

    return step


_WITHOUT_DOMAIN: Final = frozenset(
    {Code.UNAUTHORIZED, Code.FORBIDDEN, Code.NOT_FOUND, Code.METHOD_NOT_ALLOWED}
)
"""How devices without `/oic/sec/sdi` answer; those before OCF 2.1 ask for access first."""


async def join_domain(transfer: Transfer) -> None:
    """Name the security domain, if the device has room for one."""
    dialogue = transfer.dialogue
    domain = {
        "uuid": str(random_uuid(dialogue.transport.entropy)),
        "name": transfer.domain_name,
        "priv": False,
    }
    response = await dialogue.post(
        "name the security domain", transfer.link, SDI, domain, accepted=_WITHOUT_DOMAIN
    )
    transfer.has_domain = response.code not in _WITHOUT_DOMAIN


# after the transfer


async def connect_as_owner(transfer: Transfer) -> None:
    """Open a session with the owner credential beside the ownership connection."""
    assert transfer.ownership is not None, "an order opens the ownership connection first"
    link = transfer.dialogue.transport.open_secured(transfer.ownership.address)
    transfer.secured = (*transfer.secured, link)
    await pairwise_link(
        transfer.dialogue,
        [link],
        owner=transfer.owner,
        device=transfer.device_uuid,
        key=transfer.key,
    )
    transfer.provisioning = link


async def clear_rules(transfer: Transfer) -> None:
    """Delete the access rules there are: what a factory left is not the owner's wish."""
    await transfer.dialogue.delete("delete all access rules", transfer.link, ACL2)


def enter(state: model.State) -> StepFunction:
    """Make a step that asks for another onboarding state (OCF Security 8)."""
    return post(f"enter {state.name}", PSTAT, lambda _: {"dos": {"s": int(state)}})


async def close(transfer: Transfer) -> None:
    """Close all sessions."""
    transfer.close()
