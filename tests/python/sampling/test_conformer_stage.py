# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that draws conformers: what it estimates, how it is stopped and goes on."""

from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.stages import Work
from openmmgems.data.structure_file import read_structures, write_structures
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.worker_settings import JobSettings
from openmmgems.sampling.conformer_stage import ConformerStage
from openmmgems.sampling.conformers import expected_calls
from openmmgems.sampling.sampling_settings import ConformerSettings
from support.listener import Listener

SETTINGS = ConformerSettings(
    number=4,
    spacing_fs=5.0,
    equilibration_fs=0.0,
    engine="support.spring_engine:SpringEngine",
    engine_options={"stiffness": 100.0, "pair_length": 1.1},
)
LIMITS = JobSettings(workers=2, memory_gb=4.0)
CONSENT = Consent(code=("support.spring_engine",))


@pytest.fixture
def molecules(tmp_path: Path) -> Path:
    """Three molecules of two atoms each."""
    found = [
        AtomicSystem(
            np.array([6, 8]), np.array([[0, 0, 0], [x, 0, 0]]), source="bottom-up:CO:start"
        )
        for x in (1.1, 1.11, 1.12)
    ]
    write_structures(tmp_path / "graphs.h5", found)
    return tmp_path / "graphs.h5"


def _stage(molecules: Path, settings: ConformerSettings = SETTINGS) -> ConformerStage:
    out = molecules.with_name("out.h5")
    return ConformerStage(settings, [str(molecules)], out, LIMITS, CONSENT)


def test_the_estimate_counts_what_is_left_and_writes_nothing(molecules: Path) -> None:
    stage = _stage(molecules)
    assert stage.inputs == (molecules,)
    found = stage.estimate(Work())
    assert found.what.startswith("3 molecules, 2 at a time")
    # an evaluation of two atoms takes 2e-5 s, two molecules at a time
    assert found.seconds == pytest.approx(3 * 2e-5 * expected_calls(2, SETTINGS) / 2)
    assert found.memory_bytes == 2 * 500e6  # a worker has 500 MB at least
    assert found.disk_bytes == 2 * 3 * 4 * 2 * 24  # twice: 3 molecules, 4 each, 2 atoms
    assert list(molecules.parent.iterdir()) == [molecules]
    stage.run(Work())
    again = _stage(molecules).estimate(Work())
    assert again.what.startswith("0 molecules")
    assert again.seconds == 0.0


def test_stopped_it_goes_on(molecules: Path) -> None:
    stage = _stage(molecules)
    stopped = stage.run(Listener(stops_after=0))
    assert not stopped.is_complete
    assert stopped.summary == "0 of 3 molecules are done."
    assert not stage.is_done
    outcome = stage.run(Work())
    assert outcome.is_complete
    assert outcome.summary.startswith("12 conformers of 3 molecules")
    assert len(read_structures(stage.outputs[0])) == 12
    assert stage.is_done
    work = Listener()
    stage.run(work)
    assert work.said == ["Going on: 3 of 3 molecules are done."]


def test_other_settings_are_told_before_anything_runs(molecules: Path) -> None:
    _stage(molecules).run(Listener(stops_after=0))
    other = _stage(molecules, SETTINGS.model_copy(update={"number": 5}))
    with pytest.raises(ValueError, match="were begun with number 4, not 5"):
        other.estimate(Work())


def test_code_is_refused_when_the_stage_is_made(molecules: Path) -> None:
    out = molecules.with_name("out.h5")
    with pytest.raises(ValueError, match=r"would run code of 'support\.spring_engine'"):
        ConformerStage(SETTINGS, [str(molecules)], out, LIMITS, Consent())
    out.write_text("done")  # what is done needs no engine
    assert ConformerStage(SETTINGS, [str(molecules)], out, LIMITS, Consent()).is_done


def test_the_plan_names_a_few_of_many_molecules(tmp_path: Path) -> None:
    names = ["C", "N", "O", "S", "CO", "CN", "CC", "C=O"]
    stage = ConformerStage(SETTINGS, names, tmp_path / "out.h5", LIMITS, CONSENT)
    assert stage.plan["Molecules"] == "C, N, O, S, CO, CN and 2 more"
    assert stage.inputs == ()
