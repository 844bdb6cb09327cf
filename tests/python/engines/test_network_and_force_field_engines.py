# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""AMBER and our own models as engines."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit
from openmmgems import Evaluator, models
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.amber_engine import AmberEngine
from openmmgems.engines.gems_engine import GemsEngine

HYDROXIDE, POSITIONS = np.array([8, 1]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.97]])
WATER = AtomicSystem(
    np.array([8, 1, 1]), np.array([[0.1, 0.0, 0.05], [0.85, 0.2, 0.6], [-0.8, -0.1, 0.6]])
)


def peptide_structure(file: Path, charge: int = 0) -> AtomicSystem:
    pdb = app.PDBFile(str(file))
    numbers = [atom.element.atomic_number for atom in pdb.topology.atoms()]
    positions = np.array(pdb.positions.value_in_unit(unit.angstrom))
    return AtomicSystem(np.array(numbers), positions, charge, source="peptide")


def test_amber_gives_what_openmm_gives(peptide: Path) -> None:
    structure = peptide_structure(peptide)
    engine = AmberEngine(str(peptide))
    label = engine.label(structure)
    topology = app.PDBFile(str(peptide)).topology
    system = app.ForceField("amber99sbildn.xml").createSystem(topology)
    context = openmm.Context(
        system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatform("CPU")
    )
    context.setPositions(structure.positions_angstrom / 10.0)
    state = context.getState(energy=True, forces=True)
    energy = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
    assert label.energy_ev == pytest.approx(energy / 96.485332, rel=1e-4)
    forces = state.getForces(asNumpy=True)._value
    np.testing.assert_allclose(label.forces_ev_per_angstrom, forces / 964.85332, atol=2e-3)
    assert engine.level_of_theory == "AMBER99SB-ILDN"
    assert engine.settings["topology"] == peptide.name
    assert len(str(engine.settings["topology_sha256"])) == 64


def test_amber_refuses_what_is_not_its_molecule(peptide: Path) -> None:
    engine, right = AmberEngine(str(peptide)), peptide_structure(peptide)
    swapped = right.atomic_numbers.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    assert swapped[0] != right.atomic_numbers[0]
    with pytest.raises(ValueError, match=r"expected the 22 atoms of '.*' in their order"):
        engine.label(AtomicSystem(swapped, right.positions_angstrom))
    with pytest.raises(ValueError, match=r"has 3 atoms of elements \[8, 1, 1\]"):
        engine.label(WATER)
    with pytest.raises(ValueError, match="has charge 2 and 0 unpaired electrons; expected charge"):
        engine.label(peptide_structure(peptide, charge=2))


def test_amber_needs_a_file_that_the_force_field_describes(tmp_path: Path, peptide: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no PDB file '/no.pdb'"):
        AmberEngine("/no.pdb")
    for text in ("", "END\n", "HELLO\n"):
        (tmp_path / "empty.pdb").write_text(text)
        with pytest.raises(ValueError, match=r"empty.pdb' (is empty, damaged or|has no atoms)"):
            AmberEngine(str(tmp_path / "empty.pdb"))
    cut = peptide.read_text().splitlines(keepends=True)
    (tmp_path / "cut.pdb").write_text("".join(cut[:6]) + "END\n")
    with pytest.raises(ValueError, match=r"cannot describe '.*cut.pdb': No template"):
        AmberEngine(str(tmp_path / "cut.pdb"))


def test_a_model_gives_what_its_evaluator_gives(peptide: Path) -> None:
    structure = peptide_structure(peptide)
    for name in ("ala-gfn2", models.path("ala-gfn2")):
        engine = GemsEngine(name)
        label = engine.label(structure)
        result = Evaluator(models.path("ala-gfn2"), evaluator="torchscript").evaluate(
            structure.atomic_numbers, structure.positions_angstrom
        )
        assert label.energy_ev == pytest.approx(result["energy_ev"], rel=1e-9)
        np.testing.assert_allclose(
            label.forces_ev_per_angstrom, result["forces_ev_per_angstrom"], atol=1e-6
        )
        np.testing.assert_allclose(
            label.dipole_e_angstrom, result["charges"] @ structure.positions_angstrom, atol=1e-6
        )
        assert engine.level_of_theory == "GEMS ala-gfn2"
        assert engine.settings["model"] == "ala-gfn2.pt"


def test_a_model_refuses_charges_and_spins_it_never_saw() -> None:
    engine = GemsEngine("ala-gfn2")
    with pytest.raises(ValueError, match="has charge -1; the model was trained on 0"):
        engine.label(AtomicSystem(HYDROXIDE, POSITIONS, charge=-1))
    with pytest.raises(ValueError, match="has number of unpaired electrons 1; the model was"):
        engine.label(AtomicSystem(HYDROXIDE, POSITIONS, spin=1))


def test_a_model_without_charges_is_refused(lennard_jones_file: Path) -> None:
    with pytest.raises(ValueError, match="gives no charges, so that there is no dipole"):
        GemsEngine(str(lennard_jones_file))


def test_a_model_in_which_all_pairs_interact_refuses_boxes() -> None:
    ice = replace(WATER, cell_angstrom=9.0 * np.eye(3), source="ice")
    with pytest.raises(ValueError, match=r"all pairs interact\): the structure 'ice' has a period"):
        GemsEngine("ala-gfn2").label(ice)


def test_missing_models_and_wrong_threads_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="'no' is neither a model file nor a bundled"):
        GemsEngine("no")
    with pytest.raises(ValueError, match="num_threads is 0"):
        GemsEngine("ala-gfn2", num_threads=0)
    (tmp_path / "text.pt").write_text("text")
    with pytest.raises(ValueError, match="no model file"):
        GemsEngine(str(tmp_path / "text.pt"))
