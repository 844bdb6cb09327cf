// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_GEMSFORCEPROXY_H_
#define OPENMMGEMS_GEMSFORCEPROXY_H_

#include "openmmgems/internal/OpenMMGemsExport.h"
#include <openmm/serialization/SerializationProxy.h>

namespace OpenMMGems {

/** Writes a GemsForce as XML and reads it back. The model file enters by its path. */
class OPENMMGEMS_EXPORT GemsForceProxy : public OpenMM::SerializationProxy {
public:
    GemsForceProxy();
    void serialize(const void* object, OpenMM::SerializationNode& node) const override;
    void* deserialize(const OpenMM::SerializationNode& node) const override;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_GEMSFORCEPROXY_H_
