// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_DEVICEPROGRAM_H_
#define OPENMMGEMS_NATIVE_DEVICEPROGRAM_H_

#include <map>
#include <openmm/common/ComputeArray.h>
#include <openmm/common/ComputeContext.h>
#include <string>
#include <type_traits>
#include <vector>

namespace OpenMMGems {

/**
 * Constants of a program's text: of the network, the precision and the device. What depends on the
 * system is an argument of kernels, so that all systems have one program, compiled once.
 */
using Defines = std::map<std::string, std::string>;

/** A number as the text of a constant, all digits kept. */
std::string literal(double number);
std::string literal(int number);

/** Makes arrays, and kernels with their arguments, in the precision of a device context. */
class DeviceProgram {
public:
    DeviceProgram(OpenMM::ComputeContext& cc, bool usesTensorCores)
        : cc(cc), tensorCores(usesTensorCores) {}
    OpenMM::ComputeContext& context() const { return cc; }
    /** Whether matrices are multiplied as in tensorProducts.cc. */
    bool usesTensorCores() const { return tensorCores; }
    void compile(Defines defines);

    /** A mixed number, as an argument. */
    struct Mixed {
        double number;
    };
    /** Stands for an argument that is set before each call. */
    struct Later {};
    /** Arguments are arrays, integers and the above, in the order of the kernel's text. */
    template <class... Arguments>
    OpenMM::ComputeKernel kernel(const std::string& name, Arguments&&... arguments) const {
        const OpenMM::ComputeKernel result = program->createKernel(name);
        (add(*result, arguments), ...);
        return result;
    }
    void setReal(OpenMM::ComputeKernel& kernel, int index, double value) const;

    /** Arrays of real, mixed or int numbers; what is there is kept if the size is the same. */
    void makeReal(OpenMM::ComputeArray& array, size_t size, const std::string& name) const;
    void makeMixed(OpenMM::ComputeArray& array, size_t size, const std::string& name) const;
    void makeInt(OpenMM::ComputeArray& array, size_t size, const std::string& name) const;
    /** The same, filled. */
    void uploadReal(OpenMM::ComputeArray& array, const std::vector<double>& numbers,
                    const std::string& name) const;
    void uploadMixed(OpenMM::ComputeArray& array, const std::vector<double>& numbers,
                     const std::string& name) const;
    void uploadInt(OpenMM::ComputeArray& array, const std::vector<int>& numbers,
                   const std::string& name) const;

private:
    static void add(OpenMM::ComputeKernelImpl& kernel, OpenMM::ArrayInterface& array) {
        kernel.addArg(array);
    }
    static void add(OpenMM::ComputeKernelImpl& kernel, int number) { kernel.addArg(number); }
    static void add(OpenMM::ComputeKernelImpl& kernel, Later) { kernel.addArg(); }
    void add(OpenMM::ComputeKernelImpl& kernel, Mixed argument) const;
    void make(OpenMM::ComputeArray& array, size_t size, size_t elementSize,
              const std::string& name) const;
    size_t realSize() const;
    size_t mixedSize() const;
    OpenMM::ComputeContext& cc;
    bool tensorCores;
    OpenMM::ComputeProgram program;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_DEVICEPROGRAM_H_
