# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems models`: list, inspect, import and export model files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from openmmgems.core.quantities import format_bytes

from .console import output
from .steps import print_notes, refuse_others, words

if TYPE_CHECKING:
    from openmmgems.models.inspect import FileContent

_DOMAIN = "What the model is"
_OF_SO3LR = ("checkpoint", "out", "another_version", "overwrite")

app = typer.Typer(no_args_is_help=True, help="List, inspect, import and export model files.")


@app.command("list")
def list_models() -> None:
    """List the bundled models.

    Example: gems models list
    """
    from openmmgems.models import names, path
    from openmmgems.models.inspect import inspect_model

    table = Table("Model", "Reference", "Elements", "Residues", "Licence", "Size", box=None)
    for name in names():
        found = inspect_model(path(name))
        description = found.description
        table.add_row(
            name,
            _text(description.get("reference")),
            _elements(description),
            _text(description.get("residues")),
            _text(description.get("license")),
            format_bytes(found.size_bytes),
        )
    if not names():
        output.print("No model is bundled.")
        return
    output.print(table)
    output.print(f"Next: gems models inspect {names()[0]}")


@app.command("inspect")
def inspect(
    model: Annotated[str, typer.Argument(help="Model file, or name of a bundled model.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a model file holds, without running any of it.

    Example: gems models inspect ala-gfn2
    """
    from openmmgems.models import card_limits, model_file
    from openmmgems.models.inspect import inspect_model

    file = model_file(model)
    found = inspect_model(file)
    if as_json:
        typer.echo(json.dumps({"file": str(file)} | asdict(found), indent=2))
        return
    output.print(_table_of(file, found))
    if limits := card_limits(file):
        output.print("[bold]Limits[/]")
        for limit in limits:
            output.print(f"* {escape(limit)}", soft_wrap=True)
    if found.foreign:
        output.print(
            f"[bold red]Do not open this file:[/] it would import {', '.join(found.foreign)}."
        )
        raise typer.Exit(1)
    if found.kind == "checkpoint":
        output.print(f"Next: gems models import {escape(str(file))} OUT.pt")
    else:
        output.print(f"Next: gems simulate STRUCTURE --model {escape(model)}")


def _table_of(file: Path, found: FileContent) -> Table:
    """All that is known of a model file."""
    from openmmgems.models.metadata import DECLARATIONS

    none_is_known = ("cutoff", "long_range_cutoff", *DECLARATIONS)
    table = Table("Entry", "Value", box=None, show_header=False)
    table.add_row("file", escape(str(file)))
    table.add_row("kind", found.kind)
    table.add_row("size", format_bytes(found.size_bytes))
    table.add_row("parameters", f"{found.num_parameters} in {len(found.tensors)} tensors")
    for key, value in found.description.items():
        unit = " angstrom" if key in ("cutoff", "long_range_cutoff") and value else ""
        text = "none" if key in none_is_known and value is None else _text(value)
        if key == "elements":
            text = _elements(found.description)
        if key == "weights":
            text = f"{len(value)} tensors, as their sha256 say"
        table.add_row(key, escape(text) + unit)
    return table


@app.command("import")
def import_checkpoint(
    context: typer.Context,
    checkpoint: Annotated[
        Path,
        typer.Argument(
            help="Checkpoint of the published SpookyNet (.pth), so3lr.model of so3krates-torch, or "
            "the word so3lr: that of the installed package."
        ),
    ],
    out: Annotated[Path, typer.Argument(help="Model file to write (.pt).")],
    smooth_reference: Annotated[
        Path | None,
        typer.Option(help="A typical structure: makes Smooth attention, fixed to its key maxima."),
    ] = None,
    charge: Annotated[int | None, typer.Option(help="Of the structure, e (guessed).")] = None,
    unpaired: Annotated[
        int | None, typer.Option(help="Unpaired electrons of the structure (0).")
    ] = None,
    long_range_cutoff: Annotated[
        float | None,
        typer.Option(help="Of electrostatics and dispersion, nm; models need one in a box."),
    ] = None,
    elements: Annotated[
        str, typer.Option(help="Trained on: H,C,N,O.", callback=words, rich_help_panel=_DOMAIN)
    ] = "",
    charges: Annotated[
        str,
        typer.Option(help="Trained on, total: -1,0,1.", callback=words, rich_help_panel=_DOMAIN),
    ] = "",
    spins: Annotated[
        str,
        typer.Option(
            help="Trained on, unpaired electrons: 0.", callback=words, rich_help_panel=_DOMAIN
        ),
    ] = "",
    residues: Annotated[
        str,
        typer.Option(help="Trained on: ACE,ALA,NME.", callback=words, rich_help_panel=_DOMAIN),
    ] = "",
    environments: Annotated[
        str,
        typer.Option(
            help="Trained on: gas phase,condensed phase.", callback=words, rich_help_panel=_DOMAIN
        ),
    ] = "",
    reference: Annotated[
        str | None, typer.Option(help="Level of theory.", rich_help_panel=_DOMAIN)
    ] = None,
    license: Annotated[
        str | None, typer.Option(help="Of the weights, SPDX.", rich_help_panel=_DOMAIN)
    ] = None,
    another_version: Annotated[
        bool,
        typer.Option("--another-version", help="Try an so3lr.model that is not the known one."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT.")] = False,
) -> None:
    """Turn a published SpookyNet checkpoint, or SO3LR, into a model file; its code is never run.

    Published models have Exact attention, whose forces jump where the largest key changes its atom.
    With a reference structure the model is smooth instead, and equal to Exact at that structure.
    What is said of its training is kept in the file, and `gems simulate` refuses what lies outside.
    SO3LR needs no more words: the bundled model so3lr was made by the last example.

    [bold]Examples[/]

      gems models import parameters.pth published.pt --smooth-reference water.xyz

      gems models import parameters.pth published.pt --long-range-cutoff 1.0 --elements H,C,N,O

      gems models import so3lr so3lr.pt
    """
    from openmmgems.models.published_so3lr import import_so3lr, so3lr_source
    from openmmgems.systems.import_model import import_model

    source = so3lr_source(checkpoint)
    if source is None:
        refuse_others(context, set(context.params) - {"another_version"}, "is for SO3LR only")
    else:
        refuse_others(context, _OF_SO3LR, "does not apply to SO3LR, of which all is known")
    _check_files(source or checkpoint, out, overwrite)
    output.print(f"Reading {escape(str(source or checkpoint))} ...")
    if source is None:
        import_model(context.params, lambda note: print_notes([note]))
    else:
        import_so3lr(out, source, another_version=another_version)
    output.print(f"Wrote {escape(str(out))}.\nNext: gems models inspect {escape(str(out))}")


@app.command("export")
def export_checkpoint(
    model: Annotated[str, typer.Argument(help="Model file, or name of a bundled model.")],
    out: Annotated[Path, typer.Argument(help="Checkpoint to write (.pth).")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT.")] = False,
) -> None:
    """Write the weights of a SpookyNet model for the published implementation.

    Example: gems models export ala-gfn2 ala.pth
    """
    from openmmgems.models import model_file
    from openmmgems.models.published_checkpoint import export_checkpoint as convert

    file = model_file(model)
    _check_files(file, out, overwrite)
    convert(file, out)
    output.print(f"Wrote {escape(str(out))}; load it there with SpookyNet(load_from=...).")


def _check_files(source: Path, out: Path, overwrite: bool) -> None:
    if not source.is_file():
        raise FileNotFoundError(f"There is no file '{source}'.")
    if out.exists() and not overwrite:
        raise FileExistsError(f"'{out}' exists already; add --overwrite to replace it.")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder '{out.absolute().parent}'.")


def _elements(description: Mapping[str, Any]) -> str:
    """Symbols of the elements that a model knows."""
    from openmmgems.systems.domain import symbol_of

    known = description.get("elements")
    return _text(None if known is None else [symbol_of(entry) for entry in known])


def _text(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {entry}" for key, entry in value.items())
    return str(value)
