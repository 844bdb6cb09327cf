// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_DISPERSION_H_
#define OPENMMGEMS_NATIVE_DISPERSION_H_

#include "NearPairs.h"
#include "RadialBasis.h"
#include "TensorReader.h"
#include "kernels/Kernels.h"
#include "openmmgems/internal/OpenMMGemsModelExport.h"
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace OpenMMGems {

/**
 * D4 dispersion of atom pairs with the network's charges: Caldeweyher et al., J. Chem. Phys. 150,
 * 154122 (2019), doi:10.1063/1.5090222. The Casimir-Polder integral is applied to polarisabilities
 * of atoms, 23 numbers each, instead of a table of reference coefficients: C6 is a scalar product.
 * Inside, lengths are in bohr and energies in hartree. This is what belongs to single atoms and
 * their bonds; the sum over pairs is LongRangeTerms'.
 */
class OPENMMGEMS_MODEL_EXPORT Dispersion {
public:
    static constexpr int REFERENCES = 7, FREQUENCIES = 23, GAUSSIANS = 3;
    /** Of the function of the charge, and of the count of neighbours, in the paper's notation. */
    static constexpr double CHARGE_HEIGHT = 3.0, CHARGE_STEEPNESS = 2.0, BOND_STEEPNESS = 7.5;
    /** Beyond so many widths the error function counts no bond, to all digits. */
    static constexpr double FAR_WIDTHS = 6.0;
    using References = std::array<double, REFERENCES>;
    using Polarizability = std::array<double, FREQUENCIES>;
    /** An atom in its surroundings. */
    struct Atom {
        References weight, ofCharge, ofCoordination; ///< scaled weight, and its derivatives
    };
    /** What the elements in use have. */
    struct Element {
        double charge, hardness, radius, electronegativity, sqrtR4R2;
        References referenceCharge, fallbackWeight;
        std::array<std::array<double, GAUSSIANS>, REFERENCES> mask, factor, coordination;
        /** Times the root of the quadrature's weights. */
        std::array<Polarizability, REFERENCES> polarizability;
    };
    /** Of two elements, bohr. */
    struct Bond {
        double length, height;
    };
    Dispersion(const TensorReader& reader, std::optional<double> longRangeCutoffAngstrom);
    /** Prepare for these atoms. */
    void setAtomicNumbers(const std::vector<int>& atomicNumbers);
    /** Beyond this distance in angstrom no pair counts as bonded. */
    double bondRangeAngstrom() const;
    /** Sums over neighbours and what follows from them for an atom. */
    template <class Real>
    double coordinationNumber(const NearPairs<Real>& pairs, size_t atom) const;
    Atom weigh(size_t atom, double coordination, double charge) const;
    Polarizability polarizability(size_t atom, const Atom& weighed) const;
    /** Derivative by a weight's factor [REFERENCES] from that by polarisabilities. */
    References ofWeights(size_t atom, const Polarizability& gradient) const;
    /** Adds the part of the derivative by distances that acts through a coordination number. */
    template <class Real>
    void addCoordinationGradient(NearPairs<Real>& pairs, size_t atom, double gradient) const;
    /** Root of sqrt(3) <r4>/<r2>: products are ratios of C8 to C6. */
    double ratio(size_t atom) const;
    const std::vector<Element>& getElements() const { return elements; }
    /** Of each atom: the place of its element. */
    const std::vector<size_t>& getTypes() const { return typeOfAtom; }
    /** [numElements, numElements] */
    const std::vector<Bond>& getBonds() const { return bonds; }
    /** Set the parameters of the sum over pairs. */
    template <class Real>
    void fill(LongRange<Real>& parameters) const;

private:
    using Tables = std::map<std::string, std::vector<double>>;
    Element makeElement(int atomicNumber) const;
    void fillPolarizabilities(int atomicNumber, Element& element) const;
    double chargeFunction(double hardness, double reference, double charge) const;
    double chargeSlope(double hardness, double reference, double charge) const;
    ValueAndSlope count(const Bond& bond, double r) const;
    const Bond& bondOf(size_t i, size_t j) const {
        return bonds[typeOfAtom[i] * elements.size() + typeOfAtom[j]];
    }
    Tables tables; ///< of the model, by the names of its tensors
    double scale6, scale8, dampingFactor, dampingOffset, chargeScale;
    std::optional<double> end; ///< long-range cutoff
    std::vector<Element> elements;
    std::vector<size_t> typeOfAtom;
    std::vector<Bond> bonds;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_DISPERSION_H_
