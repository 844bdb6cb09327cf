# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Model files that are not what they should be."""

import json
from pathlib import Path

import openmmgems
import pytest
import torch
from openmmgems.models.export import save_model
from openmmgems.models.metadata import make_description
from support.lennard_jones import LennardJones, write_lennard_jones


def refuse(path: Path, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        openmmgems.Evaluator(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pt"):
        openmmgems.Evaluator(tmp_path / "nowhere.pt")


def test_random_bytes_are_no_model(tmp_path: Path) -> None:
    path = tmp_path / "random.pt"
    path.write_bytes(bytes(range(256)) * 40)
    refuse(path, "is not a model file, or it is damaged")


def test_a_truncated_file_is_refused(lennard_jones_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "truncated.pt"
    content = lennard_jones_file.read_bytes()
    for part in (1, 2, 3):
        path.write_bytes(content[: len(content) * part // 4])
        refuse(path, "is not a model file, or it is damaged")


def test_an_archive_without_description_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.pt"
    torch.save({"weights": torch.zeros(3)}, path)
    refuse(path, "holds no gems.json")


def test_a_newer_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openmmgems.models.metadata.FORMAT_VERSION", 99)
    path = tmp_path / "newer.pt"
    write_lennard_jones(path)
    refuse(path, "format_version is 99; expected 1 to 2")


def test_weights_must_be_finite(tmp_path: Path) -> None:
    module = LennardJones()
    module.epsilon[1] = float("nan")
    path = tmp_path / "nan.pt"
    save_model(module, path, make_description("lj", cutoff=9.0, long_range_cutoff=9.0))
    refuse(path, "tensor 'epsilon' .* holds NaN")


def test_a_module_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "linear.pt"
    save_model(
        torch.nn.Linear(2, 2), path, make_description("linear", cutoff=9.0, long_range_cutoff=9.0)
    )
    refuse(path, "takes 1 arguments; expected 6")


def test_periodic_use_needs_a_long_range_cutoff(tmp_path: Path) -> None:
    path = tmp_path / "open.pt"
    save_model(LennardJones(), path, make_description("lj", cutoff=9.0, long_range_cutoff=None))
    evaluator = openmmgems.Evaluator(path)
    assert evaluator.evaluate([18, 18], [[0, 0, 0], [4, 0, 0]])["energy_ev"] < 0
    with pytest.raises(ValueError, match="has no long-range cutoff"):
        evaluator.evaluate(
            [18, 18], [[0, 0, 0], [4, 0, 0]], cell_angstrom=[[9, 0, 0], [0, 9, 0], [0, 0, 9]]
        )


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.pt"
    write_lennard_jones(path)
    before = path.read_bytes()

    def fail(*_args: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_lennard_jones(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("shape", [(2, 2), (3, 3)])
def test_shapes_are_checked(lennard_jones_file: Path, shape: tuple[int, int]) -> None:
    evaluator = openmmgems.Evaluator(lennard_jones_file)
    with pytest.raises(ValueError, match="positions_angstrom has shape"):
        evaluator.evaluate([18, 18], torch.zeros(shape).numpy())


def test_the_description_is_in_the_file(lennard_jones_file: Path) -> None:
    from openmmgems import _core

    core = _core.ModelEvaluator(
        str(lennard_jones_file),
        evaluator=0,
        double_precision=True,
        cuda_device=-1,
        num_threads=0,
        attention=0,
        electrostatics=0,
        long_range_cutoff_angstrom=None,
    )
    assert json.loads(core.description)["architecture"] == "lennard-jones"
