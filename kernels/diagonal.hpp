// Runs of diagonal operations on a tile: one multiplication by phases, one transform for all
// gradients.
#pragma once

#include "tile.hpp"

namespace hybrid {

template <class T>
void diagonal_forward(const LocalProgram& local, const DiagonalRun& run, const Bound<T>& bound,
                      const Tile<T>& tile);

template <class T>
void diagonal_backward(const LocalProgram& local, const DiagonalRun& run, const Bound<T>& bound,
                       const Tile<T>& tile, Lanes<double>* sums);

}  // namespace hybrid
