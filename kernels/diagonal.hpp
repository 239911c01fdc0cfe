// Runs of diagonal operations on a tile: one multiplication by phases, one transform for all
// gradients.
#pragma once

#include "tile.hpp"

namespace hybrid {

// Tabulates, for each row of a tile, the phases of the strings inside the tile.
template <class T>
void bind_table(const LocalProgram& local, const DiagonalRun& run, Bound<T>& bound);

template <class T>
void diagonal_forward(const LocalProgram& local, const DiagonalRun& run, const Bound<T>& bound,
                      const Tile<T>& tile);

// lambda += -i G psi, G the sum of the strings whose angle is `slot`.
template <class T>
void diagonal_tangent(const LocalProgram& local, const DiagonalRun& run, int slot,
                      const Tile<T>& tile);

template <class T>
void diagonal_backward(const LocalProgram& local, const DiagonalRun& run, const Bound<T>& bound,
                       const Tile<T>& tile, Lanes<double>* sums);

}  // namespace hybrid
