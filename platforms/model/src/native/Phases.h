// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_PHASES_H_
#define OPENMMGEMS_NATIVE_PHASES_H_

#include <chrono>
#include <map>
#include <string>
#include <utility>

namespace OpenMMGems {

/** Wall time of each phase of an evaluation; phases may come more than once. */
class Phases {
public:
    /** A phase begins, and the one before it ends. */
    void begin(const std::string& name) {
        end();
        present = &seconds[name];
        start = Clock::now();
    }
    void end() {
        if (present) {
            *present += std::chrono::duration<double>(Clock::now() - start).count();
            present = nullptr;
        }
    }
    /** All phases since the last call. */
    std::map<std::string, double> take() {
        end();
        return std::exchange(seconds, {});
    }

private:
    using Clock = std::chrono::steady_clock;
    std::map<std::string, double> seconds;
    double* present = nullptr;
    Clock::time_point start;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_PHASES_H_
