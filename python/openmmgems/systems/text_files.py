# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Read text files whose remarks are in any encoding."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BINARY = (b"CDF", b"\x89HDF")


def read_text(path: Path) -> str:
    r"""
    Read a text file in UTF-8, with or without byte order mark, or in Latin-1.

    Lines end with ``\n``; no other character ends a line, so split by it.
    """
    return _decode(path.read_bytes())


@contextmanager
def in_utf8(path: Path) -> Iterator[Path]:
    """Give a file for readers that know UTF-8 only: the file itself, or a copy of its text."""
    content = path.read_bytes()
    if content.startswith(_BINARY) or _is_plain(content):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(_decode(content), encoding="utf-8")
        yield copy


def _is_plain(content: bytes) -> bool:
    try:
        return not content.decode().startswith("\ufeff")
    except UnicodeDecodeError:
        return False


def _decode(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")
