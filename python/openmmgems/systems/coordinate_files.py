# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Read the atoms, bonds and box that PDB and mmCIF files name, with gemmi."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import gemmi
import numpy as np

from openmmgems.core.errors import StructureError

from .atom_record import AtomRecord, CoordinateFile
from .elements import element_from_name, lone_atom
from .residue_names import is_known, is_standard
from .sentences import counted

_ATOMS = ("ATOM", "HETATM")
_Address = tuple[str, str, str, str, str]
#: Without these columns gemmi reads no atoms: their values where a file has none.
_NEEDED_COLUMNS = {
    "_atom_site.label_alt_id": ".",
    "_atom_site.type_symbol": "?",
    "_atom_site.label_asym_id": ".",
}
#: How long links may be that are bonds, nm. Those of unknown type may be salt bridges, too.
_LONGEST_LINK_NM = {
    gemmi.ConnectionType.Covale: 0.3,
    gemmi.ConnectionType.Disulf: 0.3,
    gemmi.ConnectionType.Unknown: 0.2,
}


def read_pdb(text: str) -> CoordinateFile:
    """
    Read the first model of a PDB file.

    Names of residues may have four letters. Serial numbers are compared as text, so that it does
    not matter how more than 99,999 atoms are counted.

    Parameters
    ----------
    text : str

    Returns
    -------
    CoordinateFile

    Raises
    ------
    StructureError
        If a position or the box is no number, CONECT records name an atom whose number another
        one has, too, or an element cannot be told.
    """
    lines = [line for line in _first_model(text) if line.startswith(_ATOMS)]
    has_long_names = _has_long_names(lines)
    readable = _without_fourth_letters(text) if has_long_names else text
    structure = gemmi.read_pdb_string(_numbered(readable), split_chain_on_ter=True)
    atoms = _records(structure)
    if len(atoms) != len(lines):
        raise StructureError(
            f"The file has {len(lines)} ATOM and HETATM records, of which {len(atoms)} were "
            "understood; expected the columns of the PDB format."
        )
    for atom, line in zip(atoms, lines, strict=True):
        _check_position(line)
        if has_long_names:
            atom.residue = line[17:21].strip()
        if line[22:26].isalnum() and line[22].isdigit():
            atom.number = line[22:26]  # beyond 9999 some programs count in hexadecimal numbers
    is_said = [line[76:78].strip().isalpha() for line in lines]
    notes = _model_note(structure)
    notes += _read_elements(atoms, [line[12:16] for line in lines], is_said)
    serials: dict[str, list[AtomRecord]] = defaultdict(list)
    for atom, line in zip(atoms, lines, strict=True):
        serials[line[6:11].strip()].append(atom)
    links = [*_conect(text, serials, notes), *_connections(structure, atoms, notes)]
    _read_deuterium(atoms, notes)
    return CoordinateFile(atoms, links, {}, _cell_of_pdb(text), notes)


def read_mmcif(text: str) -> CoordinateFile:
    """
    Read the first model of an mmCIF file; parameters and returns as of :func:`read_pdb`.

    Raises
    ------
    StructureError
        If the file has no atoms.
    """
    blocks = [block for block in gemmi.cif.read_string(text) if block.find_loop("_atom_site.id")]
    if not blocks:
        raise StructureError("The file has no _atom_site records; expected mmCIF as of the wwPDB.")
    block = blocks[0]
    _complete_columns(block)
    structure = gemmi.make_structure_from_block(block)
    atoms = _records(structure)
    component_bonds: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    tags = ["comp_id", "atom_id_1", "atom_id_2", "?value_order"]
    for row in block.find("_chem_comp_bond.", tags):
        order = gemmi.cif.as_string(row[3]).lower() if row.has(3) else ""
        name, first, second = (gemmi.cif.as_string(row[k]) for k in range(3))
        component_bonds[name].append((first, second, order))
    notes = _model_note(structure)
    is_said = [any(atom.element for atom in atoms)] * len(atoms)
    notes += _read_elements(atoms, [""] * len(atoms), is_said)
    links = _connections(structure, atoms, notes)
    _read_deuterium(atoms, notes)
    if len(blocks) > 1:
        notes.append(f"The file has {len(blocks)} data blocks with atoms; the first was read.")
    return CoordinateFile(atoms, links, component_bonds, _cell_of_mmcif(block), notes)


def _complete_columns(block: gemmi.cif.Block) -> None:
    """Count the atoms anew, as :func:`_numbered`, and add columns that gemmi needs."""
    numbers = block.find_loop("_atom_site.id")
    loop = numbers.get_loop()
    for k in range(len(numbers)):
        numbers[k] = str(k)
    for tag, value in _NEEDED_COLUMNS.items():
        if tag not in loop.tags:
            loop.add_columns([tag], value)


def _first_model(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if line.startswith("END"):  # ENDMDL or END
            return
        yield line


def _numbered(text: str) -> str:
    """Count the atoms anew: gemmi puts residues of one number together, wherever they stand."""
    lines = text.split("\n")
    count = 0
    for k, line in enumerate(lines):
        if line.startswith(_ATOMS):
            lines[k] = f"{line[:6]}{_serial(count)}{line[11:]}"
            count += 1
    return "\n".join(lines)


def _serial(number: int) -> str:
    """Five columns; beyond 99,999 they are hybrid-36 numbers, which begin with A0000."""
    if number < 100_000:
        return f"{number:5d}"
    return np.base_repr(number - 100_000 + 10 * 36**4, 36)


def _records(structure: gemmi.Structure) -> list[AtomRecord]:
    """The atoms of the first model in order; segments and entities begin parts of their own."""
    found: list[AtomRecord] = []
    part = 0
    for chain in structure[0] if len(structure) else ():
        stretch = None
        for residue in chain:
            if (residue.segment, residue.subchain) != stretch:
                stretch, part = (residue.segment, residue.subchain), part + 1
            for atom in residue:
                found.append(_record(part, chain, residue, atom))
    return sorted(found, key=lambda record: record.index)


def _record(part: int, chain: gemmi.Chain, residue: gemmi.Residue, atom: gemmi.Atom) -> AtomRecord:
    return AtomRecord(
        atom.serial,
        atom.name,
        atom.element.name if atom.element.atomic_number else None,
        residue.name,
        chain.name or " ",
        "." if residue.seqid.num is None else str(residue.seqid.num),
        residue.seqid.icode.strip(),
        part,
        atom.altloc.replace("\0", ""),
        atom.occ,
        (atom.pos.x / 10, atom.pos.y / 10, atom.pos.z / 10),
        atom.charge,
    )


def _has_long_names(lines: Iterable[str]) -> bool:
    """
    Tell whether names of residues have four columns, as AMBER, CHARMM and GROMACS write them.

    Some crystallographic programs use the fourth for the first letter of the chain: then the
    first three alone are names of residues.
    """
    long = {line[17:21] for line in lines if line[20:21].strip()}
    return bool(long) and not any(is_standard(name[:3]) and not is_known(name) for name in long)


def _without_fourth_letters(text: str) -> str:
    return "\n".join(
        f"{line[:20]} {line[21:]}" if line.startswith((*_ATOMS, "TER")) else line
        for line in text.split("\n")
    )


def _read_elements(
    atoms: Sequence[AtomRecord], padded: Sequence[str], is_said: Sequence[bool]
) -> list[str]:
    """Tell elements by names where the file does not say them; refuse wrong ones of ions."""
    aligned = not any(
        name[:1].isalpha() and len(name.strip()) < 4 and not _begins_with_symbol(name)
        for name in padded
    )
    names = {(atom.place, atom.residue, atom.name) for atom in atoms}
    sizes = Counter((place, residue) for place, residue, _ in names)
    for atom, name, known in zip(atoms, padded, is_said, strict=True):
        size = sizes[atom.place, atom.residue]
        if known:
            _check_ion(atom, size)
        else:
            columns = name if aligned else ""
            atom.element = element_from_name(atom.name, atom.residue, size, columns)
    guessed = len(atoms) - sum(is_said)
    if not guessed:
        return []
    return [f"Elements told by names, as the file has none: {counted(guessed, 'atom')}."]


def _begins_with_symbol(name: str) -> bool:
    return name[:2].isalpha() and gemmi.Element(name[:2].capitalize()).atomic_number > 0


def _check_ion(atom: AtomRecord, size: int) -> None:
    """Refuse a lone carbon that is calcium by both its names, and the like."""
    if size > 1 or is_standard(atom.residue) or atom.residue != atom.name:
        return
    named = lone_atom(atom.name, atom.residue)
    if named and named != atom.element and atom.element == named[0]:
        raise StructureError(
            f"Atom {atom.where} {atom.name} has the element {atom.element}, but its names are "
            f"those of {named}; mend the file (PDB: columns 77 and 78; mmCIF: type_symbol)."
        )


def _read_deuterium(atoms: Sequence[AtomRecord], notes: list[str]) -> None:
    """Read deuterium as hydrogen, D and DE2 as H and HE2."""
    deuterium = [atom for atom in atoms if atom.element == "D"]
    for atom in deuterium:
        atom.element, atom.name = "H", atom.name.replace("D", "H", 1)
    if deuterium:
        notes.append(f"Deuterium read as hydrogen: {counted(len(deuterium), 'atom')}.")


def _model_note(structure: gemmi.Structure) -> list[str]:
    if len(structure) < 2:
        return []
    return [f"The file has {len(structure)} models; the first was read."]


def _check_position(line: str) -> None:
    """Refuse stars, commas and shifted columns, which gemmi reads as 0."""
    try:
        [float(line[k : k + 8]) for k in (30, 38, 46)]
    except ValueError:
        raise StructureError(
            f"The position of atom {line[6:27].strip()} is '{line[30:54].strip()}'; expected three "
            "numbers of eight columns, from column 31 on."
        ) from None


def _cell_of_pdb(text: str) -> tuple[float, ...] | None:
    line = next((line for line in text.split("\n") if line.startswith("CRYST1")), None)
    if line is None:
        return None
    words = line[6:54].split()
    if len(words) != 6:  # numbers that fill their columns
        words = [line[i:j] for i, j in pairwise((6, 15, 24, 33, 40, 47, 54))]
    return _cell(words, line.strip())


def _cell_of_mmcif(block: gemmi.cif.Block) -> tuple[float, ...] | None:
    tags = [f"length_{edge}" for edge in "abc"] + ["angle_alpha", "angle_beta", "angle_gamma"]
    words = [block.find_value(f"_cell.{tag}") or "?" for tag in tags]
    if all(map(gemmi.cif.is_null, words)):
        return None
    return _cell([gemmi.cif.as_number(word) for word in words], f"_cell {' '.join(words)}")


def _cell(numbers: Sequence[str | float], given: str) -> tuple[float, ...]:
    try:
        cell = tuple(map(float, numbers))
    except ValueError:
        cell = ()
    if not cell or not np.isfinite(cell).all():
        raise StructureError(
            f"The box of the file is '{given}'; expected three edges, angstrom, and three angles, "
            "degree. Mend it, or leave it out."
        )
    return cell


def _conect(
    text: str, serials: Mapping[str, Sequence[AtomRecord]], notes: list[str]
) -> Iterator[tuple[AtomRecord, AtomRecord]]:
    """Bonds of CONECT records."""
    unknown = 0
    for line in text.split("\n"):
        if not line.startswith("CONECT"):
            continue
        numbers = [line[k : k + 5].strip() for k in (6, 11, 16, 21, 26)]
        for number in filter(None, numbers[1:]):
            ends = [serials.get(numbers[0], ()), serials.get(number, ())]
            if not all(ends):
                unknown += 1
                continue
            for serial, found in zip((numbers[0], number), ends, strict=True):
                if len(found) > 1:
                    raise StructureError(
                        f"CONECT records name atom {serial}, which {len(found)} atoms are numbered "
                        f"({found[0].where} {found[0].name}, {found[1].where} {found[1].name}); "
                        "number the atoms anew, or leave the CONECT records out."
                    )
            yield ends[0][0], ends[1][0]
    if unknown:
        notes.append(
            f"CONECT records name atoms that the file does not have: {counted(unknown, 'bond')}."
        )


def _connections(
    structure: gemmi.Structure, atoms: Sequence[AtomRecord], notes: list[str]
) -> list[tuple[AtomRecord, AtomRecord]]:
    """Bonds of LINK and SSBOND records and of struct_conn, within the asymmetric unit."""
    wanted = [
        connection
        for connection in structure.connections
        if connection.type in _LONGEST_LINK_NM and connection.asu != gemmi.Asu.Different
    ]
    places: dict[_Address, list[AtomRecord]] = defaultdict(list)
    if wanted:
        for atom in atoms:
            key = (atom.chain, atom.number, atom.insertion, atom.residue, atom.name)
            places[key].append(atom)
    found, long = [], 0
    for connection in wanted:
        ends = [
            [
                atom
                for atom in places.get(_address(partner), ())
                if not partner.altloc.strip("\0") or atom.location == partner.altloc
            ]
            for partner in (connection.partner1, connection.partner2)
        ]
        nearest = _nearest(*ends)
        if nearest is None:
            continue
        if _distance(*nearest) < _LONGEST_LINK_NM[connection.type]:
            found.append(nearest)
        else:
            long += connection.type != gemmi.ConnectionType.Unknown
    if long:
        notes.append(f"Left out, being longer than 3 angstrom: {counted(long, 'link')}.")
    return found


def _address(partner: gemmi.AtomAddress) -> _Address:
    seqid, residue = partner.res_id.seqid, partner.res_id
    return (
        partner.chain_name,
        str(seqid.num),
        seqid.icode.strip(),
        residue.name,
        partner.atom_name,
    )


def _nearest(
    first: Iterable[AtomRecord], second: Sequence[AtomRecord]
) -> tuple[AtomRecord, AtomRecord] | None:
    """The two atoms, of several locations the nearest."""
    pairs = [(_distance(a, b), a.index, b.index, a, b) for a in first for b in second]
    return min(pairs)[3:] if pairs else None


def _distance(first: AtomRecord, second: AtomRecord) -> float:
    return sum((a - b) ** 2 for a, b in zip(first.position, second.position, strict=True)) ** 0.5
