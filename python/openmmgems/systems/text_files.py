# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Read text files whose remarks are in any encoding, and say what parsers stumble on."""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openmmgems.core.errors import StructureError

_BINARY = (b"CDF", b"\x89HDF")


def read_text(path: Path) -> str:
    r"""
    Read a text file in UTF-8, UTF-16 with a byte order mark, or Latin-1.

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


@contextmanager
def cannot_be_read(path: Path) -> Iterator[None]:
    """Make one sentence, which names the file, of whatever a parser of others raises."""
    try:
        yield
    except (StructureError, FileNotFoundError):
        raise
    except Exception as error:
        raise StructureError(f"'{path.name}' cannot be read: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    if isinstance(error, KeyError):
        return f"{first} is missing there."
    if isinstance(error, IndexError):
        return "the file or one of its lines ends early."
    number = re.match(r"(?:invalid literal|could not convert) .*: (.*)", first)
    return f"{number[1]} stands where a number is expected." if number else first


def _is_plain(content: bytes) -> bool:
    try:
        return not content.decode().startswith("\ufeff")
    except UnicodeDecodeError:
        return False


def _decode(content: bytes) -> str:
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")
