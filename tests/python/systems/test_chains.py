# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Peptides built from nothing."""

import random

import mdtraj
import numpy as np
import openmm
import pytest
from openmm import app, unit
from openmmgems.fragments.residues import capped_chain
from openmmgems.systems.chains import build_peptide, parse_peptide
from openmmgems.systems.chemical_graph import chemical_graph, rdkit_molecule
from openmmgems.systems.force_fields import parent_force_field
from rdkit import Chem

EVERYTHING = "ALA ARG ASN ASP CYS GLN GLU GLY HIE ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL"
STATES = "ASH GLH LYN HID HIP"


def _trajectory(modeller: app.Modeller) -> mdtraj.Trajectory:
    positions = np.array(modeller.positions.value_in_unit(unit.nanometer))
    return mdtraj.Trajectory(positions[None], mdtraj.Topology.from_openmm(modeller.topology))


def _smiles(modeller: app.Modeller) -> str:
    graph = chemical_graph(modeller.topology)
    molecule = rdkit_molecule(graph.atomic_numbers, graph.bonds, graph.orders, graph.charges)
    return Chem.MolToSmiles(Chem.RemoveHs(molecule))


def _charge(modeller: app.Modeller, *, implicit_water: bool) -> float:
    field = parent_force_field(implicit_water=implicit_water)
    system = field.createSystem(modeller.topology)
    force = next(f for f in system.getForces() if isinstance(f, openmm.NonbondedForce))
    particles = range(system.getNumParticles())
    return sum(force.getParticleParameters(k)[0]._value for k in particles)


@pytest.fixture(scope="module")
def everything() -> app.Modeller:
    return build_peptide(f"ACE {EVERYTHING} NME")


def _skeleton(smiles: str) -> str:
    """All atoms and bonds, but not which of several resonance forms."""
    molecule = Chem.RWMol(Chem.AddHs(Chem.MolFromSmiles(smiles)))
    Chem.Kekulize(molecule, clearAromaticFlags=True)
    for bond in molecule.GetBonds():
        bond.SetBondType(Chem.BondType.SINGLE)
    for atom in molecule.GetAtoms():
        atom.SetFormalCharge(0)
        atom.SetNoImplicit(True)
    return Chem.MolToSmiles(molecule)


@pytest.mark.parametrize("name", f"{EVERYTHING} {STATES}".split())
def test_each_residue_is_the_molecule_of_its_smiles(name: str) -> None:
    found = _smiles(build_peptide(f"ACE {name} NME"))
    expected = Chem.MolToSmiles(capped_chain([name]))
    assert _skeleton(found) == _skeleton(expected)
    charges = [Chem.GetFormalCharge(Chem.MolFromSmiles(text)) for text in (found, expected)]
    assert charges[0] == charges[1]


def test_a_sequence_without_caps_has_charged_ends() -> None:
    found = _smiles(build_peptide("NAG"))
    chain = capped_chain(["ASN", "ALA", "GLY"], free_n_terminus=True, free_c_terminus=True)
    assert found == Chem.MolToSmiles(chain)


def test_every_residue_is_left_handed(everything: app.Modeller) -> None:
    positions = np.array(everything.positions.value_in_unit(unit.angstrom))
    for residue in everything.topology.residues():
        atoms = {atom.name: positions[atom.index] for atom in residue.atoms()}
        if "CB" in atoms:
            n, c, cb = (atoms[k] - atoms["CA"] for k in ("N", "C", "CB"))
            assert np.dot(np.cross(n, c), cb) > 1.0, residue.name


def test_isoleucine_and_threonine_have_their_second_centre(everything: app.Modeller) -> None:
    positions = np.array(everything.positions.value_in_unit(unit.angstrom))
    # IUPAC: (2S,3S)-isoleucine and (2S,3R)-threonine, seen by the sense of three substituents.
    for name, others in (("ILE", ("CG1", "CG2", "CA")), ("THR", ("OG1", "CG2", "CA"))):
        residue = next(r for r in everything.topology.residues() if r.name == name)
        atoms = {atom.name: positions[atom.index] for atom in residue.atoms()}
        a, b, c = (atoms[k] - atoms["CB"] for k in others)
        assert np.dot(np.cross(a, b), c) > 1.0, name


@pytest.mark.parametrize(
    ("conformation", "phi", "psi"), [("extended", -139, 135), ("helix", -57, -47)]
)
def test_the_backbone_has_the_dihedrals_of_its_conformation(
    conformation: str, phi: float, psi: float
) -> None:
    trajectory = _trajectory(build_peptide("ACE ALA*6 NME", conformation))
    for compute, angle in ((mdtraj.compute_phi, phi), (mdtraj.compute_psi, psi)):
        np.testing.assert_allclose(np.degrees(compute(trajectory)[1])[0], angle, atol=0.01)
    omega = np.degrees(mdtraj.compute_omega(trajectory)[1])[0]
    np.testing.assert_allclose(np.abs(omega), 180.0, atol=0.01)


def test_a_helix_rises_an_angstrom_and_a_half_for_each_residue() -> None:
    trajectory = _trajectory(build_peptide("ACE ALA*19 NME", "helix"))
    alpha = trajectory.xyz[0, trajectory.topology.select("name CA")] * 10.0
    # Four turns of 3.6 residues apart: nearly above each other.
    assert np.linalg.norm(alpha[18] - alpha[0]) / 18.0 == pytest.approx(1.5, abs=0.1)


@pytest.mark.parametrize(
    ("text", "conformation"),
    [
        ("NLYIQWLKDGGPSSGRPPPS", "helix"),
        ("GYDPETGTWG", "extended"),
        (f"ACE {EVERYTHING} NME", "extended"),
    ],
)
def test_proteins_can_be_relaxed(text: str, conformation: str) -> None:
    modeller = build_peptide(text, conformation)
    system = parent_force_field().createSystem(modeller.topology)
    platform = openmm.Platform.getPlatform("CPU")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform, {"Threads": "1"})
    context.setPositions(modeller.positions)
    openmm.LocalEnergyMinimizer.minimize(context, 100.0, 300)
    energy = context.getState(energy=True).getPotentialEnergy()._value
    assert energy < 15.0 * system.getNumParticles()


@pytest.mark.parametrize("implicit_water", [False, True])
def test_the_charged_lysine_terminus_has_charge_one(implicit_water: bool) -> None:
    modeller = build_peptide("ACE ALA*2 LYS+")
    assert _charge(modeller, implicit_water=implicit_water) == pytest.approx(1.0, abs=1e-6)
    assert _smiles(modeller) == Chem.CanonSmiles("CC(=O)NC(C)C(=O)NC(C)C(=O)NC(CCCC[NH3+])C(=O)O")


def test_the_same_seed_gives_the_same_positions_and_leaves_random_numbers_alone() -> None:
    state = random.getstate()
    first, second = (build_peptide("ACE SER NME", seed=5).positions for _ in range(2))
    assert random.getstate() == state
    assert np.array_equal(first.value_in_unit(unit.nanometer), second.value_in_unit(unit.nanometer))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ACE ALA*3 NME", ["ACE", "ALA", "ALA", "ALA", "NME"]),
        ("ace his lys+", ["ACE", "HIE", "LYS+"]),
        ("GLY", ["GLY"]),
        ("GLYK", ["GLY", "LEU", "TYR", "LYS"]),
        ("ACE AC*2 NME", ["ACE", "ALA", "CYS", "ALA", "CYS", "NME"]),
    ],
)
def test_texts_are_read(text: str, names: list[str]) -> None:
    assert parse_peptide(text) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ACE FOO NME", "Residue 'FOO' of the peptide"),
        ("ALA*0", r"Residue 'ALA\*0'"),
        ("", "The peptide has no residues"),
        ("ALA ACE", "'ACE' of the peptide 'ALA ACE' must be its first residue"),
        ("NME ALA", "'NME' of the peptide 'NME ALA' must be its last residue"),
        ("LYS+ ALA", r"'LYS\+' of the peptide 'LYS\+ ALA' must be its last residue"),
        ("ACE NME", "has caps only"),
    ],
)
def test_texts_that_are_no_peptide_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_peptide(text)


def test_an_unknown_conformation_is_refused() -> None:
    with pytest.raises(ValueError, match="conformation is 'sheet'; expected extended or helix"):
        build_peptide("ALA", "sheet")
