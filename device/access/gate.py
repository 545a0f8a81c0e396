"""The gate: one pure function that grants or refuses every request.

The rules (`device/access/rules.py`) stand in `RULES` in their order; the first that has an opinion
decides, and the decision names it: "why was I refused?" is the question users ask most. A rule that
has none returns None. The last one always has one.

    rule                     what it decides                         clause
    ----------------------   -------------------------------------   ----------------
    transfer-in-progress     refuses the unsecured in a transfer     Security 8.3
    pairing-connection       lets who has the PIN of Direct          (IoTivity 1.1)
                               Pairing end it, and nothing else
    direct-pairing           grants beginning to pair in RFNOP       (IoTivity 1.1)
    joining-connection       grants a joining sub-owner what it      (IoTivity 1.3)
                               needs for that, and nothing else
    open-before-transfer     grants application resources in RFOTM   (profile)
    not-in-operation         refuses application resources outside   Security 8.5
                               RFNOP
    ownership-shown          grants GET of doxm in RFNOP             (profile)
    secured-only             refuses the unsecured where there is    Core 10.2
                               no plain endpoint
    ownership-connection     grants configuration over the DOC       Security 7.3
    discovery                grants reading /oic/res, d, p in        Security 8.3
                               RFOTM
    oic-1.1-mode             grants UPDATE of pstat in RFOTM         (OIC 1.1)
    ready-for-transfer       grants doxm and reading pstat in        Security 8.3
                               RFOTM, refuses all else in RFOTM
    resource-owner           grants each rowneruuid its resource     Security 12
    sub-owner                grants sub-owners state, their own      (IoTivity 1.3)
                               entries and all applications
    own-roles                grants the secured /oic/sec/roles       Security 10.4
    owner-role               grants oic.role.owner everything        Security 10.4
    access-control-entry     decides by the entries                  Security 12.2

First come the rules that nobody gets around, not even an owner. If an access control entry were
asked before them, a careless entry for `anon-clear` would open a device in the middle of its
transfer, or would serve a resource without encryption that is announced as secured only. Three
grants stand among them: `direct-pairing` and `ownership-shown` are what makes an unsecured endpoint
of `pconf` and `doxm` in RFNOP, `open-before-transfer` one of what the profile names in RFOTM, and
`secured-only` behind them would take it away again. Then come those that grant by what a peer is,
before ownership and after it. The rule `ready-for-transfer` ends everything in RFOTM: nothing
behind it, neither owners nor entries that an old database may have, counts for a device without
owner. The access control list is asked last: what the rules before it grant cannot be taken away by
an entry, so that no tool can lock out the owner of a resource by a mistake in a list.

The device ownership connection (DOC) is above the state: its rights last as long as the session,
beyond RFOTM, as tools change the state to RFPRO and go on provisioning over it. Whether a property
may still be written then is for the rights to say.

What is granted may still be out of season: `out_of_season` looks up in which onboarding states an
operation on a security resource is possible at all, and the rights say when which property may be
written. Both stand in the descriptors of the resources (`svrdb/model`).

The order is that of IoTivity-Lite (`oc_acl_util.c`), with OCF Security 8, 10 and 12 where it is
silent. It is tried cell by cell against a table of peers, states and resources, and against a
second statement of the rules over random lives.
"""

from typing import Final

from onboardee.device.access import rules
from onboardee.device.access.call import Call
from onboardee.device.access.rules import Decision, Rule
from onboardee.device.access.target import CRED
from onboardee.svrdb.model import Season

RULES: Final[tuple[Rule, ...]] = (
    rules.transfer_in_progress,
    rules.pairing_connection,
    rules.direct_pairing,
    rules.joining_connection,
    rules.open_before_transfer,
    rules.not_in_operation,
    rules.ownership_shown,
    rules.secured_only,
    rules.ownership_connection,
    rules.discovery,
    rules.oic_1_1_mode,
    rules.ready_for_transfer,
    rules.resource_owner,
    rules.sub_owner,
    rules.own_roles,
    rules.owner_role,
    rules.access_control_entry,
)
"""In the order of evaluation; the last one always decides."""


def decide(call: Call) -> Decision:
    """Grant or refuse a request (OCF Security 12).

    It depends on nothing but the call, has no effect, and raises nothing: the same call is always
    decided in the same way (`remembered` relies on that).
    """
    for rule in RULES:
        decision = rule(call)
        if decision is not None:
            return decision
    raise AssertionError("the last rule always decides")


def out_of_season(call: Call) -> Season | None:
    """Return why what was granted is not possible in the present state; None if it is.

    Asked after `decide`: that credentials are not removed in RFNOP is nothing that a stranger needs
    to hear.
    """
    for permission, season in call.standard.seasons.get(call.target.href, {}).items():
        if call.operation.value & permission and call.state in season.refused_in:
            is_allowed = call.removes_in_operation and call.target.href == CRED
            return None if is_allowed else season
    return None
