# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Engines of others: what may run, and what counts as an engine."""

import pickle
from dataclasses import replace

import pytest
from openmmgems.engines.engine_spec import EngineSpec, consent_of, named_code
from openmmgems.jobs.consent import Consent
from support.spring_engine import SpringEngine

HERE = "test_engine_spec"
CONSENT = Consent(code=("support.spring_engine", HERE))


def numbers_as_settings() -> SpringEngine:
    engine = SpringEngine()
    object.__setattr__(engine, "level_of_theory", 7)
    return engine


def a_class() -> type:
    return SpringEngine


def test_an_engine_of_others_needs_consent_which_reaches_other_processes() -> None:
    spec = EngineSpec("support.spring_engine:SpringEngine", {"stiffness": 3.0})
    with pytest.raises(ValueError, match=r"would run code of 'support\.spring_engine'.*Consent"):
        spec.make()
    agreed = pickle.loads(pickle.dumps(replace(spec, consent=CONSENT)))
    assert agreed.make().settings == {"stiffness": 3.0}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("numbers_as_settings", "an engine whose level_of_theory is 7; expected functions label"),
        ("a_class", "an engine whose level_of_theory|expected functions label|settings is"),
        ("CONSENT", "cannot be made: 'Consent' object is not callable"),
        ("nothing", "Expected 'module:function'"),
    ],
)
def test_what_a_function_gives_must_be_an_engine(function: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EngineSpec(f"{HERE}:{function}", consent=CONSENT).make()


def test_the_code_that_names_and_options_stand_for() -> None:
    assert named_code("gfn2-xtb", {"accuracy": 0.1}) == ()
    assert named_code("a.b:c", {}) == ("a.b",)
    assert named_code("psi4", {"executable": "/x/psi4", "basis": "b"}) == ("/x/psi4",)
    assert named_code(None, {"executable": "/x/psi4"}) == ("/x/psi4",)  # the engine is in a file
    assert consent_of(None, None, None) == Consent()
    consent = consent_of(["m"], "a.b:c", {"executable": "/x"}, insecure=True)
    assert consent == Consent(("m", "a.b", "/x"), insecure=True)
