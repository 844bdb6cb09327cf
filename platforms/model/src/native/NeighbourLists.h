// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_NEIGHBOURLISTS_H_
#define OPENMMGEMS_NATIVE_NEIGHBOURLISTS_H_

#include "BoxGeometry.h"
#include "Workers.h"
#include <optional>
#include <vector>

namespace OpenMMGems {

/**
 * Which atoms may be close, for as long as none has moved too far: pairs for the network, and for
 * the long-range terms atoms with clusters of atoms. Atoms are put in an order that keeps those
 * close in space close in memory, and are numbered by their place in it. Clusters are
 * CLUSTER_SIZE consecutive atoms. Every periodic image counts by itself. Lengths are in angstrom.
 */
class NeighbourLists {
public:
    static constexpr size_t CLUSTER_SIZE = 16;
    /**
     * @param nearCutoff  of pairs
     * @param farCutoff   of the long-range terms; infinite: all atoms; zero: none
     * @param workers     kept by the caller
     */
    NeighbourLists(double nearCutoff, double farCutoff, Workers& workers);
    /** Follow the atoms; returns whether the lists, and the order, are new. */
    bool update(const std::vector<OpenMM::Vec3>& positions, const Box* box);

    size_t numAtoms() const { return order.size(); }
    size_t numClusters() const { return (numAtoms() + CLUSTER_SIZE - 1) / CLUSTER_SIZE; }
    /** The caller's index of the atom at each place. */
    const std::vector<int>& getOrder() const { return order; }
    /** Present position of an atom, of the image that the lists mean. */
    const OpenMM::Vec3& position(size_t place) const { return positions[place]; }

    struct NearEntry {
        int j, image;
    };
    struct FarEntry {
        int cluster, image;
    };
    /** Entries of an atom are those from start[place] to start[place + 1]. */
    template <class Entry>
    struct List {
        std::vector<size_t> start;
        std::vector<Entry> entries;
    };
    const List<NearEntry>& near() const { return nearList; }
    /** Not filled in if all atoms interact. */
    const List<FarEntry>& far() const { return farList; }
    bool allAreFar() const;
    /** What is added to a position for an image. */
    const OpenMM::Vec3& shift(int image) const { return shifts[image]; }

private:
    struct ClusterBox {
        OpenMM::Vec3 low, high, centre;
        double radius;
    };
    class Grid;
    void build(const std::vector<OpenMM::Vec3>& newPositions, const Box* box);
    bool isValid(const std::vector<OpenMM::Vec3>& newPositions, const Box* box) const;
    void follow(const std::vector<OpenMM::Vec3>& newPositions, const Box* box);
    std::vector<ClusterBox> makeClusterBoxes() const;
    /** list(cluster, lists of its atoms) for all clusters; what they found is joined. */
    template <class Entry, class ListCluster>
    void listClusters(List<Entry>& list, const ListCluster& listCluster);
    void listNear(const std::vector<ClusterBox>& boxes, const Grid& grid);
    void listFar(const std::vector<ClusterBox>& boxes, const Grid& grid);
    int imageIndex(const Image& image) const;
    double nearCutoff, farCutoff;
    Workers& workers;

    std::vector<OpenMM::Vec3> reference; ///< positions when the lists were made
    std::optional<Box> referenceBox;
    std::vector<int> order;
    std::vector<Image> wraps; ///< boxes that are subtracted from the position of each atom
    std::vector<OpenMM::Vec3> positions;
    Image largestImage{}; ///< images from minus to plus this along each box vector have an index
    std::vector<OpenMM::Vec3> shifts;
    List<NearEntry> nearList;
    List<FarEntry> farList;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_NEIGHBOURLISTS_H_
