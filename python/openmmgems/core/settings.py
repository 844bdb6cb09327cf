# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings: their base, TOML files read into them, mistakes told one by one."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from .errors import OptionError

Setting = str | float | int | bool


class SettingsBase(BaseModel):
    """Settings that cannot change, and know no other entries than their own."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(path: str | os.PathLike[str], kind: type[Settings]) -> Settings:
    """
    Read settings from a TOML file.

    Parameters
    ----------
    path : path
    kind : class
        A pydantic model.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not TOML.
    OptionError
        Naming every entry that is unknown, missing or not as expected.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no project file '{os.fspath(path)}'.")
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"'{os.fspath(path)}' is not a TOML file: {error}") from error
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise OptionError(f"'{os.fspath(path)}': {mistakes(error, kind)}.") from error


@contextmanager
def plain_errors(kind: type[BaseModel] | None = None) -> Iterator[None]:
    """Turn errors of pydantic into an OptionError with one sentence; see `mistakes`."""
    try:
        yield
    except ValidationError as error:
        raise OptionError(mistakes(error, kind) + ".") from error


def mistakes(error: ValidationError, kind: type[BaseModel] | None = None) -> str:
    """Put all that is wrong with settings into one sentence; their model is for suggestions."""
    return "; ".join(_sentence(mistake, kind) for mistake in _innermost(error.errors()))


def _innermost(mistakes: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Leave out those of lists whose members are wrong: such a list is also said to be short."""
    for mistake in mistakes:
        depth = len(mistake["loc"])
        inside = (m["loc"][:depth] == mistake["loc"] and len(m["loc"]) > depth for m in mistakes)
        if not any(inside):
            yield mistake


def _sentence(mistake: ErrorDetails, kind: type[BaseModel] | None) -> str:
    """Say what is wrong with one entry."""
    where = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        return f"{where} is no setting{_suggestion(mistake['loc'], kind) if kind else ''}"
    if mistake["type"] == "missing":
        return f"{where} is missing"
    message = str(mistake["msg"]).removeprefix("Value error, ").rstrip(".")
    if mistake["type"] == "value_error":
        return f"{where}: {message}" if where else message
    return f"{where} is {mistake['input']!r}: {message[:1].lower()}{message[1:]}"


def _suggestion(location: tuple[str | int, ...], kind: type[BaseModel]) -> str:
    """Name settings that are written alike, or all that there are."""
    known = list(_model_at(location[:-1], kind).model_fields)
    alike = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f", did you mean {alike[0]}?" if alike else f", expected one of {', '.join(known)}"


def _model_at(location: tuple[str | int, ...], kind: type[BaseModel]) -> type[BaseModel]:
    """The model that describes a table of the file."""
    for part in location:
        field = kind.model_fields.get(str(part))
        if field is not None:
            kind = _inner_model(field.annotation) or kind
    return kind


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation such as ``tuple[Model, ...]`` or ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inner_model(inner) for inner in get_args(annotation))
    return next((model for model in found if model is not None), None)
