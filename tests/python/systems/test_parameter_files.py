# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Elements, bonds and states of AMBER and GROMACS files are those of their masses and names."""

import re
import shutil
from pathlib import Path

import pytest
from openmmgems.core.errors import ChoiceError, StructureError
from openmmgems.systems.elements import elements_from_masses
from openmmgems.systems.structure import LoadedStructure, read_structure

#: In the order of the files: Ace, Ala, Nme.
SYMBOLS = list("CHHHCONHCHCHHHCONHCHHH")
#: Hydrogens of each atom.
HYDROGENS = [3, 0, 0, 0, 0, 0, 1, 0, 1, 0, 3, 0, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0]
MASSES = {"C": 12.011, "H": 1.008, "O": 15.999, "N": 14.007}


def repartitioned(hydrogen: float) -> list[float]:
    """Masses with hydrogens of that mass, taken from the atoms that carry them."""
    return [
        hydrogen if symbol == "H" else MASSES[symbol] - count * (hydrogen - 1.008)
        for symbol, count in zip(SYMBOLS, HYDROGENS, strict=True)
    ]


def gromacs(folder: Path, name: str, *atoms: str, bonds: str = "", types: str = "") -> Path:
    """A molecule of atoms such as "c3 C1 12.011"; types: "c3 12.011 0 A 0.34 0.45"."""
    rows, lines = [atom.split() for atom in atoms], []
    for k, (kind, atom, mass) in enumerate(rows, 1):
        lines.append(f"{k} {kind} 1 {name} {atom} {k} 0.0 {mass}\n")
    kinds = {kind: mass for kind, _, mass in rows}
    types = types or "".join(f"{kind} {mass} 0.0 A 0.3 0.4\n" for kind, mass in kinds.items())
    (folder / "x.top").write_text(
        f"[ defaults ]\n1 2 yes 0.5 0.8333\n[ atomtypes ]\n{types}[ moleculetype ]\n{name} 3\n"
        f"[ atoms ]\n{''.join(lines)}{bonds}[ system ]\nx\n[ molecules ]\n{name} 1\n"
    )
    coordinates = "".join(
        f"{1:5d}{name:<5}{atom:>5}{k + 1:5d}{0.2 * k:8.3f}{0:8.3f}{0:8.3f}\n"
        for k, (_, atom, _) in enumerate(rows)
    )
    (folder / "x.gro").write_text(f"x\n{len(rows)}\n{coordinates}   0.0 0.0 0.0\n")
    return folder / "x.top"


def symbols(structure: LoadedStructure) -> list[str]:
    return [atom.element.symbol for atom in structure.topology.atoms()]


@pytest.mark.parametrize(
    ("name", "mass", "symbol"),
    [
        ("CA", 40.08, "Ca"),
        ("C0", 40.08, "Ca"),
        ("CAL", 40.08, "Ca"),
        ("ZN", 65.4, "Zn"),
        ("SOD", 22.99, "Na"),
        ("NA", 22.99, "Na"),
        ("K", 39.1, "K"),
        ("CLA", 35.45, "Cl"),
        ("FE2", 55.85, "Fe"),
        ("CO", 58.93, "Co"),
        ("NI", 58.69, "Ni"),
        ("AR", 39.948, "Ar"),
        ("IOD", 126.9, "I"),
    ],
)
def test_lone_atoms_have_the_element_of_their_mass(
    tmp_path: Path, name: str, mass: float, symbol: str
) -> None:
    assert symbols(read_structure(gromacs(tmp_path, name, f"x {name} {mass}"))) == [symbol]


def test_bromine_is_not_boron(tmp_path: Path) -> None:
    path = gromacs(
        tmp_path,
        "MBR",
        *("c3 C1 12.011", "h1 H1 1.008", "h1 H2 1.008", "h1 H3 1.008", "br BR 79.9"),
        bonds="[ bonds ]\n" + "".join(f"1 {k} 1 0.11 2500\n" for k in (2, 3, 4, 5)),
    )
    assert symbols(read_structure(path)) == ["C", "H", "H", "H", "Br"]


@pytest.mark.parametrize("mass", [13.5, 15.035, 72.0])
def test_united_and_coarse_atoms_are_refused(tmp_path: Path, mass: float) -> None:
    with pytest.raises(StructureError, match=rf"Atom C1 of residue LIG 1 .*mass {mass:g}"):
        read_structure(gromacs(tmp_path, "LIG", f"x C1 {mass}", types="x 6 12.011 0 A 0.3 0.4\n"))
    with pytest.raises(StructureError, match=f"mass {mass:g}, which is that of no element"):
        read_structure(gromacs(tmp_path, "LIG", f"x C1 {mass}"))


def gromacs_peptide(structures: Path, folder: Path, masses: list[float]) -> Path:
    """Ace-Ala-Nme with other masses and no atomic numbers."""
    text = (structures / "ace-ala-nme.top").read_text()
    head, atoms, tail = re.split(r"(?=\[ atoms \])|(?=\[ bonds \])", text)
    head = re.sub(r"(?m)^(\S+) +\d+( +\d+\.\d+ +0\.0+ +A)", r"\1\2", head)
    left = iter(masses)
    atoms = re.sub(r"(?m)(?<=\d) +\d+\.\d+ +;", lambda _: f" {next(left):.5f} ;", atoms)
    (folder / "peptide.top").write_text(head + atoms.replace("; qtot", ";") + tail)
    shutil.copy(structures / "ace-ala-nme.gro", folder / "peptide.gro")
    return folder / "peptide.top"


def amber_peptide(structures: Path, folder: Path, masses: list[float]) -> Path:
    """Ace-Ala-Nme with other masses and no atomic numbers."""
    text = (structures / "ace-ala-nme.prmtop").read_text()
    sections = re.split(r"(?=%FLAG )", text)
    rows = "".join(f"{mass:16.8E}" for mass in masses)
    lines = "".join(rows[k : k + 80] + "\n" for k in range(0, len(rows), 80))
    changed = [
        f"%FLAG MASS\n%FORMAT(5E16.8)\n{lines}" if part.startswith("%FLAG MASS") else part
        for part in sections
        if not part.startswith("%FLAG ATOMIC_NUMBER")
    ]
    (folder / "peptide.prmtop").write_text("".join(changed))
    shutil.copy(structures / "ace-ala-nme.inpcrd", folder / "peptide.inpcrd")
    return folder / "peptide.prmtop"


@pytest.mark.parametrize("make", [gromacs_peptide, amber_peptide])
@pytest.mark.parametrize("hydrogen", [1.008, 2.014, 2.016, 3.024, 4.032])
def test_repartitioned_masses_change_no_element(
    structures: Path, tmp_path: Path, make, hydrogen: float
) -> None:
    path = make(structures, tmp_path, repartitioned(hydrogen))
    assert symbols(read_structure(path)) == SYMBOLS


@pytest.mark.parametrize("make", [gromacs_peptide, amber_peptide])
def test_deuterated_files_have_hydrogen(structures: Path, tmp_path: Path, make) -> None:
    masses = [2.014 if symbol == "H" else MASSES[symbol] for symbol in SYMBOLS]
    assert symbols(read_structure(make(structures, tmp_path, masses))) == SYMBOLS


def test_an_atomic_number_that_contradicts_its_mass_is_refused() -> None:
    with pytest.raises(StructureError, match=r"X has the atomic number 6 \(C\) but the mass 14.0"):
        elements_from_masses(["C1"], [14.007], [6], [], lambda index: "X")


@pytest.mark.parametrize(
    ("label", "name", "state"),
    [("HIE", "HIS", "HIE"), ("NHIP", "HIS", "HIP"), ("LYN", "LYS", "LYN"), ("ASH", "ASP", "ASH")],
)
def test_residue_labels_of_a_prmtop_tell_states(
    structures: Path, tmp_path: Path, label: str, name: str, state: str
) -> None:
    text = (structures / "ace-ala-nme.prmtop").read_text()
    path = tmp_path / "named.prmtop"
    path.write_text(text.replace("ACE ALA NME ", f"ACE {label:<4}NME "))
    shutil.copy(structures / "ace-ala-nme.inpcrd", tmp_path / "named.inpcrd")
    found = read_structure(path)
    assert [residue.name for residue in found.topology.residues()] == ["ACE", name, "NME"]
    assert found.states == {1: state}
    assert f"1 {label} as {name} in the state {state}" in " ".join(found.notes)


def water_top(folder: Path, section: str, count: int = 2) -> Path:
    atoms = [
        ("OW", 15.9994, 0.0, 0.0),
        ("HW1", 1.008, 0.09572, 0.0),
        ("HW2", 1.008, -0.024, 0.0927),
    ]
    text = "".join(
        f"{k} {name[:2]} 1 SOL {name} 1 0.0 {mass}\n" for k, (name, mass, *_) in enumerate(atoms, 1)
    )
    (folder / "water.top").write_text(
        "[ defaults ]\n1 2 yes 0.5 0.8333\n[ atomtypes ]\nOW 8 15.9994 0.0 A 0.3 0.6\n"
        f"HW 1 1.008 0.0 A 0.0 0.0\n[ moleculetype ]\nSOL 2\n[ atoms ]\n{text}{section}"
        f"[ system ]\nx\n[ molecules ]\nSOL {count}\n"
    )
    rows = "".join(
        f"{m + 1:5d}SOL  {name:>5}{3 * m + k + 1:5d}{x + 0.3 * m:8.3f}{y:8.3f}{0:8.3f}\n"
        for m in range(count)
        for k, (name, _, x, y) in enumerate(atoms)
    )
    (folder / "water.gro").write_text(f"x\n{3 * count}\n{rows}   2.0 2.0 2.0\n")
    return folder / "water.top"


@pytest.mark.parametrize(
    "section",
    [
        "[ settles ]\n1 1 0.09572 0.15139\n",
        "[ constraints ]\n1 2 1 0.09572\n1 3 1 0.09572\n2 3 1 0.15139\n",
        "[ bonds ]\n1 2 1 0.09572 4000\n1 3 1 0.09572 4000\n",
    ],
)
def test_rigid_waters_have_two_bonds(tmp_path: Path, section: str) -> None:
    found = read_structure(water_top(tmp_path, section))
    bonds = {tuple(sorted((b[0].index, b[1].index))) for b in found.topology.bonds()}
    assert bonds == {(0, 1), (0, 2), (3, 4), (3, 5)}
    assert found.is_periodic


@pytest.mark.parametrize("name", ["WAT", "OPC", "XYZ"])
def test_the_third_bond_of_amber_water_is_none(structures: Path, tmp_path: Path, name: str) -> None:
    # the methyl group of Ace as if it were a triangle of water: C-H, C-H and H-H
    text = (structures / "ace-ala-nme.prmtop").read_text()
    sections = re.split(r"(?=%FLAG )", text)
    bonds = next(part for part in sections if part.startswith("%FLAG BONDS_INC_HYDROGEN"))
    first = bonds.splitlines()[2][:24]
    triangle = f"{3:8d}{6:8d}{1:8d}"
    path = tmp_path / "water.prmtop"
    path.write_text(text.replace(first, triangle, 1).replace("ACE ALA", f"{name} ALA"))
    shutil.copy(structures / "ace-ala-nme.inpcrd", tmp_path / "water.inpcrd")
    found = read_structure(path)
    assert not [
        b for b in found.topology.bonds() if {b[0].element.symbol, b[1].element.symbol} == {"H"}
    ]


def test_other_names_in_the_coordinates_are_told(structures: Path, tmp_path: Path) -> None:
    shutil.copy(structures / "ace-ala-nme.top", tmp_path / "a.top")
    text = (structures / "ace-ala-nme.gro").read_text()
    (tmp_path / "a.gro").write_text(text.replace("   CB", "   CG"))
    notes = read_structure(tmp_path / "a.top").notes
    assert any("where 'a.gro' has others: CB (CG)" in note for note in notes)


def test_an_include_that_is_not_found_names_the_option(structures: Path, tmp_path: Path) -> None:
    folder = tmp_path / "inc" / "my.ff"
    folder.mkdir(parents=True)
    text = water_top(tmp_path, "[ settles ]\n1 1 0.09572 0.15139\n").read_text()
    head, tail = text.split("[ moleculetype ]")
    (folder / "forcefield.itp").write_text(head)
    path = tmp_path / "water.top"
    path.write_text('#include "my.ff/forcefield.itp"\n[ moleculetype ]' + tail)
    with pytest.raises(ChoiceError, match="--gromacs-include"):
        read_structure(path)
    assert read_structure(path, include_folder=tmp_path / "inc").num_atoms == 6


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["top", "prmtop"])
def test_remarks_in_any_encoding(
    structures: Path, tmp_path: Path, ending: str, encoding: str
) -> None:
    for source in structures.glob("ace-ala-nme.*"):
        lines = source.read_text().splitlines(keepends=True)
        if source.suffix == ".top":
            lines.insert(0, "; préparé [ atoms ]\n")
        elif source.suffix in (".gro", ".inpcrd"):
            lines[0] = "préparé\n"
        (tmp_path / source.name).write_bytes("".join(lines).encode(encoding))
    found = read_structure(tmp_path / f"ace-ala-nme.{ending}")
    assert symbols(found) == SYMBOLS
    plain = read_structure(structures / f"ace-ala-nme.{ending}")
    assert (found.positions == plain.positions).all()


def test_a_placeholder_in_the_coordinates_is_no_box(structures: Path, tmp_path: Path) -> None:
    shutil.copy(structures / "ace-ala-nme.top", tmp_path / "a.top")
    lines = (structures / "ace-ala-nme.gro").read_text().splitlines()
    (tmp_path / "a.gro").write_text("\n".join([*lines[:-1], "   0.1 0.1 0.1\n"]))
    found = read_structure(tmp_path / "a.top")
    assert not found.is_periodic
    assert "The box of 1 x 1 x 1 angstrom is a placeholder: read without a box." in found.notes


def test_charges_of_the_file_add_up_to_the_total(structures: Path, tmp_path: Path) -> None:
    assert read_structure(structures / "ace-ala-nme.prmtop").total_charge == 0
    for charge, total in (("2.0", 2), ("1.999", 2), ("-1.0", -1), ("0.75", None)):
        path = gromacs(tmp_path, "CA", "x CA 40.08")
        path.write_text(path.read_text().replace(" 1 0.0 40.08", f" 1 {charge} 40.08"))
        found = read_structure(path)
        assert found.total_charge == total
        assert any("no whole number" in note for note in found.notes) == (total is None)


@pytest.mark.parametrize("make", [gromacs_peptide, amber_peptide])
def test_deuterium_is_told(structures: Path, tmp_path: Path, make) -> None:
    masses = repartitioned(1.008)
    masses[1] = masses[7] = 2.014
    found = read_structure(make(structures, tmp_path, masses))
    assert symbols(found) == SYMBOLS
    assert "Of the mass of deuterium, read as hydrogen: 2 atoms." in found.notes


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("x.gro", "x\n1\n", "ends early"),
        ("x.gro", "x\nthree\n", "'three' stands where a number is expected"),
        ("x.top", "[ defaults ]\n1 2 yes 0.5 0.8\n[ moleculetype ]\nA 3\n[ atoms ]\n"
         "1 QQ 1 A A 1 0 1\n[ system ]\nx\n[ molecules ]\nA 1\n", "'QQ' is missing there"),
    ],
)  # fmt: skip
def test_what_parsers_stumble_on_is_one_sentence_about_the_file(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = gromacs(tmp_path, "NA", "x NA 22.99")
    (tmp_path / name).write_text(text)
    with pytest.raises(StructureError, match=f"'{name}' cannot be read: .*{reason}"):
        read_structure(path)


@pytest.mark.parametrize("ending", ["top", "gro"])
def test_parameter_files_in_utf16(tmp_path: Path, ending: str) -> None:
    path = gromacs(tmp_path, "NA", "x NA 22.99")
    file = path.with_suffix(f".{ending}")
    file.write_text(file.read_text(), encoding="utf-16")
    assert symbols(read_structure(path)) == ["Na"]
