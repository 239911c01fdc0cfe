// A circuit as validated operations in order. Immutable.
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "batch.hpp"
#include "operation.hpp"
#include "sweep.hpp"

namespace hybrid {

// The unchecked arrays of the Python interface, for N operations.
struct ProgramArrays {
    int num_qubits = 0;
    int num_slots = 0;
    int block_rows = 0;  // rows of a block, as a number of qubits; 0: chosen by the width
    std::int64_t size = 0, matrices_size = 0, strings_size = 0;
    const std::uint8_t* kind = nullptr;
    const std::int32_t* targets = nullptr;  // (N, 2)
    const Mask* control_mask = nullptr;
    const Mask* control_value = nullptr;
    const std::int64_t* matrix_offset = nullptr;
    const std::complex<double>* matrices = nullptr;
    const Mask* x_mask = nullptr;
    const std::int64_t* string_offset = nullptr;
    const std::int32_t* string_count = nullptr;
    const Mask* z_masks = nullptr;
    const double* coefficients = nullptr;
    const std::int32_t* slot = nullptr;
};

inline constexpr int kMaxQubits = 48;  // bytes of a state still fit 64 bits

struct Program {
    int num_qubits = 0;
    int num_slots = 0;
    std::vector<Operation> operations;
    std::vector<Sweep> sweeps;                   // the canonical order; refers to the operations
    std::optional<Batch> batch;                  // for many points, if the program is small enough
    std::unique_ptr<Program> without_gradients;  // with more runs merged, if there are any

    Program() = default;
    Program(Program&&) noexcept = default;
    Program& operator=(Program&&) noexcept = default;
};

// The program to run if only states or values are wanted.
inline const Program& for_values(const Program& program) {
    return program.without_gradients ? *program.without_gradients : program;
}

// The operations of the arrays, checked. Throws std::invalid_argument with the operation and its
// fault.
std::vector<Operation> read_operations(const ProgramArrays& arrays);

// Throws like read_operations.
Program make_program(const ProgramArrays& arrays);

void check_num_qubits(std::int64_t num_qubits);

}  // namespace hybrid
