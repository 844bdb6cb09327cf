// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Attention.h"
#include "multiply.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace OpenMMGems {

namespace {

constexpr double EPSILON_FEATURES = 1e-4;
constexpr double EPSILON_NORM = 1e-8;

template <class Real>
Real dot(const Real* a, const Real* b, size_t number) {
    Real sum = 0;
    for (size_t f = 0; f < number; f++) {
        sum += a[f] * b[f];
    }
    return sum;
}

/** Adds the product of a column and a row. */
template <class Real>
void addOuter(Real factor, const std::vector<Real>& column, const std::vector<Real>& row,
              Matrix<Real>& matrix) {
    for (size_t i = 0; i < matrix.rows(); i++) {
        for (size_t a = 0; a < matrix.columns(); a++) {
            matrix.row(i)[a] += factor * column[i] * row[a];
        }
    }
}

} // namespace

template <class Real>
Attention<Real>::Attention(const TensorReader& reader, ActivationKind kind, bool isSmooth)
    : mlpQ(reader.part("resblock_q"), kind), mlpK(reader.part("resblock_k"), kind),
      mlpV(reader.part("resblock_v"), kind), omega(reader.matrix<Real>("attention.omega")),
      isSmooth(isSmooth), smoothMaximum(static_cast<Real>(reader.number("attention.key_maximum"))) {
    const auto numFeatures = static_cast<double>(omega.rows());
    scaleU = static_cast<Real>(1 / std::pow(numFeatures, 0.25));
    scaleH = static_cast<Real>(1 / (2 * std::sqrt(numFeatures)));
    scaleFeatures = static_cast<Real>(1 / std::sqrt(static_cast<double>(omega.columns())));
}

template <class Real>
typename Attention<Real>::Projected Attention<Real>::project(const Matrix<Real>& x) const {
    Projected projected;
    multiply(x, omega, Transpose::Neither, projected.u);
    projected.h.resize(x.rows());
    for (size_t i = 0; i < x.rows(); i++) {
        for (size_t a = 0; a < projected.u.columns(); a++) {
            projected.u.row(i)[a] *= scaleU;
        }
        projected.h[i] = scaleH * dot(x.row(i), x.row(i), x.columns());
    }
    return projected;
}

template <class Real>
void Attention<Real>::queryFeatures(Saved& saved) const {
    const Projected projected = project(saved.q);
    saved.featuresQ.resize(projected.u.rows(), projected.u.columns());
    saved.queryMaximum.resize(projected.u.rows());
    for (size_t i = 0; i < projected.u.rows(); i++) {
        const Real* u = projected.u.row(i);
        const Real* largest = std::max_element(u, u + projected.u.columns());
        saved.queryMaximum[i] = largest - u;
        for (size_t a = 0; a < projected.u.columns(); a++) {
            saved.featuresQ.row(i)[a] =
                scaleFeatures *
                (std::exp(u[a] - projected.h[i] - *largest) + static_cast<Real>(EPSILON_FEATURES));
        }
    }
}

template <class Real>
void Attention<Real>::keyFeatures(Saved& saved) const {
    const Projected projected = project(saved.k);
    const Matrix<Real>& u = projected.u;
    Real largest = smoothMaximum;
    saved.keyMaximum.clear();
    if (!isSmooth) {
        largest = *std::max_element(u.data(), u.data() + u.size());
        for (size_t i = 0; i < u.rows(); i++) {
            for (size_t a = 0; a < u.columns(); a++) {
                if (u.row(i)[a] == largest) {
                    saved.keyMaximum.emplace_back(i, a);
                }
            }
        }
    }
    saved.featuresK.resize(u.rows(), u.columns());
    saved.keySum.assign(u.columns(), Real(0));
    std::vector<double> sum(u.columns(), 0.0);
    for (size_t j = 0; j < u.rows(); j++) {
        Real* features = saved.featuresK.row(j);
        for (size_t a = 0; a < u.columns(); a++) {
            features[a] = scaleFeatures * (std::exp(u.row(j)[a] - projected.h[j] - largest) +
                                           static_cast<Real>(EPSILON_FEATURES));
            sum[a] += features[a];
        }
    }
    std::copy(sum.begin(), sum.end(), saved.keySum.begin());
}

template <class Real>
void Attention<Real>::apply(const Matrix<Real>& x, Saved& saved) const {
    mlpQ.apply(x, saved.q, saved.savedQ);
    mlpK.apply(x, saved.k, saved.savedK);
    mlpV.apply(x, saved.v, saved.savedV);
    queryFeatures(saved);
    keyFeatures(saved);
    multiply(saved.featuresK, saved.v, Transpose::First, saved.keyValue);
    multiply(saved.featuresQ, saved.keyValue, Transpose::Neither, saved.result);
    saved.norm.resize(x.rows());
    for (size_t i = 0; i < x.rows(); i++) {
        saved.norm[i] = dot(saved.featuresQ.row(i), saved.keySum.data(), saved.keySum.size()) +
                        static_cast<Real>(EPSILON_NORM);
        for (size_t f = 0; f < saved.result.columns(); f++) {
            saved.result.row(i)[f] /= saved.norm[i];
        }
    }
}

template <class Real>
std::vector<Real> Attention<Real>::exponentialPart(const Matrix<Real>& features,
                                                   Matrix<Real>& gradient) const {
    const Real rest = scaleFeatures * static_cast<Real>(EPSILON_FEATURES);
    std::vector<Real> sums(features.rows(), Real(0));
    for (size_t i = 0; i < features.rows(); i++) {
        for (size_t a = 0; a < features.columns(); a++) {
            gradient.row(i)[a] *= features.row(i)[a] - rest;
            sums[i] += gradient.row(i)[a];
        }
    }
    return sums;
}

template <class Real>
void Attention<Real>::transposeProjection(const Matrix<Real>& u, const std::vector<Real>& h,
                                          const Matrix<Real>& x, Matrix<Real>& result) const {
    multiply(u, omega, Transpose::Second, result);
    for (size_t i = 0; i < x.rows(); i++) {
        for (size_t f = 0; f < x.columns(); f++) {
            result.row(i)[f] = scaleU * result.row(i)[f] - 2 * scaleH * h[i] * x.row(i)[f];
        }
    }
}

template <class Real>
void Attention<Real>::transposed(const Matrix<Real>& gradient, const Saved& saved,
                                 Matrix<Real>& result) const {
    const size_t numAtoms = gradient.rows(), numFeatures = gradient.columns();
    Matrix<Real> scaled(numAtoms, numFeatures);
    std::vector<Real> tau(numAtoms);
    for (size_t i = 0; i < numAtoms; i++) {
        tau[i] = dot(gradient.row(i), saved.result.row(i), numFeatures) / saved.norm[i];
        for (size_t f = 0; f < numFeatures; f++) {
            scaled.row(i)[f] = gradient.row(i)[f] / saved.norm[i];
        }
    }
    Matrix<Real> ofQuery, ofKey, ofValue, ofKeyValue;
    multiply(scaled, saved.keyValue, Transpose::Second, ofQuery);
    addOuter(Real(-1), tau, saved.keySum, ofQuery);
    multiply(saved.featuresQ, scaled, Transpose::First, ofKeyValue);
    std::vector<double> sum(saved.keySum.size(), 0.0);
    for (size_t i = 0; i < numAtoms; i++) {
        for (size_t a = 0; a < sum.size(); a++) {
            sum[a] -= tau[i] * saved.featuresQ.row(i)[a];
        }
    }
    const std::vector<Real> ofKeySum(sum.begin(), sum.end());
    multiply(saved.v, ofKeyValue, Transpose::Second, ofKey);
    addOuter(Real(1), std::vector<Real>(numAtoms, Real(1)), ofKeySum, ofKey);
    multiply(saved.featuresK, ofKeyValue, Transpose::Neither, ofValue);

    const std::vector<Real> querySums = exponentialPart(saved.featuresQ, ofQuery);
    const std::vector<Real> keySums = exponentialPart(saved.featuresK, ofKey);
    for (size_t i = 0; i < numAtoms; i++) {
        ofQuery.row(i)[saved.queryMaximum[i]] -= querySums[i];
    }
    double total = 0.0;
    for (Real part : keySums) {
        total += part;
    }
    for (const auto& [atom, place] : saved.keyMaximum) {
        ofKey.row(atom)[place] -=
            static_cast<Real>(total / static_cast<double>(saved.keyMaximum.size()));
    }
    Matrix<Real> part, ofX;
    transposeProjection(ofQuery, querySums, saved.q, part);
    mlpQ.transposed(part, result, saved.savedQ);
    transposeProjection(ofKey, keySums, saved.k, part);
    mlpK.transposed(part, ofX, saved.savedK);
    result += ofX;
    mlpV.transposed(ofValue, ofX, saved.savedV);
    result += ofX;
}

template class Attention<float>;
template class Attention<double>;

} // namespace OpenMMGems
