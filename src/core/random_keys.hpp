// Where every random number of a run comes from: one key for each use, all made from the job's seed.
#pragma once

#include <fanfold/random.hpp>

#include <cstdint>

namespace fanfold {

/// What random numbers are for. The values are part of the format: they decide which numbers a job draws, so
/// that a run file made by one version can be resumed by another.
enum class RandomPurpose : std::uint32_t {
  kernel = 1,     ///< what kernels draw through Batch::random
  task_seed = 2,  ///< {seed} and {seed31} of a task
  axis = 3,       ///< random axes of [params]
  retry = 4       ///< the jitter before a further attempt
};

/// The key of the random numbers of one use: words 0 and 1 of the Philox block whose key is the seed (low
/// word first) and whose counter is {purpose, 0, 0, 0}. The keys of two uses of one seed are unrelated.
RandomKey random_key(std::uint64_t seed, RandomPurpose purpose);

}  // namespace fanfold
