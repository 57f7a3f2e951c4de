// The SIMD elementary functions as ordinary functions over arrays, dispatched to the chosen target.
#pragma once

#include <cstddef>
#include <vector>

namespace fanfold {

struct SimdFunction {
  const char* name;
  /// Computes out[i] = f(x[i]) or f(x[i], y[i]) for i < size: whole vectors, and then one that is filled up.
  void (*run)(const double* x, const double* y, double* out, std::size_t size);
};

/// All of them, by the name that simd_math-inl.h gives.
const std::vector<SimdFunction>& simd_functions();

const SimdFunction& simd_function(const char* name);

}  // namespace fanfold
