# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of conformers and of classical parents, as they stand in a project file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from openmmgems.core.errors import OptionError
from openmmgems.core.settings import Setting, SettingsBase

Temperature = Annotated[float, Field(gt=0.0, le=5000.0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]


class ConformerSettings(SettingsBase):
    """How conformers of small molecules are drawn."""

    number: int = Field(default=20, ge=1, description="Conformers of each molecule.")
    normal_mode_share: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="Part of them displaced along normal modes; the others come from dynamics.",
    )
    normal_mode_temperatures_kelvin: tuple[Temperature, ...] = Field(
        default=(300.0, 600.0, 1000.0), min_length=1, description="Taken in turn."
    )
    dynamics_temperatures_kelvin: tuple[Temperature, ...] = Field(
        default=(300.0, 600.0, 1000.0), min_length=1, description="One run each."
    )
    engine: str = Field(
        default="gfn2-xtb",
        description="Name of the engine that gives forces, or 'module:function' that makes one of "
        "yours (with --allow-code module).",
    )
    engine_options: dict[str, Setting] = Field(
        default_factory=dict, description="Options of the engine."
    )
    time_step_fs: float = Field(default=0.5, gt=0.0, le=2.0, description="Of the dynamics.")
    hydrogen_mass_dalton: float | None = Field(
        default=None,
        gt=1.0,
        le=4.0,
        description="Mass of hydrogens in the dynamics: 4 allows steps of 2 fs, and the same "
        "structures are visited.",
    )
    spacing_fs: float = Field(default=25.0, gt=0.0, description="Time between two conformers.")
    equilibration_fs: float = Field(
        default=50.0, ge=0.0, description="Time before the first conformer of a run."
    )
    friction_per_ps: float = Field(default=10.0, ge=0.0, description="Of the Langevin thermostat.")
    energy_window_ev_per_atom: float = Field(
        default=0.5, gt=0.0, description="Displacements higher above the minimum are rejected."
    )
    softest_mode_per_cm: float = Field(
        default=50.0,
        gt=0.0,
        description="Softer and imaginary modes are displaced as if they had this wave number.",
    )
    max_restarts: int = Field(
        default=20,
        ge=0,
        description="How often a run may begin again without a new conformer, because a bond broke "
        "or the engine failed.",
    )
    seed: int = Field(default=1, ge=0, description="Of everything drawn at random.")

    @model_validator(mode="after")
    def _check_spacing(self) -> ConformerSettings:
        if self.spacing_fs < self.time_step_fs:
            raise ValueError(
                f"spacing_fs is {self.spacing_fs}; expected at least time_step_fs, "
                f"{self.time_step_fs}."
            )
        return self

    @property
    def num_by_normal_modes(self) -> int:
        """Conformers displaced along normal modes."""
        return round(self.number * self.normal_mode_share)


class DihedralBias(SettingsBase):
    """Short runs that drive dihedral angles through a list of values, one run for each value."""

    disulfides: tuple[int, ...] = Field(
        default=(),
        description="Disulfide bridges by number, in order of their first cysteine: both their "
        "N-CA-CB-SG angles are driven, in all pairs of the targets.",
    )
    dihedrals: tuple[tuple[str, str, str, str], ...] = Field(
        default=(),
        description="Other dihedrals, driven one by one: four atoms as 'CHAIN:RESIDUE:ATOM', "
        "for example 'A:10:CA'.",
    )
    targets_degree: tuple[Annotated[float, Field(ge=-180.0, le=180.0)], ...] = Field(
        default=(-60.0, 60.0, 180.0), min_length=1, description="Values of the angles."
    )
    force_constant: float = Field(
        default=200.0, gt=0.0, description="k of k (1 - cos(angle - target)), kJ/mol."
    )
    temperature_kelvin: Temperature = Field(default=300.0, description="Of these runs.")
    length_ps: float = Field(default=5.0, gt=0.0, description="Of each run.")


class SelectionSettings(SettingsBase):
    """Which frames of a parent are kept."""

    method: Literal["affinity", "farthest", "all"] = Field(
        default="affinity",
        description="affinity: representatives by affinity propagation, then untypical ones; "
        "farthest: one after the other the farthest from all others; all: every frame.",
    )
    atoms: Literal["heavy", "backbone", "all"] = Field(
        default="heavy", description="Atoms of the solute that are compared."
    )
    threshold_angstrom2: float = Field(
        default=9.0,
        description="Frames with a smaller sum of squared distances from a kept one are removed "
        "first; negative: none.",
    )
    preference_angstrom2: float | None = Field(
        default=None, description="Of affinity propagation; none: the median similarity."
    )
    damping: float = Field(default=0.7, ge=0.5, lt=1.0, description="Of affinity propagation.")
    number_farthest: int = Field(
        default=10,
        ge=0,
        description="Untypical frames that are added; for the method farthest: all frames.",
    )
    seed: int = Field(default=1, ge=0, description="Of the mixing before thinning out.")


class ParentSettings(SettingsBase):
    """A molecule that runs under AMBER99SB-ILDN, and whose frames are cut up."""

    name: Name = Field(description="Name of its folder.")
    structure: str | None = Field(default=None, description="Structure file; it is completed.")
    remove: tuple[str, ...] = Field(default=(), description="Residues of the file to leave out.")
    ph: float = Field(default=7.0, ge=0.0, le=14.0, description="Decides protonation states.")
    alternate_location: str | None = Field(default=None, description="Which to keep: A, B, ...")
    coordinates: str | None = Field(default=None, description="Of a prmtop or top file.")
    gromacs_include: str | None = Field(default=None, description="GROMACS' share/top.")
    allow_gaps: bool = Field(
        default=False, description="Where residues are missing in a chain, it ends."
    )
    peptide: str | None = Field(
        default=None,
        description="Residues instead of a file: 'ACE ALA*15 NME', 'ACE ALA*8 LYS+', "
        "'NLYIQWLKDGGPSSGRPPPS'.",
    )
    conformation: Literal["extended", "helix"] = Field(
        default="extended", description="Backbone of a peptide at the start."
    )
    relaxation_ps: float = Field(
        default=0.0,
        ge=0.0,
        description="Dynamics of a peptide in implicit water before anything else, in which a long "
        "chain becomes compact enough for a box.",
    )
    solvent: Literal["none", "water"] = Field(default="none", description="Vacuum or TIP3P.")
    padding_nm: float = Field(
        default=0.6, gt=0.0, description="Least distance of the solute from the box's walls."
    )
    box_nm: float | None = Field(
        default=None,
        gt=0.0,
        description="Distance of its images in the box, instead of the padding.",
    )
    salt_molar: float = Field(
        default=0.0, ge=0.0, le=5.0, description="NaCl beside the ions that neutralise."
    )
    temperatures_kelvin: tuple[Temperature, ...] = Field(
        default=(300.0,), min_length=1, description="One run each, one after the other."
    )
    length_ps: float = Field(default=20.0, gt=0.0, description="Of each of these runs.")
    equilibration_ps: float = Field(
        default=2.0, ge=0.0, description="At constant volume, then, in water, at constant pressure."
    )
    frame_interval_ps: float = Field(default=0.2, gt=0.0, description="Time between frames.")
    time_step_fs: float = Field(default=2.0, gt=0.0, le=4.0, description="With rigid bonds to H.")
    hydrogen_mass_dalton: float | None = Field(
        default=None,
        gt=1.0,
        le=4.0,
        description="Mass that the solute's hydrogens get from what they are bound to: 3 allows "
        "steps of 4 fs, and the same structures are visited.",
    )
    biases: tuple[DihedralBias, ...] = Field(default=(), description="Short runs that follow.")
    selection: SelectionSettings = Field(
        default_factory=SelectionSettings, description="Which frames are kept."
    )
    seed: int = Field(default=1, ge=0, description="Of velocities, thermostat and solvent.")

    @model_validator(mode="after")
    def _check(self) -> ParentSettings:
        if (self.structure is None) == (self.peptide is None):
            raise ValueError(
                f"Parent '{self.name}': give one of structure (a file) and peptide (residues)."
            )
        if self.peptide is not None:
            from openmmgems.systems.chains import parse_peptide

            parse_peptide(self.peptide)
        if self.frame_interval_ps * 1e3 < self.time_step_fs:
            raise ValueError(
                f"Parent '{self.name}': frame_interval_ps is {self.frame_interval_ps}; expected "
                f"at least one time step of {self.time_step_fs} fs."
            )
        return self


def conformers_preset(preset: str) -> ConformerSettings:
    """Get settings of conformers: `laptop` (the default) or `paper`.

    The GEMS paper has 2,713,986 bottom-up structures of 2,307 graphs: some 1,176 of each.

    Raises
    ------
    ValueError
        If there is no such preset.

    """
    _check_preset(preset)
    return ConformerSettings() if preset == "laptop" else ConformerSettings(number=1176)


def parent_preset(preset: str, parent: ParentSettings) -> ParentSettings:
    """Give a parent the lengths of a preset: `laptop` (nothing changes) or `paper`.

    The GEMS paper (Unke et al., doi:10.1126/sciadv.adn4397, sections S2 and S3) runs poly-alanine
    for 2 microseconds at 280, 300 and 310 K, in boxes with 1.6 nm between solute and wall and 0.15
    mol/l of salt, with a preference of -50 angstrom^2, and adds 1000 untypical frames.

    Raises
    ------
    ValueError
        If there is no such preset.

    """
    _check_preset(preset)
    if preset == "laptop":
        return parent
    lengths: dict[str, object] = {"length_ps": 2e6, "equilibration_ps": 250.0}
    lengths |= {"frame_interval_ps": 100.0, "temperatures_kelvin": (280.0, 300.0, 310.0)}
    if parent.solvent == "water":
        lengths |= {"padding_nm": 1.6, "box_nm": None, "salt_molar": 0.15}
    chosen = parent.selection.model_copy(
        update={"preference_angstrom2": -50.0, "number_farthest": 1000}
    )
    return parent.model_copy(update=lengths | {"selection": chosen})


def _check_preset(preset: str) -> None:
    if preset not in ("laptop", "paper"):
        raise OptionError(f"preset is '{preset}'; expected laptop or paper.")
