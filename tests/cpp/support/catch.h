// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#ifndef OPENMMGEMS_TESTS_CATCH_H_
#define OPENMMGEMS_TESTS_CATCH_H_

/** Catch2, version 2 or 3. */
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
#else
#include <catch2/catch.hpp>
inline auto ContainsSubstring(const std::string& text) {
    return Catch::Matchers::Contains(text);
}
#endif

#include <openmm/OpenMMException.h>

/** The text of the OpenMMException that an action throws; empty if it throws none. */
template <class Action>
std::string messageOf(Action action) {
    try {
        action();
    } catch (const OpenMM::OpenMMException& error) {
        return error.what();
    }
    return "";
}

#endif // OPENMMGEMS_TESTS_CATCH_H_
