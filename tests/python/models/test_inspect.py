# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Looking into files never runs what is in them."""

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from openmmgems.models.inspect import inspect_model
from openmmgems.models.published_checkpoint import import_checkpoint, read_checkpoint
from support import oracle


class Malicious:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple:
        return Path.touch, (self.marker,)


def write_archive(path: Path, content: object) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content, protocol=2))
        archive.writestr("archive/version", "3\n")


def test_a_model_file_shows_its_description_and_tensors(tmp_path: Path) -> None:
    checkpoint = oracle.ORACLE / "models" / "model_b.pth"
    import_checkpoint(checkpoint, tmp_path / "model.pt", reference="random weights")
    content = inspect_model(tmp_path / "model.pt")
    model, _ = read_checkpoint(checkpoint)
    assert content.kind == "model"
    assert content.foreign == []
    assert content.has_native_evaluator
    assert content.description["architecture"] == "spookynet"
    assert content.description["reference"] == "random weights"
    found = {tensor.name: tensor.shape for tensor in content.tensors}
    expected = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    assert expected.items() <= found.items()


def test_a_checkpoint_shows_its_hyperparameters_and_tensors() -> None:
    content = inspect_model(oracle.ORACLE / "models" / "model_c.pth")
    assert content.kind == "checkpoint"
    assert content.description["num_features"] == 16
    shapes = {tensor.name: (tensor.dtype, tensor.shape) for tensor in content.tensors}
    assert shapes["state_dict.element_bias"] == ("double", (87, 2))


def test_a_pickle_that_would_run_code_does_not(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    path = tmp_path / "evil.pth"
    write_archive(path, {"state_dict": {"weight": Malicious(marker)}})
    content = inspect_model(path)
    assert any("touch" in name or "getattr" in name for name in content.foreign)
    with pytest.raises(ValueError, match="more than tensors and plain values, which is refused"):
        read_checkpoint(path)
    assert not marker.exists()


@pytest.mark.parametrize("length", [0, 10, 1000, 100000])
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "part.pth"
    path.write_bytes((oracle.ORACLE / "models" / "model_b.pth").read_bytes()[:length])
    with pytest.raises(ValueError, match=r"part\.pth"):
        inspect_model(path)
    with pytest.raises(ValueError, match=r"part\.pth"):
        read_checkpoint(path)


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "random.pt"
    path.write_bytes(bytes(range(256)) * 100)
    with pytest.raises(ValueError, match="is no model file or checkpoint"):
        inspect_model(path)


def change_checkpoint(tmp_path: Path, change) -> Path:
    content = torch.load(oracle.ORACLE / "models" / "model_b.pth", weights_only=True)
    change(content)
    torch.save(content, tmp_path / "changed.pth")
    return tmp_path / "changed.pth"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("cutoff"), "lacks cutoff"),
        (lambda c: c.update(activation="relu"), "activation is 'relu'"),
        (lambda c: c.update(basis_functions="bessel"), "basis_functions is 'bessel'"),
        (lambda c: c.update(Zmax=100), "Zmax is 100"),
        (lambda c: c.update(cutoff=-1.0), "cutoff is -1.0"),
        (lambda c: c.update(num_features=8), r"expected \("),
        (lambda c: c["state_dict"].pop("element_bias"), "lacks 1 tensors.*element_bias"),
        (lambda c: c["state_dict"].update(extra=torch.zeros(1)), "unknown 1 tensors.*extra"),
        (lambda c: c["state_dict"]["element_bias"].fill_(float("nan")), "element_bias holds NaN"),
        (
            lambda c: c["state_dict"]["nuclear_embedding.electron_config"].add_(0.1),
            "electron configurations",
        ),
        (lambda c: c["state_dict"]["d4_dispersion_energy.refsys"].add_(50), "refsys reaches"),
    ],
)
def test_a_checkpoint_that_does_not_fit_says_what(tmp_path: Path, change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_checkpoint(change_checkpoint(tmp_path, change))
