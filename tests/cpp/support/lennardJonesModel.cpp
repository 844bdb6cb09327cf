// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "lennardJonesModel.h"
#include <atomic>
#include <torch/script.h>
#include <unistd.h>

const std::string LENNARD_JONES_FORWARD = R"(
def forward(self, atomic_numbers: Tensor, vectors: Tensor, pair_i: Tensor, pair_j: Tensor,
            charge: Tensor, spin: Tensor) -> Dict[str, Tensor]:
    r6 = (11.56 / (vectors * vectors).sum(dim=1)) ** 3
    s6 = (11.56 / 81.0) ** 3
    pairs = 2.0 * self.epsilon * (r6 * r6 - r6 - (s6 * s6 - s6))
    energy = torch.zeros([atomic_numbers.size(0)], dtype=vectors.dtype, device=vectors.device)
    return {"energy": energy.index_add(0, pair_i, pairs)}
)";

const std::string SET_LONG_RANGE_CUTOFF = R"(
def set_long_range_cutoff(self, cutoff: Optional[float]) -> None:
    pass
)";

namespace {

const std::string ARGON = R"({"format_version": 1, "architecture": "lennard-jones", "cutoff": 9.0,
                              "long_range_cutoff": 9.0, "elements": [18]})";

std::filesystem::path freshPath() {
    static std::atomic<int> number = 0;
    return std::filesystem::temp_directory_path() /
           ("gems-test-" + std::to_string(getpid()) + "-" + std::to_string(number++) + ".pt");
}

} // namespace

ModelFile::ModelFile(const std::string& forward, const std::string& description)
    : file(freshPath()) {
    torch::jit::Module module("Model");
    module.register_buffer("epsilon", torch::tensor(LJ_EPSILON_EV, torch::kFloat64));
    module.define(forward);
    module.save(file, {{"gems.json", description.empty() ? ARGON : description}});
}

ModelFile::~ModelFile() {
    std::filesystem::remove(file);
}
