# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What commands that work step by step have in common."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

import typer
from rich.markup import escape

from openmmgems.core.settings import Setting

from .console import output


def refuse_others(
    context: typer.Context,
    allowed: Collection[str],
    why: str = "cannot stand beside --project: the project file has the settings",
) -> None:
    """Refuse options that have no effect, say because the settings of a project file count."""
    for option in context.params:
        source = context.get_parameter_source(option)
        if option not in allowed and source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"--{option.replace('_', '-')} {why}")


def read_option(text: str, plain: Collection[str] = ()) -> tuple[str, Setting]:
    """
    Read ``name=value``; numbers, true and false are what they look like.

    Parameters
    ----------
    text : str
    plain : collection of str
        Names whose values stay text.
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"'{text}' is no option; expected name=value")
    if name in plain:
        return name, value
    try:
        found = json.loads(value.lower())
    except ValueError:
        return name, value
    return name, found if isinstance(found, (int, float, bool)) else value


def read_options(texts: Iterable[str] | None, plain: Collection[str] = ()) -> dict[str, Setting]:
    """Read several; see `read_option`."""
    return dict(read_option(text, plain) for text in texts or ())


def words(text: str) -> list[str]:
    """Split at commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def say(name: str, text: str) -> None:
    """Print one line of a plan."""
    output.print(f"[bold]{name + ':':<13}[/]{escape(text)}", soft_wrap=True)


def print_notes(notes: Iterable[str]) -> None:
    """Print what was concluded from a structure file, and done to the structure."""
    for note in notes:
        output.print(f"  {escape(note)}", soft_wrap=True)
