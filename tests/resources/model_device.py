"""A second opinion: what OCF Security says of a device, once more, in dictionaries.

It shares no code with the device. A device is a plain dictionary (see `FACTORY`), with `busy` for
an open session of anybody; a peer is one of `PEERS`. `answer` returns the code, the content where
the specification fixes it, and the device as it is afterwards. Only what the generators of
`test_model_agreement.py` send is understood: types are wrong in few, deliberate ways.
"""

from typing import Any

from model_tables import (
    DISCOVERY,
    ENTRY,
    FACTORY,
    FOLLOWS,
    LIGHT,
    LISTS,
    METHODS,
    NIL,
    RESET,
    RFNOP,
    RFOTM,
    SECURITY,
    WRITABLE,
)

Body = dict[str, Any]
Device = dict[str, dict[str, Any]]
Peer = dict[str, Any]
Query = list[tuple[str, str]]
Request = tuple[str, str, Query, Body]
"""Method, path, query and body."""

BASELINE = "oic.if.baseline"


class No(Exception):  # noqa: N818 - not an error of ours: an answer
    """A refusal with its code; nothing has changed."""


def copied(value: Any) -> Any:
    """Return a copy of what has no other containers than dictionaries and lists.

    `copy.deepcopy`, which also minds cycles and other classes, takes four times as long, and the
    device is copied for each request.
    """
    match value:
        case dict():
            return {name: copied(each) for name, each in value.items()}
        case list():
            return [copied(each) for each in value]
    return value


def factory(uuid: str, methods: list[int]) -> Device:
    """Return a device as it leaves the factory, or a reset."""
    device = copied(FACTORY) | copied(LIGHT)
    device["doxm"] |= {"deviceuuid": uuid, "oxms": methods}
    return device


def answer(device: Device, peer: Peer, request: Request) -> tuple[str, Any, Device]:
    """Return the code, the content (None where it is not foretold) and the device afterwards."""
    after = copied(device)
    try:
        code, content = _answer(after, peer, request)
    except No as refusal:
        return str(refusal), None, device
    return code, content, after


def _answer(device: Device, peer: Peer, request: Request) -> tuple[str, Any]:
    method, href, query, body = request
    if href not in METHODS:
        raise No("4.04")
    interfaces = _interfaces(href)
    asked = [value for name, value in query if name == "if"]
    wanted = (asked or interfaces)[0]
    if wanted not in interfaces or (asked == ["oic.if.r"] and method != "GET"):
        raise No("4.03")
    if not may(device, peer, method, href):
        raise No("4.01")
    if method not in METHODS[href]:
        raise No("4.05")
    name = href.removeprefix("/oic/sec/")
    if method == "GET":
        content = _read(device, name, query)
        if content is not None and wanted == BASELINE:
            content = {"rt": [f"oic.r.{name}"], "if": interfaces} | content
        return "2.05", content if name in SECURITY or wanted != BASELINE else None
    if method == "DELETE":
        return _delete(device, name, query)
    return "2.04", _write(device, peer, name, body)


def _interfaces(href: str) -> list[str]:
    first = {"/oic/res": "oic.if.ll", "/oic/d": "oic.if.r", "/oic/p": "oic.if.r"}
    return [first.get(href, "oic.if.a" if href in LIGHT else "oic.if.rw"), BASELINE]


def may(device: Device, peer: Peer, method: str, href: str) -> bool:
    """Tell who may do what, in the order of security-resources 5.2."""
    state, is_svr = device["pstat"]["dos"]["s"], href.startswith("/oic/sec/")
    if state == RFOTM and not peer["secured"] and device["busy"]:
        return False
    if href in LIGHT:
        if state != RFNOP or not peer["secured"]:
            return False
    elif peer["doc"]:
        return True
    if state == RFOTM:
        if method == "GET" and href in DISCOVERY:
            return True
        before_transfer = not device["busy"] and not peer["secured"]
        doxm_or_pstat = href == "/oic/sec/doxm" or (method == "GET" and href == "/oic/sec/pstat")
        return before_transfer and doxm_or_pstat
    if not peer["secured"] and href not in DISCOVERY:
        return False
    owner = device.get(href.removeprefix("/oic/sec/"), {}).get("rowneruuid", NIL)
    if peer["uuid"] == owner:
        return True
    if (href == "/oic/sec/roles" and state != RESET) or "oic.role.owner" in peer["roles"]:
        return True
    needed = {"GET": 2, "POST": 1 | 4, "PUT": 1 | 4, "DELETE": 8}[method]
    return any(
        entry["permission"] & needed
        and _is_subject(entry["subject"], peer, is_svr=is_svr)
        and any(_covers(each, href) for each in entry["resources"])
        for entry in device["acl2"]["aclist2"]
    )


def _is_subject(subject: Body, peer: Peer, *, is_svr: bool) -> bool:
    if "conntype" in subject:
        return not is_svr and (subject["conntype"] == "anon-clear" or peer["secured"])
    return subject.get("uuid", "") == peer["uuid"] or subject.get("role", "") in peer["roles"]


def _covers(resource: dict[str, str], href: str) -> bool:
    if "href" in resource and resource["href"] != href:
        return False
    # all resources of the light are discoverable, none has an unsecured endpoint
    return "wc" not in resource or (href in LIGHT and resource["wc"] in ("*", "+"))


def _read(device: Device, name: str, query: Query) -> Any:
    if name in LIGHT:
        return device[name]
    if name == "csr" and device["pstat"]["dos"]["s"] == RESET:
        raise No("5.03")
    if name == "roles":
        return {"roles": []}
    if name not in device or name == "ael":
        return None
    content = copied(device[name])
    wanted: dict[str, list[str]] = {}
    for key, value in query:
        wanted.setdefault(key, []).append(value)
    if name == "doxm" and "owned" in wanted:
        _require(wanted["owned"][0].lower() == str(content["owned"]).lower())
    entries, keys = LISTS.get(name, ("", ()))
    for key in wanted.keys() & set(keys):
        content[entries] = [each for each in content[entries] if str(each[key]) in wanted[key]]
    for each in content.get("creds", []):
        each["privatedata"] = {"data": b"", "encoding": "oic.sec.encoding.raw"}
    return content


def _delete(device: Device, name: str, query: Query) -> tuple[str, Any]:
    entries, keys = LISTS[name]
    if name != "roles" and device["pstat"]["dos"]["s"] in (RFNOP, RESET):
        raise No("4.03")
    rest = device[name][entries] if name != "roles" else []
    named = [(key, value) for key, value in query if key in keys]
    for key, value in named:
        rest, before = [each for each in rest if str(each[key]) != value], rest
        if rest == before:
            raise No("4.04")
    if name != "roles":
        device[name][entries] = rest if named else []
    return "2.02", None


def _write(device: Device, peer: Peer, name: str, body: Body) -> Any:
    state = device["pstat"]["dos"]["s"]
    body = {key: value for key, value in body.items() if key not in ("rt", "if", "n", "id")}
    if name in LIGHT:
        device[name] = _switch(device[name], body)
        return device[name]
    if name == "ael" and state == RFNOP:
        raise No("4.03")
    if name == "/oic/mnt":
        _require(body.get("fr") and state != RESET)
        _enter(device, RESET)
        return {"fr": False, "rb": False}
    _require(name != "roles")  # none of the peers has a certificate
    _require(name != "ael" or body.keys() >= device["ael"].keys())
    if name == "sdi":
        body = {key: value for key, value in body.items() if key in device["sdi"]}
        _require(body)
    if name in LISTS:
        _write_list(device, peer, name, body)
    else:
        wish = body.pop("dos", None)
        _merge(device, peer, name, body)
        _check(device)
        if wish is not None:
            _move(device, wish["s"])
    return None


def _write_list(device: Device, peer: Peer, name: str, body: Body) -> None:
    """Write cred or acl2; other properties of these are ignored, a null list is no list."""
    entries = LISTS[name][0]
    if "rowneruuid" in body:
        _merge(device, peer, name, {"rowneruuid": body["rowneruuid"]})
    if body.get(entries) is not None:
        _require(device["pstat"]["dos"]["s"] in WRITABLE[name][entries])
        for element in body[entries]:
            (_add_key if name == "cred" else _add_entry)(device, peer, element)


def _check(device: Device) -> None:
    _require(device["doxm"]["deviceuuid"] != NIL)
    _require(device["sp"]["currentprofile"] in device["sp"]["supportedprofiles"])
    _require(1 <= device["pstat"]["om"] <= 7 and 0 <= device["pstat"]["tm"] <= 255)


def _merge(device: Device, peer: Peer, name: str, body: Body) -> None:
    """Write properties; one that is written with the value it has is no change."""
    state = device["pstat"]["dos"]["s"]
    for key, value in body.items():
        _require(key in device[name] and type(value) is type(device[name][key]))
        if device[name][key] == value:
            continue
        _require(state in WRITABLE[name].get(key, set()))
        if key == "oxmsel":
            _require(not peer["secured"] and value in device["doxm"]["oxms"])
        elif state == RFOTM:
            _require(peer["doc"])
        device[name][key] = value


def _add_key(device: Device, peer: Peer, element: Body) -> None:
    doxm, creds = device["doxm"], device["cred"]["creds"]
    subject, secret = element["subjectuuid"], element["privatedata"]["data"]
    _require(subject != NIL and len(secret) in (0, 16, 32))
    taken = {each["credid"] for each in creds}
    new = dict(element)
    if not element.get("credid"):
        new["credid"] = min(set(range(1, 99)) - taken)
    same = [each for each in creds if each | {"credid": 0} == new | {"credid": 0}]
    if not secret:  # the key comes from the session of the transfer
        is_transfer = peer["doc"] and device["pstat"]["dos"]["s"] == RFOTM and not doxm["owned"]
        _require(is_transfer and doxm["oxmsel"] in (0, 1))
        _require(subject in {doxm["devowneruuid"], device["cred"]["rowneruuid"]})
        new["privatedata"] = {"data": "derived"}
        creds = [each for each in creds if each["subjectuuid"] != subject]
    elif same and new["credid"] not in taken:
        return
    device["cred"]["creds"] = _with(creds, "credid", new)


def _add_entry(device: Device, peer: Peer, element: Body) -> None:
    _require(0 <= element["permission"] <= 31 and len(element["subject"]) == 1)
    _require(element["subject"].get("uuid") != NIL and element["resources"])
    taken = {each["aceid"] for each in device["acl2"]["aclist2"]}
    new = copied(element)
    for each in new["resources"]:
        _require("href" in each or "wc" in each)
        if each.get("href") == "*":
            each["wc"] = each.pop("href")
    if element.get("aceid", 0) <= 0:
        new["aceid"] = min(set(range(1, 99)) - taken)
    device["acl2"]["aclist2"] = _with(device["acl2"]["aclist2"], "aceid", new)


def _with(entries: list[Body], key: str, new: Body) -> list[Body]:
    if any(each[key] == new[key] for each in entries):
        return [new if each[key] == new[key] else each for each in entries]
    return [*entries, new]


def _move(device: Device, state: int) -> None:
    if state == device["pstat"]["dos"]["s"]:
        return
    _require(state in FOLLOWS[device["pstat"]["dos"]["s"]])
    if state != RESET:
        subjects = {each["subjectuuid"] for each in device["cred"]["creds"]}
        owners = {device[name]["rowneruuid"] for name in ("doxm", "pstat", "cred", "acl2")}
        _require(device["doxm"]["owned"] and device["doxm"]["devowneruuid"] != NIL)
        _require(NIL not in owners and owners <= subjects)
    _enter(device, state)


def _enter(device: Device, state: int) -> None:
    names = ("isop", "cm", "tm")
    device["pstat"] |= dict(zip(names, ENTRY[state], strict=True))
    device["pstat"]["dos"] = {"p": state == RESET, "s": state}


def _switch(values: Body, body: Body) -> Body:
    known = {key: value for key, value in body.items() if key in values}
    for name, value in known.items():  # the first mistake decides
        _require(name not in ("range", "step") or value == values[name])
        _require(name != "value" or isinstance(value, bool))
        if name == "dimmingSetting" and not 0 <= value <= 100:
            raise No("4.03")
    return values | known


def _require(is_good: object) -> None:
    if not is_good:
        raise No("4.00")
