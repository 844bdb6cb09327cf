# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One alternate location of every residue is kept, and what was kept is said."""

from collections.abc import Sequence
from pathlib import Path

import gemmi
import pytest
from openmmgems.core.errors import ChoiceError
from openmmgems.systems.alternate_locations import choose_locations
from openmmgems.systems.atom_record import AtomRecord
from openmmgems.systems.structure import LoadedStructure, read_structure


def atoms(*rows: tuple[str, str, str] | tuple[str, str, str, float]) -> list[AtomRecord]:
    """Records of (residue and number, atom, location, occupancy)."""
    found = []
    for k, (residue, name, location, *occupancy) in enumerate(rows):
        label, number = residue.split()
        share = occupancy[0] if occupancy else 0.5
        place = (float(k), 0.0, 0.0)
        found.append(
            AtomRecord(k, name, name[0], label, "A", number, "", 1, location, share, place)
        )
    return found


def kept(records: Sequence[AtomRecord], keep: str | None) -> list[str]:
    return [
        f"{a.residue} {a.number} {a.name}{a.location}" for a in choose_locations(records, keep)[0]
    ]


@pytest.fixture(params=["pdb", "cif"])
def microheterogeneity(request, structures: Path, tmp_path: Path) -> Path:
    """Crambin, residue 22 proline in A and serine in B."""
    source = structures / "pro-or-ser.pdb"
    if request.param == "pdb":
        return source
    path = tmp_path / "pro-or-ser.cif"
    gemmi.read_pdb(str(source)).make_mmcif_document().write_file(str(path))
    return path


def names_of(structure: LoadedStructure, number: str) -> list[str]:
    return [r.name for r in structure.topology.residues() if r.id == number]


def test_a_position_with_two_residues_is_one_of_them(microheterogeneity: Path) -> None:
    proline = read_structure(microheterogeneity, alternate_location="A")
    serine = read_structure(microheterogeneity, alternate_location="B")
    assert names_of(proline, "22") == ["PRO"]
    assert names_of(serine, "22") == ["SER"]
    # heavy atoms of Pro: 7, of Ser: 6; each is bonded on both sides
    assert proline.num_atoms == serine.num_atoms + 1
    assert proline.topology.getNumResidues() == serine.topology.getNumResidues()
    with pytest.raises(ChoiceError, match=r"A PRO/SER 22 has alternate locations A, B .1 such"):
        read_structure(microheterogeneity)


def test_a_residue_with_another_location_only_keeps_it(structures: Path) -> None:
    found = read_structure(structures / "one-residue-only-b.pdb", alternate_location="A")
    other = read_structure(structures / "one-residue-only-b.pdb", alternate_location="B")
    assert found.num_atoms == other.num_atoms
    assert "A ASN 12 (B) has no other location and kept that one." in found.notes


def test_each_residue_with_one_location_needs_no_choice() -> None:
    records = atoms(("ALA 1", "CB", "A"), ("SER 2", "CB", "B"), ("HOH 3", "O", "C"))
    assert kept(records, None) == ["ALA 1 CBA", "SER 2 CBB", "HOH 3 OC"]
    assert kept(records, "B") == ["ALA 1 CBA", "SER 2 CBB", "HOH 3 OC"]


def test_waters_and_ions_follow_the_choice_and_else_their_occupancy() -> None:
    records = atoms(
        ("HOH 1", "O", "A"),
        ("HOH 1", "O", "B"),
        ("NA 2", "NA", "B", 0.3),
        ("NA 2", "NA", "C", 0.7),
    )
    assert kept(records, "A") == ["HOH 1 OA", "NA 2 NAC"]
    assert kept(records, "B") == ["HOH 1 OB", "NA 2 NAB"]


def test_atoms_without_a_letter_are_an_alternative_of_those_with_one() -> None:
    records = atoms(("ALA 1", "CA", ""), ("ALA 1", "CB", ""), ("ALA 1", "CB", "B"))
    assert kept(records, "A") == ["ALA 1 CA", "ALA 1 CBA"]
    assert kept(records, "B") == ["ALA 1 CA", "ALA 1 CBB"]
    with pytest.raises(ChoiceError, match="alternate locations A, B"):
        choose_locations(records, None)


def test_heavy_atoms_that_only_another_location_has_stay() -> None:
    records = atoms(
        ("GLU 1", "CB", "A"),
        ("GLU 1", "CB", "B"),
        ("GLU 1", "CG", "B"),
        ("GLU 1", "HG2", "B"),
    )
    assert kept(records, "A") == ["GLU 1 CBA", "GLU 1 CGB", "GLU 1 HG2B"]
    assert any("A GLU 1 CG (B)" in note for note in choose_locations(records, "A")[1])


def test_two_protonation_states_are_not_mixed() -> None:
    records = atoms(("HIS 1", "CB", ""), ("HIS 1", "HD1", "A"), ("HIS 1", "HE2", "B"))
    assert kept(records, "A") == ["HIS 1 CB", "HIS 1 HD1A"]
    assert kept(records, "B") == ["HIS 1 CB", "HIS 1 HE2B"]


def test_a_letter_that_nothing_has_is_refused() -> None:
    records = atoms(("ALA 1", "CB", "A"), ("ALA 1", "CB", "B"))
    with pytest.raises(ChoiceError, match=r"not the chosen C; .* --alternate-location A or B"):
        choose_locations(records, "C")


def test_bonds_named_for_one_location_are_those_of_the_kept_one(tmp_path: Path) -> None:
    line = "HETATM{:5d}  {:<3}{}LIG A   1    {:8.3f}   0.000   0.000  0.50  0.00           C\n"
    text = (
        line.format(1, "C1", "A", 0.0)
        + line.format(2, "C1", "B", 0.3)
        + line.format(3, "C2", "A", 1.5)
        + line.format(4, "C2", "B", 1.8)
        + "CONECT    1    3\n"
    )
    path = tmp_path / "ligand.pdb"
    path.write_text(text)
    for letter in "AB":
        assert read_structure(path, alternate_location=letter).topology.getNumBonds() == 1
