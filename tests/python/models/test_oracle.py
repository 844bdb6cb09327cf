# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The network against the numbers of the published implementation, in float64 and float32."""

from pathlib import Path

import numpy as np
import pytest
import torch
from openmmgems.models.export import load_model, script
from openmmgems.models.published_checkpoint import (
    export_checkpoint,
    import_checkpoint,
    read_checkpoint,
)
from openmmgems.models.spookynet import SpookyNet
from support import oracle


def read_model(case: str, shared_folder: Path) -> SpookyNet:
    model, _ = read_checkpoint(oracle.checkpoint_of(case, shared_folder))
    override = oracle.CASES[case]["lr_cutoff_override"]
    if override is not None:
        model.set_long_range_cutoff(override)
    return model


def check_energies_and_forces(module: torch.nn.Module, case: str) -> None:
    system = oracle.load_system(case)
    results = module.forward_batch(**system.inputs)
    energies = np.bincount(
        system.vectors["batch_seg"],
        results["energy"].detach().numpy(),
        len(system.inputs["charge"]),
    )
    np.testing.assert_allclose(energies, system.vectors["energy"], rtol=oracle.ENERGY_TOLERANCE)
    forces = -torch.autograd.grad(results["energy"].sum(), system.positions)[0].numpy()
    forces = oracle.mean_over_kink(case, forces)
    tolerance = oracle.FORCE_TOLERANCE * np.abs(system.vectors["forces"]).max()
    np.testing.assert_allclose(forces, system.vectors["forces"], rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", oracle.MODEL_CASES)
def test_scripted_network_gives_energies_and_forces(case: str, shared_folder: Path) -> None:
    check_energies_and_forces(script(read_model(case, shared_folder)), case)


@pytest.mark.parametrize("case", oracle.MODEL_CASES)
def test_terms_and_charges_agree_atom_by_atom(case: str, shared_folder: Path) -> None:
    system = oracle.load_system(case)
    results = read_model(case, shared_folder).forward_batch(**system.inputs)
    np.testing.assert_allclose(
        results["charges"].detach().numpy(), system.vectors["qa"], rtol=0, atol=1e-11
    )
    for ours, theirs in oracle.TERMS.items():
        np.testing.assert_allclose(
            results[f"energy_{ours}"].detach().numpy(),
            system.vectors[theirs],
            rtol=1e-9,
            atol=1e-11,
        )


@pytest.mark.parametrize("case", ["d_water64_b", "d_water64_params"])
def test_strain_derivative_agrees(case: str, shared_folder: Path) -> None:
    system = oracle.load_system(case)
    results = read_model(case, shared_folder).forward_batch(**system.inputs)
    virial = torch.autograd.grad(results["energy"].sum(), system.strain)[0].numpy()
    expected = system.vectors["dE_dstrain"]
    np.testing.assert_allclose(virial, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("case", oracle.MODEL_CASES)
def test_import_export_and_import_again_keep_the_numbers(
    case: str, shared_folder: Path, tmp_path: Path
) -> None:
    import_checkpoint(oracle.checkpoint_of(case, shared_folder), tmp_path / "first.pt")
    export_checkpoint(tmp_path / "first.pt", tmp_path / "again.pth")
    import_checkpoint(tmp_path / "again.pth", tmp_path / "second.pt")
    module, _ = load_model(tmp_path / "second.pt")
    override = oracle.CASES[case]["lr_cutoff_override"]
    if override is not None:
        module.set_long_range_cutoff(override)
    check_energies_and_forces(module, case)


@pytest.mark.parametrize("case", oracle.MODEL_CASES)
def test_float32_stays_within_rounding(case: str, shared_folder: Path) -> None:
    system = oracle.load_system(case, torch.float32)
    model = read_model(case, shared_folder).float()
    results = model.forward_batch(**system.inputs)
    energy = float(results["energy"].detach().sum(dtype=torch.float64))
    terms = sum(float(results[f"energy_{term}"].detach().abs().sum()) for term in oracle.TERMS)
    spread = oracle.CASES[case]["f32_energy_err"]
    assert abs(energy - system.vectors["energy"].sum()) <= max(10 * spread, 5e-7 * terms)
    forces = -torch.autograd.grad(results["energy"].sum(), system.positions)[0].numpy()
    forces = oracle.mean_over_kink(case, forces)
    largest = np.abs(system.vectors["forces"]).max()
    tolerance = max(10 * oracle.CASES[case]["f32_force_err"], 2e-5 + 1e-6 * largest)
    np.testing.assert_allclose(forces, system.vectors["forces"], rtol=0, atol=tolerance)


def test_parameter_gradients_agree_with_double_backward(data_folder: Path) -> None:
    model, _ = read_checkpoint(oracle.ORACLE / "models" / "model_b.pth")
    model.train()
    system = oracle.load_system("b_water_dimer")
    with np.load(oracle.ORACLE / "vectors" / "f_param_grads_b_water_dimer.npz") as file:
        expected = dict(file)
    results = model.forward_batch(**system.inputs)
    energy = results["energy"].sum()
    forces = -torch.autograd.grad(energy, system.positions, create_graph=True)[0]
    dipole = (results["charges"].unsqueeze(-1) * system.positions).sum(dim=0)
    weights = torch.tensor(expected["force_weights"])
    (0.3 * energy + (weights * forces).sum() + 0.7 * dipole.sum()).backward()
    gradients = {key[5:]: value for key, value in expected.items() if key.startswith("grad:")}
    parameters = dict(model.named_parameters())
    assert gradients.keys() <= parameters.keys()
    for name, value in gradients.items():
        found = parameters[name].grad
        found = np.zeros_like(value) if found is None else found.numpy()
        np.testing.assert_allclose(
            found, value, rtol=1e-8, atol=1e-10 * max(1, np.abs(value).max()), err_msg=name
        )
