// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Attention.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace OpenMMGems {

namespace {

/** Sets columns that only fill up the last panel to zero. */
template <class Real>
void clearBeyond(size_t numColumns, Panels<Real>& matrix) {
    for (size_t column = numColumns; column < matrix.panels() * LANES; column++) {
        for (size_t row = 0; row < matrix.rows(); row++) {
            matrix.at(row, column) = Real(0);
        }
    }
}

/** Sets rows that only fill up the block to zero. */
template <class Real>
void clearRowsBeyond(size_t numAtoms, Panels<Real>& matrix) {
    for (size_t panel = 0; panel < matrix.panels(); panel++) {
        Real* start = matrix.data() + panel * matrix.stride();
        std::fill(start + numAtoms * LANES, start + matrix.stride(), Real(0));
    }
}

template <class Real>
std::vector<Real> rounded(const std::vector<double>& numbers, size_t number) {
    std::vector<Real> result(numPanelsFor(number) * LANES, Real(0));
    std::copy_n(numbers.begin(), number, result.begin());
    return result;
}

template <class Real>
Matrix<Real> rounded(const Panels<double>& numbers, size_t rows, size_t columns) {
    Matrix<Real> result(rows, columns);
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < columns; k++) {
            result.row(i)[k] = static_cast<Real>(numbers.at(i, k));
        }
    }
    return result;
}

} // namespace

template <class Real>
void Attention<Real>::Sums::reset(size_t numColumns) {
    const size_t panels = numPanelsFor(numColumns);
    ofFeatures.assign(panels * LANES, 0.0);
    ofProducts.resize(panels * LANES, panels);
    ofProducts.fill(0.0);
    product.resize(panels * LANES, panels);
}

template <class Real>
void Attention<Real>::Sums::addBlock(const Panels<Real>& features, const Panels<Real>& values,
                                     const std::vector<Real>* scale, size_t numAtoms) {
    kernels<Real>().multiplyTransposed(viewOf(features), viewOf(values), numAtoms,
                                       features.panels(), values.panels(), product.data());
    for (size_t k = 0; k < product.size(); k++) {
        ofProducts.data()[k] += product.data()[k];
    }
    for (size_t panel = 0; panel < features.panels(); panel++) {
        for (size_t row = 0; row < numAtoms; row++) {
            const Real factor = scale ? (*scale)[row] : Real(1);
            const Real* numbers = &features.at(row, panel * LANES);
            for (size_t lane = 0; lane < LANES; lane++) {
                ofFeatures[panel * LANES + lane] += factor * numbers[lane];
            }
        }
    }
}

template <class Real>
void Attention<Real>::Sums::add(const Sums& other) {
    for (size_t k = 0; k < ofFeatures.size(); k++) {
        ofFeatures[k] += other.ofFeatures[k];
    }
    for (size_t k = 0; k < ofProducts.size(); k++) {
        ofProducts.data()[k] += other.ofProducts.data()[k];
    }
}

template <class Real>
Attention<Real>::Attention(const TensorReader& reader, ActivationKind kind, bool isSmooth)
    : mlpQ(reader.part("resblock_q"), kind), mlpK(reader.part("resblock_k"), kind),
      mlpV(reader.part("resblock_v"), kind), omega(reader.matrix<Real>("attention.omega")),
      isSmooth(isSmooth), smoothMaximum(static_cast<Real>(reader.number("attention.key_maximum"))) {
    const auto numFeatures = static_cast<double>(omega.rows());
    scaleU = static_cast<Real>(1 / std::pow(numFeatures, 0.25));
    scaleH = static_cast<Real>(1 / (2 * std::sqrt(numFeatures)));
    scaleFeatures = static_cast<Real>(1 / std::sqrt(static_cast<double>(omega.columns())));
    for (size_t k = 0; k < omega.rows() * omega.columns(); k++) {
        omega.data()[k] *= scaleU;
    }
    project_ = Factor<Real>(omega);
    projectBack = Factor<Real>(transpose(omega));
}

template <class Real>
void Attention<Real>::project(const Panels<Real>& x, Panels<Real>& u, std::vector<Real>& h) const {
    project_.multiply(x, u);
    h.resize(x.rows());
    kernels<Real>().dotRows(x.data(), x.data(), x.rows(), x.panels(), h.data());
    for (Real& value : h) {
        value *= scaleH;
    }
}

template <class Real>
void Attention<Real>::queryFeatures(Block& block) const {
    std::vector<Real> shift;
    project(block.q, block.featuresQ, shift);
    block.queryMaximum.assign(shift.size(), 0);
    for (size_t i = 0; i < block.numAtoms; i++) {
        size_t& largest = block.queryMaximum[i];
        for (size_t a = 1; a < omega.columns(); a++) {
            if (block.featuresQ.at(i, a) > block.featuresQ.at(i, largest)) {
                largest = a;
            }
        }
        shift[i] += block.featuresQ.at(i, largest);
    }
    kernels<Real>().exponentials(shift.data(), scaleFeatures, static_cast<Real>(EPSILON_FEATURES),
                                 block.featuresQ.rows(), block.featuresQ.panels(),
                                 block.featuresQ.data());
    clearBeyond(omega.columns(), block.featuresQ);
    clearRowsBeyond(block.numAtoms, block.featuresQ);
}

template <class Real>
void Attention<Real>::prepare(const Panels<Real>& x, size_t numAtoms, Block& block,
                              bool isReversed) const {
    block.numAtoms = numAtoms;
    mlpQ.apply(x, block.q, block.savedQ);
    mlpK.apply(x, block.k, block.savedK);
    mlpV.apply(x, block.v, block.savedV);
    queryFeatures(block);
    project(block.k, block.featuresK, block.keyShift);
    if (!isReversed) {
        block.savedQ = {};
        block.savedK = {};
        block.savedV = {};
        block.q = {};
        block.k = {};
    }
}

template <class Real>
void Attention<Real>::findMaximum(const std::vector<Block*>& blocks) {
    places.clear();
    maximum = smoothMaximum;
    if (isSmooth) {
        return;
    }
    maximum = blocks[0]->featuresK.at(0, 0);
    const auto forKeys = [&](const auto& visit) {
        for (size_t b = 0; b < blocks.size(); b++) {
            for (size_t i = 0; i < blocks[b]->numAtoms; i++) {
                for (size_t a = 0; a < omega.columns(); a++) {
                    visit(b, i, a, blocks[b]->featuresK.at(i, a));
                }
            }
        }
    };
    forKeys([&](size_t, size_t, size_t, Real key) { maximum = std::max(maximum, key); });
    const Real equal = maximum - SAME_KEY * std::numeric_limits<Real>::epsilon() *
                                     std::max(Real(1), std::abs(maximum));
    forKeys([&](size_t b, size_t i, size_t a, Real key) {
        if (key >= equal) {
            places.push_back({b, i, a});
        }
    });
}

template <class Real>
void Attention<Real>::finishKeys(Block& block, Sums& sums) const {
    for (Real& shift : block.keyShift) {
        shift += maximum;
    }
    kernels<Real>().exponentials(block.keyShift.data(), scaleFeatures,
                                 static_cast<Real>(EPSILON_FEATURES), block.featuresK.rows(),
                                 block.featuresK.panels(), block.featuresK.data());
    clearBeyond(omega.columns(), block.featuresK);
    clearRowsBeyond(block.numAtoms, block.featuresK);
    sums.addBlock(block.featuresK, block.v, nullptr, block.numAtoms);
}

template <class Real>
bool Attention<Real>::areTooLarge(const Sums& sums) const {
    // A feature that was cut off is e times as large as this, and none is negative.
    const double limit = scaleFeatures * std::exp(static_cast<double>(LARGEST_EXPONENT<Real>) - 1);
    return std::ranges::any_of(sums.ofFeatures, [&](double sum) { return sum > limit; });
}

template <class Real>
Real Attention<Real>::largestKeyFeature(const Block& block, size_t row) const {
    Real largest = 0;
    for (size_t a = 0; a < omega.columns(); a++) {
        largest = std::max(largest, block.featuresK.at(row, a));
    }
    return largest;
}

template <class Real>
typename Attention<Real>::Total Attention<Real>::total(const Sums& sums) const {
    const Matrix<Real> products = rounded<Real>(sums.ofProducts, omega.columns(), omega.rows());
    return {rounded<Real>(sums.ofFeatures, omega.columns()), Factor<Real>(products),
            Factor<Real>(transpose(products))};
}

template <class Real>
void Attention<Real>::apply(Block& block) const {
    keys.ofProducts.multiply(block.featuresQ, block.result);
    block.norm.resize(block.featuresQ.rows());
    kernels<Real>().dotVector(block.featuresQ.data(), keys.ofFeatures.data(),
                              block.featuresQ.rows(), block.featuresQ.panels(), block.norm.data());
    for (Real& norm : block.norm) {
        norm = 1 / (norm + static_cast<Real>(EPSILON_NORM));
    }
    kernels<Real>().scaleRows(block.norm.data(), block.result.rows(), block.result.panels(),
                              block.result.data());
}

template <class Real>
void Attention<Real>::scaleGradient(const Panels<Real>& gradient, const Block& block,
                                    Panels<Real>& scaled, std::vector<Real>& tau) const {
    scaled.copy(gradient);
    kernels<Real>().scaleRows(block.norm.data(), scaled.rows(), scaled.panels(), scaled.data());
    tau.resize(scaled.rows());
    kernels<Real>().dotRows(scaled.data(), block.result.data(), scaled.rows(), scaled.panels(),
                            tau.data());
    for (Real& value : tau) {
        value = -value;
    }
}

template <class Real>
void Attention<Real>::addGradientSums(const Panels<Real>& gradient, const Block& block,
                                      Sums& sums) const {
    Panels<Real> scaled;
    std::vector<Real> tau;
    scaleGradient(gradient, block, scaled, tau);
    sums.addBlock(block.featuresQ, scaled, &tau, block.numAtoms);
}

template <class Real>
void Attention<Real>::transposeProjection(const Panels<Real>& u, const std::vector<Real>& h,
                                          const Panels<Real>& x, Panels<Real>& result) const {
    projectBack.multiply(u, result);
    std::vector<Real> factor(h.size());
    for (size_t i = 0; i < h.size(); i++) {
        factor[i] = -2 * scaleH * h[i];
    }
    kernels<Real>().addScaledRows(factor.data(), x.data(), x.rows(), x.panels(), result.data());
}

template <class Real>
double Attention<Real>::transposed(const Panels<Real>& gradient, const Panels<Real>& x,
                                   const Block& block, Panels<Real>& result) const {
    const Kernels<Real>& kernel = kernels<Real>();
    const Real rest = scaleFeatures * static_cast<Real>(EPSILON_FEATURES);
    const size_t rows = gradient.rows(), panels = gradient.panels();
    Panels<Real> scaled, ofFeatures, part;
    std::vector<Real> tau, ofH(rows);
    const std::vector<Real> ones(std::max(rows, panels * LANES), Real(1));
    scaleGradient(gradient, block, scaled, tau);

    keys.transposed.multiply(scaled, ofFeatures);
    kernel.addOuter(tau.data(), keys.ofFeatures.data(), rows, panels, ofFeatures.data());
    kernel.multiplyShifted(block.featuresQ.data(), rest, rows, panels, ofFeatures.data());
    clearBeyond(omega.columns(), ofFeatures);
    kernel.dotVector(ofFeatures.data(), ones.data(), rows, panels, ofH.data());
    for (size_t i = 0; i < block.numAtoms; i++) {
        ofFeatures.at(i, block.queryMaximum[i]) -= ofH[i];
    }
    transposeProjection(ofFeatures, ofH, block.q, part);
    mlpQ.addTransposed(part, x, block.savedQ, result);

    gradients.transposed.multiply(block.v, ofFeatures);
    kernel.addOuter(ones.data(), gradients.ofFeatures.data(), rows, panels, ofFeatures.data());
    kernel.multiplyShifted(block.featuresK.data(), rest, rows, panels, ofFeatures.data());
    clearBeyond(omega.columns(), ofFeatures);
    kernel.dotVector(ofFeatures.data(), ones.data(), rows, panels, ofH.data());
    double ofMaximum = 0.0;
    for (size_t i = 0; i < block.numAtoms; i++) {
        ofMaximum += ofH[i];
    }
    transposeProjection(ofFeatures, ofH, block.k, part);
    mlpK.addTransposed(part, x, block.savedK, result);

    gradients.ofProducts.multiply(block.featuresK, part);
    mlpV.addTransposed(part, x, block.savedV, result);
    return ofMaximum;
}

template <class Real>
void Attention<Real>::addMaximumGradient(const Place& place, double total, const Panels<Real>& x,
                                         const Block& block, Panels<Real>& result) const {
    Panels<Real> ofKey(result.rows(), result.panels()), part;
    ofKey.fill(Real(0));
    ofKey.at(place.row, place.column) =
        static_cast<Real>(-total / static_cast<double>(places.size()));
    projectBack.multiply(ofKey, part);
    mlpK.addTransposed(part, x, block.savedK, result);
}

template class Attention<float>;
template class Attention<double>;

} // namespace OpenMMGems
