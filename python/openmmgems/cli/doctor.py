# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems doctor`: what is installed, what works, and why the rest does not."""

from __future__ import annotations

import typer
from rich.markup import escape

from .console import output

_MARKS = {True: "[green]ok[/]", False: "[red]no[/]", None: "[dim]--[/]"}


def doctor() -> None:
    """Check the installation; exit code 1 if something that is needed is broken.

    Example: gems doctor
    """
    from openmmgems.reports.installation import SECTIONS

    broken = []
    for title, examine in SECTIONS.items():
        output.print(f"[bold]{title}[/]")
        for finding in examine():
            mark = _MARKS[finding.is_good]
            output.print(f"  {mark} {finding.name:<18} {escape(finding.text)}", soft_wrap=True)
            if finding.is_needed and finding.is_good is False:
                broken.append(finding.name)
    if broken:
        output.print(f"[bold red]Broken:[/] {', '.join(broken)}; see the lines marked 'no'.")
        raise typer.Exit(1)
    output.print("[bold green]All that is needed works.[/] Next: gems simulate --help")
