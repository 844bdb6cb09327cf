# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Files that are there whole or not at all."""

import errno
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import openmmgems
import pytest
from openmmgems.core.files import replacing, write_atomically

_KILLED_WHILE_WRITING = """
import os, signal, sys
from openmmgems.core.files import replacing
with replacing(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "one")
    write_atomically(tmp_path / "a", "Ψ".encode())
    assert (tmp_path / "a").read_text(encoding="utf-8") == "Ψ"
    assert names(tmp_path) == ["a"]


def test_new_files_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "x")
    (tmp_path / "b").write_text("x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_what_was_there_before_can_be_kept(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        write_atomically(tmp_path / "new", text, previous=tmp_path / "old")
    assert [(tmp_path / name).read_text() for name in ("new", "old")] == ["three", "two"]


def test_no_hard_links_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    for text in ("one", "two"):
        write_atomically(tmp_path / "new", text, previous=tmp_path / "old")
    assert (tmp_path / "old").read_text() == "one"


def test_folders_that_cannot_be_synced_are_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def only_files(descriptor: int) -> None:
        if Path(os.readlink(f"/proc/self/fd/{descriptor}")).is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    write_atomically(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "x"


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    (tmp_path / "a").symlink_to(tmp_path / "big" / "b")
    write_atomically(tmp_path / "a", "x")
    assert (tmp_path / "a").is_symlink()
    assert (tmp_path / "big" / "b").read_text() == "x"


def test_names_may_be_as_long_as_the_file_system_lets(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("Ψ" * 120), "x")
    assert names(tmp_path) == ["Ψ" * 120]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "old")

    def interrupted() -> None:
        with replacing(tmp_path / "a") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_full_disk_is_told_with_the_file(tmp_path: Path) -> None:
    """A limit of file sizes in place of a full disk."""
    write_atomically(tmp_path / "a", "old", previous=tmp_path / "older")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, old[1]))
    try:
        with pytest.raises(OSError, match=r"a' cannot be written: File too large. Make room") as at:
            write_atomically(tmp_path / "a", 2000 * "x", previous=tmp_path / "older")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert at.value.errno == errno.EFBIG
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder '.*absent'"):
        write_atomically(tmp_path / "absent" / "a", "x")


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "old")
    code = [sys.executable, "-c", _KILLED_WHILE_WRITING, str(tmp_path / "a")]
    assert subprocess.run(code, check=False).returncode == -9
    assert len(names(tmp_path)) == 2
    assert (tmp_path / "a").read_text() == "old"
    write_atomically(tmp_path / "b", "other files' leftovers stay")
    assert len(names(tmp_path)) == 3
    write_atomically(tmp_path / "a", "new")
    assert names(tmp_path) == ["a", "b"]


def test_what_others_are_writing_stays(tmp_path: Path) -> None:
    with replacing(tmp_path / "a") as mine:
        mine.write_text("mine")
        theirs = mine.with_name(re.sub(r"[0-9a-f]{8}-\d+-", "00000000-1-", mine.name))
        theirs.write_text("another machine's")
        write_atomically(tmp_path / "a", "in between")
        assert (mine.exists(), theirs.exists()) == (True, True)
    assert (tmp_path / "a").read_text() == "mine"
    long_ago = time.time() - 100_000
    os.utime(theirs, (long_ago, long_ago))
    write_atomically(tmp_path / "a", "x")
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize(
    "pattern", [r"\bos\.link\(", r"\bos\.(replace|rename)\(", r"\.rename\(", r"mkstemp", r"\.tmp\b"]
)
def test_no_other_file_of_the_package_writes_in_its_own_way(pattern: str) -> None:
    package = Path(openmmgems.__file__).parent
    found = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(pattern, path.read_text(encoding="utf-8"))
    ]
    assert set(found) <= {"core/files.py"}


def test_a_folder_of_many_files_is_not_looked_through_at_each_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, looks = [0.0], []
    real = os.scandir

    def slow(path: Path) -> object:
        looks.append(clock[0])
        clock[0] += 0.1  # as for 100,000 files
        return real(path)

    monkeypatch.setattr(os, "scandir", slow)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    for number in range(50):
        write_atomically(tmp_path / f"{number}", "x")
        clock[0] += 0.1
    assert looks == pytest.approx([0.0, 2.0, 4.0])
