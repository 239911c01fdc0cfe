#include "program.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "fuse.hpp"

namespace hybrid {

namespace {

[[noreturn]] void refuse(std::int64_t op, const std::string& why) {
    throw std::invalid_argument("operation " + std::to_string(op) + ": " + why);
}

void check_mask(std::int64_t op, const char* name, Mask mask, int num_qubits) {
    if (mask & ~low_bits(num_qubits))
        refuse(op, std::string(name) + " names a qubit beyond the program's " +
                       std::to_string(num_qubits) + " qubits");
}

void read_matrix(const ProgramArrays& a, std::int64_t k, Operation& op) {
    const int width = op.kind == Kind::kMatrix2 ? 2 : 1;
    const std::int64_t size = width == 2 ? 16 : 4;
    const std::int64_t offset = a.matrix_offset[k];
    if (offset < 0 || offset > a.matrices_size - size)
        refuse(k, "matrix_offset " + std::to_string(offset) + " leaves no room for " +
                      std::to_string(size) + " of the " + std::to_string(a.matrices_size) +
                      " elements of matrices");
    for (int t = 0; t < width; ++t) {
        op.target[t] = a.targets[2 * k + t];
        if (op.target[t] < 0 || op.target[t] >= a.num_qubits)
            refuse(k, "target " + std::to_string(op.target[t]) + " is not a qubit in 0.." +
                          std::to_string(a.num_qubits - 1));
    }
    if (width == 2 && op.target[0] == op.target[1]) refuse(k, "its two targets are the same qubit");
    if (op.control_mask & op.target_mask()) refuse(k, "a control is also a target");
    std::copy_n(a.matrices + offset, size, op.matrix);
    for (int e = 0; e < size; ++e)
        if (!std::isfinite(op.matrix[e].real()) || !std::isfinite(op.matrix[e].imag()))
            refuse(k, "its matrix has an element that is not finite");
    if (a.slot[k] != -1) refuse(k, "a matrix has no angle; its slot must be -1");
}

void read_evolution(const ProgramArrays& a, std::int64_t k, Operation& op) {
    const std::int64_t offset = a.string_offset[k], count = a.string_count[k];
    if (count < 0 || offset < 0 || offset > a.strings_size - count)
        refuse(k, "string_offset " + std::to_string(offset) + " and string_count " +
                      std::to_string(count) + " leave the " + std::to_string(a.strings_size) +
                      " elements of z_masks");
    check_mask(k, "x_mask", a.x_mask[k], a.num_qubits);
    if (op.control_mask & a.x_mask[k]) refuse(k, "a control is also in x_mask");
    for (std::int64_t j = offset; j < offset + count; ++j) {
        check_mask(k, "z_masks", a.z_masks[j], a.num_qubits);
        if (!std::isfinite(a.coefficients[j])) refuse(k, "a coefficient is not finite");
    }
    op.slot = a.slot[k];
    if (op.slot < 0 || op.slot >= a.num_slots)
        refuse(k, "slot " + std::to_string(op.slot) + " is not in 0.." +
                      std::to_string(a.num_slots - 1));
    try {
        op.generator = make_generator(a.x_mask[k], a.z_masks + offset, a.coefficients + offset,
                                      static_cast<int>(count));
    } catch (const std::invalid_argument& e) {
        refuse(k, e.what());
    }
}

// Measured: on fewer qubits computing the product of matrices at each point costs more than it
// saves.
constexpr int kWorthMerging = 10;
static_assert(kWorthMerging > kLaneQubits);  // in blocks; operations on a whole state have no parts

Program compile(const ProgramArrays& a, std::vector<Operation> operations) {
    Program program;
    program.num_qubits = a.num_qubits;
    program.num_slots = a.num_slots;
    program.operations = std::move(operations);
    program.sweeps = compile_sweeps(program.operations, a.num_qubits,
                                    a.block_rows ? a.block_rows : block_rows(a.num_qubits));
    program.batch = compile_batch(program.operations, a.num_qubits, a.num_slots);
    return program;
}

}  // namespace

void check_num_qubits(std::int64_t num_qubits) {
    if (num_qubits < 1 || num_qubits > kMaxQubits)
        throw std::invalid_argument("num_qubits is " + std::to_string(num_qubits) +
                                    ", expected 1 to " + std::to_string(kMaxQubits));
}

std::vector<Operation> read_operations(const ProgramArrays& a) {
    check_num_qubits(a.num_qubits);
    if (a.num_slots < 0)
        throw std::invalid_argument("num_slots is " + std::to_string(a.num_slots) +
                                    ", expected 0 or more");
    std::vector<Operation> operations;
    operations.reserve(a.size);
    for (std::int64_t k = 0; k < a.size; ++k) {
        Operation op;
        if (a.kind[k] > 2)
            refuse(k, "kind is " + std::to_string(a.kind[k]) +
                          ", expected 0 (one-qubit matrix), 1 (two-qubit matrix) or 2 (evolution)");
        op.kind = static_cast<Kind>(a.kind[k]);
        op.control_mask = a.control_mask[k];
        op.control_value = a.control_value[k];
        check_mask(k, "control_mask", op.control_mask, a.num_qubits);
        if (op.control_value & ~op.control_mask)
            refuse(k, "control_value has a bit that control_mask lacks");
        if (op.kind == Kind::kEvolution)
            read_evolution(a, k, op);
        else
            read_matrix(a, k, op);
        operations.push_back(std::move(op));
    }
    return operations;
}

Program make_program(const ProgramArrays& a) {
    const std::vector<Operation> operations = read_operations(a);
    Program program = compile(a, fuse(operations, Fuse::kFixed));
    if (a.num_qubits < kWorthMerging) return program;
    auto merged = fuse(operations, Fuse::kAll);
    if (merged.size() < program.operations.size())
        program.without_gradients = std::make_unique<Program>(compile(a, std::move(merged)));
    return program;
}

}  // namespace hybrid
