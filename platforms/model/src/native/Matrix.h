// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_MATRIX_H_
#define OPENMMGEMS_NATIVE_MATRIX_H_

#include <cstddef>
#include <vector>

namespace OpenMMGems {

/** A row-major matrix; its memory is kept when it is resized. */
template <class Real>
class Matrix {
public:
    Matrix() = default;
    Matrix(size_t rows, size_t columns) { resize(rows, columns); }
    /** Change the size; what is inside is undefined afterwards. */
    void resize(size_t rows, size_t columns) {
        numRows = rows;
        numColumns = columns;
        values.resize(rows * columns);
    }
    void fill(Real value) { std::fill(values.begin(), values.end(), value); }
    size_t rows() const { return numRows; }
    size_t columns() const { return numColumns; }
    size_t size() const { return values.size(); }
    Real* row(size_t index) { return values.data() + index * numColumns; }
    const Real* row(size_t index) const { return values.data() + index * numColumns; }
    Real* data() { return values.data(); }
    const Real* data() const { return values.data(); }
    /** Add another matrix of the same size. */
    Matrix& operator+=(const Matrix& other) {
        for (size_t k = 0; k < values.size(); k++) {
            values[k] += other.values[k];
        }
        return *this;
    }

private:
    size_t numRows = 0, numColumns = 0;
    std::vector<Real> values;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_MATRIX_H_
