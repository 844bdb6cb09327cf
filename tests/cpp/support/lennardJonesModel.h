// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#ifndef OPENMMGEMS_TESTS_LENNARDJONESMODEL_H_
#define OPENMMGEMS_TESTS_LENNARDJONESMODEL_H_

#include <filesystem>
#include <string>

/** Energy in eV, length in angstrom, of argon. */
constexpr double LJ_EPSILON_EV = 0.0104, LJ_SIGMA_ANGSTROM = 3.4, LJ_CUTOFF_ANGSTROM = 9.0;

/** The forward function of argon's Lennard-Jones model, shifted to vanish at the cutoff. */
extern const std::string LENNARD_JONES_FORWARD;

/** An exported method that sets nothing, for models that must take a long-range cutoff. */
extern const std::string SET_LONG_RANGE_CUTOFF;

/** A model file that exists while this object does. */
class ModelFile {
public:
    /**
     * @param forward      text of the model's TorchScript functions
     * @param description  text of gems.json; empty: a description that fits argon
     */
    explicit ModelFile(const std::string& forward = LENNARD_JONES_FORWARD,
                       const std::string& description = "");
    ~ModelFile();
    ModelFile(const ModelFile&) = delete;
    ModelFile& operator=(const ModelFile&) = delete;
    std::string path() const { return file.string(); }

private:
    std::filesystem::path file;
};

#endif // OPENMMGEMS_TESTS_LENNARDJONESMODEL_H_
