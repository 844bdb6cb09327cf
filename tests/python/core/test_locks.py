# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One writer at a time."""

import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest
from openmmgems.core.errors import RunFolderError
from openmmgems.core.locks import locked_folder

_HOLD = """
import sys
from pathlib import Path
from openmmgems.core.locks import locked_folder
with locked_folder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_is_kept_away_until_it_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(RunFolderError, match=r"Another process is running in .* Wait for it"),
            locked_folder(tmp_path),
        ):
            pass
        other.kill()
    with locked_folder(tmp_path):
        pass


def test_other_callers_of_this_process_are_kept_away_too(tmp_path: Path) -> None:
    with (
        locked_folder(tmp_path / "new"),
        pytest.raises(RunFolderError, match="Another process"),
        locked_folder(tmp_path / "new"),
    ):
        pass


def test_a_file_system_without_locks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with (
        pytest.warns(UserWarning, match="has no locks. See to it yourself"),
        locked_folder(tmp_path),
    ):
        pass
