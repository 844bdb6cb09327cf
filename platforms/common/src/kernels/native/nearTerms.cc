// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Terms of near pairs besides the network: repulsion of nuclei, and for dispersion the number of
// neighbours. Groups of SUM_THREADS threads share the pairs of one atom.

#ifdef USE_DISPERSION
/**
 * What a neighbour counts, and the slope of it; bonds holds for each pair of elements the length
 * and the height. Distances in bohr, as the parameters.
 */
DEVICE real2 countBond(real distance, GLOBAL const real* RESTRICT bond) {
    real r = distance * (real) BOHR_PER_ANGSTROM;
    real deviation = (real) BOND_STEEPNESS * (r - bond[0]) / bond[0];
    if (deviation > (real) BOND_WIDTHS) {
        return make_real2(0, 0);
    }
    real value = (real) 0.5 * bond[1] * ERFC(deviation);
    real slope = -bond[1] * (real) (BOND_STEEPNESS * INVERSE_ROOT_PI) / bond[0] *
                 EXP(-deviation * deviation);
#ifdef FAR_CUTOFF
    real end = (real) (FAR_CUTOFF * BOHR_PER_ANGSTROM), x = r - (end - 1);
    if (x > 0) { // a switch as wide as one bohr
        if (x >= 1) {
            return make_real2(0, 0);
        }
        real a = 1 / (1 - x), b = 1 / x;
        real s = 1 / (1 + EXP(a - b));
        slope = slope * s - value * s * (1 - s) * (a * a + b * b);
        value *= s;
    }
#endif
    return make_real2(value, slope * (real) BOHR_PER_ANGSTROM);
}

/** Coordination numbers. */
KERNEL void countBonds(int numAtoms, GLOBAL const int* RESTRICT atomOfPlace,
                       GLOBAL const int* RESTRICT numPairs, GLOBAL const int* RESTRICT pairAtom,
                       GLOBAL const real4* RESTRICT pairVector, int maxPairs,
                       GLOBAL const int* RESTRICT typeOfAtom, GLOBAL const real* RESTRICT bonds,
                       int numTypes, GLOBAL real* RESTRICT coordination) {
    LOCAL mixed shared[SUM_THREADS];
    for (int place = GROUP_ID; place < numAtoms; place += NUM_GROUPS) {
        int atom = atomOfPlace[place];
        mm_long start = (mm_long) place * maxPairs;
        mixed sum = 0;
        for (int k = LOCAL_ID; k < numPairs[place]; k += SUM_THREADS) {
            int type = typeOfAtom[atom] * numTypes + typeOfAtom[pairAtom[start + k]];
            sum += countBond(pairVector[start + k].w, bonds + 2 * type).x;
        }
        sum = sumOverGroup(sum, shared);
        if (LOCAL_ID == 0) {
            coordination[atom] = (real) sum;
        }
    }
}
#endif

#ifdef USE_REPULSION
/** Half the energy of a pair, eV, and its slope; nuclear holds charge and inverse length. */
DEVICE real2 repel(real r, real2 nuclear, real2 nuclearOther) {
    if (r >= (real) CUTOFF) {
        return make_real2(0, 0);
    }
    const real exponents[4] = {REPULSION_EXPONENTS}, weights[4] = {REPULSION_WEIGHTS};
    real kappa = nuclear.y + nuclearOther.y, phi = 0, slopeOfPhi = 0;
    for (int k = 0; k < 4; k++) {
        real rate = exponents[k] * kappa, term = weights[k] * EXP(-rate * r);
        phi += term;
        slopeOfPhi -= rate * term;
    }
    real part = 1 / (((real) CUTOFF - r) * ((real) CUTOFF + r));
    real f = EXP(-r * r * part);
    real slopeOfF = (real) (-2 * CUTOFF * CUTOFF) * r * part * part * f;
    real strength = (real) (0.5 * COULOMB_EV_ANGSTROM) * nuclear.x * nuclearOther.x / r;
    real value = strength * phi * f;
    return make_real2(value, strength * (slopeOfPhi * f + phi * slopeOfF) - value / r);
}
#endif

#if defined(USE_DISPERSION) || defined(USE_REPULSION)
/** Adds to the forces along pairs; repulsion gives energies as well. */
KERNEL void addNearTerms(int numAtoms, GLOBAL const int* RESTRICT atomOfPlace,
                         GLOBAL const int* RESTRICT numPairs, GLOBAL const int* RESTRICT pairAtom,
                         GLOBAL const real4* RESTRICT pairVector, int maxPairs,
                         GLOBAL real4* RESTRICT pairForce,
#ifdef USE_REPULSION
                         GLOBAL const real2* RESTRICT nuclear,
#endif
#ifdef USE_DISPERSION
                         GLOBAL const int* RESTRICT typeOfAtom, GLOBAL const real* RESTRICT bonds,
                         int numTypes, GLOBAL const real* RESTRICT ofCoordination,
#endif
                         GLOBAL mixed* RESTRICT energies) {
    LOCAL mixed shared[SUM_THREADS];
    for (int place = GROUP_ID; place < numAtoms; place += NUM_GROUPS) {
        int atom = atomOfPlace[place];
        mm_long start = (mm_long) place * maxPairs;
        mixed sum = 0;
        for (int k = LOCAL_ID; k < numPairs[place]; k += SUM_THREADS) {
            int other = pairAtom[start + k];
            real4 vector = pairVector[start + k];
            real slope = 0;
#ifdef USE_REPULSION
            real2 repulsion = repel(vector.w, nuclear[atom], nuclear[other]);
            sum += repulsion.x;
            slope += repulsion.y;
#endif
#ifdef USE_DISPERSION
            int type = typeOfAtom[atom] * numTypes + typeOfAtom[other];
            slope += ofCoordination[atom] * countBond(vector.w, bonds + 2 * type).y;
#endif
            real along = slope / vector.w;
            pairForce[start + k] +=
                make_real4(along * vector.x, along * vector.y, along * vector.z, 0);
        }
        sum = sumOverGroup(sum, shared);
        if (LOCAL_ID == 0) {
            energies[REPULSION_ENERGY * numAtoms + atom] = sum;
        }
    }
}
#endif
