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

constexpr double CHARGE_HEIGHT = 3.0, CHARGE_STEEPNESS = 2.0;
constexpr double BOND_LENGTH = 4.0 / 3.0, BOND_STEEPNESS = 7.5;
constexpr double BOND_HEIGHT = 4.10451, POLARITY_SHIFT = 19.08857, POLARITY_WIDTH = 254.5553148552;
constexpr double GAUSSIAN_WIDTH = 6.0;
constexpr double TINY = 1e-8;
/** Beyond so many widths the error function counts no bond, to all digits. */
constexpr double FAR_WIDTHS = 6.0;

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

Dispersion::Pair Dispersion::makePair(const Element& a, const Element& b) const {
    Pair pair{};
    const double ratio = std::sqrt(3.0) * a.sqrtR4R2 * b.sqrtR4R2;
    const double radius = dampingFactor * ratio + dampingOffset;
    pair.ratioSquared = ratio * ratio;
    pair.radius6 = std::pow(radius, 6);
    pair.radius8 = std::pow(radius, 8);
    if (end) {
        const double end6 = std::pow(*end, 6), end8 = std::pow(*end, 8);
        const double at6 = 1 / (end6 + pair.radius6), at8 = 1 / (end8 + pair.radius8);
        pair.tilt6 = 6 * end6 * at6 * at6 / *end;
        pair.tilt8 = 8 * end8 * at8 * at8 / *end;
        pair.shift6 = -at6 - pair.tilt6 * *end;
        pair.shift8 = -at8 - pair.tilt8 * *end;
    }
    pair.bondLength = BOND_LENGTH * (a.radius + b.radius);
    const double polarity = std::abs(a.electronegativity - b.electronegativity) + POLARITY_SHIFT;
    pair.bondHeight = BOND_HEIGHT * std::exp(-polarity * polarity / POLARITY_WIDTH);
    return pair;
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
    pairs.clear();
    for (const Element& a : elements) {
        for (const Element& b : elements) {
            pairs.push_back(makePair(a, b));
        }
    }
}

ValueAndSlope Dispersion::bond(const Pair& pair, double r) const {
    const double deviation = BOND_STEEPNESS * (r - pair.bondLength) / pair.bondLength;
    if (deviation > FAR_WIDTHS) {
        return {0.0, 0.0};
    }
    const double value = 0.5 * pair.bondHeight * std::erfc(deviation);
    const double slope = -pair.bondHeight * BOND_STEEPNESS /
                         (pair.bondLength * std::sqrt(std::numbers::pi)) *
                         std::exp(-deviation * deviation);
    if (!end) {
        return {value, slope};
    }
    // As published: the width of this switch is a number of angstrom taken for bohr.
    const ValueAndSlope s = switchFunction(r, *end - BOHR_ANGSTROM, *end);
    return {value * s.value, slope * s.value + value * s.slope};
}

ValueAndSlope Dispersion::radial(const Pair& pair, double r) const {
    const double square = r * r;
    const double r6 = square * square * square, r8 = r6 * square;
    const double d6 = 1 / (r6 + pair.radius6), d8 = 1 / (r8 + pair.radius8);
    const double order6 = d6 + pair.shift6 + pair.tilt6 * r;
    const double order8 = d8 + pair.shift8 + pair.tilt8 * r;
    const double slope6 = -6 * r6 / r * d6 * d6 + pair.tilt6;
    const double slope8 = -8 * r8 / r * d8 * d8 + pair.tilt8;
    const double factor8 = scale8 * pair.ratioSquared;
    return {-0.5 * (scale6 * order6 + factor8 * order8),
            -0.5 * (scale6 * slope6 + factor8 * slope8)};
}

Dispersion::Atom Dispersion::weigh(const Element& element, double coordination,
                                   double charge) const {
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

template <class Real>
std::vector<double> Dispersion::coordinationNumbers(const Neighbours<Real>& neighbours) const {
    std::vector<double> numbers(neighbours.numAtoms(), 0.0);
    for (size_t i = 0; i < numbers.size(); i++) {
        for (size_t pair = neighbours.start[i]; pair < neighbours.start[i + 1]; pair++) {
            numbers[i] +=
                bond(pairOf(i, neighbours.j[pair]), neighbours.r[pair] / BOHR_ANGSTROM).value;
        }
    }
    return numbers;
}

Matrix<double> Dispersion::polarizabilities(const std::vector<Atom>& atoms) const {
    Matrix<double> alpha(atoms.size(), FREQUENCIES);
    alpha.fill(0.0);
    for (size_t i = 0; i < atoms.size(); i++) {
        for (int a = 0; a < REFERENCES; a++) {
            for (int w = 0; w < FREQUENCIES; w++) {
                alpha.row(i)[w] +=
                    atoms[i].weight[a] * elements[typeOfAtom[i]].polarizability[a][w];
            }
        }
    }
    return alpha;
}

template <class Real>
double Dispersion::sumPairs(const Neighbours<Real>& neighbours, const Matrix<double>& alpha,
                            std::vector<Real>& gradient, Matrix<double>& alphaGradient) const {
    double energy = 0.0;
    for (size_t i = 0; i < neighbours.numAtoms(); i++) {
        const double* own = alpha.row(i);
        double* ownGradient = alphaGradient.row(i);
        for (size_t pair = neighbours.start[i]; pair < neighbours.start[i + 1]; pair++) {
            const int j = neighbours.j[pair];
            const double r = neighbours.r[pair] / BOHR_ANGSTROM;
            if (end && r >= *end) {
                continue;
            }
            const ValueAndSlope f = radial(pairOf(i, j), r);
            const double* other = alpha.row(j);
            double c6 = 0.0;
            for (int w = 0; w < FREQUENCIES; w++) {
                c6 += own[w] * other[w];
                ownGradient[w] += 2 * HARTREE_EV * f.value * other[w];
            }
            energy += HARTREE_EV * c6 * f.value;
            gradient[pair] += static_cast<Real>(HARTREE_EV / BOHR_ANGSTROM * c6 * f.slope);
        }
    }
    return energy;
}

template <class Real>
void Dispersion::addCoordinationGradient(const Neighbours<Real>& neighbours,
                                         const std::vector<double>& coordinationGradient,
                                         std::vector<Real>& gradient) const {
    for (size_t i = 0; i < neighbours.numAtoms(); i++) {
        for (size_t pair = neighbours.start[i]; pair < neighbours.start[i + 1]; pair++) {
            const double slope =
                bond(pairOf(i, neighbours.j[pair]), neighbours.r[pair] / BOHR_ANGSTROM).slope;
            gradient[pair] += static_cast<Real>(coordinationGradient[i] * slope / BOHR_ANGSTROM);
        }
    }
}

template <class Real>
double Dispersion::evaluate(const Neighbours<Real>& neighbours, const std::vector<double>& charges,
                            std::vector<Real>& gradient,
                            std::vector<double>& chargeGradient) const {
    const std::vector<double> coordination = coordinationNumbers(neighbours);
    std::vector<Atom> atoms;
    for (size_t i = 0; i < charges.size(); i++) {
        atoms.push_back(weigh(elements[typeOfAtom[i]], coordination[i], charges[i]));
    }
    const Matrix<double> alpha = polarizabilities(atoms);
    Matrix<double> alphaGradient(alpha.rows(), alpha.columns());
    alphaGradient.fill(0.0);
    const double energy = sumPairs(neighbours, alpha, gradient, alphaGradient);
    std::vector<double> coordinationGradient(charges.size(), 0.0);
    for (size_t i = 0; i < charges.size(); i++) {
        const Element& element = elements[typeOfAtom[i]];
        for (int a = 0; a < REFERENCES; a++) {
            double ofWeight = 0.0;
            for (int w = 0; w < FREQUENCIES; w++) {
                ofWeight += alphaGradient.row(i)[w] * element.polarizability[a][w];
            }
            chargeGradient[i] += ofWeight * atoms[i].ofCharge[a];
            coordinationGradient[i] += ofWeight * atoms[i].ofCoordination[a];
        }
    }
    addCoordinationGradient(neighbours, coordinationGradient, gradient);
    return energy;
}

template double Dispersion::evaluate(const Neighbours<float>&, const std::vector<double>&,
                                     std::vector<float>&, std::vector<double>&) const;
template double Dispersion::evaluate(const Neighbours<double>&, const std::vector<double>&,
                                     std::vector<double>&, std::vector<double>&) const;

} // namespace OpenMMGems
