// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_CHECKS_H_
#define OPENMMGEMS_CHECKS_H_

#include "openmmgems/Evaluator.h"
#include <string>

namespace OpenMMGems {

/** Throws OpenMMException unless there is one position per atom. */
void checkNumPositions(size_t given, size_t expected);
/** Throws OpenMMException if a position is not finite. */
OPENMMGEMS_MODEL_EXPORT void checkFinite(const std::vector<OpenMM::Vec3>& positions);
/** Throws OpenMMException if there is a box and no cutoff. */
void checkBox(const Box* box, std::optional<double> cutoff);
/** Throws OpenMMException if energy or a force is not finite. */
OPENMMGEMS_MODEL_EXPORT void checkFinite(const Evaluation& evaluation,
                                         const std::string& modelFile);

} // namespace OpenMMGems

#endif // OPENMMGEMS_CHECKS_H_
