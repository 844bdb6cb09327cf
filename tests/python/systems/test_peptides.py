# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The peptides that the first model is made for."""

import mdtraj
import numpy as np
import openmm.app as app
import pytest
from openmm import unit
from openmmgems.systems.peptides import amber_force_field, build_capped_alanine


@pytest.fixture(scope="module", params=[1, 2], ids=["Ala", "Ala2"])
def peptide(request: pytest.FixtureRequest) -> app.Modeller:
    return build_capped_alanine(request.param)


def _positions(peptide: app.Modeller) -> np.ndarray:
    return np.array(peptide.positions.value_in_unit(unit.angstrom))


def _alanines(peptide: app.Modeller) -> list[dict[str, int]]:
    return [
        {atom.name: atom.index for atom in residue.atoms()}
        for residue in peptide.topology.residues()
        if residue.name == "ALA"
    ]


def test_ten_more_atoms_come_with_each_alanine(peptide: app.Modeller) -> None:
    assert peptide.topology.getNumAtoms() == 12 + 10 * len(_alanines(peptide))


def test_every_alanine_is_left_handed(peptide: app.Modeller) -> None:
    positions = _positions(peptide)
    for names in _alanines(peptide):
        n, c, cb = (positions[names[k]] - positions[names["CA"]] for k in ("N", "C", "CB"))
        assert np.dot(np.cross(n, c), cb) > 1.0


def test_every_amide_is_trans(peptide: app.Modeller) -> None:
    topology = mdtraj.Topology.from_openmm(peptide.topology)
    trajectory = mdtraj.Trajectory(_positions(peptide)[None] / 10.0, topology)
    atoms = {(r.index, a.name): a.index for r in topology.residues for a in r.atoms}
    last = topology.n_residues - 1
    alpha = ["CH3"] + ["CA"] * (last - 1) + ["C"]
    quadruples = [
        [atoms[k, alpha[k]], atoms[k, "C"], atoms[k + 1, "N"], atoms[k + 1, alpha[k + 1]]]
        for k in range(last)
    ]
    omega = mdtraj.compute_dihedrals(trajectory, quadruples)
    assert (np.abs(omega) > np.radians(150.0)).all()


def test_amber_knows_every_residue(peptide: app.Modeller) -> None:
    assert amber_force_field().getUnmatchedResidues(peptide.topology) == []


def test_a_peptide_without_alanine_is_refused() -> None:
    with pytest.raises(ValueError, match="num_alanines is 0"):
        build_capped_alanine(0)
