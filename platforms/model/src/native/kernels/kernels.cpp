// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Compiled once for every instruction set, named by GEMS_INSTRUCTION_SET.

#include "Kernels.h"
#include "simd.h"

namespace OpenMMGems {

namespace {

/** Vectors that make up a panel's row. */
template <class Real>
constexpr size_t PARTS = PANEL_LANES / WIDTH<Real>;

// Products of matrices ----------------------------------------------------------------------------

/** NUM_VECTORS neighbouring vectors of y, NUM_ROWS rows. */
template <int NUM_VECTORS, size_t NUM_ROWS, class Real>
GEMS_INLINE void multiplyGroup(View<const Real> x, size_t panelsOfX, const Real* const* weight,
                               const Real* const* bias, Real* const* y, size_t rowStride,
                               bool add) {
    using V = Vector<Real>;
    V sums[NUM_ROWS][NUM_VECTORS];
    for (int c = 0; c < NUM_VECTORS; c++) {
        const V start = bias[c] ? load(bias[c]) : V{};
        for (size_t r = 0; r < NUM_ROWS; r++) {
            sums[r][c] = add ? start + load(y[c] + r * rowStride) : start;
        }
    }
    for (size_t panel = 0; panel < panelsOfX; panel++) {
        const Real* column = x.data + panel * x.stride;
        for (size_t k = 0; k < PANEL_LANES; k++) {
            V w[NUM_VECTORS];
            for (int c = 0; c < NUM_VECTORS; c++) {
                w[c] = load(weight[c] + (panel * PANEL_LANES + k) * PANEL_LANES);
            }
            for (size_t r = 0; r < NUM_ROWS; r++) {
                const V value = broadcast(column[r * x.rowStride + k]);
                for (int c = 0; c < NUM_VECTORS; c++) {
                    sums[r][c] += value * w[c];
                }
            }
        }
    }
    for (int c = 0; c < NUM_VECTORS; c++) {
        for (size_t r = 0; r < NUM_ROWS; r++) {
            store<Real>(sums[r][c], y[c] + r * rowStride);
        }
    }
}

/** Vectors of y at a time, and rows: their sums stay in registers. */
#if defined(__AVX512F__)
constexpr int VECTORS_AT_ONCE = 4;
#else
constexpr int VECTORS_AT_ONCE = 2;
#endif
constexpr size_t ROWS_AT_ONCE = 6;

template <int NUM_VECTORS, class Real>
GEMS_INLINE void multiplyVectors(View<const Real> x, size_t rows, size_t panelsOfX,
                                 const Real* weight, const Real* bias, bool add, View<Real> y,
                                 size_t firstVector) {
    const Real *weights[NUM_VECTORS], *biases[NUM_VECTORS];
    Real* target[NUM_VECTORS];
    for (int c = 0; c < NUM_VECTORS; c++) {
        const size_t panel = (firstVector + c) / PARTS<Real>;
        const size_t lane = (firstVector + c) % PARTS<Real> * WIDTH<Real>;
        weights[c] = weight + panel * panelsOfX * PANEL_LANES * PANEL_LANES + lane;
        biases[c] = bias ? bias + panel * PANEL_LANES + lane : nullptr;
        target[c] = y.data + panel * y.stride + lane;
    }
    const auto group = [&]<size_t NUM_ROWS>() {
        multiplyGroup<NUM_VECTORS, NUM_ROWS>(x, panelsOfX, weights, biases, target, y.rowStride,
                                             add);
        x.data += NUM_ROWS * x.rowStride;
        for (int c = 0; c < NUM_VECTORS; c++) {
            target[c] += NUM_ROWS * y.rowStride;
        }
    };
    size_t row = 0;
    for (; row + ROWS_AT_ONCE <= rows; row += ROWS_AT_ONCE) {
        group.template operator()<ROWS_AT_ONCE>();
    }
    for (; row < rows; row += ROW_GROUP) {
        group.template operator()<ROW_GROUP>();
    }
}

template <class Real>
void multiply(View<const Real> x, size_t rows, size_t panelsOfX, const Real* weight,
              const Real* bias, bool add, View<Real> y, size_t panelsOfY) {
    const size_t numVectors = panelsOfY * PARTS<Real>;
    size_t first = 0;
    for (; first + VECTORS_AT_ONCE <= numVectors; first += VECTORS_AT_ONCE) {
        multiplyVectors<VECTORS_AT_ONCE>(x, rows, panelsOfX, weight, bias, add, y, first);
    }
    const auto rest = [&]<int NUM_VECTORS>() {
        multiplyVectors<NUM_VECTORS>(x, rows, panelsOfX, weight, bias, add, y, first);
    };
    switch (numVectors - first) {
    case 3:
        return rest.template operator()<3>();
    case 2:
        return rest.template operator()<2>();
    case 1:
        return rest.template operator()<1>();
    }
}

template <class Real>
void multiplyTransposed(View<const Real> x, View<const Real> y, size_t rows, size_t panelsOfX,
                        size_t panelsOfY, Real* result) {
    using V = Vector<Real>;
    constexpr size_t COLUMNS = 8;
    for (size_t part = 0; part < panelsOfY * PARTS<Real>; part++) {
        const size_t panel = part / PARTS<Real>, lane = part % PARTS<Real> * WIDTH<Real>;
        for (size_t column = 0; column < panelsOfX * PANEL_LANES; column += COLUMNS) {
            const Real* left = x.data + column / PANEL_LANES * x.stride + column % PANEL_LANES;
            const Real* right = y.data + panel * y.stride + lane;
            V sums[COLUMNS] = {};
            for (size_t row = 0; row < rows; row++) {
                const V value = load(right + row * y.rowStride);
                for (size_t a = 0; a < COLUMNS; a++) {
                    sums[a] += left[row * x.rowStride + a] * value;
                }
            }
            for (size_t a = 0; a < COLUMNS; a++) {
                store<Real>(
                    sums[a],
                    result + ((panel * panelsOfX * PANEL_LANES) + column + a) * PANEL_LANES + lane);
            }
        }
    }
}

// Functions of each number ------------------------------------------------------------------------

/** visit(panel, place of a row's vector, lane) for all vectors of a matrix. */
template <class Real, class Visit>
GEMS_INLINE void forVectors(size_t rows, size_t panels, Visit visit) {
    for (size_t panel = 0; panel < panels; panel++) {
        for (size_t lane = 0; lane < PANEL_LANES; lane += WIDTH<Real>) {
            for (size_t row = 0; row < rows; row++) {
                visit(row, (panel * rows + row) * PANEL_LANES + lane, panel * PANEL_LANES + lane);
            }
        }
    }
}

template <class Real>
void swish(const Real* x, const Real* alpha, const Real* beta, size_t rows, size_t panels,
           Real* y) {
    forVectors<Real>(rows, panels, [&](size_t, size_t place, size_t column) {
        const Vector<Real> value = load(x + place);
        const Vector<Real> sigmoid =
            reciprocal(Real(1) + exponential(-load(beta + column) * value));
        store<Real>(load(alpha + column) * value * sigmoid, y + place);
    });
}

template <class Real>
void multiplySwishSlope(const Real* x, const Real* alpha, const Real* beta, size_t rows,
                        size_t panels, Real* gradient) {
    forVectors<Real>(rows, panels, [&](size_t, size_t place, size_t column) {
        const Vector<Real> z = load(beta + column) * load(x + place);
        const Vector<Real> sigmoid = reciprocal(Real(1) + exponential(-z));
        store<Real>(load(gradient + place) * load(alpha + column) * sigmoid *
                        (Real(1) + z * (Real(1) - sigmoid)),
                    gradient + place);
    });
}

template <class Real>
void addSwishSlope(const Real* x, const Real* alpha, const Real* beta, const Real* factor,
                   size_t rows, size_t panels, Real* gradient) {
    forVectors<Real>(rows, panels, [&](size_t, size_t place, size_t column) {
        const Vector<Real> z = load(beta + column) * load(x + place);
        const Vector<Real> sigmoid = reciprocal(Real(1) + exponential(-z));
        const Vector<Real> slope =
            load(alpha + column) * sigmoid * (Real(1) + z * (Real(1) - sigmoid));
        store<Real>(load(gradient + place) + load(factor + place) * slope, gradient + place);
    });
}

template <class Real>
void add(const Real* x, size_t number, Real* y) {
    for (size_t k = 0; k < number; k += WIDTH<Real>) {
        store<Real>(load(y + k) + load(x + k), y + k);
    }
}

template <class Real>
void dotRows(const Real* x, const Real* y, size_t rows, size_t panels, Real* sums) {
    for (size_t row = 0; row < rows; row++) {
        Vector<Real> sum = {};
        for (size_t panel = 0; panel < panels; panel++) {
            for (size_t lane = 0; lane < PANEL_LANES; lane += WIDTH<Real>) {
                const size_t place = (panel * rows + row) * PANEL_LANES + lane;
                sum += load(x + place) * load(y + place);
            }
        }
        sums[row] = total(sum);
    }
}

template <class Real>
void dotVector(const Real* x, const Real* vector, size_t rows, size_t panels, Real* sums) {
    for (size_t row = 0; row < rows; row++) {
        Vector<Real> sum = {};
        for (size_t panel = 0; panel < panels; panel++) {
            for (size_t lane = 0; lane < PANEL_LANES; lane += WIDTH<Real>) {
                sum += load(x + (panel * rows + row) * PANEL_LANES + lane) *
                       load(vector + panel * PANEL_LANES + lane);
            }
        }
        sums[row] = total(sum);
    }
}

template <class Real>
void scaleRows(const Real* a, size_t rows, size_t panels, Real* y) {
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t) {
        store<Real>(a[row] * load(y + place), y + place);
    });
}

template <class Real>
void addScaledRows(const Real* a, const Real* x, size_t rows, size_t panels, Real* y) {
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t) {
        store<Real>(load(y + place) + a[row] * load(x + place), y + place);
    });
}

template <class Real>
void addOuter(const Real* a, const Real* vector, size_t rows, size_t panels, Real* y) {
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t column) {
        store<Real>(load(y + place) + a[row] * load(vector + column), y + place);
    });
}

template <class Real>
void exponentials(const Real* shift, Real scale, Real epsilon, size_t rows, size_t panels,
                  Real* y) {
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t) {
        store<Real>(scale * (exponential(load(y + place) - shift[row]) + epsilon), y + place);
    });
}

template <class Real>
void multiplyShifted(const Real* y, Real rest, size_t rows, size_t panels, Real* gradient) {
    forVectors<Real>(rows, panels, [&](size_t, size_t place, size_t) {
        store<Real>(load(gradient + place) * (load(y + place) - rest), gradient + place);
    });
}

template <class Real>
void addProducts(const Real* projected, size_t rows, size_t numComponents, size_t panels, Real* h) {
    const size_t half = panels * rows * numComponents * PANEL_LANES;
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t column) {
        const size_t first = ((column / PANEL_LANES) * rows + row) * numComponents * PANEL_LANES +
                             column % PANEL_LANES;
        Vector<Real> sum = load(h + place);
        for (size_t c = 0; c < numComponents; c++) {
            const Real* left = projected + first + c * PANEL_LANES;
            sum += load(left) * load(left + half);
        }
        store<Real>(sum, h + place);
    });
}

template <class Real>
void transposeProducts(const Real* h, size_t rows, size_t numComponents, size_t panels,
                       Real* projected) {
    const size_t half = panels * rows * numComponents * PANEL_LANES;
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t column) {
        const size_t first = ((column / PANEL_LANES) * rows + row) * numComponents * PANEL_LANES +
                             column % PANEL_LANES;
        const Vector<Real> factor = load(h + place);
        for (size_t c = 0; c < numComponents; c++) {
            Real* left = projected + first + c * PANEL_LANES;
            const Vector<Real> ofLeft = factor * load(left + half);
            store<Real>(factor * load(left), left + half);
            store<Real>(ofLeft, left);
        }
    });
}

// Messages of neighbours --------------------------------------------------------------------------

/** The values of a pair's filters for s, p and d, and also their slopes. */
template <class Real>
struct FilterValues {
    Vector<Real> value[3], slope[3];
};

/** sums[s, p, d] += splines times coefficients. */
template <class Real>
GEMS_INLINE void interpolate(const Real* splines, int number, const Real* coefficients,
                             Vector<Real>* sums) {
    for (int k = 0; k < number; k++) {
        for (int c = 0; c < 3; c++) {
            sums[c] += splines[k] * load(coefficients + (3 * k + c) * PANEL_LANES);
        }
    }
}

template <int NUM_D, class Real>
GEMS_INLINE void collectPart(const PairBlock<Real>& b, const Real* coefficients,
                             const Real* sources, size_t rowStride, Real* h, Real* p, Real* d) {
    using V = Vector<Real>;
    for (size_t atom = 0; atom < b.numAtoms; atom++) {
        V s = load(h + atom * PANEL_LANES), ofP[3] = {}, ofD[NUM_D] = {};
        for (size_t pair = b.start[atom] - b.firstPair; pair < b.end[atom] - b.firstPair; pair++) {
            const PairGeometry<Real>& g = b.geometry[pair];
            V filter[3] = {};
            interpolate(g.spline, SPLINE_ORDER, coefficients + b.knot[pair] * 3 * PANEL_LANES,
                        filter);
            const Real* source = sources + b.j[pair] * rowStride;
            s += filter[0] * load(source);
            const V messageP = filter[1] * load(source + PANEL_LANES);
            for (int a = 0; a < 3; a++) {
                ofP[a] += g.unit[a] * messageP;
            }
            const V messageD = filter[2] * load(source + 2 * PANEL_LANES);
            for (int a = 0; a < NUM_D; a++) {
                ofD[a] += g.d[a] * messageD;
            }
        }
        store<Real>(s, h + atom * PANEL_LANES);
        for (int a = 0; a < 3; a++) {
            store<Real>(ofP[a], p + (3 * atom + a) * PANEL_LANES);
        }
        for (int a = 0; a < NUM_D; a++) {
            store<Real>(ofD[a], d + (NUM_D * atom + a) * PANEL_LANES);
        }
    }
}

template <class Real>
void collect(const PairBlock<Real>& b, View<const Real> sources, Real* h, Real* p, Real* d,
             size_t rows) {
    for (size_t part = 0; part < b.numPanels * PARTS<Real>; part++) {
        const size_t panel = part / PARTS<Real>, lane = part % PARTS<Real> * WIDTH<Real>;
        const size_t place = panel * rows * PANEL_LANES;
        const Real* coefficients = b.filters + panel * b.filterStride + lane;
        const Real* from = sources.data + panel * sources.stride + lane;
        if (b.numD == 5) {
            collectPart<5>(b, coefficients, from, sources.rowStride, h + place + lane,
                           p + 3 * place + lane, d + 5 * place + lane);
        } else {
            collectPart<6>(b, coefficients, from, sources.rowStride, h + place + lane,
                           p + 3 * place + lane, d + 6 * place + lane);
        }
    }
}

/** Adds to the gradient by the unit vector what comes from that by the functions of d type. */
template <int NUM_D, class Real>
GEMS_INLINE void addSlopesOfD(const Real* unit, const Vector<Real>* ofD, Vector<Real>* ofUnit) {
    const Real x = unit[0], y = unit[1], z = unit[2];
    if (NUM_D == 5) {
        constexpr auto ROOT3 = static_cast<Real>(1.7320508075688772935);
        ofUnit[0] += (ROOT3 * y) * ofD[0] + (ROOT3 * z) * ofD[1] + (ROOT3 * x) * ofD[4];
        ofUnit[1] += (ROOT3 * x) * ofD[0] + (ROOT3 * z) * ofD[2] - (ROOT3 * y) * ofD[4];
        ofUnit[2] += (ROOT3 * x) * ofD[1] + (ROOT3 * y) * ofD[2] + (3 * z) * ofD[3];
    } else {
        constexpr auto ROOT2 = static_cast<Real>(1.4142135623730950488);
        ofUnit[0] += (2 * x) * ofD[0] + (ROOT2 * y) * ofD[3] + (ROOT2 * z) * ofD[4];
        ofUnit[1] += (2 * y) * ofD[1] + (ROOT2 * x) * ofD[3] + (ROOT2 * z) * ofD[NUM_D - 1];
        ofUnit[2] += (2 * z) * ofD[2] + (ROOT2 * x) * ofD[4] + (ROOT2 * y) * ofD[NUM_D - 1];
    }
}

/** Gradient by a pair's distance and unit vector from the messages its receiver collected. */
template <int NUM_D, class Real>
GEMS_INLINE void addPairGradient(const PairGeometry<Real>& g, const FilterValues<Real>& filter,
                                 const Real* source, const Real* own, Real* pairGradient) {
    using V = Vector<Real>;
    V ofR = filter.slope[0] * load(source) * load(own);
    V ofUnit[3], ofD[NUM_D], along = {};
    const V sourceP = load(source + PANEL_LANES), messageP = filter.value[1] * sourceP;
    for (int a = 0; a < 3; a++) {
        const V ofSum = load(own + (1 + a) * PANEL_LANES);
        ofUnit[a] = messageP * ofSum;
        along += g.unit[a] * ofSum;
    }
    ofR += filter.slope[1] * sourceP * along;
    const V sourceD = load(source + 2 * PANEL_LANES), messageD = filter.value[2] * sourceD;
    along = V{};
    for (int a = 0; a < NUM_D; a++) {
        const V ofSum = load(own + (4 + a) * PANEL_LANES);
        ofD[a] = messageD * ofSum;
        along += g.d[a] * ofSum;
    }
    ofR += filter.slope[2] * sourceD * along;
    addSlopesOfD<NUM_D, Real>(g.unit, ofD, ofUnit);
    addTotals(ofR, ofUnit[0], ofUnit[1], ofUnit[2], pairGradient);
}

/** Gradient by what a receiver sends to its neighbour, which sees the opposite unit vector. */
template <int NUM_D, class Real>
GEMS_INLINE void addSourceGradient(const PairGeometry<Real>& g, const FilterValues<Real>& filter,
                                   const Real* other, Vector<Real>* ofSource) {
    using V = Vector<Real>;
    ofSource[0] += filter.value[0] * load(other);
    V along = {};
    for (int a = 0; a < 3; a++) {
        along -= g.unit[a] * load(other + (1 + a) * PANEL_LANES);
    }
    ofSource[1] += filter.value[1] * along;
    along = V{};
    for (int a = 0; a < NUM_D; a++) {
        along += g.d[a] * load(other + (4 + a) * PANEL_LANES);
    }
    ofSource[2] += filter.value[2] * along;
}

/** The neighbours of all receivers for one part of a panel. */
template <int NUM_D, bool WITH_SOURCES, class Real>
GEMS_INLINE void transposePart(const PairBlock<Real>& b, size_t place, const Real* sources,
                               size_t sourceStride, const Real* gathered, size_t gatheredStride,
                               Real* pairGradient, Real* ofS, Real* ofP, Real* ofD) {
    for (size_t atom = 0; atom < b.numAtoms; atom++) {
        const Real* own = gathered + (b.firstAtom + atom) * gatheredStride;
        Vector<Real> ofSource[3] = {};
        for (size_t pair = b.start[atom] - b.firstPair; pair < b.end[atom] - b.firstPair; pair++) {
            const PairGeometry<Real>& g = b.geometry[pair];
            const size_t knot = b.knot[pair] * 3 * PANEL_LANES;
            FilterValues<Real> filter = {};
            interpolate(g.spline, SPLINE_ORDER, b.filters + place + knot, filter.value);
            interpolate(g.splineOfSlope, SPLINE_DEGREE, b.slopes + place + knot, filter.slope);
            addPairGradient<NUM_D>(g, filter, sources + b.j[pair] * sourceStride, own,
                                   pairGradient + 4 * pair);
            if (WITH_SOURCES) {
                addSourceGradient<NUM_D>(g, filter, gathered + b.j[pair] * gatheredStride,
                                         ofSource);
            }
        }
        if (WITH_SOURCES) {
            store<Real>(ofSource[0], ofS + atom * PANEL_LANES);
            store<Real>(ofSource[1], ofP + atom * PANEL_LANES);
            store<Real>(ofSource[2], ofD + atom * PANEL_LANES);
        }
    }
}

template <int NUM_D, class Real>
void transposeCollectOf(const PairBlock<Real>& b, View<const Real> sources,
                        View<const Real> gathered, Real* pairGradient, Real* ofS, Real* ofP,
                        Real* ofD, size_t rows) {
    for (size_t part = 0; part < b.numPanels * PARTS<Real>; part++) {
        const size_t panel = part / PARTS<Real>, lane = part % PARTS<Real> * WIDTH<Real>;
        const size_t coefficients = panel * b.filterStride + lane;
        const Real* from = sources.data + panel * sources.stride + lane;
        const Real* of = gathered.data + panel * gathered.stride + lane;
        if (ofS) {
            const size_t place = panel * rows * PANEL_LANES + lane;
            transposePart<NUM_D, true>(b, coefficients, from, sources.rowStride, of,
                                       gathered.rowStride, pairGradient, ofS + place, ofP + place,
                                       ofD + place);
        } else {
            transposePart<NUM_D, false, Real>(b, coefficients, from, sources.rowStride, of,
                                              gathered.rowStride, pairGradient, nullptr, nullptr,
                                              nullptr);
        }
    }
}

template <class Real>
void transposeCollect(const PairBlock<Real>& b, View<const Real> sources, View<const Real> gathered,
                      Real* pairGradient, Real* ofS, Real* ofP, Real* ofD, size_t rows) {
    if (b.numD == 5) {
        transposeCollectOf<5>(b, sources, gathered, pairGradient, ofS, ofP, ofD, rows);
    } else {
        transposeCollectOf<6>(b, sources, gathered, pairGradient, ofS, ofP, ofD, rows);
    }
}

// Geometry of pairs -------------------------------------------------------------------------------

/** Up to PANEL_LANES pairs; loops over lanes are vectorised by the compiler. */
template <class Real>
GEMS_INLINE void describeGroup(const Real* pairs, size_t number, Real inverseSpacing,
                               int numIntervals, bool irreducible, PairGeometry<Real>* geometry,
                               int* knot) {
    Real t[PANEL_LANES], values[SPLINE_ORDER][PANEL_LANES], ofSlope[SPLINE_DEGREE][PANEL_LANES];
    for (size_t k = 0; k < PANEL_LANES; k++) {
        const Real place = (k < number ? pairs[4 * k] : Real(0)) * inverseSpacing;
        int first = static_cast<int>(place);
        first = first < numIntervals ? first : numIntervals - 1;
        t[k] = place - static_cast<Real>(first);
        if (k < number) {
            knot[k] = first;
        }
        values[0][k] = t[k] < Real(1) ? Real(1) : Real(0); // nothing beyond the cutoff
    }
    for (int degree = 1; degree <= SPLINE_DEGREE; degree++) {
        const Real scale = Real(1) / static_cast<Real>(degree);
        if (degree == SPLINE_DEGREE) {
            std::memcpy(ofSlope, values, sizeof(ofSlope));
        }
        for (size_t k = 0; k < PANEL_LANES; k++) {
            values[degree][k] = t[k] * values[degree - 1][k] * scale;
        }
        for (int m = degree - 1; m > 0; m--) {
            for (size_t k = 0; k < PANEL_LANES; k++) {
                values[m][k] = ((t[k] + static_cast<Real>(degree - m)) * values[m - 1][k] +
                                (static_cast<Real>(m + 1) - t[k]) * values[m][k]) *
                               scale;
            }
        }
        for (size_t k = 0; k < PANEL_LANES; k++) {
            values[0][k] = (Real(1) - t[k]) * values[0][k] * scale;
        }
    }
    for (size_t k = 0; k < number; k++) {
        PairGeometry<Real>& g = geometry[k];
        for (int m = 0; m < SPLINE_ORDER; m++) {
            g.spline[m] = values[m][k];
        }
        for (int m = 0; m < SPLINE_DEGREE; m++) {
            g.splineOfSlope[m] = ofSlope[m][k];
        }
        const Real x = pairs[4 * k + 1], y = pairs[4 * k + 2], z = pairs[4 * k + 3];
        g.unit[0] = x;
        g.unit[1] = y;
        g.unit[2] = z;
        if (irreducible) {
            constexpr auto ROOT3 = static_cast<Real>(1.7320508075688772935);
            g.d[0] = ROOT3 * x * y;
            g.d[1] = ROOT3 * x * z;
            g.d[2] = ROOT3 * y * z;
            g.d[3] = (3 * z * z - 1) / 2;
            g.d[4] = ROOT3 / 2 * (x * x - y * y);
        } else {
            constexpr auto ROOT2 = static_cast<Real>(1.4142135623730950488);
            g.d[0] = x * x;
            g.d[1] = y * y;
            g.d[2] = z * z;
            g.d[3] = ROOT2 * x * y;
            g.d[4] = ROOT2 * x * z;
            g.d[5] = ROOT2 * y * z;
        }
    }
}

template <class Real>
void describePairs(const Real* pairs, size_t number, Real inverseSpacing, int numIntervals,
                   bool irreducible, PairGeometry<Real>* geometry, int* knot) {
    for (size_t first = 0; first < number; first += PANEL_LANES) {
        const size_t rest = number - first;
        describeGroup(pairs + 4 * first, rest < PANEL_LANES ? rest : PANEL_LANES, inverseSpacing,
                      numIntervals, irreducible, geometry + first, knot + first);
    }
}

// Repulsion of nuclei -----------------------------------------------------------------------------

template <class Real>
double repulsion(const RepulsionParameters<Real>& own, const Real* distance, const Real* kappa,
                 const Real* charge, size_t number, Real* slope) {
    using V = Vector<Real>;
    double energy = 0.0;
    for (size_t first = 0; first < number; first += WIDTH<Real>) {
        const V r = load(distance + first), decay = load(kappa + first);
        const V inverse = reciprocal(r);
        V phi = {}, slopeOfPhi = {};
        for (int k = 0; k < 4; k++) {
            const V rate = own.exponents[k] * decay;
            const V term = own.weights[k] * exponential(-rate * r);
            phi += term;
            slopeOfPhi -= rate * term;
        }
        const V inside = (own.cutoff - r) * (own.cutoff + r), part = reciprocal(inside);
        const Mask<Real> isInside = r < own.cutoff;
        const V f = isInside ? exponential(-r * r * part) : V{};
        const V slopeOfF = isInside ? -2 * own.cutoff * own.cutoff * r * part * part * f : V{};
        const V strength = load(charge + first) * inverse;
        const V value = strength * phi * f;
        store<Real>(strength * (slopeOfPhi * f + phi * slopeOfF) - value * inverse, slope + first);
        energy += static_cast<double>(total(value));
    }
    return energy;
}

// Electrostatics and dispersion -------------------------------------------------------------------

template <class Real>
struct ValueAndSlopeOf {
    Vector<Real> value, slope;
};

/** Goes smoothly from one at "on" to zero at "off". */
template <class Real>
GEMS_INLINE ValueAndSlopeOf<Real> switchFunction(const LongRange<Real>& f, const Vector<Real>& r) {
    using V = Vector<Real>;
    constexpr auto SMALLEST = static_cast<Real>(1e-3); // exp(1000) is far beyond all digits
    const Real width = f.switchOff - f.switchOn;
    V x = (r - f.switchOn) * (1 / width);
    x = x < SMALLEST ? broadcast(SMALLEST) : x;
    x = x > 1 - SMALLEST ? broadcast(1 - SMALLEST) : x;
    const V a = reciprocal(x), b = reciprocal(Real(1) - x);
    const V s = reciprocal(Real(1) + exponential(b - a));
    return {s, -s * (Real(1) - s) * (a * a + b * b) * (1 / width)};
}

/** The potential of a unit charge: of point charges far away, damped near by. */
template <class Real>
GEMS_INLINE ValueAndSlopeOf<Real> potential(const LongRange<Real>& f, const Vector<Real>& r,
                                            const Vector<Real>& inverse,
                                            const Mask<Real>& counted) {
    using V = Vector<Real>;
    const V coulomb = inverse + f.coulombTilt * r + f.coulombShift;
    const V slope = f.coulombTilt - inverse * inverse;
    if (!any(counted & (r < f.switchOff))) {
        return {coulomb, slope};
    }
    const auto s = switchFunction(f, r);
    const V root = reciprocalRoot(r * r + Real(1));
    const V damped = root + f.dampedTilt * r + f.dampedShift;
    const V slopeOfDamped = f.dampedTilt - r * root * root * root;
    return {s.value * damped + (Real(1) - s.value) * coulomb,
            s.slope * (damped - coulomb) + s.value * slopeOfDamped + (Real(1) - s.value) * slope};
}

/** Energy of two atoms with C6 = 1 by damped terms of order six and eight. */
template <class Real>
GEMS_INLINE ValueAndSlopeOf<Real> attraction(const LongRange<Real>& f, const Vector<Real>& r,
                                             const Vector<Real>& inverse,
                                             const Vector<Real>& ratio) {
    using V = Vector<Real>;
    const V radius = f.dampingFactor * ratio + f.dampingOffset, radius2 = radius * radius;
    const V radius6 = radius2 * radius2 * radius2, radius8 = radius6 * radius2;
    const V r2 = r * r, r6 = r2 * r2 * r2, r8 = r6 * r2;
    const V d6 = reciprocal(r6 + radius6), d8 = reciprocal(r8 + radius8);
    V order6 = d6, order8 = d8;
    V slope6 = -6 * r6 * inverse * d6 * d6, slope8 = -8 * r8 * inverse * d8 * d8;
    if (f.hasCutoff) {
        const Real end = f.cutoff, end2 = end * end, end6 = end2 * end2 * end2, end8 = end6 * end2;
        const V at6 = reciprocal(end6 + radius6), at8 = reciprocal(end8 + radius8);
        const V tilt6 = 6 * end6 / end * at6 * at6, tilt8 = 8 * end8 / end * at8 * at8;
        order6 += tilt6 * (r - end) - at6;
        order8 += tilt8 * (r - end) - at8;
        slope6 += tilt6;
        slope8 += tilt8;
    }
    const V factor8 = f.scale8 * ratio * ratio;
    return {Real(-0.5) * (f.scale6 * order6 + factor8 * order8),
            Real(-0.5) * (f.scale6 * slope6 + factor8 * slope8)};
}

/** Sums over pairs that stay in registers. */
template <class Real>
struct PairSums {
    Vector<Real> electrostatics = {}, dispersion = {}, potential = {}, force[3] = {},
                 virial[6] = {};
};

template <class Real>
GEMS_INLINE void addForce(PairSums<Real>& sums, const Vector<Real>* d, const Vector<Real>& slope,
                          const Vector<Real>& inverse) {
    const Vector<Real> along = slope * inverse;
    constexpr int FIRST[6] = {0, 1, 2, 0, 0, 1}, SECOND[6] = {0, 1, 2, 1, 2, 2};
    for (int a = 0; a < 3; a++) {
        sums.force[a] += along * d[a];
    }
    for (int a = 0; a < 6; a++) {
        sums.virial[a] += along * d[FIRST[a]] * d[SECOND[a]];
    }
}

template <class Real>
GEMS_INLINE void longRangeVector(const LongRange<Real>& f, const LongRangeAtom<Real>& atom,
                                 const Cluster<Real>& cluster, const Real* offset,
                                 const Real* alpha, size_t lane, Real* field,
                                 PairSums<Real>& sums) {
    using V = Vector<Real>;
    constexpr auto SAME_PLACE = static_cast<Real>(1e-8); // the atom itself; square of angstrom
    const V d[3] = {load(cluster.x + lane) + offset[0], load(cluster.y + lane) + offset[1],
                    load(cluster.z + lane) + offset[2]};
    const V square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    const Mask<Real> counted = (square < f.cutoff * f.cutoff) & (square > SAME_PLACE) &
                               (load(cluster.present + lane) > Real(0));
    if (!any(counted)) {
        return;
    }
    const V safe = counted ? square : broadcast(Real(1));
    const V inverse = reciprocalRoot(safe), r = safe * inverse;
    V slope = {};
    if (f.electrostatics) {
        const auto chi = potential(f, r, inverse, counted);
        const V charge = counted ? load(cluster.charge + lane) : V{};
        sums.potential += charge * chi.value;
        slope = (Real(0.5) * f.coulombConstant * atom.charge) * charge * chi.slope;
    }
    if (f.dispersion) {
        V c6[2] = {};
        for (size_t w = 0; w + 1 < f.numFrequencies; w += 2) {
            c6[0] += atom.alpha[w] * load(alpha + w * PANEL_LANES + lane);
            c6[1] += atom.alpha[w + 1] * load(alpha + (w + 1) * PANEL_LANES + lane);
        }
        const auto pair = attraction(f, r, inverse, atom.ratio * load(cluster.ratio + lane));
        const V value = counted ? pair.value : V{};
        const V both = counted ? c6[0] + c6[1] : V{};
        sums.dispersion += both * value;
        slope += both * pair.slope;
        for (size_t w = 0; w < f.numFrequencies; w++) {
            Real* target = field + w * PANEL_LANES + lane;
            store<Real>(load(target) + value * load(alpha + w * PANEL_LANES + lane), target);
        }
    }
    addForce(sums, d, slope, inverse);
}

template <class Real>
void longRange(const LongRange<Real>& f, const LongRangeAtom<Real>& atom,
               const Cluster<Real>* clusters, const Real* clusterAlpha, Real* field,
               LongRangeSums& result) {
    PairSums<Real> sums;
    for (size_t k = 0; k < f.numFrequencies * PANEL_LANES; k++) {
        field[k] = Real(0);
    }
    for (size_t k = 0; k < atom.numClusters; k++) {
        const size_t cluster = atom.cluster[k];
        for (size_t lane = 0; lane < PANEL_LANES; lane += WIDTH<Real>) {
            longRangeVector(f, atom, clusters[cluster], atom.offset + 3 * k,
                            clusterAlpha + cluster * f.numFrequencies * PANEL_LANES, lane, field,
                            sums);
        }
    }
    const double potentialSum = total(sums.potential);
    result.electrostatics = 0.5 * f.coulombConstant * atom.charge * potentialSum;
    result.chargeGradient = f.coulombConstant * potentialSum;
    result.dispersion = total(sums.dispersion);
    for (int a = 0; a < 3; a++) {
        result.force[a] = 2 * static_cast<double>(total(sums.force[a]));
    }
    for (int a = 0; a < 6; a++) {
        result.virial[a] = total(sums.virial[a]);
    }
}

template <class Real>
constexpr Kernels<Real> makeKernels() {
    return {multiply<Real>,
            multiplyTransposed<Real>,
            swish<Real>,
            multiplySwishSlope<Real>,
            addSwishSlope<Real>,
            add<Real>,
            dotRows<Real>,
            dotVector<Real>,
            scaleRows<Real>,
            addScaledRows<Real>,
            addOuter<Real>,
            exponentials<Real>,
            multiplyShifted<Real>,
            addProducts<Real>,
            transposeProducts<Real>,
            collect<Real>,
            transposeCollect<Real>,
            describePairs<Real>,
            repulsion<Real>,
            longRange<Real>};
}

} // namespace

namespace GEMS_INSTRUCTION_SET {

extern constinit const Kernels<float> FLOAT_KERNELS = makeKernels<float>();
extern constinit const Kernels<double> DOUBLE_KERNELS = makeKernels<double>();

} // namespace GEMS_INSTRUCTION_SET

} // namespace OpenMMGems
