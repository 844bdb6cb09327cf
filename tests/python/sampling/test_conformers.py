# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers of one molecule."""

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.tblite_engine import TbliteEngine
from openmmgems.sampling.conformers import Tally, conformers, expected_calls, fragment_name
from openmmgems.sampling.sampling_settings import ConformerSettings
from rdkit import Chem
from rdkit.Chem import rdDistGeom
from support.spring_engine import SpringEngine

SETTINGS = ConformerSettings(number=9, spacing_fs=5.0, equilibration_fs=5.0)


def _molecule(smiles: str) -> AtomicSystem:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    rdDistGeom.EmbedMolecule(molecule, randomSeed=1)
    return AtomicSystem(
        np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()]),
        molecule.GetConformer().GetPositions(),
        Chem.GetFormalCharge(molecule),
        source=f"bottom-up:{smiles}:start",
    )


@pytest.fixture(scope="module")
def methanol() -> list[AtomicSystem]:
    return list(conformers(_molecule("CO"), SETTINGS, TbliteEngine()))


def test_sources_tell_method_temperature_and_number(methanol: list[AtomicSystem]) -> None:
    assert [c.source.removeprefix("bottom-up:CO:") for c in methanol] == [
        "nm-300K-1",
        "nm-600K-2",
        "nm-1000K-3",
        "nm-300K-4",
        "md-300K-1",
        "md-300K-2",
        "md-600K-3",
        "md-600K-4",
        "md-1000K-5",
    ]


def test_conformers_differ(methanol: list[AtomicSystem]) -> None:
    positions = {c.positions_angstrom.tobytes() for c in methanol}
    assert len(positions) == 9


def test_the_same_seed_gives_the_same_conformers(methanol: list[AtomicSystem]) -> None:
    again = list(conformers(_molecule("CO"), SETTINGS, TbliteEngine()))
    for one, other in zip(methanol, again, strict=True):
        np.testing.assert_array_equal(one.positions_angstrom, other.positions_angstrom)


@pytest.mark.parametrize("change", ["seed", "occurrence"])
def test_another_seed_or_occurrence_gives_others(methanol: list[AtomicSystem], change: str) -> None:
    settings = SETTINGS.model_copy(update={"seed": 2, "number": 2} if change == "seed" else {})
    found = conformers(
        _molecule("CO"), settings, TbliteEngine(), occurrence=int(change == "occurrence")
    )
    assert np.abs(next(found).positions_angstrom - methanol[0].positions_angstrom).max() > 1e-3


def test_calls_are_counted_and_foreseen() -> None:
    tally = Tally()
    structure = _molecule("CO")
    list(conformers(structure, SETTINGS, TbliteEngine(), tally))
    expected = expected_calls(len(structure.atomic_numbers), SETTINGS)
    assert 0.5 * expected < tally.num_calls < 2.0 * expected


def test_a_zwitterion_keeps_its_proton_by_normal_modes_alone() -> None:
    tally = Tally()
    found = list(conformers(_molecule("[NH3+]CC(=O)[O-]"), SETTINGS, TbliteEngine(), tally))
    assert tally.bonds_would_change
    assert {c.source.split(":")[-1][:2] for c in found} == {"nm"}
    assert len(found) == 9


def test_a_single_atom_has_one_conformer() -> None:
    sodium = AtomicSystem(np.array([11]), np.ones((1, 3)), 1, source="bottom-up:[Na+]:start")
    found = list(conformers(sodium, SETTINGS, TbliteEngine()))
    assert [c.source for c in found] == ["bottom-up:[Na+]:start"]
    np.testing.assert_array_equal(found[0].positions_angstrom, np.ones((1, 3)))


def test_an_engine_that_fails_is_an_error() -> None:
    found = conformers(_molecule("O"), SETTINGS, SpringEngine(nan_for=3))
    with pytest.raises(RuntimeError, match="not a finite number for 'bottom-up:O:start'"):
        next(found)


@pytest.mark.parametrize("source", ["bottom-up:C1:C:start", "bottom-up:C1:C"])
def test_the_name_is_what_stands_between_kind_and_start(source: str) -> None:
    assert fragment_name(source) == "C1:C"


@pytest.mark.parametrize("source", ["", "bottom-up:", "top-down:crambin:1:5:ALA", "C"])
def test_other_sources_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match="expected 'bottom-up:<SMILES>:start'"):
        fragment_name(source)
