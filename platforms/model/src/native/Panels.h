// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_PANELS_H_
#define OPENMMGEMS_NATIVE_PANELS_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace OpenMMGems {

/** Columns are stored in panels of so many, which fill whole registers of every processor. */
constexpr size_t LANES = 16;

/** Panels that hold so many columns. */
constexpr size_t numPanelsFor(size_t columns) {
    return (columns + LANES - 1) / LANES;
}

/**
 * Gives memory that starts with a cache line, so that no vector of a panel lies in two. The C
 * library's aligned blocks can hardly be used again when they are free: memory would grow.
 */
template <class Number>
struct AlignedAllocator {
    using value_type = Number;
    AlignedAllocator() = default;
    template <class Other>
    AlignedAllocator(const AlignedAllocator<Other>&) {}
    Number* allocate(size_t number) {
        if (number > LARGEST_SIZE / sizeof(Number)) {
            throw std::bad_array_new_length();
        }
        size_t space = number * sizeof(Number) + ALIGNMENT;
        void* block = ::operator new(space + sizeof(void*));
        void* start = static_cast<void**>(block) + 1;
        std::align(ALIGNMENT, number * sizeof(Number), start, space);
        static_cast<void**>(start)[-1] = block;
        return static_cast<Number*>(start);
    }
    void deallocate(Number* start, size_t) {
        ::operator delete(reinterpret_cast<void**>(start)[-1]);
    }
    /** Numbers are set when they are used: memory that is not used costs nothing. */
    template <class Other>
    void construct(Other* place) {
        ::new (static_cast<void*>(place)) Other;
    }
    template <class Other, class... Arguments>
    void construct(Other* place, Arguments&&... arguments) {
        ::new (static_cast<void*>(place)) Other(std::forward<Arguments>(arguments)...);
    }
    bool operator==(const AlignedAllocator&) const { return true; }

private:
    static constexpr size_t ALIGNMENT = 64, LARGEST_SIZE = size_t(1) << 62;
};
template <class Number>
using AlignedVector = std::vector<Number, AlignedAllocator<Number>>;

/**
 * A matrix in panels [numPanels, numRows, LANES], aligned to cache lines. Columns that only fill up
 * the last panel are zero wherever they are multiplied. Memory is kept when it is resized.
 */
template <class Real>
class Panels {
public:
    Panels() = default;
    Panels(size_t rows, size_t panels) { resize(rows, panels); }
    /** Change the size; what is inside is undefined afterwards. */
    void resize(size_t rows, size_t panels) {
        numRows = rows;
        numPanels = panels;
        if (size() > capacity) {
            capacity = size();
            values = Memory(AlignedAllocator<Real>().allocate(capacity), Release{capacity});
        }
    }
    void fill(Real value) { std::fill(data(), data() + size(), value); }
    void copy(const Panels& other) {
        resize(other.numRows, other.numPanels);
        std::copy(other.data(), other.data() + size(), data());
    }
    size_t rows() const { return numRows; }
    size_t panels() const { return numPanels; }
    size_t size() const { return numRows * numPanels * LANES; }
    /** Numbers between one panel and the next. */
    size_t stride() const { return numRows * LANES; }
    Real* data() { return values.get(); }
    const Real* data() const { return values.get(); }
    Real& at(size_t row, size_t column) { return values.get()[place(row, column)]; }
    const Real& at(size_t row, size_t column) const { return values.get()[place(row, column)]; }

private:
    struct Release {
        size_t number = 0;
        void operator()(Real* memory) const { AlignedAllocator<Real>().deallocate(memory, number); }
    };
    using Memory = std::unique_ptr<Real[], Release>;
    size_t place(size_t row, size_t column) const {
        return column / LANES * stride() + row * LANES + column % LANES;
    }
    size_t numRows = 0, numPanels = 0, capacity = 0;
    Memory values;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_PANELS_H_
