// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/GemsForce.h"
#include "openmmgems/GemsForceProxy.h"
#include <openmm/serialization/SerializationProxy.h>

/** Runs when the library is loaded. */
extern "C" __attribute__((constructor)) void registerGemsSerializationProxies() {
    OpenMM::SerializationProxy::registerProxy(typeid(OpenMMGems::GemsForce),
                                              new OpenMMGems::GemsForceProxy());
}
