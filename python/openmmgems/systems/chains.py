# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Peptides of any residues, built from nothing: backbones from internal coordinates."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from openmmgems.core.errors import OptionError

from .force_fields import CHARGED_LYSINE, parent_force_field

Positions = NDArray[np.float64]
Conformation = Literal["extended", "helix"]

ONE_LETTER_CODES = {
    **{"A": "ALA", "C": "CYS", "D": "ASP", "E": "GLU", "F": "PHE", "G": "GLY", "H": "HIE"},
    **{"I": "ILE", "K": "LYS", "L": "LEU", "M": "MET", "N": "ASN", "P": "PRO", "Q": "GLN"},
    **{"R": "ARG", "S": "SER", "T": "THR", "V": "VAL", "W": "TRP", "Y": "TYR"},
}
# Protonation states: name in the text -> name of the residue; it is also OpenMM's variant.
_STATES = {"ASH": "ASP", "GLH": "GLU", "LYN": "LYS", "HID": "HIS", "HIE": "HIS", "HIP": "HIS"}
_CAPS = {"ACE": ("CH3", "C", "O"), "NME": ("N", "C")}
_KNOWN = {*ONE_LETTER_CODES.values(), *_STATES, *_CAPS, CHARGED_LYSINE}

# Angstrom and degrees: Engh and Huber, Acta Cryst. A47, 392 (1991), doi:10.1107/S0108767391001071.
_N_CA, _CA_C, _C_N, _C_O = 1.458, 1.525, 1.329, 1.231
_N_CA_C, _CA_C_N, _C_N_CA, _CA_C_O = 111.2, 116.2, 121.7, 120.8
_ANGLES = {"extended": (-139.0, 135.0), "helix": (-57.0, -47.0)}
# The ring of proline allows no other.
_PROLINE_PHI = -65.0


@dataclass
class _Backbone:
    """N, CA and C of every residue [num_residues, 3, 3]; of caps only some are atoms."""

    positions: Positions
    psi: list[float]


def parse_peptide(text: str) -> list[str]:
    """Read the residues of a peptide.

    Parameters
    ----------
    text : str
        Names with spaces between, the first one at the N-terminus; `*n` repeats: "ACE ALA*15 NME".
        ASH, GLH, LYN, HID, HIE and HIP are protonation states, HIS is HIE. ACE and NME are caps;
        without, termini are charged. LYS+ at the end is the lysine with a charged side chain and a
        neutral COOH terminus of the gas-phase peptides AcAla(n)Lys+H+. A word that is no name
        stands for one-letter codes: "GYDPETGTWG".

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If there is nothing, a name is unknown, or a cap or LYS+ is not where it belongs.

    """
    names: list[str] = []
    for word in text.split():
        match = re.fullmatch(r"([A-Za-z]+\+?)(?:\*([1-9][0-9]*))?", word)
        name = match[1].upper() if match else ""
        name = "HIE" if name == "HIS" else name
        if name in _KNOWN:
            chosen = [name]
        elif name and set(name) <= set(ONE_LETTER_CODES):
            chosen = [ONE_LETTER_CODES[letter] for letter in name]
        else:
            raise OptionError(
                f"Residue '{word}' of the peptide '{text}' is unknown; expected "
                f"{', '.join(sorted(_KNOWN))}, perhaps with *number, or one-letter codes."
            )
        names += chosen * int((match and match[2]) or 1)
    if not names:
        raise ValueError("The peptide has no residues; expected a text like 'ACE ALA*15 NME'.")
    for name, place in (("ACE", 0), ("NME", len(names) - 1), (CHARGED_LYSINE, len(names) - 1)):
        if any(other == name and k != place for k, other in enumerate(names)):
            where = "first" if name == "ACE" else "last"
            raise ValueError(f"'{name}' of the peptide '{text}' must be its {where} residue.")
    if set(names) <= set(_CAPS):
        raise ValueError(f"The peptide '{text}' has caps only; expected a residue at least.")
    return names


def build_peptide(
    text: str, conformation: Conformation = "extended", seed: int = 0
) -> app.Modeller:
    """Build a peptide of L-amino acids with all hydrogens.

    Side chains have the geometry of PDBFixer's templates, turned about CA-CB to where there is most
    room. Nothing is relaxed but the hydrogens: minimise before use.

    Parameters
    ----------
    text : str
        See :func:`parse_peptide`.
    conformation : str
        "extended" (phi -139, psi 135 degrees) or "helix" (-57, -47); phi of proline is -65.
    seed : int
        Of hydrogens before they are relaxed.

    Returns
    -------
    openmm.app.Modeller
        Topology with standard names, and positions.

    Raises
    ------
    ValueError
        If the text or the conformation is not understood.

    """
    names = parse_peptide(text)
    if conformation not in _ANGLES:
        raise ValueError(f"conformation is '{conformation}'; expected {' or '.join(_ANGLES)}.")
    backbone = _backbone(names, conformation)
    topology, positions = app.Topology(), np.empty((0, 3))
    chain = topology.addChain("A")
    for index, name in enumerate(names):
        atoms = _residue_atoms(names, index, backbone, positions)
        residue = topology.addResidue(_standard(name), chain)
        for atom in atoms:
            topology.addAtom(atom, app.Element.getBySymbol(atom[0]), residue)
        positions = np.vstack([positions, *atoms.values()])
    topology.createStandardBonds()
    modeller = app.Modeller(topology, positions * unit.angstrom)
    variants = [name if name in _STATES else None for name in names]
    with fixed_random(seed):
        modeller.addHydrogens(
            parent_force_field(),
            variants=variants,
            platform=openmm.Platform.getPlatform("Reference"),
        )
    return modeller


@contextmanager
def fixed_random(seed: int) -> Iterator[None]:
    """Seed Python's random numbers, which OpenMM's Modeller uses, and put them back."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def _standard(name: str) -> str:
    return _STATES.get(name, "LYS" if name == CHARGED_LYSINE else name)


def _backbone(names: list[str], conformation: Conformation) -> _Backbone:
    """Place N, CA, C of all residues, one atom after the other; all peptide bonds are trans."""
    angle = np.radians(_N_CA_C)
    first = [[_N_CA * np.cos(angle), _N_CA * np.sin(angle), 0.0], [0, 0, 0], [_CA_C, 0, 0]]
    placed = [np.array(x) for x in first]
    phis = [_PROLINE_PHI if name == "PRO" else _ANGLES[conformation][0] for name in names]
    psi = [_ANGLES[conformation][1]] * len(names)
    for k in range(1, len(names)):
        placed.append(_place(placed[-3:], _C_N, _CA_C_N, psi[k - 1]))
        placed.append(_place(placed[-3:], _N_CA, _C_N_CA, 180.0))
        placed.append(_place(placed[-3:], _CA_C, _N_CA_C, phis[k]))
    return _Backbone(np.array(placed).reshape(-1, 3, 3), psi)


def _place(before: list[Positions], length: float, angle: float, dihedral: float) -> Positions:
    """Continue a, b, c by d: length c-d, angle b-c-d and dihedral a-b-c-d in degrees."""
    a, b, c = before
    along = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, along)
    normal /= np.linalg.norm(normal)
    theta, phi = np.radians(angle), np.radians(dihedral)
    across = np.cross(normal, along)
    step = -np.cos(theta) * along + np.sin(theta) * (np.cos(phi) * across + np.sin(phi) * normal)
    return c + length * step


def _residue_atoms(
    names: list[str], index: int, backbone: _Backbone, others: Positions
) -> dict[str, Positions]:
    """Heavy atoms of a residue by name, in the order of the topology."""
    name = names[index]
    n, ca, c = backbone.positions[index]
    frame, psi = [n, ca, c], backbone.psi[index]
    oxygen = _place(frame, _C_O, _CA_C_O, psi + 180.0)
    if name == "ACE":
        return {"CH3": ca, "C": c, "O": oxygen}
    if name == "NME":
        return {"N": n, "C": ca}
    atoms = {"N": n, "CA": ca, "C": c, "O": oxygen}
    everything = np.vstack([backbone.positions.reshape(-1, 3), others])
    atoms |= _side_chain(_standard(name), backbone.positions[index], everything)
    if index == len(names) - 1:
        atoms["OXT"] = _place(frame, 1.25, 117.0, psi)
        if name == CHARGED_LYSINE:
            atoms["HXT"] = _place([ca, c, atoms["OXT"]], 0.97, 110.0, 180.0)
    return atoms


def _side_chain(name: str, frame: Positions, others: Positions) -> dict[str, Positions]:
    """Put a template's side chain onto N, CA, C, where it is farthest from all other atoms."""
    template = residue_template(name)
    start = np.array([template[atom] for atom in ("N", "CA", "C")])
    side = [atom for atom in template if atom not in ("N", "CA", "C", "O")]
    if not side:
        return {}
    rotation = _fit(start, frame)
    positions = (np.array([template[a] for a in side]) - start[1]) @ rotation.T + frame[1]
    beta = side.index("CB")
    if name not in ("ALA", "PRO"):
        axis = positions[beta] - frame[1]
        turned = [_turn(positions, frame[1], axis, angle) for angle in range(0, 360, 30)]
        rest = others[np.linalg.norm(others - frame[1], axis=1) > 0.1]
        moving = [k for k in range(len(side)) if k != beta]
        gaps = [np.linalg.norm(x[moving][:, None] - rest, axis=-1).min() for x in turned]
        positions = turned[int(np.argmax(gaps))]
    return dict(zip(side, positions, strict=True))


def residue_template(name: str) -> dict[str, Positions]:
    """
    Read one of PDBFixer's residues.

    Parameters
    ----------
    name : str
        Of a standard residue.

    Returns
    -------
    dict of str to array, shape ``[3]``
        Positions of its heavy atoms by name, angstrom.
    """
    path = resources.files("pdbfixer") / "templates" / f"{name}.pdb"
    with path.open() as file:
        pdb = app.PDBFile(file)
    positions = pdb.getPositions(asNumpy=True).value_in_unit(unit.angstrom)
    return {atom.name: positions[atom.index] for atom in pdb.topology.atoms()}


def _fit(start: Positions, goal: Positions) -> Positions:
    """Best rotation of points about the second of them."""
    from scipy.spatial.transform import Rotation

    return Rotation.align_vectors(goal - goal[1], start - start[1])[0].as_matrix()


def _turn(positions: Positions, origin: Positions, axis: Positions, degrees: float) -> Positions:
    from scipy.spatial.transform import Rotation

    vector = np.radians(degrees) * axis / np.linalg.norm(axis)
    return Rotation.from_rotvec(vector).apply(positions - origin) + origin
