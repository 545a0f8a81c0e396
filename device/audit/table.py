"""The table of all rules: one row each, in the order in which a transfer meets them.

`python tests/audit/rules_page.py` writes it into `docs/audit-rules.md`.

The sentence of a rule says what a sound tool does, so that it reads the same whether the rule was
kept or broken. A name is never used for another rule later: programs that know a failure name it.
"""

from typing import Final

from onboardee.device.audit import access, discovery, owner_sessions, protocol, transfer
from onboardee.device.audit.attempts import Attempt
from onboardee.device.audit.verdicts import Judged, Level, Opinion, Rule, Verdict

M, S, I = Level.MUST, Level.SHOULD, Level.INFORMATION  # noqa: E741 - as in the standard's tables

RULES: Final = (
    Rule(
        "discovery-multicast",
        M,
        "CR 3006, step 1",
        "The tool searches devices without an owner by a multicast GET of doxm with owned=false, "
        "before anything else.",
        discovery.discovery_multicast,
    ),
    Rule(
        "discovery-non",
        M,
        "RFC 7252 8.1",
        "Multicast requests are non-confirmable.",
        discovery.discovery_non,
    ),
    Rule("approval", M, "CR 3006, step 2", "A person agreed.", discovery.approval),
    Rule(
        "method-offered",
        M,
        "CR 3006, step 3",
        "The selected method is one of those that the device offers in oxms.",
        discovery.method_offered,
    ),
    Rule(
        "method-strongest",
        I,
        "OCF Security 7.3",
        "Of several methods that are offered the tool takes the strongest.",
        discovery.method_strongest,
    ),
    Rule(
        "method-first",
        M,
        "CR 3006, step 4",
        "The method is selected in the clear, before any other step of the transfer.",
        discovery.method_first,
    ),
    Rule(
        "session-fits-method",
        M,
        "CR 3006, step 5",
        "The ownership connection has the suite, and the identity, of the selected method.",
        discovery.session_fits_method,
    ),
    Rule(
        "anonymous-only-for-just-works",
        M,
        "OCF Security 7.3.4",
        "The anonymous suite is offered in Just Works only, and not once the device is owned.",
        discovery.anonymous_only_for_just_works,
        "Whoever is in between can make such a session with the tool.",
    ),
    Rule(
        "client-directed",
        M,
        "CR 3006, step 6",
        "The tool directs the onboarding: om is 4, written over the ownership connection.",
        transfer.client_directed,
    ),
    Rule(
        "owner-named",
        M,
        "CR 3006, step 7",
        "The tool names the owner in devowneruuid.",
        transfer.owner_named,
    ),
    Rule(
        "device-id-read-again",
        M,
        "CR 3006, step 8",
        "The tool reads deviceuuid again once the owner is named.",
        transfer.device_id_read_again,
        "With a device that shows a temporary deviceuuid the tool derives another owner key.",
    ),
    Rule(
        "device-id-before-key",
        S,
        "CR 3006, step 9",
        "A tool that sets deviceuuid does so before the owner credential, whose key depends on it.",
        transfer.device_id_before_key,
    ),
    Rule(
        "owner-credential-sent",
        M,
        "CR 3006, step 10b; CR 2868, 7.3.8",
        "The owner credential is sent without its key: privatedata is empty, both sides derive it.",
        transfer.owner_credential_sent,
        "The key went over the wire; whoever could read the session has it.",
    ),
    Rule(
        "owner-credential-subject",
        M,
        "CR 3006, step 10b",
        "The subject of the owner credential is the owner, devowneruuid.",
        transfer.owner_credential_subject,
    ),
    Rule(
        "owner-credential-matches-owner",
        M,
        "CR 2868, 3.1.20",
        "The subject of the owner credential is the rowneruuid of doxm.",
        transfer.owner_credential_matches_owner,
    ),
    Rule(
        "owners-set",
        M,
        "CR 3006, step 11",
        "The owners of doxm, pstat, cred and acl2 are written after the owner credential and "
        "before RFPRO.",
        transfer.owners_set,
    ),
    Rule(
        "owned-set",
        M,
        "CR 3006, step 11",
        "owned becomes true after the owner credential and before RFPRO.",
        transfer.owned_set,
    ),
    Rule(
        "services-have-credentials",
        M,
        "CR 3006, step 11",
        "Each service that owns a resource has a credential before RFPRO, of a type in sct.",
        transfer.services_have_credentials,
        "The service cannot authenticate, and nobody can manage the resource.",
    ),
    Rule(
        "to-rfpro",
        M,
        "CR 3006, step 12",
        "The tool asks for RFPRO when all else of the transfer is done.",
        transfer.to_rfpro,
    ),
    Rule(
        "owner-logs-in",
        M,
        "CR 2868, 5.3.3 and 7.3.8",
        "The next session of the owner authenticates with the owner credential.",
        owner_sessions.owner_logs_in,
    ),
    Rule(
        "keys-agree",
        M,
        "CR 2868, 7.3.8",
        "The key that the tool derived is the device's: the owner's first login succeeds.",
        owner_sessions.keys_agree,
        "The device is owned by a key that nobody has; only a reset at the device helps.",
    ),
    Rule(
        "no-transitive-trust",
        M,
        "CR 2868, 5.3.1",
        "No two subjects are given the same key.",
        transfer.no_transitive_trust,
        "One service can act as the other.",
    ),
    Rule(
        "to-rfnop",
        S,
        "OCF Security 8",
        "The device ends in normal operation, RFNOP.",
        transfer.to_rfnop,
    ),
    Rule(
        "transfer-session-closed",
        S,
        "OCF Security 7.3",
        "The ownership connection ends once the owner credential works.",
        owner_sessions.transfer_session_closed,
    ),
    Rule(
        "nothing-left-open",
        S,
        "OCF Security 12.2",
        "Nobody may write resources without a credential, and no role or wildcard security ones.",
        access.nothing_left_open,
    ),
    Rule(
        "key-not-asked-for",
        I,
        "OCF Security 13.3",
        "The tool does not need the keys that a device leaves out when cred is read.",
        access.key_not_asked_for,
    ),
    Rule(
        "content-format",
        M,
        "OCF Core 12.2",
        "Payloads are of content format 10000, with the options 2049 and 2053.",
        protocol.content_format,
    ),
    Rule(
        "retransmission",
        M,
        "RFC 7252 4.2",
        "A confirmable request is repeated with its message id, at growing intervals, at most four "
        "times.",
        protocol.retransmission,
    ),
    Rule(
        "message-ids",
        M,
        "RFC 7252 4.4",
        "No message id is used for another message within 247 seconds.",
        protocol.message_ids,
    ),
    Rule(
        "tokens",
        M,
        "RFC 7252 5.3.1",
        "Requests that are open at the same time have different tokens.",
        protocol.tokens,
    ),
    Rule(
        "block-wise",
        M,
        "RFC 7959 2.4",
        "An answer in blocks is fetched in the same size or a smaller one, and anew if it changed.",
        protocol.block_wise,
    ),
    Rule(
        "dtls-cookie",
        M,
        "RFC 6347 4.2.1",
        "The second ClientHello has the cookie and is the first one otherwise.",
        protocol.dtls_cookie,
    ),
    Rule(
        "dtls-extended-master-secret",
        S,
        "RFC 7627",
        "The extended master secret is offered.",
        protocol.dtls_extended_master_secret,
    ),
    Rule(
        "dtls-suites",
        I,
        "OCF Security 11.3",
        "What cipher suites are offered.",
        protocol.dtls_suites,
    ),
)
"""All rules."""


_SINCE_OCF: Final = frozenset(
    {
        "client-directed",
        "device-id-read-again",
        "owners-set",
        "owned-set",
        "to-rfpro",
        "to-rfnop",
    }
)
"""Rules on what OIC 1.1 has not: `dos`, and a transfer that the client directs in one session."""
_OLDER: Final = Opinion(Verdict.NOT_APPLICABLE, came="the tool speaks OIC 1.1, which is older")
"""What is said of a rule that came after the version that the tool speaks."""


def judge(attempt: Attempt) -> list[Judged]:
    """Judge an attempt by all rules, in the order of the table.

    A tool of OIC 1.1 is told apart and not blamed for what came later.
    """
    found = [Judged(rule, rule.decide(attempt)) for rule in RULES]
    if not attempt.is_oic_1_1:
        return found
    return [
        Judged(each.rule, _OLDER)
        if each.rule.name in _SINCE_OCF and each.opinion.verdict is Verdict.FAILED
        else each
        for each in found
    ]
