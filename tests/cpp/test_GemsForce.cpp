// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/GemsForce.h"
#include "support/catch.h"
#include <limits>

using OpenMMGems::GemsForce;

TEST_CASE("atoms and bonds are kept in the order they were added", "[GemsForce]") {
    GemsForce force("model.pt");
    CHECK(force.getModelFile() == "model.pt");
    CHECK(force.addAtom(4, 8) == 0);
    CHECK(force.addAtom(2, 1) == 1);
    CHECK(force.addBond(4, 2) == 0);
    force.setAtomParameters(1, 3, 6);
    int particle, atomicNumber, particle1, particle2;
    force.getAtomParameters(1, particle, atomicNumber);
    force.getBondParameters(0, particle1, particle2);
    CHECK(particle == 3);
    CHECK(atomicNumber == 6);
    CHECK(particle1 == 4);
    CHECK(particle2 == 2);
    CHECK(force.getNumAtoms() == 2);
    CHECK(force.getNumBonds() == 1);
}

TEST_CASE("a new force is neutral, closed-shell, not periodic, not scaled", "[GemsForce]") {
    const GemsForce force("model.pt");
    CHECK(force.getTotalCharge() == 0);
    CHECK(force.getNumUnpairedElectrons() == 0);
    CHECK_FALSE(force.usesPeriodicBoundaryConditions());
    CHECK(force.getEvaluator() == GemsForce::Auto);
    CHECK(force.getAttention() == GemsForce::ModelDefault);
    CHECK(force.getLongRangeCutoff() == 0.0);
    CHECK(force.getScaleParameterName().empty());
    CHECK(force.getScaleParameterDefault() == 1.0);
}

TEST_CASE("setters refuse what cannot be, and say what was given", "[GemsForce]") {
    GemsForce force("model.pt");
    force.addAtom(0, 1);
    int a, b;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THAT(messageOf([] { GemsForce(""); }), ContainsSubstring("empty string"));
    CHECK_THAT(messageOf([&] { force.addAtom(-1, 1); }), ContainsSubstring("index is -1"));
    CHECK_THAT(messageOf([&] { force.addAtom(1, 0); }), ContainsSubstring("atomic number is 0"));
    CHECK_THAT(messageOf([&] { force.addAtom(1, 119); }), ContainsSubstring("expected 1 to 118"));
    CHECK_THAT(messageOf([&] { force.setAtomParameters(1, 0, 1); }),
               ContainsSubstring("atom index is 1; expected 0 to 0"));
    CHECK_THAT(messageOf([&] { force.getAtomParameters(-1, a, b); }),
               ContainsSubstring("atom index is -1"));
    CHECK_THAT(messageOf([&] { force.getBondParameters(0, a, b); }),
               ContainsSubstring("bond index is 0"));
    CHECK_THAT(messageOf([&] { force.addBond(3, 3); }), ContainsSubstring("with itself"));
    CHECK_THAT(messageOf([&] { force.setNumUnpairedElectrons(-1); }),
               ContainsSubstring("unpaired electrons is -1"));
    CHECK_THAT(messageOf([&] { force.setLongRangeCutoff(-0.5); }), ContainsSubstring("-0.5"));
    CHECK_THAT(messageOf([&] { force.setLongRangeCutoff(nan); }), ContainsSubstring("nan"));
    CHECK_THAT(messageOf([&] { force.setScaleParameter("scale", nan); }), ContainsSubstring("nan"));
    CHECK_THAT(messageOf([&] { force.setEvaluator(static_cast<GemsForce::EvaluatorKind>(3)); }),
               ContainsSubstring("evaluator is 3"));
    CHECK_THAT(messageOf([&] { force.setAttention(static_cast<GemsForce::AttentionMode>(7)); }),
               ContainsSubstring("attention mode is 7"));
    CHECK_THAT(messageOf([&] { force.setElectrostatics(4); }),
               ContainsSubstring("electrostatics is 4; expected GemsForce.ModelDefault"));
}
