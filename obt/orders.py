"""The orders of messages, one table each: real tools', and the specification's own.

An order is data: a name, a style, and steps one after the other. `lite`, `iot2` and `plgd` do what
IoTivity-Lite's, IoTivity 2.x's and plgd's tools do, as far as a device can see it; `oic11` and
`oic110` are IoTivity 1.2/1.1.1 and 1.1.0; `cr3006` is what OCF's change request CR 3006 asks for.
They differ in what a device must not rely on: whether the owner or the credential comes first,
which entries are written, how many sessions there are, whether the UUID changes.

Each entry of a table is one thing that a device can see, in the order in which the tool does it.
What a step does is in `steps` and `old_steps`, what it writes in `bodies`.

A table is right if a device cannot tell it from the tool that it stands for, odd as some of its
steps may look.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from onboardee.obt.bodies import (
    base64_empty,
    lite_rules,
    lite_rules_and_ours,
    one_rule_for_all,
    owner_of,
    plgd_rules,
    raw_empty,
    raw_empty_first,
    raw_text,
)
from onboardee.obt.cbor import Body
from onboardee.obt.handover import connect, select_method
from onboardee.obt.model import ACL2, CLIENT_DIRECTED, DOXM, PSTAT, State
from onboardee.obt.old_steps import (
    NAME_AS_OWNER,
    OWN,
    PERMIT_OWNER,
    PROVISION,
    WORK,
    choose_mode,
    read_mode,
    return_as_owner,
)
from onboardee.obt.steps import (
    check_discovered,
    check_owner,
    choose_key,
    clear_rules,
    close,
    confirm_mode,
    connect_as_owner,
    derive_key,
    enter,
    join_domain,
    read_device,
    read_doxm,
    read_links,
    read_pstat,
    recheck_doxm,
    rename,
    reread_uuid,
)
from onboardee.obt.style import (
    IOT2_STYLE,
    LITE_STYLE,
    OIC11_STYLE,
    OIC110_STYLE,
    PLAIN_STYLE,
    PLGD_STYLE,
)
from onboardee.obt.transfer import Order, StepFunction, Transfer, post

_LET_CLIENT_DIRECT: Final = post("let the client direct", PSTAT, lambda _: {"om": CLIENT_DIRECTED})
_NAME_OWNER: Final = post("name the owner", DOXM, lambda t: {"devowneruuid": t.owner_text})
_OWN_AND_MANAGE: Final = post(
    "declare the device owned", DOXM, lambda t: {"owned": True, "rowneruuid": t.owner_text}
)
_MANAGE_PSTAT: Final = post("manage pstat", PSTAT, owner_of)

LITE: Final = Order(
    "lite",
    LITE_STYLE,
    (
        read_doxm(),
        select_method,
        connect,
        _LET_CLIENT_DIRECT,
        _NAME_OWNER,
        rename,
        post("manage doxm", DOXM, owner_of),
        post("manage acl2", ACL2, owner_of),
        _MANAGE_PSTAT,
        derive_key(raw_empty),
        join_domain,
        post("declare the device owned", DOXM, lambda _: {"owned": True}),
        enter(State.RFPRO),
        clear_rules,
        post("set the access rules", ACL2, lite_rules),
        enter(State.RFNOP),
        close,
    ),
)
"""IoTivity-Lite's onboarding tool: everything over the ownership connection."""

IOT2: Final = Order(
    "iot2",
    IOT2_STYLE,
    (
        check_discovered,
        read_device,
        select_method,
        connect,
        recheck_doxm,
        read_pstat,
        _LET_CLIENT_DIRECT,
        _NAME_OWNER,
        reread_uuid,
        derive_key(base64_empty),
        post("set the access rules", ACL2, one_rule_for_all),
        _OWN_AND_MANAGE,
        _MANAGE_PSTAT,
        post(
            "enter RFPRO",
            PSTAT,
            lambda t: {"dos": {"s": int(State.RFPRO)}, "tm": t.target_mode},
        ),
        enter(State.RFNOP),
        close,
    ),
    pin_attempts=5,
)
"""IoTivity 2.x's provisioning client."""

PLGD: Final = Order(
    "plgd",
    PLGD_STYLE,
    (
        read_links,
        read_doxm(("if=oic.if.baseline",)),
        select_method,
        connect,
        read_pstat,
        _LET_CLIENT_DIRECT,
        post("confirm the device's UUID", DOXM, lambda t: {"deviceuuid": str(t.device_uuid)}),
        choose_key(raw_text),
        _NAME_OWNER,
        check_owner,
        _MANAGE_PSTAT,
        # plgd's client sends the list that it does not fill as null
        post("manage acl2", ACL2, lambda t: {"rowneruuid": t.owner_text, "aclist2": None}),
        _OWN_AND_MANAGE,
        enter(State.RFPRO),
        connect_as_owner,
        clear_rules,
        post("set the access rules", ACL2, plgd_rules),
        enter(State.RFNOP),
        close,
    ),
    resets_on_failure=True,
)
"""plgd's device client: an explicit key, and a second session beside the first."""

CR3006: Final = Order(
    "cr3006",
    PLAIN_STYLE,
    (
        read_doxm(),
        select_method,
        connect,
        read_pstat,
        _LET_CLIENT_DIRECT,
        confirm_mode,
        _NAME_OWNER,
        reread_uuid,
        rename,
        derive_key(raw_empty),
        _MANAGE_PSTAT,
        post("manage acl2", ACL2, owner_of),
        _OWN_AND_MANAGE,
        enter(State.RFPRO),
        post("set the access rules", ACL2, lite_rules_and_ours),
        enter(State.RFNOP),
        close,
    ),
)
"""The order that OCF's change request 3006 describes, which leaves the access rules to the tool."""


def _old_steps(credential: Callable[[Transfer], Body]) -> tuple[StepFunction, ...]:
    return (
        check_discovered,
        select_method,
        read_mode,
        choose_mode,
        connect,
        NAME_AS_OWNER,
        derive_key(credential),
        return_as_owner,
        PERMIT_OWNER,
        OWN,
        PROVISION,
        WORK,
        close,
    )


OIC11: Final = Order("oic11", OIC11_STYLE, _old_steps(base64_empty), pin_attempts=5)
"""The provisioning client of IoTivity 1.1.1 and 1.2.1: two sessions, the second as the owner."""

OIC110: Final = Order("oic110", OIC110_STYLE, _old_steps(raw_empty_first), pin_attempts=5)
"""That of IoTivity 1.1.0: the same with PUT. Its servers end at a key that is text."""


ORDERS: Final = MappingProxyType({order.name: order for order in (LITE, IOT2, PLGD, CR3006)})
"""All orders of OCF, by name."""

ALL_ORDERS: Final = MappingProxyType({**ORDERS, OIC11.name: OIC11, OIC110.name: OIC110})
"""All orders, by name: also those that a device serves only where its profile says so."""
