# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Files that are there whole or not at all.

A file is written under a name of its own beside the one it gets, brought to disk, and renamed. What
a killed process leaves is removed when the file is written the next time.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import socket
import time
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path

#: Errors that mean: make room.
DISK_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)

_TEMPORARY = re.compile(r".+\.(?P<machine>[0-9a-f]{8})-(?P<pid>\d+)-(?P<word>[0-9a-f]{8})\.writing")
#: Characters of a name in that of its temporary file: file systems allow 255 bytes.
_SHOWN = 40
#: Whether a process of another machine is alive cannot be seen; none writes nothing for so long.
_SURELY_LEFT_SECONDS = 86400.0
#: Where looking through a folder takes longer than this, it takes at most this share of the time.
_QUICK_SECONDS, _SHARE_OF_TIME = 0.002, 0.05
_writing: set[str] = set()
_look_again: dict[Path, float] = {}


@contextlib.contextmanager
def replacing(
    path: str | os.PathLike[str], previous: str | os.PathLike[str] | None = None
) -> Iterator[Path]:
    """
    Give a name to write to; it becomes ``path`` when all is on disk, and is removed after an error.

    Needs no hard links. Where ``path`` is a symbolic link, the file it points to is replaced.

    Parameters
    ----------
    path : path
    previous : path, optional
        What was at ``path`` before gets this name.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    OSError
        If the disk is full, naming the file; what was there before is as it was.
    """
    path = Path(os.path.realpath(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"'{path}' cannot be written: there is no folder '{path.parent}'. Make it first."
        )
    _remove_left(path)
    word = uuid.uuid4().hex[:8]
    name = f"{_prefix(path)}{_machine()}-{os.getpid()}-{word}.writing"
    temporary = path.with_name(name)
    _writing.add(word)
    try:
        with naming_full_disk(path):
            yield temporary
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
            if previous is not None and path.is_file():
                os.replace(path, previous)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
        _writing.discard(word)
    sync_folder(path.parent)


def write_atomically(
    path: str | os.PathLike[str],
    data: str | bytes,
    previous: str | os.PathLike[str] | None = None,
) -> None:
    """
    Write a file so that it is either the old one or the new one, also after a power cut.

    Parameters
    ----------
    path : path
    data : str or bytes
        Text is written as UTF-8.
    previous : path, optional
        As of `replacing`, whose errors it raises.
    """
    with replacing(path, previous) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


@contextlib.contextmanager
def naming_full_disk(path: str | os.PathLike[str]) -> Iterator[None]:
    """Say which file could not be written if the disk is full, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL and error.strerror == os.strerror(error.errno):
            raise OSError(
                error.errno,
                f"'{os.fspath(path)}' cannot be written: {error.strerror}. Make room and repeat; "
                "what was there before is kept",
            ) from error
        raise


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(descriptor)


def _prefix(path: Path) -> str:
    return f".{path.name[:_SHOWN]}."


def _machine() -> str:
    """Tell this machine, and the space in which its process ids are unique, from others."""
    space = ""
    with contextlib.suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")
    return f"{zlib.crc32(f'{socket.gethostname()} {space}'.encode()):08x}"


def _remove_left(path: Path) -> None:
    """Remove what killed processes left of this file."""
    began = time.monotonic()
    if began < _look_again.get(path.parent, 0.0):
        return
    with os.scandir(path.parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(_prefix(path))]
    for name in names:
        parts = _TEMPORARY.fullmatch(name)
        if parts is not None and _is_left(path.with_name(name), parts):
            path.with_name(name).unlink(missing_ok=True)
    seconds = time.monotonic() - began
    if seconds > _QUICK_SECONDS:
        _look_again[path.parent] = began + seconds / _SHARE_OF_TIME


def _is_left(temporary: Path, parts: re.Match[str]) -> bool:
    """Whether nobody writes to a temporary file any more."""
    if parts["machine"] == _machine():
        if int(parts["pid"]) == os.getpid():
            return parts["word"] not in _writing
        try:
            os.kill(int(parts["pid"]), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass  # it is alive, and another user's
    with contextlib.suppress(FileNotFoundError):
        return time.time() - temporary.stat().st_mtime > _SURELY_LEFT_SECONDS
    return False
