// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_DISPERSION_H_
#define OPENMMGEMS_NATIVE_DISPERSION_H_

#include "Matrix.h"
#include "Neighbours.h"
#include "RadialBasis.h"
#include "TensorReader.h"
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace OpenMMGems {

/**
 * D4 dispersion of atom pairs with the network's charges: Caldeweyher et al., J. Chem. Phys. 150,
 * 154122 (2019), doi:10.1063/1.5090222. The Casimir-Polder integral is applied to polarisabilities
 * of atoms, 23 numbers each, instead of a table of reference coefficients. Inside, lengths are in
 * bohr and energies in hartree.
 */
class Dispersion {
public:
    Dispersion(const TensorReader& reader, std::optional<double> longRangeCutoffAngstrom);
    /** Prepare for these atoms. */
    void setAtomicNumbers(const std::vector<int>& atomicNumbers);
    /** The energy in eV; adds its derivatives by the distance of each pair and by each charge. */
    template <class Real>
    double evaluate(const Neighbours<Real>& neighbours, const std::vector<double>& charges,
                    std::vector<Real>& gradient, std::vector<double>& chargeGradient) const;

private:
    static constexpr int REFERENCES = 7, GAUSSIANS = 3, FREQUENCIES = 23;
    using References = std::array<double, REFERENCES>;
    struct Element {
        double charge, hardness, radius, electronegativity, sqrtR4R2;
        References referenceCharge, fallbackWeight;
        std::array<std::array<double, GAUSSIANS>, REFERENCES> mask, factor, coordination;
        /** Times the root of the quadrature's weights: C6 is a scalar product. */
        std::array<std::array<double, FREQUENCIES>, REFERENCES> polarizability;
    };
    struct Pair {
        double ratioSquared, radius6, radius8; ///< of damping
        double shift6, shift8, tilt6, tilt8;   ///< that make energy and force vanish at the cutoff
        double bondLength, bondHeight;         ///< of the coordination number
    };
    struct Atom {
        References weight, ofCharge, ofCoordination; ///< scaled weight, and its derivatives
    };
    using Tables = std::map<std::string, std::vector<double>>;
    Element makeElement(int atomicNumber) const;
    void fillPolarizabilities(int atomicNumber, Element& element) const;
    double chargeFunction(double hardness, double reference, double charge) const;
    double chargeSlope(double hardness, double reference, double charge) const;
    Pair makePair(const Element& a, const Element& b) const;
    ValueAndSlope bond(const Pair& pair, double r) const;
    ValueAndSlope radial(const Pair& pair, double r) const;
    Atom weigh(const Element& element, double coordination, double charge) const;
    const Pair& pairOf(size_t i, size_t j) const {
        return pairs[typeOfAtom[i] * elements.size() + typeOfAtom[j]];
    }
    template <class Real>
    std::vector<double> coordinationNumbers(const Neighbours<Real>& neighbours) const;
    Matrix<double> polarizabilities(const std::vector<Atom>& atoms) const;
    template <class Real>
    double sumPairs(const Neighbours<Real>& neighbours, const Matrix<double>& alpha,
                    std::vector<Real>& gradient, Matrix<double>& alphaGradient) const;
    template <class Real>
    void addCoordinationGradient(const Neighbours<Real>& neighbours,
                                 const std::vector<double>& coordinationGradient,
                                 std::vector<Real>& gradient) const;
    Tables tables; ///< of the model, by the names of its tensors
    double scale6, scale8, dampingFactor, dampingOffset, chargeScale;
    std::optional<double> end; ///< long-range cutoff
    std::vector<Element> elements;
    std::vector<size_t> typeOfAtom;
    std::vector<Pair> pairs;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_DISPERSION_H_
