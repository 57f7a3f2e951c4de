// Philox on SIMD lanes, made callable: for the tests of core/philox-inl.h.
#pragma once

#include <fanfold/random.hpp>

#include <cstdint>
#include <vector>

namespace fanfold {

/// The blocks of one step of philox_blocks, in the order of their positions, on the SIMD target in use.
std::vector<RandomBlock> philox_step(RandomKey key, std::uint64_t stream, std::uint64_t position);

}  // namespace fanfold
