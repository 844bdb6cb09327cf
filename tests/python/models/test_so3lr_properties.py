# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Symmetries, derivatives and edges of SO3LR, with the bundled weights and with random ones."""

import dataclasses

import numpy as np
import pytest
import torch
from openmmgems import _core
from openmmgems.models.export import script
from openmmgems.models.so3lr import So3lr, So3lrHyperparameters
from support import so3lr_oracle as oracle
from torch import Tensor

SMALL = So3lrHyperparameters(num_features=8, num_layers=2, num_basis_functions=6)
WATER_AND_METHANE = np.array([8, 1, 1, 6, 1, 1, 1, 1])


def small_network(seed: int = 0) -> So3lr:
    """A network in float64 with random weights, none of which is zero."""
    torch.manual_seed(seed)
    model = So3lr(SMALL).double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not name.startswith("zbl"):
                parameter += 0.1 * torch.randn_like(parameter)
    return model


def positions_of_water_and_methane(seed: int = 0) -> np.ndarray:
    oxygen = np.array([[0.0, 0.0, 0.0], [0.76, 0.59, 0.0], [-0.76, 0.59, 0.0]])
    carbon = np.array([[0, 0, 0], [1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]) * 0.63
    positions = np.concatenate([oxygen, carbon + [0.0, -3.2, 0.3]])
    return positions + np.random.default_rng(seed).uniform(-0.05, 0.05, positions.shape)


def system_of(
    positions: np.ndarray, numbers: np.ndarray = WATER_AND_METHANE, charge: int = 0, spin: int = 0
) -> oracle.System:
    arrays = {"Z": numbers, "R": positions, "charge": np.array(charge), "unpaired": np.array(spin)}
    return oracle.make_system(arrays, None)


def test_rotation_translation_and_permutation_change_nothing() -> None:
    system = oracle.load("s10_sulfur_halogens")
    model = oracle.network_for(system)
    expected = model(**system.inputs)
    generator = np.random.default_rng(1)
    rotation, _ = np.linalg.qr(generator.standard_normal((3, 3)))
    order = generator.permutation(len(system.arrays["Z"]))
    moved = dict(system.arrays)
    moved["R"] = (system.arrays["R"] @ rotation.T + 50.0)[order]
    moved["Z"] = system.arrays["Z"][order]
    found = model(**oracle.make_system(moved, system.long_range_cutoff).inputs)
    for name, values in expected.items():
        np.testing.assert_allclose(
            found[name].detach(), values.detach()[order], rtol=0, atol=1e-10, err_msg=name
        )


@pytest.mark.parametrize("scripted", [False, True])
def test_a_batch_gives_what_its_molecules_give(scripted: bool) -> None:
    cases = ["s05_acetate", "s02_chloride", "s07_methyl_radical", "s11_ala_plain", "s16_overlap"]
    systems = [oracle.load(case) for case in cases]
    model = oracle.network_for(oracle.load("s11_ala_plain"))
    alone = [model(**system.inputs) for system in systems]
    sizes = [len(system.arrays["Z"]) for system in systems]
    first = np.cumsum([0, *sizes])
    batch = {
        name: torch.cat([system.inputs[name] for system in systems])
        for name in ("atomic_numbers", "vectors", "charge", "spin")
    }
    for name in ("pair_i", "pair_j"):
        parts = [system.inputs[name] + int(n) for system, n in zip(systems, first, strict=False)]
        batch[name] = torch.cat(parts)
    batch["molecule"] = torch.repeat_interleave(torch.tensor(sizes))
    together = (script(model) if scripted else model).forward_batch(**batch)
    for number, results in enumerate(alone):
        for name, values in results.items():
            part = together[name][first[number] : first[number + 1]]
            np.testing.assert_allclose(
                part.detach(), values.detach(), rtol=0, atol=1e-11, err_msg=name
            )


def test_the_order_of_pairs_changes_nothing() -> None:
    system = oracle.load("s15_water_triclinic")
    model = oracle.network_for(system)
    expected = model(**system.inputs)["energy"].sum()
    order = torch.tensor(np.random.default_rng(2).permutation(len(system.inputs["pair_i"])))
    pairs = {name: system.inputs[name][order] for name in ("vectors", "pair_i", "pair_j")}
    found = model(**(system.inputs | pairs))["energy"].sum()
    assert float(found.detach()) == pytest.approx(float(expected.detach()), abs=1e-10)


@pytest.mark.parametrize("output", ["energy", "charges"])
def test_every_parameter_has_the_slope_of_differences(output: str) -> None:
    model = small_network()
    system = system_of(positions_of_water_and_methane(), charge=1, spin=1)
    weights = torch.tensor(np.random.default_rng(3).standard_normal(len(WATER_AND_METHANE)))

    def value() -> Tensor:
        return (model(**system.inputs)[output] * weights).sum()

    names, parameters = zip(*model.named_parameters(), strict=True)
    gradients = torch.autograd.grad(value(), parameters, allow_unused=True)
    generator = torch.Generator().manual_seed(4)
    step = 1e-5
    zero = []
    for name, parameter, gradient in zip(names, parameters, gradients, strict=True):
        direction = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter += sign * step * direction
                values.append(float(value()))
                parameter -= sign * step * direction
        slope = 0.0 if gradient is None else float((gradient * direction).sum())
        scale = 1.0 + (0.0 if gradient is None else float((gradient * direction).abs().sum()))
        assert (values[0] - values[1]) / (2 * step) == pytest.approx(slope, abs=2e-8 * scale), name
        if slope == 0.0:
            zero.append(name)
    # In the first layer there are no invariants yet; each output needs no head but its own.
    expected = {name for name in names if "transformers.0" in name and name.endswith("ev.0.weight")}
    others = ("atomic_energy", "hirshfeld", "zbl") if output == "charges" else ("partial_charges",)
    expected |= {name for name in names if name.startswith(others)}
    assert set(zero) == expected


def test_every_parameter_that_can_gets_a_gradient_of_the_forces() -> None:
    model = small_network()
    system = system_of(positions_of_water_and_methane(), charge=-1, spin=2)
    results = model(**system.inputs)
    total = results["energy"].sum() + results["charges"].square().sum()
    (gradient,) = torch.autograd.grad(total, system.positions, create_graph=True)
    gradient.square().sum().backward()
    names = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    # Constants of all atoms: of their energies, and of their charges, whose sum is given.
    constant = (
        "atomic_energy_output_block.final_layer.bias",
        "partial_charges_output_block.transform_inv_features.2.bias",
    )
    expected = {n for n in names if "transformers.0" in n and n.endswith("mlp_ev.0.weight")}
    assert set(names) - set(constant) == expected
    assert len(expected) == 2


@pytest.mark.slow
@pytest.mark.parametrize("scripted", [False, True])
def test_second_derivatives_are_right(scripted: bool) -> None:
    model = small_network()
    module = script(model) if scripted else model
    system = system_of(positions_of_water_and_methane()[:4], WATER_AND_METHANE[:4])
    rest = {name: values for name, values in system.inputs.items() if name != "vectors"}

    def outputs(vectors: Tensor) -> tuple[Tensor, ...]:
        results = module(vectors=vectors, **rest)
        return results["energy"], results["charges"], results["hirshfeld_ratios"]

    vectors = system.inputs["vectors"].detach().requires_grad_()
    assert torch.autograd.gradcheck(outputs, vectors, atol=1e-7)
    assert torch.autograd.gradgradcheck(outputs, vectors, atol=1e-5)


def test_a_gradient_given_to_the_charges_comes_back_to_the_vectors() -> None:
    """What who adds the Coulomb energy relies on: its slope is the potentials' by the charges."""
    system = oracle.load("s11_ala")
    model = oracle.network_for(system)
    results = model(**system.inputs)
    coulomb = oracle.coulomb_of_pairs(results["charges"], system)
    whole = torch.autograd.grad(coulomb, system.positions, retain_graph=True)[0]
    fixed = results["charges"].detach().requires_grad_()
    energy = oracle.coulomb_of_pairs(fixed, system)
    at_fixed, potential = torch.autograd.grad(energy, [system.positions, fixed], retain_graph=True)
    (through,) = torch.autograd.grad((results["charges"] * potential).sum(), system.positions)
    np.testing.assert_allclose(at_fixed + through, whole, rtol=0, atol=1e-12)


def test_the_long_range_cutoff_can_be_set() -> None:
    system = oracle.load("s12_ala15")
    everything = oracle.make_system(system.arrays, None)
    module = script(oracle.network_for(everything))
    plain = module(**everything.inputs)["energy_dispersion"].sum()
    module.set_long_range_cutoff(12.0)
    # Pairs beyond the cutoff may be listed: they do not count.
    ended = module(**everything.inputs)["energy_dispersion"]
    np.testing.assert_allclose(ended.detach(), system.arrays["e_disp"], rtol=0, atol=1e-12)
    module.set_long_range_cutoff(None)
    assert torch.equal(module(**everything.inputs)["energy_dispersion"].sum(), plain)
    assert float(plain.detach()) < float(ended.sum().detach())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("distance", [0.01, 0.3, 1.5, 4.5, 9.99, 10.0, 12.0, 50.0, 1e5])
def test_results_and_slopes_are_finite_at_any_distance(dtype: torch.dtype, distance: float) -> None:
    model = oracle.published(dtype)
    vectors = torch.tensor([[distance, 0.0, 0.0], [-distance, 0.0, 0.0]], dtype=dtype)
    vectors.requires_grad_()
    none = torch.zeros(1, dtype=dtype)
    i, j = torch.tensor([0, 1]), torch.tensor([1, 0])
    results = model(torch.tensor([8, 1]), vectors, i, j, none, none + 1)
    total = results["energy"].sum() + results["charges"][0]
    (slope,) = torch.autograd.grad(total, vectors)
    assert torch.isfinite(total)
    assert torch.isfinite(slope).all()


def test_an_element_that_was_not_trained_has_no_dispersion() -> None:
    system = system_of(np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]]), np.array([11, 17]))
    results = oracle.published()(**system.inputs)
    assert torch.isnan(results["energy"]).all()


def test_a_new_network_starts_like_a_network() -> None:
    torch.manual_seed(0)
    model = So3lr()
    assert sum(parameter.numel() for parameter in model.parameters()) == 529_852 - 118
    system = system_of(positions_of_water_and_methane())
    energy = model.double()(**system.inputs)["energy_network"]
    assert torch.isfinite(energy).all()
    assert float(energy.detach().abs().max()) < 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_layers": 0}, "num_layers is 0; expected 1 or more"),
        (
            {"num_features": 30},
            r"num_features is 30; expected a multiple of num_heads \(4\) and of 4",
        ),
        ({"cutoff": 0.0}, r"cutoff is 0\.0; expected a positive number"),
        ({"electrostatics_switch_on": 1.0}, r"electrostatics_switch_on is 1\.0"),
        ({"lr_cutoff": 1.5}, r"lr_cutoff is 1\.5 and dispersion_switch_width 2\.0; expected a"),
    ],
)
def test_impossible_hyperparameters_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(So3lrHyperparameters(), **change)


def test_images_of_an_atom_act_on_it() -> None:
    arrays = {"Z": np.array([8]), "R": np.zeros((1, 3)), "cell": np.diag([3.0, 3.5, 4.0])}
    single = oracle.make_system(arrays | {"charge": np.array(0), "unpaired": np.array(0)}, 12.0)
    arrays["R"] = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    arrays |= {"Z": np.array([8, 8]), "cell": np.diag([6.0, 3.5, 4.0])}
    double = oracle.make_system(arrays | {"charge": np.array(0), "unpaired": np.array(0)}, 12.0)
    assert len(_core.list_pairs(single.arrays["R"], single.cell, 12.0)[0]) > 100
    one, two = (oracle.network_for(system)(**system.inputs) for system in (single, double))
    for name in ("energy", "energy_dispersion", "hirshfeld_ratios"):
        np.testing.assert_allclose(
            two[name].detach(), one[name].detach().expand(2), rtol=1e-12, err_msg=name
        )
