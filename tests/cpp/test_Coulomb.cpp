// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/Units.h"
#include "support/catch.h"
#include "terms/Coulomb.h"
#include <cmath>
#include <complex>
#include <numbers>
#include <random>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;
using std::numbers::pi;

namespace {

constexpr CoulombKernel KERNEL{4.0, 0.45};
constexpr double CUTOFF = 12.0;
const Box TRICLINIC = {Vec3(6.0, 0.0, 0.0), Vec3(1.5, 7.0, 0.0), Vec3(-2.0, 1.0, 8.0)};

/** Charges somewhere about a box, and what evaluates them. */
struct Charged {
    Charged(GemsForce::ElectrostaticsForm form, bool periodic, size_t number = 5)
        : form(form), periodic(periodic) {
        std::mt19937 generator(3);
        std::uniform_real_distribution<double> place(-6, 6);
        for (size_t i = 0; i < number; i++) {
            const double x = place(generator), y = place(generator), z = place(generator);
            positions.push_back(Vec3(x, y, z));
            charges.push_back(0.3 + place(generator) / 6);
        }
    }
    CoulombResult evaluate(int numThreads = 1) const {
        const Box* given = periodic ? &box : nullptr;
        std::optional<double> range;
        if (form != GemsForce::Plain) {
            range = CUTOFF;
        }
        const PairList pairs = listPairs(positions, given, range);
        Workers workers(numThreads);
        return Coulomb(KERNEL, form, CUTOFF).evaluate(charges, positions, given, pairs, workers);
    }
    GemsForce::ElectrostaticsForm form;
    bool periodic;
    vector<double> charges;
    vector<Vec3> positions;
    Box box = TRICLINIC;
};

/** By the difference of the energy when a number is changed by a small step both ways. */
template <class Change>
double slope(const Charged& system, Change change) {
    constexpr double STEP = 1e-4;
    const auto energy = [&](double step) {
        Charged changed = system;
        change(changed, step);
        return changed.evaluate().energyEv;
    };
    return (8 * (energy(STEP) - energy(-STEP)) - (energy(2 * STEP) - energy(-2 * STEP))) /
           (12 * STEP);
}

double switched(double r) {
    const double t = (r - 0.45 * CUTOFF) / (0.55 * CUTOFF);
    const auto g = [](double x) { return x > 0 ? std::exp(-1 / x) : 0.0; };
    const auto v = [](double x) { return std::erf(x / 4) / x; };
    const double slope =
        (2 / std::sqrt(pi) * CUTOFF / 4 * std::exp(-CUTOFF * CUTOFF / 16) - std::erf(CUTOFF / 4)) /
        (CUTOFF * CUTOFF);
    const double keep = g(1 - t) / (g(1 - t) + g(t));
    return r < CUTOFF ? v(r) - v(CUTOFF) - (1 - keep) * (r - CUTOFF) * slope : 0.0;
}

/** The sum over directed pairs and images, for which interact(r) is given. */
template <class Interact>
double plainSum(const Charged& system, Interact interact) {
    const int reach = system.periodic ? 4 : 0;
    double energy = 0.0;
    for (size_t i = 0; i < system.charges.size(); i++) {
        for (size_t j = 0; j < system.charges.size(); j++) {
            for (int a = -reach; a <= reach; a++) {
                for (int b = -reach; b <= reach; b++) {
                    for (int c = -reach; c <= reach; c++) {
                        const Vec3 v = system.positions[j] - system.positions[i] +
                                       system.box[0] * a + system.box[1] * b + system.box[2] * c;
                        if (i != j || a != 0 || b != 0 || c != 0) {
                            energy += 0.5 * COULOMB_EV_ANGSTROM * system.charges[i] *
                                      system.charges[j] * interact(std::sqrt(v.dot(v)));
                        }
                    }
                }
            }
        }
    }
    return energy;
}

/** The sum over all waves, one after another. */
double plainLatticeSum(const Charged& system) {
    const Box& box = system.box;
    const double volume = box[0].dot(box[1].cross(box[2]));
    const Vec3 reciprocal[3] = {box[1].cross(box[2]) * (2 * pi / volume),
                                box[2].cross(box[0]) * (2 * pi / volume),
                                box[0].cross(box[1]) * (2 * pi / volume)};
    double energy = 0.0, charge = 0.0, squares = 0.0;
    for (int a = -8; a <= 8; a++) {
        for (int b = -8; b <= 8; b++) {
            for (int c = -8; c <= 8; c++) {
                const Vec3 k = reciprocal[0] * a + reciprocal[1] * b + reciprocal[2] * c;
                if (a == 0 && b == 0 && c == 0) {
                    continue;
                }
                std::complex<double> sum;
                for (size_t i = 0; i < system.charges.size(); i++) {
                    sum += std::polar(1.0, k.dot(system.positions[i])) * system.charges[i];
                }
                energy += 2 * pi / volume * std::exp(-4 * k.dot(k)) / k.dot(k) * std::norm(sum);
            }
        }
    }
    for (const double q : system.charges) {
        charge += q;
        squares += q * q;
    }
    return COULOMB_EV_ANGSTROM *
           (energy - squares / (4 * std::sqrt(pi)) - pi * 16 * charge * charge / (2 * volume));
}

/** All forms, with and without a box. */
Charged anySystem() {
    const auto [form, periodic] =
        GENERATE(table<GemsForce::ElectrostaticsForm, bool>({{GemsForce::Plain, false},
                                                             {GemsForce::Cutoff, false},
                                                             {GemsForce::Cutoff, true},
                                                             {GemsForce::Lattice, true}}));
    CAPTURE(form, periodic);
    return {form, periodic};
}

} // namespace

TEST_CASE("two charges interact as the published function has it", "[Coulomb]") {
    struct Row {
        GemsForce::ElectrostaticsForm form;
        double r, value, slope;
    };
    const Row row =
        GENERATE(Row{GemsForce::Plain, 1.0, 0.2763263901682369, -0.011322857824208332},
                 Row{GemsForce::Plain, 8.0, 0.12441528312736909, -0.01490606709860576},
                 Row{GemsForce::Cutoff, 1.0, 0.1929948977095143, -0.011322857824203272},
                 Row{GemsForce::Cutoff, 8.0, 0.032992145400877027, -0.020846045407057277},
                 Row{GemsForce::Cutoff, 12.1, 0.0, 0.0},
                 // Where a series takes over; from 40 digits.
                 Row{GemsForce::Plain, 1e-3, 0.28209478589690343, -1.175394921647182e-5});
    CAPTURE(row.form, row.r);
    Charged pair(row.form, false, 2);
    pair.charges = {1.0, 1.0};
    pair.positions = {Vec3(), Vec3(0, 0, row.r)};
    const CoulombResult result = pair.evaluate();
    // There, the switch has 1e-12 in a denominator.
    CHECK(result.energyEv == Approx(COULOMB_EV_ANGSTROM * row.value).epsilon(1e-11));
    CHECK(result.forces[1][2] == Approx(-COULOMB_EV_ANGSTROM * row.slope).epsilon(1e-10));
    CHECK(result.potentials[0] == Approx(result.energyEv).epsilon(1e-14));
}

TEST_CASE("the series at short range goes over into the closed form", "[Coulomb]") {
    Charged pair(GemsForce::Plain, false, 2);
    pair.charges = {1.0, 1.0};
    const auto at = [&](double r) {
        pair.positions = {Vec3(), Vec3(0, r, 0)};
        return pair.evaluate();
    };
    const CoulombResult below = at(2.8 * (1 - 1e-12)), above = at(2.8 * (1 + 1e-12));
    CHECK(below.energyEv == Approx(above.energyEv).epsilon(1e-11));
    CHECK(below.forces[0][1] == Approx(above.forces[0][1]).epsilon(1e-11));
}

TEST_CASE("energies are those of plain sums, images included", "[Coulomb]") {
    const Charged plain(GemsForce::Plain, false);
    CHECK(plain.evaluate().energyEv ==
          Approx(plainSum(plain, [](double r) { return std::erf(r / 4) / r; })).epsilon(1e-12));
    const bool periodic = GENERATE(false, true);
    const Charged cut(GemsForce::Cutoff, periodic);
    CHECK(cut.evaluate().energyEv == Approx(plainSum(cut, switched)).epsilon(1e-12));
    const Charged lattice(GemsForce::Lattice, true);
    CHECK(lattice.evaluate().energyEv == Approx(plainLatticeSum(lattice)).epsilon(1e-12));
}

TEST_CASE("a lattice of wide boxes is a molecule", "[Coulomb]") {
    const Charged molecule(GemsForce::Plain, false);
    Charged lattice(GemsForce::Lattice, true);
    double charge = 0.0;
    for (const double q : lattice.charges) {
        charge += q;
    }
    Charged neutral = molecule;
    for (Charged* system : {&neutral, &lattice}) {
        for (double& q : system->charges) {
            q -= charge / 5;
        }
    }
    double before = 1.0;
    for (const double edge : {20.0, 40.0, 80.0}) { // what dipoles give falls by the volume
        lattice.box = {Vec3(edge, 0, 0), Vec3(0, edge, 0), Vec3(0, 0, edge)};
        const double error = std::abs(lattice.evaluate().energyEv - neutral.evaluate().energyEv);
        CHECK(error < before / 5);
        before = error;
    }
}

TEST_CASE("potentials, forces and strain are derivatives of the energy", "[Coulomb]") {
    const Charged system = anySystem();
    const CoulombResult result = system.evaluate();
    for (int atom : {0, 3}) {
        CHECK(result.potentials[atom] == Approx(slope(system, [&](Charged& s, double h) {
                                             s.charges[atom] += h;
                                         })).epsilon(1e-8));
        for (int k = 0; k < 3; k++) {
            const double expected =
                -slope(system, [&](Charged& s, double h) { s.positions[atom][k] += h; });
            CHECK(result.forces[atom][k] == Approx(expected).margin(1e-8));
        }
    }
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            const double expected = slope(system, [&](Charged& s, double h) {
                for (Vec3& r : s.positions) {
                    r[a] += h * r[b];
                }
                for (Vec3& edge : s.box) {
                    edge[a] += h * edge[b];
                }
            });
            CHECK(result.strain[a][b] == Approx(expected).margin(1e-8));
        }
    }
}

TEST_CASE("charges may be in any image and in any order", "[Coulomb]") {
    const auto form = GENERATE(GemsForce::Cutoff, GemsForce::Lattice);
    const Charged system(form, true);
    Charged moved = system;
    moved.positions[1] += TRICLINIC[0] * 3 - TRICLINIC[2] * 7;
    std::swap(moved.positions[0], moved.positions[4]);
    std::swap(moved.charges[0], moved.charges[4]);
    const CoulombResult before = system.evaluate(), after = moved.evaluate();
    CHECK(after.energyEv == Approx(before.energyEv).epsilon(1e-12));
    CHECK(after.potentials[0] == Approx(before.potentials[4]).epsilon(1e-12));
    CHECK(after.forces[1][2] == Approx(before.forces[1][2]).epsilon(1e-12));
}

TEST_CASE("threads share the atoms of a lattice sum", "[Coulomb]") {
    const Charged system(GemsForce::Lattice, true, 150);
    const CoulombResult one = system.evaluate(1), three = system.evaluate(3);
    CHECK(three.energyEv == Approx(one.energyEv).epsilon(1e-12));
    for (size_t atom = 0; atom < 150; atom++) {
        CHECK(three.potentials[atom] == Approx(one.potentials[atom]).epsilon(1e-10));
        CHECK(three.forces[atom][0] == Approx(one.forces[atom][0]).margin(1e-10));
    }
}

TEST_CASE("a box that takes too many waves is refused", "[Coulomb]") {
    Charged system(GemsForce::Lattice, true);
    system.box = {Vec3(1000, 0, 0), Vec3(0, 1000, 0), Vec3(0, 0, 1000)};
    CHECK_THAT(messageOf([&] { system.evaluate(); }),
               ContainsSubstring("waves in a box of this size; expected less than"));
}
