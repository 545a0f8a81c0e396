"""Directories that several devices make at once, as a fleet does."""

import threading
from pathlib import Path

import pytest

from onboardee.svrdb.storage import make_directory


def test_a_directory_that_another_makes_in_between_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two looks at it the directory appears: it is used, and no error."""
    home = tmp_path / "home"
    looked = Path.is_dir
    seen: list[Path] = []

    def is_dir(path: Path) -> bool:
        if path == home and not seen:
            seen.append(path)
            home.mkdir()
            return False  # as it was a moment ago
        return looked(path)

    monkeypatch.setattr(Path, "is_dir", is_dir)
    make_directory(home)
    assert seen == [home]
    assert looked(home)


def test_many_may_make_one_directory_at_once(tmp_path: Path) -> None:
    """None of them fails."""
    failures: list[Exception] = []
    ready = threading.Barrier(16)

    def make(number: int) -> None:
        ready.wait()
        try:
            make_directory(tmp_path / "a" / "b" / str(number))
        except OSError as error:
            failures.append(error)

    makers = [threading.Thread(target=make, args=(number,)) for number in range(16)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert failures == []


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    """It is nobody's directory."""
    (tmp_path / "light").write_text("mine")
    with pytest.raises(NotADirectoryError):
        make_directory(tmp_path / "light")
