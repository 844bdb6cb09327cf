// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "LatticeSum.h"
#include "../native/BoxGeometry.h"
#include "openmmgems/Units.h"
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <openmm/OpenMMException.h>
#include <sstream>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using OpenMM::Vec3;
using std::vector;

namespace {

using std::numbers::pi;

/** Waves with a smaller exp(-k^2 width^2 / 4) are left out. */
constexpr double LEAST_WEIGHT = 1e-17;
/** That there may be at most, with those that are left out: one evaluation takes minutes then. */
constexpr double MOST_WAVES = 1 << 24;

} // namespace

/** Some atoms, and their phases along the three directions of the reciprocal lattice. */
class LatticeSum::Block {
public:
    static constexpr size_t SIZE = 64;
    /** Cosines and sines of all atoms for one wave; those that are missing have no charge. */
    struct Phases {
        double re[SIZE], im[SIZE];
    };

    Block(const vector<double>& charges, const vector<Vec3>& positions, size_t first,
          const LatticeSum& lattice)
        : first(first), number(std::min(SIZE, charges.size() - first)) {
        for (size_t atom = 0; atom < number; atom++) {
            charge[atom] = charges[first + atom];
        }
        for (int a = 0; a < 3; a++) {
            Phases one{};
            for (size_t atom = 0; atom < number; atom++) {
                const double f = lattice.inverseBox[a].dot(positions[first + atom]);
                one.re[atom] = std::cos(2 * pi * (f - std::round(f)));
                one.im[atom] = std::sin(2 * pi * (f - std::round(f)));
            }
            powers[a].resize(lattice.most[a] + 1);
            std::fill_n(powers[a][0].re, SIZE, 1.0);
            std::fill_n(powers[a][0].im, SIZE, 0.0);
            for (int m = 1; m <= lattice.most[a]; m++) {
                multiply(powers[a][m - 1], one, 1, powers[a][m]);
            }
        }
    }

    /** visit(index of the wave, its phases) for all waves. */
    template <class Visit>
    void forEach(const vector<Wave>& waves, Visit visit) const {
        Phases plane, phases;
        for (size_t w = 0; w < waves.size(); w++) {
            const auto& [x, y, z] = waves[w].index;
            if (w == 0 || x != waves[w - 1].index[0] || y != waves[w - 1].index[1]) {
                multiply(powers[0][x], powers[1][std::abs(y)], y < 0 ? -1 : 1, plane);
            }
            multiply(plane, powers[2][std::abs(z)], z < 0 ? -1 : 1, phases);
            visit(w, phases);
        }
    }

    size_t first, number;
    double charge[SIZE] = {};

private:
    /** a times b, or its conjugate if the sign is -1. */
    static void multiply(const Phases& a, const Phases& b, double sign, Phases& product) {
        for (size_t atom = 0; atom < SIZE; atom++) {
            const double im = sign * b.im[atom];
            const double re = a.re[atom] * b.re[atom] - a.im[atom] * im;
            product.im[atom] = a.re[atom] * im + a.im[atom] * b.re[atom];
            product.re[atom] = re;
        }
    }

    vector<Phases> powers[3];
};

LatticeSum::LatticeSum(double widthAngstrom, const Box& box)
    : width(widthAngstrom), volume(std::abs(box[0].dot(box[1].cross(box[2])))),
      inverseBox(inverse(box)) {
    const double largest = 2 * std::sqrt(-std::log(LEAST_WEIGHT)) / width;
    double number = 0.5;
    for (int a = 0; a < 3; a++) {
        const double end = largest * std::sqrt(box[a].dot(box[a])) / (2 * pi);
        number *= 2 * end + 1;
        most[a] = static_cast<int>(std::min(end, MOST_WAVES));
    }
    if (!(number < MOST_WAVES)) {
        std::ostringstream message;
        message << "GemsForce: the lattice sum over the charges takes " << number
                << " waves in a box of this size; expected less than " << MOST_WAVES
                << ". Use a smaller box, or none, or setElectrostatics(GemsForce.Cutoff).";
        throw OpenMMException(message.str());
    }
    for (int x = 0; x <= most[0]; x++) { // of each wave and its opposite only one
        for (int y = x > 0 ? -most[1] : 0; y <= most[1]; y++) {
            for (int z = x > 0 || y > 0 ? -most[2] : 1; z <= most[2]; z++) {
                const Vec3 k = combine(inverseBox, {x, y, z}) * (2 * pi);
                const double square = k.dot(k);
                const double decay = std::exp(-square * width * width / 4);
                if (decay >= LEAST_WEIGHT) {
                    waves.push_back(
                        {{x, y, z}, k, 2 * COULOMB_EV_ANGSTROM * 4 * pi / volume * decay / square});
                }
            }
        }
    }
}

void LatticeSum::addSums(const Block& block, vector<Sum>& sums) const {
    constexpr size_t LANES = 4; // sums side by side, which compilers may not rearrange
    block.forEach(waves, [&](size_t w, const Block::Phases& phases) {
        double re[LANES] = {}, im[LANES] = {};
        for (size_t atom = 0; atom < Block::SIZE; atom += LANES) {
            for (size_t lane = 0; lane < LANES; lane++) {
                re[lane] += block.charge[atom + lane] * phases.re[atom + lane];
                im[lane] += block.charge[atom + lane] * phases.im[atom + lane];
            }
        }
        sums[w].re += std::accumulate(re, re + LANES, 0.0);
        sums[w].im += std::accumulate(im, im + LANES, 0.0);
    });
}

void LatticeSum::addDerivatives(const Block& block, const vector<Sum>& sums,
                                CoulombResult& result) const {
    double potential[Block::SIZE] = {}, slope[3][Block::SIZE] = {};
    block.forEach(waves, [&](size_t w, const Block::Phases& phases) {
        const double re = waves[w].weight * sums[w].re, im = waves[w].weight * sums[w].im;
        const Vec3& k = waves[w].k;
        for (size_t atom = 0; atom < Block::SIZE; atom++) {
            potential[atom] += re * phases.re[atom] + im * phases.im[atom];
            const double along = im * phases.re[atom] - re * phases.im[atom];
            slope[0][atom] += along * k[0];
            slope[1][atom] += along * k[1];
            slope[2][atom] += along * k[2];
        }
    });
    for (size_t atom = 0; atom < block.number; atom++) {
        const Vec3 gradient(slope[0][atom], slope[1][atom], slope[2][atom]);
        result.potentials[block.first + atom] = potential[atom];
        result.forces[block.first + atom] = gradient * -block.charge[atom];
    }
}

/** That of the uniform background, too. */
void LatticeSum::addStrain(const vector<Sum>& sums, double charge, CoulombResult& result) const {
    const double background = COULOMB_EV_ANGSTROM * pi * width * width * charge / volume;
    double trace = background * charge / 2;
    for (size_t w = 0; w < waves.size(); w++) {
        const Vec3& k = waves[w].k;
        const double energy =
            waves[w].weight / 2 * (sums[w].re * sums[w].re + sums[w].im * sums[w].im);
        const double factor = 2 * energy * (1 / k.dot(k) + width * width / 4);
        for (int a = 0; a < 3; a++) {
            result.strain[a] += k * (factor * k[a]);
        }
        trace -= energy;
    }
    for (int a = 0; a < 3; a++) {
        result.strain[a][a] += trace;
    }
}

CoulombResult LatticeSum::evaluate(const vector<double>& charges, const vector<Vec3>& positions,
                                   Workers& workers) const {
    vector<Block> blocks;
    blocks.reserve(charges.size() / Block::SIZE + 1);
    for (size_t first = 0; first < charges.size(); first += Block::SIZE) {
        blocks.emplace_back(charges, positions, first, *this);
    }
    vector<vector<Sum>> parts(workers.number(), vector<Sum>(waves.size()));
    workers.forEach(blocks.size(),
                    [&](size_t block, int thread) { addSums(blocks[block], parts[thread]); });
    vector<Sum>& sums = parts[0];
    for (size_t part = 1; part < parts.size(); part++) {
        for (size_t w = 0; w < waves.size(); w++) {
            sums[w].re += parts[part][w].re;
            sums[w].im += parts[part][w].im;
        }
    }
    CoulombResult result(charges.size());
    workers.forEach(blocks.size(),
                    [&](size_t block, int) { addDerivatives(blocks[block], sums, result); });
    const double charge = std::accumulate(charges.begin(), charges.end(), 0.0);
    addStrain(sums, charge, result);
    const double self = 2 * COULOMB_EV_ANGSTROM * std::numbers::inv_sqrtpi / width;
    const double background = COULOMB_EV_ANGSTROM * pi * width * width * charge / volume;
    for (size_t atom = 0; atom < charges.size(); atom++) {
        result.potentials[atom] -= self * charges[atom] + background;
    }
    return result;
}
