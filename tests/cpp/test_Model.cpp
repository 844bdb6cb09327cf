// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/Model.h"
#include "support/catch.h"
#include "support/lennardJonesModel.h"
#include <fstream>

using namespace OpenMMGems;

namespace {

std::string messageOfOpening(const std::string& file) {
    return messageOf([&] { const Model model(file); });
}

std::string description(const std::string& changes) {
    return R"({"format_version": 1, "architecture": "x", "cutoff": 5.0, "long_range_cutoff": null, )"
           R"("elements": [18])" +
           changes + "}";
}

} // namespace

TEST_CASE("a model tells what it was made for", "[Model]") {
    const ModelFile file;
    const Model model(file.path());
    CHECK(model.getFile() == file.path());
    CHECK(model.getArchitecture() == "lennard-jones");
    CHECK(model.getPairCutoffAngstrom({}) == LJ_CUTOFF_ANGSTROM);
}

TEST_CASE("pairs reach as far as the longer of both cutoffs", "[Model]") {
    const ModelFile file(LENNARD_JONES_FORWARD, description(""));
    const Model model(file.path());
    ModelSettings settings;
    CHECK_FALSE(model.getPairCutoffAngstrom(settings).has_value());
    settings.longRangeCutoffAngstrom = 12.0;
    CHECK(model.getPairCutoffAngstrom(settings) == 12.0);
    settings.longRangeCutoffAngstrom = 3.0;
    CHECK(model.getPairCutoffAngstrom(settings) == 5.0);
}

TEST_CASE("what is no model file is refused", "[Model]") {
    const ModelFile whole;
    CHECK_THAT(messageOfOpening("/no/such/file.pt"), ContainsSubstring("does not exist"));

    std::ifstream input(whole.path(), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(input)), {});
    const std::string damaged = whole.path() + ".damaged";
    std::ofstream(damaged, std::ios::binary) << bytes.substr(0, bytes.size() / 2);
    CHECK_THAT(messageOfOpening(damaged), ContainsSubstring("damaged"));
    std::ofstream(damaged, std::ios::binary) << "no archive at all";
    CHECK_THAT(messageOfOpening(damaged), ContainsSubstring("not a model file"));
    std::filesystem::remove(damaged);
}

TEST_CASE("a description that cannot be understood is refused", "[Model]") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {R"({"format_version": 3, "architecture": "x"})", "format_version is 3; expected 1 to 2"},
        {R"({"architecture": "x"})", "format_version"},
        {R"({"format_version": 1})", "architecture"},
        {R"({"format_version": 1, "architecture": "x", "cutoff": -1.0})", "cutoff is -1"},
        {description(R"(, "electrostatics": {"kernel": "bare", "width": 4, "switch_on": 0.5})"),
         "electrostatics has kernel 'bare'"},
        {description(R"(, "electrostatics": {"kernel": "erf", "width": -4, "switch_on": 0.5})"),
         "expected 'erf', a positive number"},
        {description(R"(, "electrostatics": {"kernel": "erf", "width": 4})"), "switch_on"},
        {"no JSON", "cannot be understood"},
    }));
    const ModelFile file(LENNARD_JONES_FORWARD, text);
    CHECK_THAT(messageOfOpening(file.path()), ContainsSubstring(expected));
}

TEST_CASE("a module without the right forward function is refused", "[Model]") {
    const ModelFile few("def forward(self, x: Tensor) -> Tensor:\n    return x\n");
    CHECK_THAT(messageOfOpening(few.path()), ContainsSubstring("takes 1 arguments; expected 6"));
    const ModelFile none("def other(self, x: Tensor) -> Tensor:\n    return x\n");
    CHECK_THAT(messageOfOpening(none.path()), ContainsSubstring("no forward function"));
}

TEST_CASE("settings that a model does not take are refused", "[Model]") {
    const ModelFile file(LENNARD_JONES_FORWARD, description(""));
    const Model model(file.path());
    ModelSettings settings;
    settings.atomicNumbers = {18, 18};
    CHECK_NOTHROW(model.validate(settings));

    ModelSettings element = settings;
    element.atomicNumbers[1] = 6;
    CHECK_THAT(messageOf([&] { model.validate(element); }),
               ContainsSubstring("atom 1 has atomic number 6"));
    ModelSettings periodic = settings;
    periodic.periodic = true;
    CHECK_THAT(messageOf([&] { model.validate(periodic); }),
               ContainsSubstring("no long-range cutoff"));
    ModelSettings cutoff = settings;
    cutoff.longRangeCutoffAngstrom = 10.0;
    CHECK_THAT(messageOf([&] { model.validate(cutoff); }),
               ContainsSubstring("set_long_range_cutoff"));
    ModelSettings attention = settings;
    attention.attention = GemsForce::Exact;
    CHECK_THAT(messageOf([&] { model.validate(attention); }), ContainsSubstring("set_attention"));
    ModelSettings electrostatics = settings;
    electrostatics.electrostatics = GemsForce::Plain;
    CHECK_THAT(messageOf([&] { model.validate(electrostatics); }),
               ContainsSubstring("declares none for the evaluator to add"));
    ModelSettings native = settings;
    native.evaluator = GemsForce::Native;
    CHECK_THAT(messageOf([&] { model.validate(native); }), ContainsSubstring("native evaluator"));
}

TEST_CASE("forms of electrostatics have to fit boundaries, atoms and cutoff", "[Model]") {
    const ModelFile file(
        LENNARD_JONES_FORWARD + SET_LONG_RANGE_CUTOFF,
        R"({"format_version": 2, "architecture": "x", "cutoff": 4.5, "long_range_cutoff": 12.0,
            "hyperparameters": {"dispersion_switch_width": 5.0},
            "electrostatics": {"kernel": "erf", "width": 4.0, "switch_on": 0.45}})");
    const Model model(file.path());
    ModelSettings molecule, box;
    molecule.atomicNumbers = box.atomicNumbers = {18};
    box.periodic = true;
    CHECK(model.getElectrostaticsForm(molecule) == GemsForce::Plain);
    CHECK(model.getElectrostaticsForm(box) == GemsForce::Lattice);
    CHECK_FALSE(model.getPairCutoffAngstrom(molecule).has_value());
    CHECK(model.getPairCutoffAngstrom(box) == 12.0);
    CHECK_NOTHROW(model.validate(molecule));
    CHECK_NOTHROW(model.validate(box));

    const auto message = [&](ModelSettings settings,
                             std::optional<GemsForce::ElectrostaticsForm> form, double cutoff,
                             bool isSubset) {
        settings.electrostatics = form;
        settings.isSubset = isSubset;
        if (cutoff > 0) {
            settings.longRangeCutoffAngstrom = cutoff;
        }
        return messageOf([&] { model.validate(settings); });
    };
    const auto byDefault = std::nullopt;
    CHECK(message(molecule, byDefault, 0, true).empty());
    CHECK(message(molecule, GemsForce::Cutoff, 9, true).empty());
    CHECK(message(box, GemsForce::Cutoff, 9, true).empty());
    CHECK(message(box, GemsForce::Lattice, 9, false).empty());
    CHECK_THAT(message(box, GemsForce::Plain, 0, false), ContainsSubstring("knows no images"));
    CHECK_THAT(message(molecule, GemsForce::Lattice, 0, false),
               ContainsSubstring("expected a box"));
    CHECK_THAT(message(box, GemsForce::Lattice, 0, true), ContainsSubstring("expected all"));
    CHECK_THAT(message(box, byDefault, 0, true),
               ContainsSubstring("setUsesPeriodicBoundaryConditions(False)"));
    CHECK_THAT(message(molecule, GemsForce::Plain, 9, false),
               ContainsSubstring("expected no cutoff"));
    CHECK_THAT(message(molecule, byDefault, 9, false), ContainsSubstring("expected no cutoff"));
    CHECK_THAT(message(box, byDefault, 4.9, false),
               ContainsSubstring("long-range cutoff is 4.9 angstrom; model"));
}
