// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_MATRIX_H_
#define OPENMMGEMS_NATIVE_MATRIX_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace OpenMMGems {

/** A row-major matrix; its memory is kept when it is resized, and is not set to anything. */
template <class Real>
class Matrix {
public:
    Matrix() = default;
    Matrix(size_t rows, size_t columns) { resize(rows, columns); }
    Matrix(const Matrix& other) { *this = other; }
    Matrix(Matrix&& other) noexcept { swap(other); }
    Matrix& operator=(Matrix&& other) noexcept {
        swap(other);
        return *this;
    }
    Matrix& operator=(const Matrix& other) {
        if (this != &other) {
            resize(other.numRows, other.numColumns);
            std::copy(other.data(), other.data() + other.size(), data());
        }
        return *this;
    }
    /** Change the size; what is inside is undefined afterwards. */
    void resize(size_t rows, size_t columns) {
        numRows = rows;
        numColumns = columns;
        if (rows * columns > capacity) {
            capacity = rows * columns;
            values = std::make_unique_for_overwrite<Real[]>(capacity);
        }
    }
    void fill(Real value) { std::fill(data(), data() + size(), value); }
    size_t rows() const { return numRows; }
    size_t columns() const { return numColumns; }
    size_t size() const { return numRows * numColumns; }
    Real* row(size_t index) { return values.get() + index * numColumns; }
    const Real* row(size_t index) const { return values.get() + index * numColumns; }
    Real* data() { return values.get(); }
    const Real* data() const { return values.get(); }

private:
    void swap(Matrix& other) noexcept {
        std::swap(numRows, other.numRows);
        std::swap(numColumns, other.numColumns);
        std::swap(capacity, other.capacity);
        std::swap(values, other.values);
    }
    size_t numRows = 0, numColumns = 0, capacity = 0;
    std::unique_ptr<Real[]> values;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_MATRIX_H_
