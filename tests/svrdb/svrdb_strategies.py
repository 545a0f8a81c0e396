"""All databases there can be, for tests of properties; hand-made ones start processes quicker."""

from hypothesis import strategies as st

from onboardee.svrdb import (
    NIL,
    Ace,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Credential,
    CredentialType,
    Database,
    Dos,
    Doxm,
    Encoding,
    Permanent,
    PrivateData,
    Pstat,
    PublicData,
    ResetProfile,
    ResetUuid,
    RoleId,
    Sdi,
    Sp,
    State,
    Subject,
)
from onboardee.svrdb.model import OscoreContext, PairingMethod, PairingRule, PairingTarget, Pconf

_texts = st.text(max_size=12)
_maybe_texts = st.none() | _texts
_numbers = st.integers(0, 2**31)
_ids = st.integers(1, 2**31)
_uuids = st.just(NIL) | st.uuids()


def _tuples(items: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(items, max_size=3).map(tuple)


_credentials = st.builds(
    Credential,
    credid=_ids,
    kind=st.sampled_from(CredentialType),
    subject=st.just("*") | st.uuids().map(str),
    usage=_maybe_texts,
    public=st.none() | st.builds(PublicData, data=_texts, encoding=st.sampled_from(Encoding)),
    private=st.none()
    | st.builds(PrivateData, data=st.binary(max_size=40), encoding=st.sampled_from(Encoding)),
    role=st.none() | st.builds(RoleId, role=_texts, authority=_maybe_texts),
    oscore=st.none() | st.builds(OscoreContext, sender=_maybe_texts, description=_maybe_texts),
    period=_maybe_texts,
    tag=_maybe_texts,
)
_subjects = st.one_of(
    st.builds(Subject, uuid=st.uuids().map(str)),
    st.builds(Subject, role=_texts, authority=_maybe_texts),
    st.builds(Subject, connection=st.sampled_from(Connection)),
)
_entries = st.builds(
    Ace,
    aceid=_ids,
    subject=_subjects,
    resources=_tuples(
        st.builds(
            AceResource,
            href=_maybe_texts,
            wildcard=_maybe_texts,
            types=_tuples(_texts),
            interfaces=_tuples(_texts),
        )
    ),
    permission=st.integers(0, 31),
    tag=_maybe_texts,
)
_parts = {
    "doxm": st.builds(
        Doxm,
        methods=_tuples(_numbers),
        selected_method=_numbers,
        credential_types=_numbers,
        owned=st.booleans(),
        owner_uuid=_uuids,
        device_uuid=_uuids,
        resource_owner=_uuids,
    ),
    "pstat": st.builds(
        Pstat,
        dos=st.builds(Dos, pending=st.booleans(), state=st.sampled_from(State)),
        current_mode=_numbers,
        target_mode=_numbers,
        is_operational=st.booleans(),
        resource_owner=_uuids,
    ),
    "cred": st.builds(Cred, credentials=_tuples(_credentials), resource_owner=_uuids),
    "acl2": st.builds(Acl2, entries=_tuples(_entries), resource_owner=_uuids),
    "sp": st.builds(Sp, current=_texts, supported=_tuples(_texts)),
}
reset_profiles = st.builds(
    ResetProfile, **_parts, uuid=st.sampled_from(ResetUuid), is_uuid_hidden=st.booleans()
)
"""Any reset profile, sensible or not."""

_pairing_rules = st.builds(
    PairingRule,
    resources=_tuples(st.builds(PairingTarget, href=_texts)),
    permission=st.integers(0, 31),
    periods=_tuples(_texts),
    recurrence=_tuples(_texts),
)

databases = st.builds(
    Database,
    **_parts,
    permanent=st.builds(Permanent, device=_uuids, platform=_uuids, original=_uuids),
    pconf=st.builds(
        Pconf,
        is_enabled=st.booleans(),
        methods=_tuples(st.sampled_from(PairingMethod)),
        pin=st.just(b"") | st.just(b"12345678"),
        rules=_tuples(_pairing_rules),
        paired=_tuples(_uuids),
        resource_owner=_uuids,
    ),
    sdi=st.builds(Sdi, domain=_uuids, name=_texts, is_private=st.booleans()),
    reset_profile=st.none() | reset_profiles,
)
"""Any database, sensible or not."""
