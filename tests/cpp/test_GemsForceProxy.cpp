// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/GemsForce.h"
#include "support/catch.h"
#include <fstream>
#include <memory>
#include <openmm/serialization/XmlSerializer.h>
#include <sstream>

using OpenMM::XmlSerializer;
using OpenMMGems::GemsForce;

namespace {

/** The force that tests/data/gems-force-v1.xml describes: no setting of then at its default. */
GemsForce makeForce() {
    GemsForce force("some folder/model & more.pt");
    force.addAtom(5, 8);
    force.addAtom(0, 1);
    force.addBond(0, 5);
    force.setTotalCharge(-2);
    force.setNumUnpairedElectrons(3);
    force.setUsesPeriodicBoundaryConditions(true);
    force.setEvaluator(GemsForce::TorchScript);
    force.setAttention(GemsForce::Smooth);
    force.setLongRangeCutoff(1.0583544217801);
    force.setScaleParameter("lambda", 0.25);
    force.setForceGroup(7);
    force.setName("quantum region");
    return force;
}

void checkEqual(const GemsForce& force, const GemsForce& expected) {
    CHECK(force.getModelFile() == expected.getModelFile());
    CHECK(force.getTotalCharge() == expected.getTotalCharge());
    CHECK(force.getNumUnpairedElectrons() == expected.getNumUnpairedElectrons());
    CHECK(force.usesPeriodicBoundaryConditions() == expected.usesPeriodicBoundaryConditions());
    CHECK(force.getEvaluator() == expected.getEvaluator());
    CHECK(force.getAttention() == expected.getAttention());
    CHECK(force.getElectrostatics() == expected.getElectrostatics());
    CHECK(force.getLongRangeCutoff() == expected.getLongRangeCutoff());
    CHECK(force.getScaleParameterName() == expected.getScaleParameterName());
    CHECK(force.getScaleParameterDefault() == expected.getScaleParameterDefault());
    CHECK(force.getForceGroup() == expected.getForceGroup());
    CHECK(force.getName() == expected.getName());
    REQUIRE(force.getNumAtoms() == expected.getNumAtoms());
    REQUIRE(force.getNumBonds() == expected.getNumBonds());
    for (int i = 0; i < force.getNumAtoms(); i++) {
        int found[2], wanted[2];
        force.getAtomParameters(i, found[0], found[1]);
        expected.getAtomParameters(i, wanted[0], wanted[1]);
        CHECK(found[0] == wanted[0]);
        CHECK(found[1] == wanted[1]);
    }
    for (int i = 0; i < force.getNumBonds(); i++) {
        int found[2], wanted[2];
        force.getBondParameters(i, found[0], found[1]);
        expected.getBondParameters(i, wanted[0], wanted[1]);
        CHECK(found[0] == wanted[0]);
        CHECK(found[1] == wanted[1]);
    }
}

std::unique_ptr<GemsForce> read(const std::string& xml) {
    std::stringstream stream(xml);
    return std::unique_ptr<GemsForce>(XmlSerializer::deserialize<GemsForce>(stream));
}

std::string write(const GemsForce& force) {
    std::stringstream stream;
    XmlSerializer::serialize<GemsForce>(&force, "Force", stream);
    return stream.str();
}

} // namespace

TEST_CASE("every setting survives XML", "[GemsForceProxy]") {
    GemsForce force = makeForce();
    force.setElectrostatics(GemsForce::Cutoff);
    checkEqual(*read(write(force)), force);
}

TEST_CASE("XML of version 1 is read for ever", "[GemsForceProxy]") {
    std::ifstream file(std::string(GEMS_TEST_DATA) + "/gems-force-v1.xml");
    REQUIRE(file);
    std::stringstream text;
    text << file.rdbuf();
    checkEqual(*read(text.str()), makeForce());
}

TEST_CASE("XML of a newer version is refused", "[GemsForceProxy]") {
    std::string xml = write(makeForce());
    const std::string version = "version=\"2\" ";
    const size_t place = xml.rfind("version=\"2\"");
    REQUIRE(place != std::string::npos);
    xml.replace(place, version.size() - 1, "version=\"99\"");
    CHECK_THAT(messageOf([&] { read(xml); }), ContainsSubstring("XML version is 99"));
}
