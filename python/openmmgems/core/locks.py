# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Locks: one writer at a time, of this process or another; a killed one holds nothing."""

from __future__ import annotations

import errno
import fcntl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .errors import RunFolderError

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """
    Keep others from working in a folder at the same time.

    Parameters
    ----------
    path : pathlib.Path
        Made if it is not there; it gets an empty file ``.lock``.

    Raises
    ------
    RunFolderError
        If it is locked already.
    """
    path.mkdir(parents=True, exist_ok=True)
    with open(path / ".lock", "w") as file:
        if not take_lock(file, path):
            raise RunFolderError(
                f"Another process is running in '{path}'. Wait for it, or choose another folder."
            )
        yield


def take_lock(file: IO[str] | IO[bytes], path: Path) -> bool:
    """
    Lock an open file until it is closed; False if it is locked already.

    On a file system without locks it is not locked, with a warning.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        warnings.warn(
            f"The file system of '{path}' has no locks. See to it yourself that only one "
            "process writes there.",
            stacklevel=2,
        )
    return True
