// Which amplitudes of a state lie in a piece of memory, and where: the whole state in natural
// order, a shard, or the part of a shard in which some qubits have fixed values.
#pragma once

#include <array>
#include <vector>

#include "bits.hpp"

namespace hybrid {

class Placement {
  public:
    // The whole state: the amplitude of b at b.
    explicit Placement(int num_qubits) : num_qubits_(num_qubits), memory_qubits_(num_qubits) {}

    // `position[q]` is the bit of the memory index for qubit q, or -1 if q is fixed. All amplitudes
    // here have `value` on the qubits `fixed`.
    Placement(std::vector<int> position, Mask fixed, Mask value)
        : num_qubits_(int(position.size())), fixed_(fixed), value_(value), natural_(false) {
        for (int p : position) memory_qubits_ += p >= 0;
        for (int byte = 0; byte < kBytes; ++byte)
            for (Mask v = 0; v < 256; ++v)
                for (int k = 0; k < 8; ++k) {
                    const int q = 8 * byte + k;
                    if (v & bit(k) && q < num_qubits_ && position[q] >= 0)
                        of_byte_[byte][v] |= bit(position[q]);
                }
    }

    int num_qubits() const { return num_qubits_; }
    int memory_qubits() const { return memory_qubits_; }  // the memory holds 2^ of these amplitudes
    Mask fixed() const { return fixed_; }
    Mask value() const { return value_; }

    bool holds(Mask basis) const { return ((basis ^ value_) & fixed_) == 0; }

    // The memory index of a basis state that is held here.
    Mask offset(Mask basis) const {
        if (natural_) return basis;
        Mask out = 0;
        for (int byte = 0; byte < kBytes; ++byte) out |= of_byte_[byte][basis >> 8 * byte & 255];
        return out;
    }
    bool is_natural() const { return natural_; }

  private:
    static constexpr int kBytes = 6;
    int num_qubits_, memory_qubits_ = 0;
    Mask fixed_ = 0, value_ = 0;
    bool natural_ = true;
    std::array<std::array<Mask, 256>, kBytes> of_byte_{};
};

}  // namespace hybrid
