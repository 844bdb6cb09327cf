// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_CHECKS_H_
#define OPENMMGEMS_CHECKS_H_

#include "openmmgems/Evaluator.h"
#include <string>

namespace OpenMMGems {

/** Throws OpenMMException unless there is one position per atom. */
void checkNumPositions(size_t given, size_t expected);
/** Throws OpenMMException if energy or a force is not finite. */
void checkFinite(const Evaluation& evaluation, const std::string& modelFile);

} // namespace OpenMMGems

#endif // OPENMMGEMS_CHECKS_H_
