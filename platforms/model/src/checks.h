// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_CHECKS_H_
#define OPENMMGEMS_CHECKS_H_

#include "openmmgems/Evaluator.h"

namespace OpenMMGems {

/** Throws OpenMMException unless there is one position per atom. */
void checkNumPositions(size_t given, size_t expected);
/** Throws OpenMMException unless a system of a batch has a box if all have. */
void checkPeriodicity(bool given, bool expected);
/** Throws OpenMMException if there is a box and no cutoff. */
void checkBox(const Box* box, std::optional<double> cutoff);

} // namespace OpenMMGems

#endif // OPENMMGEMS_CHECKS_H_
