# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Domains, platforms, protocols and estimates."""

from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit
from openmmgems.core.errors import OutsideDomainError, ResourceError
from openmmgems.dynamics import platform_choice
from openmmgems.dynamics.estimate import check_disk, check_memory, time_steps
from openmmgems.dynamics.platform_choice import choose_platform
from openmmgems.dynamics.protocol import (
    Ensemble,
    Protocol,
    add_ensemble_forces,
    make_integrator,
)
from openmmgems.dynamics.velocities import initial_velocities
from openmmgems.systems.domain import domain_violations, require_domain, require_elements
from openmmgems.systems.structure import read_structure

TRAINED = {
    "elements": [1, 6, 7, 8],
    "charges": [0],
    "spins": [0],
    "residues": ["ACE", "ALA", "NME"],
    "environments": ["gas phase"],
}


@pytest.mark.parametrize(
    ("changes", "charge", "spin", "periodic", "expected"),
    [
        ({}, 0, 0, False, []),
        ({"residues": ["ACE", "NME"]}, 0, 0, False, ["the residue ALA"]),
        ({}, 1, 0, False, ["the total charge +1"]),
        ({}, 0, 2, False, ["2 unpaired electrons"]),
        ({}, 0, 0, True, ["the condensed phase"]),
        (dict.fromkeys(TRAINED), 3, 1, True, []),
    ],
)
def test_what_lies_outside_the_domain_is_named(
    peptide: Path, changes: dict, charge: int, spin: int, periodic: bool, expected: list
) -> None:
    topology = read_structure(peptide).topology
    found = domain_violations(TRAINED | changes, topology, charge, spin, periodic=periodic)
    assert found == expected


def test_residue_names_do_not_count_where_the_format_has_none(structures: Path) -> None:
    topology = read_structure(structures / "ace-ala-nme.xyz").topology
    assert domain_violations(TRAINED, topology, 0, 0) == ["the residue MOL"]
    assert domain_violations(TRAINED, topology, 0, 0, has_residues=False) == []


def test_a_refusal_is_one_sentence_that_says_how_to_go_on() -> None:
    with pytest.raises(
        OutsideDomainError, match=r"'m' was not trained on the residue HEM;.*--force"
    ):
        require_domain("m", ["the residue HEM"])


@pytest.mark.parametrize("known", [[1, 6, 7, 8], ["H", "C", "O", "N"], None])
def test_elements_that_are_known_pass(peptide: Path, known: list | None) -> None:
    require_elements("m", {"elements": known}, read_structure(peptide).topology)


def test_unknown_elements_are_refused_by_name(peptide: Path) -> None:
    with pytest.raises(
        OutsideDomainError,
        match=r"'m' was not trained on the element N \(A ALA 2, A NME 3\); it knows C, H, O: "
        "choose another model",
    ):
        require_elements("m", {"elements": [1, 6, 8]}, read_structure(peptide).topology)


def test_unknown_ions_are_refused_with_what_to_do(peptide: Path) -> None:
    topology = read_structure(peptide).topology
    for name, symbol in (("NA", "Na"), ("ZN", "Zn"), ("NA", "Na")):
        residue = topology.addResidue(name, topology.addChain())
        topology.addAtom(name, app.Element.getBySymbol(symbol), residue)
    with pytest.raises(
        OutsideDomainError,
        match=r"element Na \(\w+ NA 4, \w+ NA 6\), Zn \(\w+ ZN 5\); it knows C, H, N, O: leave "
        r"such ions out \(--remove NA,ZN\), or keep them under a classical force field \(create",
    ):
        require_elements("m", TRAINED, topology)


POCL = {"DeviceName": "pthread", "OpenCLPlatformName": "Portable Computing Language"}
GPU = {"DeviceName": "A GPU", "OpenCLPlatformName": "Vendor", "DeviceIndex": "1"}


class FakePlatform:
    def __init__(self, name: str) -> None:
        self.name = name

    def getName(self) -> str:
        return self.name

    def supportsKernels(self, names: list) -> bool:
        return True

    def getPropertyNames(self) -> tuple:
        return ("DeviceIndex", "Precision")

    def getPropertyDefaultValue(self, name: str) -> str:
        return "1"


def offer(monkeypatch: pytest.MonkeyPatch, found: dict) -> None:
    """Let OpenMM have the CPU platform and those given, with these devices."""
    names = ["CPU", *found]

    class Platforms:
        @staticmethod
        def getNumPlatforms() -> int:
            return len(names)

        @staticmethod
        def getPlatform(which: int | str) -> FakePlatform:
            return FakePlatform(names[which] if isinstance(which, int) else which)

    monkeypatch.setattr(platform_choice.openmm, "Platform", Platforms)
    monkeypatch.setattr(platform_choice, "devices", lambda name: found.get(name, []))


def test_pocl_is_never_chosen_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, {"OpenCL": [POCL]})
    assert choose_platform().name == "CPU"
    with pytest.raises(ResourceError, match="only PoCL"):
        choose_platform("OpenCL")
    assert "PoCL" in choose_platform("PoCL").description


def test_pocl_is_not_chosen_on_this_machine() -> None:
    choice = choose_platform()
    assert "PoCL" not in choice.description
    assert "Portable" not in str(choice.properties)


def test_a_gpu_is_chosen_beside_pocl(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, {"OpenCL": [POCL, GPU]})
    choice = choose_platform()
    assert (choice.name, choice.properties["DeviceIndex"]) == ("OpenCL", "1")


def test_cuda_comes_before_opencl(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, {"OpenCL": [GPU], "CUDA": [{"DeviceName": "B", "DeviceIndex": "0"}]})
    assert choose_platform().name == "CUDA"


def test_an_unknown_platform_is_refused() -> None:
    with pytest.raises(ValueError, match="platform is 'GPU'; expected one of CUDA"):
        choose_platform("GPU")


@pytest.mark.parametrize(("minimise", "factor"), [(True, 2), (False, 1)])
def test_velocities_have_exactly_the_temperature_and_no_drift(
    peptide: Path, minimise: bool, factor: int
) -> None:
    structure = read_structure(peptide)
    masses = np.array([a.element.mass._value for a in structure.topology.atoms()])
    protocol = Protocol(ensemble=Ensemble.NVE, minimise=minimise, temperature=300)
    velocities = initial_velocities(
        masses, structure.positions, protocol.segments[0], protocol.seed, periodic=False
    )
    kinetic = 0.5 * (masses[:, None] * velocities**2).sum()
    gas_constant = unit.MOLAR_GAS_CONSTANT_R.value_in_unit(unit.kilojoule_per_mole / unit.kelvin)
    assert kinetic == pytest.approx(0.5 * (3 * 22 - 6) * gas_constant * 300 * factor)
    momentum = masses @ velocities
    angular = (masses[:, None] * np.cross(structure.positions, velocities)).sum(axis=0)
    assert np.abs(momentum).max() < 1e-10
    assert np.abs(angular).max() < 1e-10


def test_integrators_are_those_of_the_ensembles() -> None:
    nve, nvt = (Protocol(ensemble=e).segments[0] for e in (Ensemble.NVE, Ensemble.NVT))
    assert isinstance(make_integrator(nve, 0.5, 1), openmm.VerletIntegrator)
    thermostat = make_integrator(nvt, 0.5, 1)
    assert isinstance(thermostat, openmm.NoseHooverIntegrator)
    assert thermostat.getThermostat(0).getChainLength() == 3
    assert thermostat.getStepSize()._value == pytest.approx(0.0005)


def test_npt_adds_a_barostat_and_needs_a_box() -> None:
    system = openmm.System()
    system.addParticle(1.0)
    segment = Protocol(ensemble=Ensemble.NPT).segments[0]
    with pytest.raises(ValueError, match="needs a periodic box"):
        add_ensemble_forces(system, segment, 1)
    force = openmm.NonbondedForce()
    force.setNonbondedMethod(force.PME)
    force.addParticle(0, 1, 0)
    system.addForce(force)
    add_ensemble_forces(system, segment, 1)
    barostat = system.getForce(system.getNumForces() - 1)
    assert isinstance(barostat, openmm.MonteCarloBarostat)
    assert barostat.getDefaultPressure().value_in_unit(unit.bar) == pytest.approx(1.01325)


@pytest.mark.parametrize("field", ["temperature", "time_step_fs", "num_steps", "frame_interval"])
def test_settings_must_be_positive(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} is 0"):
        Protocol(**{field: 0})


def test_memory_and_disk_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"about 2.0 TB of memory, but only 1.0 GB"):
        check_memory(2 * 10**12, 10**9)
    check_memory(2 * 10**12, 0)
    with pytest.raises(ResourceError, match="--frame-every"):
        check_disk(tmp_path / "not" / "yet", 10**18)


def test_timing_leaves_the_context_as_it_was() -> None:
    system = openmm.System()
    for _ in range(2):
        system.addParticle(1.0)
    bond = openmm.HarmonicBondForce()
    bond.addBond(0, 1, 0.1, 1000.0)
    system.addForce(bond)
    platform = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions([[0, 0, 0], [0.12, 0, 0]])
    assert time_steps(context, 0.01) > 0
    state = context.getState(positions=True)
    assert state.getPositions()._value[1][0] == 0.12
    assert context.getStepCount() == 0
