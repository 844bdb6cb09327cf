# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What is in a data set, at a glance."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from openmm.app import Element

from .dataset import Group, composition, iterate_groups, read_origin
from .sources import BOTTOM_UP, IMPORTED, KINDS, TOP_DOWN, SourceParts, source_parts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = {BOTTOM_UP: "#0b5fa5", TOP_DOWN: "#d1731c", IMPORTED: "#3a8f4b"}
#: Forces from 1 meV/angstrom to 100 eV/angstrom.
_FORCE_BINS = np.logspace(-3, 2, 61)
_MOST_RESIDUES = 25


@dataclass
class _Summary:
    """Few numbers of each structure, and counts."""

    kind: list[str] = field(default_factory=list)
    num_atoms: list[int] = field(default_factory=list)
    energy_ev: list[float] = field(default_factory=list)
    elements_of: list[NDArray[np.int64]] = field(default_factory=list)
    forces: dict[str, NDArray[np.int64]] = field(
        default_factory=lambda: {k: np.zeros(len(_FORCE_BINS) + 1, np.int64) for k in KINDS}
    )
    elements: Counter[int] = field(default_factory=Counter)
    charges: Counter[tuple[str, int]] = field(default_factory=Counter)
    formulas: Counter[tuple[str, str]] = field(default_factory=Counter)
    parts: Counter[SourceParts] = field(default_factory=Counter)

    def add(self, group: Group) -> None:
        """Take a group into account."""
        parts = _parts(group)
        kinds = np.array([part.kind for part in parts])
        norms = np.linalg.norm(group.forces, axis=-1)
        for kind in set(kinds.tolist()):
            places = np.digitize(norms[kinds == kind].ravel(), _FORCE_BINS)
            self.forces[kind] += np.bincount(places, minlength=len(_FORCE_BINS) + 1)
        self.kind += kinds.tolist()
        self.num_atoms += [len(group.atomic_numbers)] * len(parts)
        self.energy_ev += group.energy.tolist()
        self.elements_of += [np.bincount(group.atomic_numbers, minlength=119)] * len(parts)
        for z, count in Counter(group.atomic_numbers.tolist()).items():
            self.elements[z] += count * len(parts)
        self.charges.update(zip(kinds.tolist(), group.charge.tolist(), strict=True))
        formula = composition(group.atomic_numbers)
        self.formulas.update((kind, formula) for kind in kinds.tolist())
        self.parts.update(parts)

    def excess_ev_per_atom(self) -> NDArray[np.float64]:
        """Energies less the sums of element energies that fit best, per atom."""
        used = sorted(self.elements)
        unique: dict[bytes, int] = {}
        place = []
        for counts in self.elements_of:
            place.append(unique.setdefault(counts[used].tobytes(), len(unique)))
        rows = np.array([np.frombuffer(key, dtype=np.int64) for key in unique], dtype=float)
        which = np.array(place)
        energy = np.array(self.energy_ev, dtype=np.float64)
        count = np.bincount(which)
        mean = np.bincount(which, weights=energy) / count
        weight = np.sqrt(count)
        fitted = np.linalg.lstsq(rows * weight[:, None], mean * weight, rcond=None)[0]
        return (energy - (rows @ fitted)[which]) / np.array(self.num_atoms)


def count_table(path: str | os.PathLike[str]) -> dict[str, dict[str, int]]:
    """
    Count the structures of a data set by where they come from.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict
        For each kind (bottom-up, top-down, imported) that is there the number of structures of each
        group: residues of top-down centres, ways conformers were made, imported files; most first.

    Raises
    ------
    FileNotFoundError, ValueError
        As `dataset.read_dataset`.
    """
    parts: Counter[SourceParts] = Counter()
    for _, group in iterate_groups(path):
        parts.update(_parts(group))
    return {kind: dict(_counted(parts, kind)) for kind in KINDS if _counted(parts, kind)}


def _parts(group: Group) -> list[SourceParts]:
    """What structures are counted under; kinds that are not known here count as imported."""
    return [
        SourceParts(place.kind, place.parent, source_parts(source).group or "unknown")
        if place.kind in KINDS
        else SourceParts(IMPORTED, place.kind, "")
        for place, source in zip(group.provenances(), group.source, strict=True)
    ]


def _counted(parts: Counter[SourceParts], kind: str) -> list[tuple[str, int]]:
    """Groups of a kind with their numbers, most first."""
    found: Counter[str] = Counter()
    for part, count in parts.items():
        if part.kind == kind:
            found[part.molecule if kind == IMPORTED else part.group] += count
    return found.most_common()


def draw_dataset(path: str | os.PathLike[str], picture: str | os.PathLike[str]) -> None:
    """
    Draw what is in a data set.

    Sizes, energies, forces, elements, charges, and where structures come from. Energies are per
    atom, above the sum of element energies that fits the data set best (least squares).

    Parameters
    ----------
    path : path
        The data set.
    picture : path
        A PNG, SVG or PDF file to write.

    Raises
    ------
    FileNotFoundError, ValueError
        As `dataset.read_dataset`; ValueError also if the data set is empty.
    """
    from matplotlib.figure import Figure

    summary = _Summary()
    for _, group in iterate_groups(path):
        summary.add(group)
    if not summary.kind:
        raise ValueError(f"The data set '{os.fspath(path)}' holds no structures to draw.")
    figure = Figure(figsize=(15, 7.6), layout="constrained")
    figure.suptitle(_title(path, summary), fontsize=13)
    axes = figure.subplot_mosaic(
        [["sizes", "energies", "forces", "groups"], ["elements", "charges", "kinds", "groups"]],
        width_ratios=(1, 1, 1, 1.1),
    )
    _draw_sizes(axes["sizes"], summary)
    _draw_energies(axes["energies"], summary)
    _draw_forces(axes["forces"], summary)
    _draw_elements(axes["elements"], summary)
    _draw_charges(axes["charges"], summary)
    _draw_conformers(axes["kinds"], summary)
    _draw_groups(axes["groups"], summary)
    handles, labels = axes["sizes"].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(KINDS), frameon=False)
    figure.savefig(picture, dpi=130)


def _title(path: str | os.PathLike[str], summary: _Summary) -> str:
    molecules = len({(part.kind, part.molecule) for part in summary.parts})
    return (
        f"{Path(path).name}: {len(summary.kind):,} structures, {sum(summary.num_atoms):,} atoms, "
        f"{molecules:,} molecules or parents; {read_origin(path).level_of_theory}"
    )


def _by_kind(summary: _Summary) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Kinds that are there, and which structures are of them."""
    kinds = np.array(summary.kind)
    for kind in KINDS:
        if (kinds == kind).any():
            yield kind, kinds == kind


def _draw_sizes(axes: Axes, summary: _Summary) -> None:
    sizes = np.array(summary.num_atoms)
    step = max(1, -(-int(np.ptp(sizes) + 1) // 50))
    bins = (np.arange(sizes.min(), sizes.max() + 2 * step, step) - 0.5).tolist()
    for kind, chosen in _by_kind(summary):
        axes.hist(sizes[chosen], bins=bins, color=_COLORS[kind], alpha=0.75, label=kind)
    axes.set(xlabel="atoms in a structure", ylabel="structures", yscale="log", title="Sizes")
    axes.set_ylim(bottom=0.7)


def _draw_energies(axes: Axes, summary: _Summary) -> None:
    excess = 1000 * summary.excess_ev_per_atom()
    low, high = np.quantile(excess, [0.001, 0.999])
    margin = 0.05 * (high - low) or 1.0
    bins = np.linspace(low - margin, high + margin, 61)
    for kind, chosen in _by_kind(summary):
        shown = np.clip(excess[chosen], bins[0], bins[-1])
        axes.hist(shown, bins=bins.tolist(), color=_COLORS[kind], alpha=0.75)
    axes.set(xlabel="energy above fitted elements (meV/atom)", ylabel="structures", yscale="log")
    axes.set_ylim(bottom=0.7)
    axes.set_title("Energies")


def _draw_forces(axes: Axes, summary: _Summary) -> None:
    centres = np.sqrt(_FORCE_BINS[1:] * _FORCE_BINS[:-1])
    for kind, counts in summary.forces.items():
        if counts.any():
            shown = counts[1:-1].copy()
            shown[0] += counts[0]
            shown[-1] += counts[-1]
            percent = 100 * shown / counts.sum()
            axes.fill_between(centres, percent, step="mid", color=_COLORS[kind], alpha=0.5)
            axes.step(centres, percent, where="mid", color=_COLORS[kind])
    axes.set(xlabel="force on an atom (eV/angstrom)", ylabel="share of atoms (%)", xscale="log")
    axes.set_ylim(bottom=0)
    axes.set_title("Forces")


def _draw_elements(axes: Axes, summary: _Summary) -> None:
    numbers = sorted(summary.elements)
    symbols = [Element.getByAtomicNumber(z).symbol for z in numbers]
    bars = axes.bar(symbols, [summary.elements[z] for z in numbers], color="0.45")
    axes.bar_label(bars, fmt=_short, fontsize=8, padding=2)
    axes.set(ylabel="atoms", yscale="log", title="Elements")
    axes.set_ylim(0.7, 8 * max(summary.elements.values()))


def _draw_charges(axes: Axes, summary: _Summary) -> None:
    charges = sorted({charge for _, charge in summary.charges})
    bottom = np.zeros(len(charges))
    for kind in KINDS:
        heights = np.array([summary.charges[kind, charge] for charge in charges], dtype=float)
        if heights.any():
            axes.bar(charges, heights, bottom=bottom, color=_COLORS[kind], alpha=0.75)
            bottom += heights
    for charge, height in zip(charges, bottom, strict=True):
        axes.annotate(
            _short(height), (charge, height), (0, 2), textcoords="offset points", ha="center",
            fontsize=8,
        )  # fmt: skip
    axes.yaxis.set_major_formatter(lambda count, _: _short(count))
    axes.set(xlabel="total charge (e)", ylabel="structures", title="Charges")
    axes.set_xticks(range(min(charges), max(charges) + 1))
    axes.set_xlim(min(charges) - 1.2, max(charges) + 1.2)
    axes.margins(y=0.12)


def _draw_conformers(axes: Axes, summary: _Summary) -> None:
    """How structures were made: bottom-up by way of sampling, others by parent or file."""
    bars = [(how, n, BOTTOM_UP) for how, n in _counted(summary.parts, BOTTOM_UP)]
    parents: Counter[str] = Counter()
    for part, count in summary.parts.items():
        if part.kind == TOP_DOWN:
            parents[part.molecule] += count
    bars += [(f"from {parent}", n, TOP_DOWN) for parent, n in parents.most_common()]
    bars += [(file, n, IMPORTED) for file, n in _counted(summary.parts, IMPORTED)]
    bars = [(f"{name}: {count:,}", count, kind) for name, count, kind in bars]
    _horizontal(axes, bars, "Where structures come from", most=10, with_numbers=False)
    for label in axes.get_yticklabels():  # in front of the bars: names may be long
        label.set(x=0.03, ha="left")
    axes.tick_params(axis="y", length=0)


def _draw_groups(axes: Axes, summary: _Summary) -> None:
    """Residues around which fragments were cut; without any, the most frequent formulas."""
    residues = [(name, n, TOP_DOWN) for name, n in _counted(summary.parts, TOP_DOWN)]
    if residues:
        _horizontal(axes, residues, "Centres of top-down fragments", most=_MOST_RESIDUES)
        return
    formulas = [(name, n, kind) for (kind, name), n in summary.formulas.most_common()]
    _horizontal(axes, formulas, "Formulas", most=_MOST_RESIDUES)


def _horizontal(
    axes: Axes, bars: list[tuple[str, int, str]], title: str, most: int, with_numbers: bool = True
) -> None:
    """Draw bars with names and numbers; those beyond ``most`` become one."""
    from matplotlib.ticker import MaxNLocator

    if len(bars) > most:
        rest = bars[most - 1 :]
        bars = [*bars[: most - 1], (f"{len(rest)} others", sum(n for _, n, _ in rest), rest[0][2])]
    names = [name if len(name) <= 40 else f"{name[:18]}...{name[-18:]}" for name, _, _ in bars]
    drawn = axes.barh(
        range(len(bars)), [n for _, n, _ in bars], color=[_COLORS[kind] for _, _, kind in bars],
        alpha=0.75, height=0.8,
    )  # fmt: skip
    if with_numbers:
        axes.bar_label(drawn, fmt=_short, fontsize=8, padding=2)
    axes.set_yticks(range(len(bars)), names, fontsize=8 if len(bars) > 12 else 9)
    axes.invert_yaxis()
    axes.set_ylim(max(len(bars), 8) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(lambda count, _: _short(count))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set(xlabel="structures", title=title)
    axes.margins(x=0.18)


def _short(count: float) -> str:
    """Three digits of a number: 123, 4.57k, 1.2M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return f"{count:.0f}"
