// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Dispersion.h"
#include "Electrostatics.h"
#include "openmmgems/Units.h"
#include "softplus.h"
#include <cmath>
#include <numbers>

namespace OpenMMGems {

namespace {

constexpr double BOND_LENGTH = 4.0 / 3.0;
constexpr double BOND_HEIGHT = 4.10451, POLARITY_SHIFT = 19.08857, POLARITY_WIDTH = 254.5553148552;
constexpr double GAUSSIAN_WIDTH = 6.0;
constexpr double TINY = 1e-8;

} // namespace

Dispersion::Dispersion(const TensorReader& reader, std::optional<double> longRangeCutoffAngstrom)
    : scale6(softplus(reader.number("_s6"))), scale8(softplus(reader.number("_s8"))),
      dampingFactor(softplus(reader.number("_a1"))), dampingOffset(softplus(reader.number("_a2"))),
      chargeScale(softplus(reader.number("_scaleq"))) {
    if (longRangeCutoffAngstrom) {
        end = *longRangeCutoffAngstrom / BOHR_ANGSTROM;
    }
    for (const char* name :
         {"refsys", "zeff", "refh", "sscale", "secaiw", "gam", "ascale", "alphaiw", "hcount",
          "casimir_polder_weights", "rcov", "en", "ncount_mask", "ncount_weight", "cn",
          "fixgweights", "refq", "sqrt_r4r2"}) {
        tables[name] = reader.numbers<double>(name);
    }
}

double Dispersion::chargeFunction(double hardness, double reference, double charge) const {
    if (charge <= TINY) {
        return std::exp(CHARGE_HEIGHT);
    }
    const double inner = std::exp(CHARGE_STEEPNESS * hardness * (1 - reference / charge));
    return std::exp(CHARGE_HEIGHT * (1 - inner));
}

double Dispersion::chargeSlope(double hardness, double reference, double charge) const {
    if (charge <= TINY) {
        return 0.0;
    }
    const double inner = std::exp(CHARGE_STEEPNESS * hardness * (1 - reference / charge));
    return -CHARGE_HEIGHT * CHARGE_STEEPNESS * hardness * inner * reference / (charge * charge) *
           chargeFunction(hardness, reference, charge);
}

void Dispersion::fillPolarizabilities(int z, Element& element) const {
    for (int a = 0; a < REFERENCES; a++) {
        const size_t row = REFERENCES * z + a;
        const auto partner = static_cast<size_t>(tables.at("refsys")[row]);
        const double charge = tables.at("zeff")[partner];
        const double scale = tables.at("hcount")[row] * tables.at("sscale")[partner] *
                             chargeFunction(tables.at("gam")[partner], charge,
                                            charge + tables.at("refh")[row] * chargeScale);
        for (int w = 0; w < FREQUENCIES; w++) {
            const double own = tables.at("alphaiw")[FREQUENCIES * row + w];
            const double removed = scale * tables.at("secaiw")[FREQUENCIES * partner + w];
            const double quadrature =
                std::sqrt(3 / std::numbers::pi * tables.at("casimir_polder_weights")[w]);
            element.polarizability[a][w] =
                quadrature * std::max(0.0, tables.at("ascale")[row] * (own - removed));
        }
    }
}

Dispersion::Element Dispersion::makeElement(int z) const {
    Element element;
    element.charge = tables.at("zeff")[z];
    element.hardness = tables.at("gam")[z];
    element.radius = tables.at("rcov")[z];
    element.electronegativity = tables.at("en")[z];
    element.sqrtR4R2 = tables.at("sqrt_r4r2")[z];
    for (int a = 0; a < REFERENCES; a++) {
        const size_t row = REFERENCES * z + a;
        element.referenceCharge[a] = element.charge + tables.at("refq")[row] * chargeScale;
        element.fallbackWeight[a] = tables.at("fixgweights")[row];
        for (int k = 0; k < GAUSSIANS; k++) {
            element.mask[a][k] = tables.at("ncount_mask")[GAUSSIANS * row + k];
            element.factor[a][k] = GAUSSIAN_WIDTH * tables.at("ncount_weight")[GAUSSIANS * row + k];
            element.coordination[a][k] = tables.at("cn")[GAUSSIANS * row + k];
        }
    }
    fillPolarizabilities(z, element);
    return element;
}

void Dispersion::setAtomicNumbers(const std::vector<int>& atomicNumbers) {
    std::map<int, size_t> types;
    elements.clear();
    typeOfAtom.clear();
    for (int z : atomicNumbers) {
        const auto [place, isNew] = types.try_emplace(z, elements.size());
        if (isNew) {
            elements.push_back(makeElement(z));
        }
        typeOfAtom.push_back(place->second);
    }
    bonds.clear();
    for (const Element& a : elements) {
        for (const Element& b : elements) {
            const double polarity =
                std::abs(a.electronegativity - b.electronegativity) + POLARITY_SHIFT;
            bonds.push_back({BOND_LENGTH * (a.radius + b.radius),
                             BOND_HEIGHT * std::exp(-polarity * polarity / POLARITY_WIDTH)});
        }
    }
}

double Dispersion::bondRangeAngstrom() const {
    double longest = 0.0;
    for (const Bond& bond : bonds) {
        longest = std::max(longest, bond.length);
    }
    return longest * (1 + FAR_WIDTHS / BOND_STEEPNESS) * BOHR_ANGSTROM;
}

ValueAndSlope Dispersion::count(const Bond& bond, double r) const {
    const double deviation = BOND_STEEPNESS * (r - bond.length) / bond.length;
    if (deviation > FAR_WIDTHS) {
        return {0.0, 0.0};
    }
    const double value = 0.5 * bond.height * std::erfc(deviation);
    const double slope = -bond.height * BOND_STEEPNESS /
                         (bond.length * std::sqrt(std::numbers::pi)) *
                         std::exp(-deviation * deviation);
    if (!end || r <= *end - BOHR_ANGSTROM) {
        return {value, slope};
    }
    // As published: the width of this switch is a number of angstrom taken for bohr.
    const ValueAndSlope s = switchFunction(r, *end - BOHR_ANGSTROM, *end);
    return {value * s.value, slope * s.value + value * s.slope};
}

template <class Real>
double Dispersion::coordinationNumber(const NearPairs<Real>& pairs, size_t atom) const {
    double sum = 0.0;
    for (size_t pair = pairs.start(atom); pair < pairs.end(atom); pair++) {
        sum += count(bondOf(atom, pairs.j[pair]), pairs.distance(pair) / BOHR_ANGSTROM).value;
    }
    return sum;
}

template <class Real>
void Dispersion::addCoordinationGradient(NearPairs<Real>& pairs, size_t atom,
                                         double gradient) const {
    for (size_t pair = pairs.start(atom); pair < pairs.end(atom); pair++) {
        const double slope =
            count(bondOf(atom, pairs.j[pair]), pairs.distance(pair) / BOHR_ANGSTROM).slope;
        pairs.addSlope(pair, gradient * slope / BOHR_ANGSTROM);
    }
}

Dispersion::Atom Dispersion::weigh(size_t atomIndex, double coordination, double charge) const {
    const Element& element = elements[typeOfAtom[atomIndex]];
    References gaussian{}, slope{};
    double sum = 0.0, slopeSum = 0.0;
    for (int a = 0; a < REFERENCES; a++) {
        for (int k = 0; k < GAUSSIANS; k++) {
            const double deviation = coordination - element.coordination[a][k];
            const double value =
                element.mask[a][k] * std::exp(-element.factor[a][k] * deviation * deviation);
            gaussian[a] += value;
            slope[a] -= 2 * element.factor[a][k] * deviation * value;
        }
        sum += gaussian[a];
        slopeSum += slope[a];
    }
    Atom atom{};
    const double total = element.charge + charge;
    for (int a = 0; a < REFERENCES; a++) {
        const bool isValid = sum > TINY;
        const double weight = isValid ? gaussian[a] / sum : element.fallbackWeight[a];
        const double weightSlope = isValid ? (slope[a] - weight * slopeSum) / sum : 0.0;
        const double reference = element.referenceCharge[a];
        const double zeta = chargeFunction(element.hardness, reference, total);
        atom.weight[a] = weight * zeta;
        atom.ofCharge[a] = weight * chargeSlope(element.hardness, reference, total);
        atom.ofCoordination[a] = weightSlope * zeta;
    }
    return atom;
}

Dispersion::Polarizability Dispersion::polarizability(size_t atom, const Atom& weighed) const {
    const Element& element = elements[typeOfAtom[atom]];
    Polarizability alpha{};
    for (int a = 0; a < REFERENCES; a++) {
        for (int w = 0; w < FREQUENCIES; w++) {
            alpha[w] += weighed.weight[a] * element.polarizability[a][w];
        }
    }
    return alpha;
}

Dispersion::References Dispersion::ofWeights(size_t atom, const Polarizability& gradient) const {
    const Element& element = elements[typeOfAtom[atom]];
    References result{};
    for (int a = 0; a < REFERENCES; a++) {
        for (int w = 0; w < FREQUENCIES; w++) {
            result[a] += gradient[w] * element.polarizability[a][w];
        }
    }
    return result;
}

double Dispersion::ratio(size_t atom) const {
    return std::pow(3.0, 0.25) * elements[typeOfAtom[atom]].sqrtR4R2;
}

template <class Real>
void Dispersion::fill(LongRange<Real>& parameters) const {
    parameters.dispersion = true;
    parameters.scale6 = static_cast<Real>(scale6 * HARTREE_EV * std::pow(BOHR_ANGSTROM, 6));
    parameters.scale8 = static_cast<Real>(scale8 * HARTREE_EV * std::pow(BOHR_ANGSTROM, 8));
    parameters.dampingFactor = static_cast<Real>(dampingFactor * BOHR_ANGSTROM);
    parameters.dampingOffset = static_cast<Real>(dampingOffset * BOHR_ANGSTROM);
}

#define GEMS_INSTANTIATE(Real)                                                                     \
    template double Dispersion::coordinationNumber(const NearPairs<Real>&, size_t) const;          \
    template void Dispersion::addCoordinationGradient(NearPairs<Real>&, size_t, double) const;     \
    template void Dispersion::fill(LongRange<Real>&) const;

GEMS_INSTANTIATE(float)
GEMS_INSTANTIATE(double)

} // namespace OpenMMGems
