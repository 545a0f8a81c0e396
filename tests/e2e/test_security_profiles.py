"""Security profiles: what a device with black, blue or purple has to have, and what it refuses."""

from pathlib import Path as FilePath
from typing import Any

import pytest
from certificate_scene import OWNER, Peer, Stage, with_certificate, with_key
from click.testing import CliRunner
from msgspec.structs import replace

from onboardee.device.cli import main
from onboardee.device.security import onboarding_states
from onboardee.device.simulation.profile import ProfileError, load
from onboardee.pki import issuing
from onboardee.pki.certificate import read_pem
from onboardee.pki.compliance import Compliance, decoded, encoded, encoded_attributes, profiles_in
from onboardee.svrdb.editor import add_ace
from onboardee.svrdb.model import PROFILE_NAMES, AceResource, State, Subject
from onboardee.wire.coap import Code
from onboardee.wire.path import Path

CREATED_BY_OCF = bytes.fromhex(
    "304f3009020102020100020100"
    "3036"
    "0c19312e332e362e312e342e312e35313431342e302e302e312e30"
    "0c19312e332e362e312e342e312e35313431342e302e302e322e30"
    "0c034354540c05496e74656c"
)
"""The extension of the certificate that IoTivity-Lite's sample server with black comes with."""
SP = "/oic/sec/sp"
BLACK, BASELINE = PROFILE_NAMES["black"], PROFILE_NAMES["baseline"]
TEXT = """
extends: light
ownership:
  methods: [{methods}]
  pin: {{fixed: "12345678"}}
  security_profiles: [{profiles}]
  manufacturer: {{chain: certs/chain.pem, key: certs/key.pem}}
"""


def written(folder: FilePath, profiles: str, methods: str, asserted: tuple[str, ...]) -> FilePath:
    """Write a profile with a manufacturer's certificate that asserts some security profiles."""
    recipe = issuing.asserting(issuing.manufacturer(), [PROFILE_NAMES[each] for each in asserted])
    made = issuing.root().issue(recipe if asserted else issuing.manufacturer())
    (folder / "certs").mkdir()
    (folder / "certs" / "chain.pem").write_text(made.pem)
    (folder / "certs" / "key.pem").write_text(made.key_pem)
    file = folder / "mine.yaml"
    file.write_text(TEXT.format(methods=methods, profiles=profiles))
    return file


def test_the_extension_is_read_and_written_as_it_is_in_the_field() -> None:
    """A certificate of OCF's test authority names baseline and black, a device and its maker."""
    found = decoded(CREATED_BY_OCF)
    assert found == Compliance((BASELINE, BLACK), "CTT", "Intel", (2, 0, 0))
    assert encoded(found) == CREATED_BY_OCF
    attributes = bytes.fromhex(
        "30200c0e312e332e362e312e342e312e37310c09446973636f766572790c03312e30"
    )
    assert encoded_attributes("1.3.6.1.4.1.71", "Discovery", "1.0") == attributes


@pytest.mark.parametrize("end", range(1, len(CREATED_BY_OCF)))
def test_an_extension_that_is_cut_off(end: int) -> None:
    """Whatever a certificate holds there is refused, and never an error in the program."""
    with pytest.raises(ValueError, match=r"."):
        decoded(CREATED_BY_OCF[:end])


MISTAKES = [
    ("black", "jw, mfgcert", ("black",), "black forbids the method jw"),
    ("black", "rdp", ("black",), "black needs the method mfgcert"),
    ("black", "mfgcert", (), "which asserts no security profile"),
    ("baseline, black", "mfgcert", ("baseline", "blue"), "which asserts only baseline, blue"),
    ("blue", "jw", ("black",), "blue is not in the manufacturer's certificate"),
    ("purple", "jw", ("purple",), "purple needs software_update"),
    ("black, black", "mfgcert", ("black",), "black stands here twice"),
    ("blak", "mfgcert", ("black",), "did you mean black?"),
]


@pytest.mark.parametrize(("profiles", "methods", "asserted", "sentence"), MISTAKES)
def test_a_check_names_what_does_not_fit(
    tmp_path: FilePath, profiles: str, methods: str, asserted: tuple[str, ...], sentence: str
) -> None:
    """With file, line and place, before any device runs."""
    file = written(tmp_path, profiles, methods, asserted)
    with pytest.raises(ProfileError) as caught:
        load(str(file))
    assert "line 6: ownership.security_profiles[" in str(caught.value)
    assert sentence in str(caught.value)


def black(tmp_path: FilePath, profiles: str = "black, baseline") -> Stage:
    """Start a device whose maker gave it black."""
    return Stage(load(str(written(tmp_path, profiles, "mfgcert, rdp", ("baseline", "black")))))


def test_a_device_shows_the_profile_in_force(tmp_path: FilePath) -> None:
    """The first that its maker names, also after a reset; its certificate says the same."""
    stage = black(tmp_path)
    assert (stage.database.sp.current, stage.database.sp.supported) == (BLACK, (BLACK, BASELINE))
    text = stage.database.cred.credentials[0].public
    assert text is not None
    assert profiles_in(read_pem(text.data)[0]) == (BASELINE, BLACK)
    stage.device.press_reset(stage.now)
    assert stage.database.sp.current == BLACK


def test_just_works_is_refused(tmp_path: FilePath) -> None:
    """Also where somebody has written the method into the database: neither chosen nor spoken."""
    stage = black(tmp_path)
    anybody = Peer(stage)
    assert anybody.post("/oic/sec/doxm", {"oxmsel": 0}) is Code.BAD_REQUEST
    doxm = replace(stage.database.doxm, methods=(2, 0))
    stage.device.adopt(replace(stage.database, doxm=doxm), stage.now)
    assert anybody.post("/oic/sec/doxm", {"oxmsel": 0}) is Code.BAD_REQUEST
    doxm = replace(doxm, selected_method=0)
    stage.device.adopt(replace(stage.database, doxm=doxm), stage.now)
    path = Path("10.0.0.1", 5684, "10.0.0.9", 40001, secured=True)
    assert stage.device.offer(path) is None


def test_the_transfer_by_the_certificate_works(tmp_path: FilePath) -> None:
    """What black asks for is what the device offers."""
    stage = black(tmp_path)
    assert Peer(stage).post("/oic/sec/doxm", {"oxmsel": 2}) is Code.CHANGED
    tool = Peer(stage, with_certificate(None))
    assert tool.post("/oic/sec/doxm", {"devowneruuid": str(OWNER)}) is Code.CHANGED


@pytest.mark.parametrize(
    ("state", "body", "code"),
    [
        (State.RFPRO, {"currentprofile": BASELINE}, Code.CHANGED),
        (State.SRESET, {"currentprofile": BASELINE}, Code.CHANGED),
        (State.RFNOP, {"currentprofile": BASELINE}, Code.BAD_REQUEST),
        (State.RFPRO, {"currentprofile": PROFILE_NAMES["blue"]}, Code.BAD_REQUEST),
        (
            State.RFPRO,
            {"supportedprofiles": [BLACK, PROFILE_NAMES["purple"]], "currentprofile": BLACK},
            Code.BAD_REQUEST,
        ),
        (State.RFPRO, {"supportedprofiles": [BLACK], "currentprofile": BLACK}, Code.CHANGED),
    ],
)
def test_who_chooses_and_when(
    tmp_path: FilePath, state: State, body: dict[str, Any], code: Code
) -> None:
    """Its owner, in provisioning and repair, among those of its maker; others are refused."""
    stage = black(tmp_path).certified()
    database = add_ace(
        onboarding_states.enter(stage.keeper.current, state),
        subject=Subject(uuid=str(OWNER)),
        resources=[AceResource(href=SP)],
        permission=6,
    )
    stage.device.adopt(database, stage.now)
    assert Peer(stage, with_key()).post(SP, body) is code


def test_certs_make_asserts_profiles(tmp_path: FilePath) -> None:
    """`certs make --security-profile black --curve P-384`: chain, extension and curve."""
    folder = str(tmp_path / "lab")
    words = ["certs", "make", folder, "--curve", "P-384"]
    words += ["--security-profile", "baseline", "--security-profile", "black"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    leaf, middle = read_pem((tmp_path / "lab" / "chain.pem").read_text())
    assert profiles_in(leaf) == (BASELINE, BLACK)
    assert not profiles_in(middle)
    for each in (leaf, middle):
        key: Any = each.public_key()
        assert key.curve.name == "secp384r1"
