# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
import pytest
from openmmgems.core.settings import read_settings
from pydantic import BaseModel, ConfigDict, Field, field_validator


class Sphere(BaseModel):
    model_config = ConfigDict(extra="forbid")
    radius: float = Field(gt=0)
    names: tuple[str, ...] = ()

    @field_validator("names")
    @classmethod
    def known(cls, names):
        if "Xx" in names:
            raise ValueError("Xx is no name; expected an element.")
        return names


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    one: Sphere | None = None
    many: tuple[Sphere, ...] = ()


def message(tmp_path, text):
    file = tmp_path / "project.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"project\.toml") as error:
        read_settings(file, Whole)
    return str(error.value)


def test_a_file_becomes_settings(tmp_path):
    file = tmp_path / "project.toml"
    file.write_text('title = "x"\n[one]\nradius = 2\n[[many]]\nradius = 3.5\nnames = ["C"]\n')
    settings = read_settings(file, Whole)
    assert settings.one == Sphere(radius=2.0)
    assert settings.many == (Sphere(radius=3.5, names=("C",)),)


def test_an_unknown_setting_is_named_with_one_that_is_written_alike(tmp_path):
    text = message(tmp_path, 'title = "x"\n[[many]]\nradius = 1\nname = ["C"]\n')
    assert "many.0.name is no setting, did you mean names?" in text


def test_an_unknown_setting_like_no_other_is_told_what_there_is(tmp_path):
    text = message(tmp_path, 'title = "x"\nquantum = 1\n')
    assert "quantum is no setting, expected one of title, one, many" in text


def test_every_mistake_is_told(tmp_path):
    text = message(tmp_path, '[one]\nradius = -1\nnames = ["Xx"]\n')
    assert "title is missing" in text
    assert "one.radius is -1: input should be greater than 0" in text
    assert "one.names: Xx is no name; expected an element" in text


def test_what_is_not_toml_is_refused(tmp_path):
    assert "is not a TOML file: " in message(tmp_path, "title = \n")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no project file '.*nowhere.toml'"):
        read_settings(tmp_path / "nowhere.toml", Whole)
