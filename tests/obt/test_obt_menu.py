"""`onboardee obt menu`: by hand with the numbers of the guide, and by number in scripts."""

import json

import pytest
from obt_home import Home, peers, subjects


def test_by_hand(home: Home) -> None:
    """The walk of the guide: link with rules, look, unlink, remove, each by its number."""
    kitchen, hall = (each["uuid"] for each in home.json("ls"))
    answers = ["30", "1", "2", "1", "/light/switch", "n", "y", "y", "n", "n"]
    answers += ["2", "/light/switch", "/light/dimming", "n", "y", "n", "n", "y", "99"]
    said = home.obt("menu", given="\n".join(answers) + "\n")
    assert "** 30. Provision/Link Pairwise Things" in said.stderr
    assert f"[2] {hall} hall" in said.stderr
    assert "are linked" in said.stdout
    rules = [each for each in home.json("rules", "kitchen") if each["subject"].get("uuid") == hall]
    assert [(each["permission"], each["resources"]) for each in rules] == [
        (6, [{"href": "/light/switch"}])
    ]
    rules = [each for each in home.json("rules", "hall") if each["subject"].get("uuid") == kitchen]
    assert [(each["permission"], each["resources"]) for each in rules] == [
        (18, [{"href": "/light/switch"}, {"href": "/light/dimming"}])
    ]
    answers = ["34", "1", "60", "kitchen", "61", "hall", "40", "hall", "1", "34", "2", "99"]
    said = home.obt("menu", given="\n".join(answers) + "\n")
    assert f"{hall} hall" in said.stdout
    assert "hall is linked with nobody" in said.stdout
    assert kitchen not in peers(home, "hall") + subjects(home, "hall")
    said = home.obt("menu", given="31\n1\n2\n2\n50\n1\n99\n")
    assert "kitchen is removed" in said.stdout
    assert [each["name"] for each in home.json("ls")] == ["hall"]


def test_errors_do_not_end_it(home: Home) -> None:
    """What went wrong is said, and the menu comes again."""
    said = home.obt("menu", given="40\n1\n2\n29\n34\nattic\n99\n")
    assert "are not linked" in said.stderr
    assert "the menu has no 29" in said.stderr
    assert "knows no device" in said.stderr
    assert said.stderr.count("** 30. ") == 4


def test_by_number(home: Home) -> None:
    """A script gives the number and what the command takes; the exit code is the command's."""
    home.obt("menu", "31", "kitchen", "hall", "--bits", "256")
    assert len(json.loads(home.obt("menu", "34", "kitchen", "--json").stdout)["linked_with"]) == 1
    home.obt("menu", "32", "kitchen", "--device", "hall", "--on", "door", "--permit", "R")
    assert {"href": "door"} in home.json("menu", "61", "kitchen")[-1]["resources"]
    home.obt("menu", "40", "kitchen", "hall")
    assert "not linked" in home.obt("menu", "40", "kitchen", "hall", code=1).output
    assert "the menu has no 98" in home.obt("menu", "98", code=2).output
    assert "Usage" in home.obt("menu", "30", "--help").output
    home.obt("menu", "52", "kitchen")
    assert [each["name"] for each in home.json("ls")] == ["hall"]


@pytest.mark.parametrize("number", ["11", "12"])
def test_discovery(home: Home, number: str) -> None:
    """Only unowned devices, or only ours, with those that do not answer."""
    said = home.obt("menu", number, "--rounds", "1")
    ours = [line for line in said.stdout.splitlines() if "ours" in line]
    assert len(ours) == (0 if number == "11" else 2)
