#include "core/random_keys.hpp"

namespace fanfold {

RandomKey random_key(std::uint64_t seed, RandomPurpose purpose) {
  const RandomKey seed_words{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  const RandomBlock block = philox4x32({static_cast<std::uint32_t>(purpose), 0, 0, 0}, seed_words);
  return {block[0], block[1]};
}

}  // namespace fanfold
