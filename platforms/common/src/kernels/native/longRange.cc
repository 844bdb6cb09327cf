// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Electrostatics and dispersion in one pass over the clusters around each cluster.

#if defined(USE_ELECTROSTATICS) || defined(USE_DISPERSION)

/** Frequencies of a polarisability, filled up with zeros, and vectors of four that hold them. */
#define ALPHA_SIZE (4 * ALPHA_VECTORS)

#ifdef USE_DISPERSION
/** 1 / (r^n + radius^n), less what makes it and its slope zero at the cutoff; and its slope. */
DEVICE real2 damped(real r, real rToN, real radiusToN, real order) {
    real value = 1 / (rToN + radiusToN), slope = -order * rToN / r * value * value;
#ifdef FAR_CUTOFF
    real endToN = order == 6 ? (real) FAR_CUTOFF_TO_6 : (real) FAR_CUTOFF_TO_8;
    real atEnd = 1 / (endToN + radiusToN);
    real tilt = order * endToN / (real) FAR_CUTOFF * atEnd * atEnd;
    value += tilt * (r - (real) FAR_CUTOFF) - atEnd;
    slope += tilt;
#endif
    return make_real2(value, slope);
}

/** Half the energy of a pair with C6 = 1, and its slope. */
DEVICE real2 attract(real r, real ratio) {
    real radius = (real) DAMPING_FACTOR * ratio + (real) DAMPING_OFFSET;
    real r2 = r * r, r6 = r2 * r2 * r2, radius2 = radius * radius;
    real radius6 = radius2 * radius2 * radius2, factor8 = (real) SCALE_8 * ratio * ratio;
    real2 order6 = damped(r, r6, radius6, 6), order8 = damped(r, r6 * r2, radius6 * radius2, 8);
    return make_real2((real) -0.5 * ((real) SCALE_6 * order6.x + factor8 * order8.x),
                      (real) -0.5 * ((real) SCALE_6 * order6.y + factor8 * order8.y));
}

DEVICE real chargeFunction(real hardness, real reference, real charge) {
    real inner = EXP((real) CHARGE_STEEPNESS * hardness * (1 - reference / charge));
    return charge <= (real) 1e-8 ? EXP((real) CHARGE_HEIGHT)
                                 : EXP((real) CHARGE_HEIGHT * (1 - inner));
}

DEVICE real chargeSlope(real hardness, real reference, real charge) {
    if (charge <= (real) 1e-8) {
        return 0;
    }
    real inner = EXP((real) CHARGE_STEEPNESS * hardness * (1 - reference / charge));
    return -(real) (CHARGE_HEIGHT * CHARGE_STEEPNESS) * hardness * inner * reference /
           (charge * charge) * EXP((real) CHARGE_HEIGHT * (1 - inner));
}

/**
 * Polarisabilities of atoms in their surroundings, and what the gradient needs: slopes of the
 * references' weights by charge and coordination number. DeviceTerms.cpp tells what elements holds.
 */
KERNEL void weighReferences(int numAtoms, GLOBAL const int* RESTRICT typeOfAtom,
                            GLOBAL const real* RESTRICT elements,
                            GLOBAL const real* RESTRICT coordination,
                            GLOBAL const mixed* RESTRICT charges, GLOBAL real* RESTRICT alpha,
                            GLOBAL real* RESTRICT slopes) {
    for (int atom = GLOBAL_ID; atom < numAtoms; atom += GLOBAL_SIZE) {
        GLOBAL const real* element = elements + typeOfAtom[atom] * ELEMENT_SIZE;
        GLOBAL const real* gaussians = element + ELEMENT_GAUSSIANS;
        real weight[REFERENCES], slope[REFERENCES], sum = 0, slopeSum = 0;
        for (int a = 0; a < REFERENCES; a++) {
            weight[a] = 0;
            slope[a] = 0;
            for (int k = 0; k < 3; k++) { // mask, factor, coordination number
                GLOBAL const real* gaussian = gaussians + 3 * (3 * a + k);
                real deviation = coordination[atom] - gaussian[2];
                real value = gaussian[0] * EXP(-gaussian[1] * deviation * deviation);
                weight[a] += value;
                slope[a] -= 2 * gaussian[1] * deviation * value;
            }
            sum += weight[a];
            slopeSum += slope[a];
        }
        for (int w = 0; w < ALPHA_SIZE; w++) {
            alpha[atom * ALPHA_SIZE + w] = 0;
        }
        real hardness = element[1], total = element[0] + (real) charges[atom];
        int isValid = sum > (real) 1e-8;
        for (int a = 0; a < REFERENCES; a++) {
            real reference = element[ELEMENT_REFERENCES + 2 * a];
            real fraction =
                isValid ? weight[a] / sum : element[ELEMENT_REFERENCES + 2 * a + 1];
            real fractionSlope = isValid ? (slope[a] - fraction * slopeSum) / sum : 0;
            real zeta = chargeFunction(hardness, reference, total);
            slopes[(2 * atom) * REFERENCES + a] =
                fraction * chargeSlope(hardness, reference, total);
            slopes[(2 * atom + 1) * REFERENCES + a] = fractionSlope * zeta;
            for (int w = 0; w < ALPHA_SIZE; w++) {
                alpha[atom * ALPHA_SIZE + w] +=
                    fraction * zeta * element[ELEMENT_ALPHA + a * ALPHA_SIZE + w];
            }
        }
    }
}

/** From the gradient by polarisabilities to those by charges, added to, and by coordination. */
KERNEL void transposeReferences(int numAtoms, GLOBAL const int* RESTRICT typeOfAtom,
                                GLOBAL const real* RESTRICT elements,
                                GLOBAL const real* RESTRICT slopes,
                                GLOBAL const real* RESTRICT ofAlpha,
                                GLOBAL mixed* RESTRICT chargeGradient,
                                GLOBAL real* RESTRICT ofCoordination) {
    for (int atom = GLOBAL_ID; atom < numAtoms; atom += GLOBAL_SIZE) {
        GLOBAL const real* alpha = elements + typeOfAtom[atom] * ELEMENT_SIZE + ELEMENT_ALPHA;
        real ofCharge = 0, coordination = 0;
        for (int a = 0; a < REFERENCES; a++) {
            real ofWeight = 0;
            for (int w = 0; w < ALPHA_SIZE; w++) {
                ofWeight += ofAlpha[atom * ALPHA_SIZE + w] * alpha[a * ALPHA_SIZE + w];
            }
            ofCharge += ofWeight * slopes[(2 * atom) * REFERENCES + a];
            coordination += ofWeight * slopes[(2 * atom + 1) * REFERENCES + a];
        }
        chargeGradient[atom] += ofCharge;
        ofCoordination[atom] = coordination;
    }
}
#endif

#ifdef USE_ELECTROSTATICS
/** The potential of a unit charge, damped near by and zero at the cutoff; and its slope. */
DEVICE real2 potentialOfCharge(real r, real inverse) {
    real value = inverse, slope = -inverse * inverse;
#ifdef FAR_CUTOFF
    value += (real) COULOMB_TILT * r + (real) COULOMB_SHIFT;
    slope += (real) COULOMB_TILT;
#endif
    if (r < (real) SWITCH_OFF) {
        real root = RSQRT(r * r + 1), dampedValue = root, dampedSlope = -r * root * root * root;
#ifdef FAR_CUTOFF
        dampedValue += (real) DAMPED_TILT * r + (real) DAMPED_SHIFT;
        dampedSlope += (real) DAMPED_TILT;
#endif
        real x = (r - (real) SWITCH_ON) * (real) (1 / (SWITCH_OFF - SWITCH_ON));
        x = x < (real) 1e-2 ? (real) 1e-2 : (x > (real) 0.99 ? (real) 0.99 : x);
        real a = 1 / x, b = 1 / (1 - x), s = 1 / (1 + EXP(b - a));
        real slopeOfS = -s * (1 - s) * (a * a + b * b) * (real) (1 / (SWITCH_OFF - SWITCH_ON));
        slope = slopeOfS * (dampedValue - value) + s * dampedSlope + (1 - s) * slope;
        value = s * dampedValue + (1 - s) * value;
    }
    return make_real2(value, slope);
}
#endif

/** Sums over the shares of an atom, for the threads of the first. */
DEVICE real4 addShares(real4 value, LOCAL_ARG real4* shared) {
    SYNC_THREADS;
    shared[LOCAL_ID] = value;
    SYNC_THREADS;
    if (LOCAL_ID < CLUSTER_SIZE) {
        for (int share = 1; share < FAR_SHARES; share++) {
            value += shared[LOCAL_ID + share * CLUSTER_SIZE];
        }
    }
    return value;
}

/**
 * Every atom takes its half of each pair's energy, and the whole force. Groups of FAR_THREADS
 * threads work on one cluster: CLUSTER_SIZE atoms, FAR_SHARES threads on each, which share the
 * atoms of the other clusters.
 */
KERNEL void addLongRange(int numAtoms, GLOBAL const int* RESTRICT atomOfPlace,
                         GLOBAL const mixed4* RESTRICT positions, GLOBAL const mixed* RESTRICT box,
                         GLOBAL const int* RESTRICT numEntries, GLOBAL const int4* RESTRICT entries,
                         int maxEntries, GLOBAL const mixed* RESTRICT charges,
#ifdef USE_DISPERSION
                         GLOBAL const int* RESTRICT typeOfAtom,
                         GLOBAL const real* RESTRICT elements, GLOBAL const real4* RESTRICT alpha,
                         GLOBAL real4* RESTRICT ofAlpha,
#endif
                         GLOBAL mixed* RESTRICT chargeGradient, GLOBAL real4* RESTRICT farForce,
                         GLOBAL mixed* RESTRICT energies) {
    LOCAL real4 place[CLUSTER_SIZE]; // and charge
    LOCAL int isPresent[CLUSTER_SIZE];
    LOCAL real4 sums[FAR_THREADS];
#ifdef USE_DISPERSION
    LOCAL real ratios[CLUSTER_SIZE];
    LOCAL real4 alphas[CLUSTER_SIZE * ALPHA_VECTORS];
#endif
    int lane = LOCAL_ID % CLUSTER_SIZE, share = LOCAL_ID / CLUSTER_SIZE;
    for (int cluster = GROUP_ID; cluster < NUM_CLUSTERS; cluster += NUM_GROUPS) {
        int ownPlace = cluster * CLUSTER_SIZE + lane, isAtom = ownPlace < numAtoms;
        int atom = atomOfPlace[isAtom ? ownPlace : numAtoms - 1];
        mixed4 centre = positions[atomOfPlace[cluster * CLUSTER_SIZE]];
        mixed4 position = positions[atom] - centre;
        real x = (real) position.x, y = (real) position.y, z = (real) position.z;
        real potential = 0, attraction = 0, forceX = 0, forceY = 0, forceZ = 0;
#ifdef USE_ELECTROSTATICS
        real strength = (real) (0.5 * COULOMB_EV_ANGSTROM) * (real) charges[atom];
#endif
#ifdef USE_DISPERSION
        real4 ownAlpha[ALPHA_VECTORS], field[ALPHA_VECTORS];
        real ownRatio = elements[typeOfAtom[atom] * ELEMENT_SIZE + 2];
        for (int w = 0; w < ALPHA_VECTORS; w++) {
            ownAlpha[w] = alpha[atom * ALPHA_VECTORS + w];
            field[w] = make_real4(0, 0, 0, 0);
        }
#endif
        int end = numEntries[cluster] < maxEntries ? numEntries[cluster] : maxEntries;
        for (int k = 0; k < end; k++) {
            int4 entry = entries[(mm_long) cluster * maxEntries + k];
            SYNC_THREADS;
            if (LOCAL_ID < CLUSTER_SIZE) {
                int otherPlace = entry.x * CLUSTER_SIZE + LOCAL_ID;
                int other = atomOfPlace[otherPlace < numAtoms ? otherPlace : 0];
                mixed4 r = positions[other] + boxShift(box, entry.y, entry.z, entry.w) - centre;
                place[LOCAL_ID] =
                    make_real4((real) r.x, (real) r.y, (real) r.z, (real) charges[other]);
                isPresent[LOCAL_ID] = otherPlace < numAtoms;
#ifdef USE_DISPERSION
                ratios[LOCAL_ID] = elements[typeOfAtom[other] * ELEMENT_SIZE + 2];
#endif
            }
#ifdef USE_DISPERSION
            for (int n = LOCAL_ID; n < CLUSTER_SIZE * ALPHA_VECTORS; n += FAR_THREADS) {
                int otherPlace = entry.x * CLUSTER_SIZE + n / ALPHA_VECTORS;
                int other = atomOfPlace[otherPlace < numAtoms ? otherPlace : 0];
                alphas[n] = alpha[other * ALPHA_VECTORS + n % ALPHA_VECTORS];
            }
#endif
            SYNC_THREADS;
            for (int n = share; n < CLUSTER_SIZE; n += FAR_SHARES) {
                real4 other = place[n];
                real dx = other.x - x, dy = other.y - y, dz = other.z - z;
                real square = dx * dx + dy * dy + dz * dz;
#ifdef FAR_CUTOFF
                int isInside = square < (real) (FAR_CUTOFF * FAR_CUTOFF);
#else
                int isInside = 1;
#endif
                if (isInside && isPresent[n] && square > (real) 1e-8) {
                    real inverse = RSQRT(square), r = square * inverse, slope = 0;
#ifdef USE_ELECTROSTATICS
                    real2 chi = potentialOfCharge(r, inverse);
                    potential += other.w * chi.x;
                    slope += strength * other.w * chi.y;
#endif
#ifdef USE_DISPERSION
                    real2 pair = attract(r, ownRatio * ratios[n]);
                    real4 product = make_real4(0, 0, 0, 0);
                    for (int w = 0; w < ALPHA_VECTORS; w++) {
                        real4 a = alphas[n * ALPHA_VECTORS + w];
                        product += a * ownAlpha[w];
                        field[w] += pair.x * a;
                    }
                    real c6 = product.x + product.y + product.z + product.w;
                    attraction += c6 * pair.x;
                    slope += c6 * pair.y;
#endif
                    slope *= 2 * inverse;
                    forceX += slope * dx;
                    forceY += slope * dy;
                    forceZ += slope * dz;
                }
            }
        }
        // The shares of each atom are added up, four numbers at a time.
        int isResult = isAtom && share == 0;
        real4 total = addShares(make_real4(forceX, forceY, forceZ, potential), sums);
        if (isResult) {
            farForce[atom] = make_real4(total.x, total.y, total.z, 0);
#ifdef USE_ELECTROSTATICS
            energies[ELECTROSTATIC_ENERGY * numAtoms + atom] =
                (mixed) (0.5 * COULOMB_EV_ANGSTROM) * charges[atom] * total.w;
            chargeGradient[atom] = (mixed) COULOMB_EV_ANGSTROM * total.w;
#else
            chargeGradient[atom] = 0;
#endif
        }
#ifdef USE_DISPERSION
        total = addShares(make_real4(attraction, 0, 0, 0), sums);
        if (isResult) {
            energies[DISPERSION_ENERGY * numAtoms + atom] = total.x;
        }
        for (int w = 0; w < ALPHA_VECTORS; w++) {
            total = addShares(field[w], sums);
            if (isResult) {
                ofAlpha[atom * ALPHA_VECTORS + w] = 2 * total; // the atom is in both halves
            }
        }
#endif
    }
}
#endif
