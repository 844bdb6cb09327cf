# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The command `gems`: its subcommands, and how errors are told."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape

from openmmgems.core.errors import ChoiceError, OptionError
from openmmgems.core.settings import mistakes

from .benchmark import benchmark
from .console import errors
from .doctor import doctor
from .fragment import fragment
from .label import label
from .models import app as models_app
from .sample import sample
from .simulate import simulate

app = typer.Typer(
    name="gems",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Quantum-accurate machine-learned force fields for biomolecular simulation.\n\n"
    "Start with [bold]gems doctor[/], then [bold]gems simulate --help[/].",
)
app.command()(sample)
app.command()(fragment)
app.command()(label)
app.command()(simulate)
app.command()(doctor)
app.command()(benchmark)
app.add_typer(models_app, name="models")


@app.callback()
def _options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the full traceback of an error.")
    ] = False,
) -> None:
    """Quantum-accurate machine-learned force fields for biomolecular simulation with OpenMM."""
    del debug  # seen by main(), before any command runs


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors become one sentence and exit code 1 (2: type something else).

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    arguments = ["--debug"] * debug + [word for word in arguments if word != "--debug"]
    try:
        code = app(args=arguments, prog_name="gems")
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if debug:
            raise
        errors.print(f"[bold red]Error:[/] {escape(_sentence(error))}", soft_wrap=True)
        code = 2 if _is_of_usage(error) else 1
    sys.exit(code or 0)


def _is_of_usage(error: Exception) -> bool:
    """Whether something else is to be typed, as where Typer itself gives code 2."""
    from pydantic import ValidationError

    return isinstance(error, (ChoiceError, OptionError, ValidationError))


_EXPECTED = (ValueError, OSError, RuntimeError, ImportError)


def _sentence(error: Exception) -> str:
    import openmm
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return mistakes(error) + "."
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, (*_EXPECTED, openmm.OpenMMException)):
        return text
    return f"{type(error).__name__}: {text} (unexpected; add --debug to see where)"
