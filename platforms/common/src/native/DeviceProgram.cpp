// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "DeviceProgram.h"
#include "CommonGemsKernelSources.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <limits>
#include <sstream>

using namespace OpenMMGems;
using OpenMM::ComputeArray;
using OpenMM::ComputeKernel;
using std::string;
using std::vector;

namespace {

/**
 * What OpenMM defines by the shape of the box. Kernels do not use it: left empty, it does not make
 * another program.
 */
constexpr const char* MACROS_OF_BOX[] = {"APPLY_PERIODIC_TO_DELTA(delta)",
                                         "APPLY_PERIODIC_TO_POS(pos)",
                                         "APPLY_PERIODIC_TO_POS_WITH_CENTER(pos, center)"};

/** The text of all kernels of the native evaluator. */
string sourceText(bool tensorCores) {
    using namespace CommonGemsKernelSources;
    return (tensorCores ? rounding + tensorProducts : products) + layers + sums + features +
           attention + pairs + (tensorCores ? tensorMessages : messages) + lists + nearTerms +
           longRange + results;
}

/** Writes what is compiled into a folder, if the environment names one: to look at it. */
void save(const string& source, const Defines& defines) {
    const char* folder = std::getenv("OPENMMGEMS_SAVE_DEVICE_CODE");
    if (folder == nullptr) {
        return;
    }
    std::ofstream file(std::filesystem::path(folder) / "native.cc");
    for (const auto& [name, value] : defines) {
        file << "#define " << name << " " << value << "\n";
    }
    file << source;
}

} // namespace

string OpenMMGems::literal(double number) {
    std::ostringstream text;
    text << std::setprecision(std::numeric_limits<double>::max_digits10) << std::scientific
         << number;
    return text.str();
}

string OpenMMGems::literal(int number) {
    return std::to_string(number);
}

void DeviceProgram::compile(Defines defines) {
    for (const char* macro : MACROS_OF_BOX) {
        defines.emplace(macro, "");
    }
    const string source = sourceText(tensorCores);
    save(source, defines);
    program = cc.compileProgram(source, defines);
}

size_t DeviceProgram::realSize() const {
    return cc.getUseDoublePrecision() ? sizeof(double) : sizeof(float);
}

size_t DeviceProgram::mixedSize() const {
    return cc.getUseDoublePrecision() || cc.getUseMixedPrecision() ? sizeof(double) : sizeof(float);
}

void DeviceProgram::setReal(ComputeKernel& kernel, int index, double value) const {
    if (realSize() == sizeof(double)) {
        kernel->setArg(index, value);
    } else {
        kernel->setArg(index, static_cast<float>(value));
    }
}

void DeviceProgram::add(OpenMM::ComputeKernelImpl& kernel, Mixed argument) const {
    if (mixedSize() == sizeof(double)) {
        kernel.addArg(argument.number);
    } else {
        kernel.addArg(static_cast<float>(argument.number));
    }
}

void DeviceProgram::make(ComputeArray& array, size_t size, size_t elementSize,
                         const string& name) const {
    if (!array.isInitialized()) {
        array.initialize(cc, size, static_cast<int>(elementSize), name);
    } else if (array.getSize() != size) {
        array.resize(size);
    }
}

void DeviceProgram::makeReal(ComputeArray& array, size_t size, const string& name) const {
    make(array, size, realSize(), name);
}

void DeviceProgram::makeMixed(ComputeArray& array, size_t size, const string& name) const {
    make(array, size, mixedSize(), name);
}

void DeviceProgram::makeInt(ComputeArray& array, size_t size, const string& name) const {
    make(array, size, sizeof(int), name);
}

void DeviceProgram::uploadReal(ComputeArray& array, const vector<double>& numbers,
                               const string& name) const {
    makeReal(array, numbers.size(), name);
    array.upload(numbers, /*convert=*/true);
}

void DeviceProgram::uploadMixed(ComputeArray& array, const vector<double>& numbers,
                                const string& name) const {
    makeMixed(array, numbers.size(), name);
    array.upload(numbers, /*convert=*/true);
}

void DeviceProgram::uploadInt(ComputeArray& array, const vector<int>& numbers,
                              const string& name) const {
    makeInt(array, numbers.size(), name);
    array.upload(numbers);
}
