# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The slope of an energy and its error."""

import numpy as np
import pytest
from openmmgems.analysis.drift import energy_drift


def test_a_line_has_its_slope_and_no_error() -> None:
    time = np.linspace(0.0, 10.0, 101)
    drift = energy_drift(time, 3.0 + 0.25 * time)
    assert drift.slope == pytest.approx(0.25, rel=1e-12)
    assert drift.error == pytest.approx(0.0, abs=1e-12)


def test_the_error_of_white_noise_is_that_of_least_squares() -> None:
    time = np.arange(4000) * 0.01
    exact = np.sqrt(1.0 / ((time - time.mean()) ** 2).sum())
    drifts = [
        energy_drift(time, np.random.default_rng(seed).standard_normal(len(time)))
        for seed in range(200)
    ]
    assert np.std([d.slope for d in drifts]) == pytest.approx(exact, rel=0.2)
    assert np.mean([d.error for d in drifts]) == pytest.approx(exact, rel=0.2)


@pytest.mark.parametrize(
    ("time", "energy", "message"),
    [
        (np.zeros(10), np.zeros(11), "shapes"),
        (np.zeros(10), np.zeros(10), "10 values do not make 20 blocks"),
    ],
)
def test_series_that_cannot_be_fitted_are_refused(time, energy, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        energy_drift(time, energy)
