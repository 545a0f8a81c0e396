"""The tables of OCF Security for `model_device`, written down a second time."""

from typing import Any, Final

RESET, RFOTM, RFPRO, RFNOP, SRESET = range(5)
NIL: Final = "00000000-0000-0000-0000-000000000000"
OWNER: Final = "11111111-2222-4333-8444-555555555555"
FRIEND: Final = "dddddddd-bbbb-4ccc-8ddd-eeeeeeeeeeee"
STRANGER: Final = "00000000-0000-0000-0000-00000000004d"
DEPUTY: Final = "00000000-0000-0000-0000-00000000004e"
BASELINE_PROFILE: Final = "1.3.6.1.4.1.51414.0.0.1.0"

PEERS: Final[dict[str, dict[str, Any]]] = {
    "transfer": {"secured": True, "doc": True, "uuid": None, "roles": []},
    "owner": {"secured": True, "doc": False, "uuid": OWNER, "roles": []},
    "friend": {"secured": True, "doc": False, "uuid": FRIEND, "roles": ["guest"]},
    "stranger": {"secured": True, "doc": False, "uuid": STRANGER, "roles": []},
    # a certificate gives it the role of the owner
    "deputy": {"secured": True, "doc": False, "uuid": DEPUTY, "roles": ["oic.role.owner"]},
    "plain": {"secured": False, "doc": False, "uuid": None, "roles": []},
}

DISCOVERY: Final = ("/oic/res", "/oic/d", "/oic/p")
SECURITY: Final = ("doxm", "pstat", "cred", "acl2", "csr", "roles", "crl", "ael", "sp", "sdi")
METHODS: Final = {  # what is more is 4.05
    **{f"/oic/sec/{name}": {"GET", "POST"} for name in SECURITY},
    **{f"/oic/sec/{name}": {"GET", "POST", "DELETE"} for name in ("cred", "acl2", "roles")},
    "/oic/sec/csr": {"GET"},
    **{href: {"GET"} for href in DISCOVERY},
    "/oic/mnt": {"GET", "POST"},
    "/light/switch": {"GET", "POST"},
    "/light/dimming": {"GET", "POST"},
}
LISTS: Final = {  # and by what their entries are named in a query
    "cred": ("creds", ("credid", "subjectuuid")),
    "acl2": ("aclist2", ("aceid",)),
    "roles": ("roles", ("credid",)),
}
LATER: Final = {RFOTM, RFPRO, SRESET}
REPAIR: Final = {"rowneruuid": {RFOTM, SRESET}}
WRITABLE: Final[dict[str, dict[str, set[int]]]] = {  # in which states; all others are read-only
    "doxm": {key: {RFOTM} for key in ("oxmsel", "owned", "deviceuuid", "devowneruuid")} | REPAIR,
    "pstat": {key: {RFOTM, *LATER, RFNOP} for key in ("tm", "om")} | REPAIR,
    "cred": {"creds": LATER} | REPAIR,
    "acl2": {"aclist2": LATER} | REPAIR,
    "sp": {"currentprofile": LATER, "supportedprofiles": LATER},
    "sdi": {"uuid": {RFOTM}, "name": LATER, "priv": LATER},
    "crl": {"crlid": LATER, "thisupdate": LATER, "crldata": LATER},
    "ael": {"categoryfilter": LATER, "priorityfilter": LATER},
}
FOLLOWS: Final[list[set[int]]] = [  # by state; RFOTM follows RESET by itself
    set(), {RESET, RFPRO}, {RESET, RFNOP, SRESET}, {RESET, RFPRO, SRESET}, {RESET, RFPRO}
]  # fmt: skip
ENTRY: Final = [  # by state: isop, cm, tm
    (False, 1, 2), (False, 2, 0), (False, 0, 0), (True, 0, 0), (False, 1, 0)
]  # fmt: skip
OWNERLESS: Final = {"rowneruuid": NIL}
FACTORY: Final[dict[str, dict[str, Any]]] = {
    "doxm": {"oxmsel": 4, "sct": 9, "owned": False, "devowneruuid": NIL, **OWNERLESS},
    "pstat": {"isop": False, "cm": 2, "tm": 0, "om": 3, "sm": 4, **OWNERLESS},
    "cred": {"creds": [], **OWNERLESS},
    "acl2": {"aclist2": [], **OWNERLESS},
    "sp": {"currentprofile": BASELINE_PROFILE, "supportedprofiles": [BASELINE_PROFILE]},
    "sdi": {"uuid": NIL, "name": "", "priv": False},
    "crl": {"crlid": 0, "thisupdate": "", "crldata": ""},
    "ael": {"categoryfilter": 255, "priorityfilter": 4},
}
FACTORY["pstat"]["dos"] = {"p": False, "s": RFOTM}
LIGHT: Final = {
    "/light/switch": {"value": False},
    "/light/dimming": {"dimmingSetting": 100, "range": [0, 100], "step": 1},
}
