// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

/**
 * What OpenMM does not free, for the sanitizer of addresses: platforms and factories, which it
 * keeps until the process ends, and the inside of a Context whose constructor throws.
 */
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions() {
    return "leak:registerPlatforms\n"
           "leak:registerKernelFactor\n"
           "leak:SerializationProxies\n"
           "leak:OpenMM::Platform::loadPlugin\n"
           "leak:OpenMM::Context::Context\n";
}
