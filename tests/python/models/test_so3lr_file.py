# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The published file of SO3LR, the bundled model file, and what is refused of either."""

import hashlib
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from openmmgems.models import path
from openmmgems.models.export import load_model, load_so3lr, load_spookynet, save_so3lr
from openmmgems.models.inspect import inspect_model
from openmmgems.models.published_so3lr import import_so3lr
from openmmgems.models.so3lr import So3lr, So3lrHyperparameters
from openmmgems.models.so3lr.hyperparameters import ELEMENTS
from openmmgems.models.so3lr.published import SHA256, installed_file, read_published
from openmmgems.systems.domain import describe_domain

ROOT = Path(__file__).parents[3]
SECOND_NAME = "euclidean_attention_block.filter_net_"


@pytest.fixture(scope="module")
def published() -> Path:
    """The file of so3krates-torch, which the tests' requirements name."""
    return installed_file()


def rewrite(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A zip archive with its records changed, and check sums that are right again."""
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w") as archive:
        for name in given.namelist():
            archive.writestr(name, change(name, given.read(name)))
    return target


def change_record(ending: str, change: Callable[[bytes], bytes]) -> Callable[[str, bytes], bytes]:
    return lambda name, data: change(data) if name.endswith(ending) else data


def test_the_bundled_file_has_the_published_tensors_bit_for_bit(published: Path) -> None:
    # The package is installed and trusted here: its own way of reading its file is the measure.
    theirs = torch.load(published, map_location="cpu", weights_only=False).state_dict()
    kept = {name: t for name, t in theirs.items() if SECOND_NAME not in name}
    ours = load_so3lr(path("so3lr"))[0].state_dict()
    assert len(theirs) == 207
    assert len(ours) == 131 + 2  # and the constants of the radial basis
    for name, tensor in ours.items():
        assert tensor.dtype == kept[name].dtype == torch.float32
        assert tensor.numpy().tobytes() == kept[name].numpy().tobytes(), name
    own = ("so3_conv_invariants", "degree_repeats", "basis_fn.k")
    assert all(any(word in name for word in own) for name in set(kept) - set(ours))
    invariants = load_so3lr(path("so3lr"))[0].degrees
    table = kept["euclidean_transformers.0.euclidean_attention_block.so3_conv_invariants.cg_rep"]
    assert torch.equal(invariants.spread(invariants.norm), table)


@pytest.mark.parametrize("by_name", [True, False])
def test_the_command_makes_the_bundled_file_again(
    published: Path, tmp_path: Path, by_name: bool
) -> None:
    """In a process of its own: TorchScript numbers the classes that it compiles anew."""
    gems = Path(sys.executable).with_name("gems")
    words = [gems, "models", "import", "so3lr" if by_name else published, tmp_path / "made.pt"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert str(published) in result.stdout.replace("\n", "")
    assert contents(tmp_path / "made.pt") == contents(Path(path("so3lr")))


def contents(file: Path) -> dict[str, bytes]:
    """All that a model file holds but the compiled sources, whose order of words may differ."""
    with zipfile.ZipFile(file) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if "/code/" not in name and "serialization_id" not in name
        }


def test_the_bundled_file_says_what_it_is() -> None:
    found = inspect_model(path("so3lr"))
    description = found.description
    assert found.foreign == []
    assert not found.has_native_evaluator
    assert description["format_version"] == 2
    assert description["architecture"] == "so3lr"
    assert (description["cutoff"], description["long_range_cutoff"]) == (4.5, 12.0)
    assert description["neighbour_lists"] == {"short": 4.5, "long": 12.0}
    assert description["electrostatics"] == {"kernel": "erf", "width": 4.0, "switch_on": 0.45}
    assert description["attention"] is None
    assert description["outputs"] == [
        "energy", "energy_network", "energy_repulsion", "energy_dispersion", "charges",
        "hirshfeld_ratios",
    ]  # fmt: skip
    assert description["reference"] == "SO3LR (PBE0+MBD)"
    assert description["provenance"] == {"file": "so3lr.model", "sha256": SHA256}
    symbols = ["H", "C", "N", "O", "F", "P", "S", "Cl"]
    assert describe_domain(elements=symbols)["elements"] == description["elements"]
    assert list(ELEMENTS) == description["elements"]


def test_the_weights_can_be_read_without_torch() -> None:
    with zipfile.ZipFile(path("so3lr")) as archive:
        names = {name.split("/", 1)[1]: name for name in archive.namelist()}
        description = json.loads(archive.read(names["extra/gems.json"]))
        data = archive.read(names["extra/weights.bin"])
    state = load_so3lr(path("so3lr"))[0].state_dict()
    assert [entry["name"] for entry in description["weights"]] == list(state)
    end = 0
    for entry in description["weights"]:
        assert entry["offset"] == end
        assert entry["dtype"] == "float32"
        values = np.frombuffer(data, "<f4", int(np.prod(entry["shape"])), entry["offset"])
        end += values.nbytes
        assert hashlib.sha256(values.tobytes()).hexdigest() == entry["sha256"]
        np.testing.assert_array_equal(values.reshape(entry["shape"]), state[entry["name"]].numpy())
    assert end == len(data)


def test_both_licences_are_in_the_archive_in_the_package_and_on_the_card() -> None:
    notices = (ROOT / "LICENSES" / "so3lr.txt").read_bytes()
    assert b"Copyright (c) 2024 Thorben Frank" in notices
    assert b"Copyright (c) 2022" in notices
    records = contents(Path(path("so3lr")))
    assert records["archive/extra/licences.txt"] == notices
    card = Path(path("so3lr")).with_suffix(".md").read_text()
    assert "Copyright (c) 2024 Thorben Frank" in card
    assert "So3krates-torch" in card


def test_no_model_file_tells_where_it_was_compiled() -> None:
    assert not any(b"/openmmgems/models/so3lr/" in data for data in contents_of_code())


def contents_of_code() -> Iterator[bytes]:
    with zipfile.ZipFile(path("so3lr")) as archive:
        for name in archive.namelist():
            assert not name.endswith(".debug_pkl")
            yield archive.read(name)


def test_a_model_file_of_version_1_opens_for_ever() -> None:
    model, description = load_spookynet(path("ala-gfn2"))
    assert description["format_version"] == 1
    assert "weights" not in description
    assert sum(parameter.numel() for parameter in model.parameters()) > 0
    with pytest.raises(ValueError, match="has architecture 'spookynet'; expected 'so3lr'"):
        load_so3lr(path("ala-gfn2"))


def test_saved_and_loaded_again_a_network_is_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    options = So3lrHyperparameters(num_features=8, num_layers=1, dispersion_switch_width=3.0)
    model = So3lr(options).double()
    save_so3lr(model, options, tmp_path / "small.pt", elements=[1, 8])
    again, description = load_so3lr(tmp_path / "small.pt")
    assert description["hyperparameters"]["dispersion_switch_width"] == 3.0
    assert {entry["dtype"] for entry in description["weights"]} == {"float64"}
    for name, tensor in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)
    assert again.dispersion_potential.switch_width == 3.0


@pytest.mark.parametrize("read", [load_model, inspect_model])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-40] + b"x" + data[-39:], "zbl_repulsion.a1_raw.* it was changed"),
        (lambda data: data[:1000], "has 1000 bytes and ends before tensor inv_feature_embedding"),
    ],
)
def test_weights_that_were_changed_are_found(
    tmp_path: Path, read: Callable, change: Callable, message: str
) -> None:
    source = Path(path("so3lr"))
    file = rewrite(source, tmp_path / "changed.pt", change_record("weights.bin", change))
    with pytest.raises(ValueError, match=rf"changed\.pt' is damaged: .*{message}"):
        read(file)


@pytest.mark.parametrize("length", [0, 1000, 3_000_000])
def test_a_truncated_model_file_is_refused(tmp_path: Path, length: int) -> None:
    file = tmp_path / "part.pt"
    file.write_bytes(Path(path("so3lr")).read_bytes()[:length])
    with pytest.raises(ValueError, match=r"part\.pt' is no model file, or it is damaged"):
        load_so3lr(file)
    with pytest.raises(ValueError, match=r"part\.pt'"):
        inspect_model(file)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        load_so3lr(tmp_path / "other.pt")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"electrostatics": {"kernel": "gauss", "width": 4.0, "switch_on": 0.4}}, "electrostatics"),
        ({"electrostatics": {"kernel": "erf", "width": 4.0, "switch_on": 2}}, "electrostatics is"),
        ({"neighbour_lists": {"short": -1}}, "neighbour_lists is .*-1"),
        ({"weights": [{"name": "x"}]}, "weights lacks one of dtype, name, offset"),
        ({"format_version": 3}, "format_version is 3; expected 1 to 2"),
    ],
)
def test_a_description_that_does_not_fit_says_what(
    tmp_path: Path, changes: dict, message: str
) -> None:
    def change(data: bytes) -> bytes:
        return json.dumps(json.loads(data) | changes).encode()

    file = rewrite(Path(path("so3lr")), tmp_path / "changed.pt", change_record("gems.json", change))
    with pytest.raises(ValueError, match=message):
        inspect_model(file)


class Hostile:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple:
        return Path.touch, (self.marker,)


def hostile_pickles(marker: Path) -> dict[str, bytes]:
    """Pickles that would make a file, and the name that each is refused by."""
    shell = f"touch {marker}".encode()
    call = b"(X" + len(shell).to_bytes(4, "little") + shell + b"tR."
    return {
        r"(pathlib|_operator|builtins|__builtin__)\S*": pickle.dumps(Hostile(marker), protocol=2),
        r"posix\.system": b"\x80\x02cposix\nsystem\n" + call,
        r"torch\.hub\.load": b"\x80\x02ctorch.hub\nload\n" + call,
        r"torch\.nn\.modules\.linear\.torch\.os\.system": (
            b"\x80\x04\x8c\x17torch.nn.modules.linear\x8c\x0ftorch.os.system\x93" + call
        ),
        r"so3krates_torch\.tools\.utils\.os": b"\x80\x02cso3krates_torch.tools.utils\nos\n" + call,
    }


@pytest.mark.parametrize("number", range(5))
def test_a_file_that_would_run_code_does_not(published: Path, tmp_path: Path, number: int) -> None:
    marker = tmp_path / "ran"
    name, hostile = list(hostile_pickles(marker).items())[number]
    file = rewrite(
        published, tmp_path / "so3lr.model", change_record("data.pkl", lambda _: hostile)
    )
    for another_version in (False, True):
        with pytest.raises(ValueError, match=rf"asks for {name}.* refused, and nothing in it was"):
            read_published(file, another_version=another_version)
    assert not marker.exists()


def test_code_hidden_in_an_otherwise_right_file_does_not_run(
    published: Path, gems, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    shell = f"touch {marker}".encode()
    call = b"cposix\nsystem\n(X" + len(shell).to_bytes(4, "little") + shell + b"tR0"
    file = rewrite(
        published,
        tmp_path / "so3lr.model",
        change_record("data.pkl", lambda data: data[:2] + call + data[2:]),
    )
    code, text = gems("models", "import", file, tmp_path / "out.pt", "--another-version")
    assert code == 1
    assert "asks for posix.system, which the published file of SO3LR does not" in text
    assert not marker.exists()
    assert not (tmp_path / "out.pt").exists()


@pytest.mark.parametrize("length", [0, 10, 50_000, 1_000_000, 2_201_000])
def test_a_truncated_file_is_refused(published: Path, tmp_path: Path, length: int) -> None:
    file = tmp_path / "so3lr.model"
    file.write_bytes(published.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"so3lr\.model' is damaged or no file of SO3LR"):
        read_published(file)


@pytest.mark.parametrize(
    ("ending", "change", "message"),
    [
        ("data.pkl", lambda data: data[:30_000], "is damaged or no file"),
        ("data.pkl", lambda _: pickle.dumps([1.0], protocol=2), "it holds a list"),
        ("data/0", lambda data: data[:-4], "storage 0 does not fit its tensor"),
        ("data.pkl", lambda data: data.replace(b"bernstein", b"bernstei_"), "radial_basis_fn 'be"),
        (
            "data.pkl",
            lambda data: data.replace(b"d_raw", b"e_raw"),
            "zbl_repulsion.d_raw .* is missing; expected the shape",
        ),
        (
            "data/0",
            lambda data: data[:-1] + b"\x01",
            "is another version of SO3LR .*expected that of so3krates-torch 0.2.1",
        ),
    ],
)
def test_another_file_says_in_what(
    published: Path, tmp_path: Path, ending: str, change: Callable, message: str
) -> None:
    ending = f"so3lr/{ending}"
    file = rewrite(published, tmp_path / "so3lr.model", change_record(ending, change))
    with pytest.raises(ValueError, match=message):
        read_published(file)


def test_another_version_can_be_tried(published: Path, tmp_path: Path) -> None:
    change = change_record("so3lr/data/0", lambda data: data[:-4] + np.float32(7).tobytes())
    file = rewrite(published, tmp_path / "so3lr.model", change)
    import_so3lr(tmp_path / "out.pt", file, another_version=True)
    model, description = load_so3lr(tmp_path / "out.pt")
    assert float(model.inv_feature_embedding.embedding.weight[-1, -1].detach()) == 7.0
    assert description["provenance"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_options_that_mean_nothing_are_refused(gems, tmp_path: Path) -> None:
    code, text = gems("models", "import", "so3lr", tmp_path / "out.pt", "--elements", "H")
    assert code != 0
    assert "--elements does not apply to SO3LR, of which all is known" in text
    checkpoint = ROOT / "tests" / "data" / "spookynet-oracle" / "models" / "model_b.pth"
    code, text = gems("models", "import", checkpoint, tmp_path / "out.pt", "--another-version")
    assert code != 0
    assert "--another-version is for SO3LR only" in text


def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, gems, tmp_path: Path
) -> None:
    monkeypatch.setattr("openmmgems.models.so3lr.published.PACKAGE", "so3krates_missing")
    code, text = gems("models", "import", "so3lr", tmp_path / "out.pt")
    assert code == 1
    assert "expected the package so3krates-torch" in text
    assert "pip install" in text
