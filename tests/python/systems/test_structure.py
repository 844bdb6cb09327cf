# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures are read from every format, and unusable files are refused with a reason."""

from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit
from openmmgems.core.errors import StructureError
from openmmgems.systems.chemistry import check_complete, guess_total_charge
from openmmgems.systems.classical import create_force_field_system
from openmmgems.systems.prepare import prepare_structure
from openmmgems.systems.structure import LoadedStructure, read_structure


def potential_energy(system: openmm.System, structure: LoadedStructure) -> float:
    reference = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), reference)
    context.setPositions(structure.positions)
    return context.getState(energy=True).getPotentialEnergy()._value


@pytest.mark.parametrize("ending", ["pdb", "cif", "xyz", "prmtop", "top"])
def test_every_format_gives_the_same_peptide(structures: Path, ending: str) -> None:
    structure = read_structure(structures / f"ace-ala-nme.{ending}")
    reference = read_structure(structures / "ace-ala-nme.pdb")
    assert structure.num_atoms == 22
    assert structure.topology.getNumBonds() == 21
    assert not structure.is_periodic
    assert (structure.atomic_numbers == reference.atomic_numbers).all()
    # .gro files hold 0.001 nm
    assert np.allclose(structure.positions, reference.positions, atol=6e-4)
    assert guess_total_charge(structure.topology, has_residues=structure.has_residues) == 0


def test_parameters_of_a_prmtop_give_the_same_energy_as_the_force_field(structures: Path) -> None:
    structure = read_structure(structures / "ace-ala-nme.prmtop")
    own = potential_energy(create_force_field_system(structure, "file"), structure)
    named = potential_energy(create_force_field_system(structure, "amber99sb-ildn"), structure)
    assert own == pytest.approx(named, abs=1e-4)


def test_a_gromacs_topology_brings_its_parameters(structures: Path) -> None:
    structure = read_structure(structures / "ace-ala-nme.top")
    own = potential_energy(create_force_field_system(structure, "file"), structure)
    named = potential_energy(create_force_field_system(structure, "amber99sb-ildn"), structure)
    assert own == pytest.approx(named, abs=1e-2)


def test_hydrogens_are_added_on_request(peptide: Path) -> None:
    whole = read_structure(peptide)
    modeller = app.Modeller(whole.topology, whole.positions * unit.nanometer)
    hydrogens = [a for a in whole.topology.atoms() if a.element.symbol == "H"]
    modeller.delete(hydrogens)
    bare = LoadedStructure(modeller.topology, np.array(modeller.positions._value), whole.source)
    with pytest.raises(StructureError, match="--add-hydrogens"):
        check_complete(bare)
    completed = prepare_structure(bare)
    assert completed.num_atoms == 22
    check_complete(completed)


def test_a_missing_heavy_atom_is_named(peptide: Path, tmp_path: Path) -> None:
    lines = peptide.read_text().splitlines(keepends=True)
    kept = [line for line in lines if line[12:16].strip() != "CB" and "CONECT" not in line]
    broken = tmp_path / "broken.pdb"
    broken.write_text("".join(kept))
    with pytest.raises(StructureError, match=r"A ALA 2 lacks the atoms CB; .*--add-hydrogens"):
        check_complete(read_structure(broken))


def with_alternate_locations(peptide: Path, folder: Path) -> Path:
    lines = []
    for line in peptide.read_text().splitlines(keepends=True):
        if line[12:16].strip() == "CB":
            lines.append(line[:16] + "A" + line[17:])
            shifted = f"{float(line[30:38]) + 0.5:8.3f}"
            lines.append(line[:16] + "B" + line[17:30] + shifted + line[38:])
        else:
            lines.append(line)
    path = folder / "alternate.pdb"
    path.write_text("".join(lines))
    return path


def test_alternate_locations_must_be_chosen(peptide: Path, tmp_path: Path) -> None:
    path = with_alternate_locations(peptide, tmp_path)
    with pytest.raises(StructureError, match="alternate locations A, B"):
        read_structure(path)
    with pytest.raises(StructureError, match="not the chosen C"):
        read_structure(path, alternate_location="C")
    first = read_structure(path, alternate_location="A")
    second = read_structure(path, alternate_location="B")
    moved = np.abs(first.positions - second.positions).max(axis=1)
    assert first.num_atoms == 22
    assert sorted(moved)[-2:] == pytest.approx([0.0, 0.05], abs=1e-6)


def test_alternate_locations_of_mmcif_must_be_chosen(structures: Path, tmp_path: Path) -> None:
    lines = (structures / "ace-ala-nme.cif").read_text().splitlines(keepends=True)
    out, header = [], [line.strip() for line in lines if line.startswith("_atom_site.")]
    column = header.index("_atom_site.label_alt_id")
    for line in lines:
        fields = line.split()
        if line.startswith(("ATOM", "HETATM")) and "CB" in fields:
            for name in ("A", "B"):
                fields[column] = name
                out.append(" ".join(fields) + "\n")
        else:
            out.append(line)
    path = tmp_path / "alternate.cif"
    path.write_text("".join(out))
    with pytest.raises(StructureError, match="alternate locations A, B"):
        read_structure(path)
    assert read_structure(path, alternate_location="B").num_atoms == 22


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "", "unknown ending"),
        ("a.gro", "", "Give the .top file"),
        ("a.xyz", "two\n\n", "number of atoms"),
        ("a.xyz", "2\n\nH 0 0 0\n", "promises 2 atoms but holds 1"),
        ("a.xyz", "1\n\nQq 0 0 0\n", "Line 3"),
        ("a.xyz", "1\n\nH 0 0\n", "Line 3"),
        ("a.xyz", "1\n\nHe nan 0 0\n", "not a number"),
        ("a.xyz", "2\n\nHe 0 0 0\nHe 0 0 0.1\n", "within 0.2 angstrom"),
        ("a.pdb", "", "cannot be read|holds no atoms"),
        ("a.cif", "nonsense", "cannot be read"),
        ("a.prmtop", "", "has no coordinates"),
    ],
)
def test_unusable_files_are_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(StructureError, match=message):
        read_structure(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pdb"):
        read_structure(tmp_path / "nowhere.pdb")


def test_an_unknown_residue_is_refused_by_the_force_field(peptide: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.pdb"
    path.write_text(peptide.read_text().replace("ALA", "XYZ"))
    with pytest.raises(StructureError, match=r"does not know residue A XYZ 2; .*--remove XYZ"):
        create_force_field_system(read_structure(path), "amber99sb-ildn")


def test_an_extended_xyz_lattice_becomes_the_box(tmp_path: Path) -> None:
    path = tmp_path / "water.xyz"
    path.write_text('3\nLattice="15 0 0 0 16 0 0 0 17"\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n')
    structure = read_structure(path)
    box = structure.topology.getPeriodicBoxVectors()._value
    assert [box[k][k] for k in range(3)] == pytest.approx([1.5, 1.6, 1.7])
    assert [r.name for r in structure.topology.residues()] == ["HOH"]


@pytest.mark.parametrize(
    ("atoms", "charge"),
    [
        ("N 0 0 0\nH 0.6 0.6 0.6\nH -0.6 -0.6 0.6\nH -0.6 0.6 -0.6\nH 0.6 -0.6 -0.6", 1),
        ("C 0 0 0\nH -1.1 0 0\nO 0.6 1.1 0\nO 0.6 -1.1 0", -1),
    ],
)
def test_the_charge_of_ions_is_perceived(tmp_path: Path, atoms: str, charge: int) -> None:
    path = tmp_path / "ion.xyz"
    path.write_text(f"{len(atoms.splitlines())}\n\n{atoms}\n")
    structure = read_structure(path)
    assert guess_total_charge(structure.topology, has_residues=False) == charge
