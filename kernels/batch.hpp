// Eight points of a small circuit at once: the batch is the fastest index.
//
// Each lane holds the state of one point, every qubit indexes rows, and the whole state is one
// block. Operations run as in the blocks of a large state, with different angles in each lane, and
// nothing is loaded or stored.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "block.hpp"
#include "observables.hpp"

namespace hybrid {

// Up to this width eight states in a block are faster than one after another (measured); they then
// fill half of a typical L2 cache.
inline constexpr int kMostBatchedQubits = 11;

struct Batch {
    int num_qubits = 0;
    int num_slots = 0;
    Block block;
};

// Empty if one state at a time is faster (wide programs), or if an operation does not run in
// blocks.
std::optional<Batch> compile_batch(const std::vector<Operation>& operations, int num_qubits,
                                   int num_slots);

// Angles of the points p, p + 1, ...; the last point is repeated if fewer than eight are left.
LaneAngles lanes_of(const Batch& batch, const double* angles, std::int64_t p, std::int64_t points);

// Forward and backward passes of eight points.
template <class T>
class BatchRun {
  public:
    explicit BatchRun(const Batch& batch) : batch_(batch), scratch_(bit(batch.num_qubits), true) {}

    // psi := program |0...0>.
    void forward(const LaneAngles& angles);
    // lambda := H psi; returns <psi|H|psi> of each point.
    Lanes<double> image(const PauliSum& h);
    // lambda := weight lambda; lambda += weight H psi.
    void scale_image(Lanes<T> weight);
    void add_image(const PauliSum& h, Lanes<T> weight);
    // Saves psi, for restore() after a backward pass.
    void keep();
    void restore();
    // Undoes the program on psi and lambda; returns the sums of the block's terms.
    std::vector<Lanes<double>> backward();

  private:
    const Batch& batch_;
    BoundBlock<T> bound_;
    Scratch<T> scratch_;
    std::vector<Split<T>> kept_;
};

// See evaluate() in evaluate.hpp.
template <class T>
void evaluate_batch(const Batch& batch, const Observables& observables, const double* angles,
                    std::int64_t points, double* values, double* gradients, int threads);

}  // namespace hybrid
