# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest
from openmmgems.labels.project_settings import read_project
from openmmgems.systems.chains import parse_peptide

PROJECTS = Path(__file__).parents[3] / "examples/projects"
PARENT = '[[parents]]\nname = "chain"\npeptide = "ACE ALA NME"\n'


def project(tmp_path, text):
    file = tmp_path / "project.toml"
    file.write_text(text)
    return read_project(file)


def test_scale_makes_less_of_everything(tmp_path):
    text = (
        "scale = 0.1\n[bottom_up]\n[conformers]\nnumber = 200\n[top_down]\n"
        + PARENT
        + "length_ps = 50\nselection = { number_farthest = 40 }\nbiases = [{ length_ps = 30 }]\n"
    )
    settings = project(tmp_path, text)
    (parent,) = settings.parents
    assert settings.conformers.number == 20
    assert parent.length_ps == pytest.approx(5)
    assert parent.biases[0].length_ps == pytest.approx(3)
    assert parent.selection.number_farthest == 4


def test_files_are_found_from_the_folder_of_the_project(tmp_path):
    text = '[bottom_up]\nstructures = ["a.pdb"]\n[top_down]\n[[parents]]\nname = "x"\n'
    settings = project(tmp_path, text + 'structure = "sub/b.cif"\n')
    assert settings.bottom_up.structures == (str(tmp_path / "a.pdb"),)
    assert settings.parents[0].structure == str(tmp_path / "sub/b.cif")


def test_the_papers_lengths_are_a_preset(tmp_path):
    text = 'preset = "paper"\n[bottom_up]\n[top_down]\n' + PARENT + 'solvent = "water"\n'
    settings = project(tmp_path, text)
    (parent,) = settings.parents
    assert parent.length_ps == 2e6
    assert parent.padding_nm == 1.6
    assert settings.conformers.number > 1000


def test_the_projects_in_examples_are_valid():
    files = list(PROJECTS.glob("*.toml"))
    assert files
    for file in files:
        settings = read_project(file)
        for parent in settings.parents:
            assert parent.structure is None or Path(parent.structure).is_file()


def test_every_residue_and_state_is_in_the_project_of_proteins_in_water():
    settings = read_project(PROJECTS / "proteins-in-water.toml")
    found = {name for p in settings.parents if p.peptide for name in parse_peptide(p.peptide)}
    assert found >= {*parse_peptide("ACDEFGHIKLMNPQRSTVWY"), "ASH", "GLH", "LYN", "HID", "HIP"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "neither bottom_up nor top_down is given"),
        ("[top_down]\n", "top_down and parents belong together"),
        ("[bottom_up]\n" + PARENT, "top_down and parents belong together"),
        ("[top_down]\n" + PARENT + PARENT, "two parents have the name 'chain'"),
        ("[bottom_up]\nmax_heavy_atom = 3\n", "did you mean max_heavy_atoms?"),
        ("scale = 2\n[bottom_up]\n", "scale is 2: input should be less than or equal to 1"),
        ("[bottom_up]\n[labels]\nthreads = 0\n", "labels.threads is 0: input should be greater"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=r"project\.toml") as error:
        project(tmp_path, text)
    assert message in str(error.value)
