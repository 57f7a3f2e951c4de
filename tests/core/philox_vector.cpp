#include "core/philox_vector.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/philox_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using philox::HWY_NAMESPACE::PhiloxTag32;
using philox::HWY_NAMESPACE::PhiloxWords;

/// Puts the words of one vector of blocks into their places.
void append(PhiloxWords words10, PhiloxWords words32, std::vector<RandomBlock>& blocks) {
  const PhiloxTag32 d;
  std::vector<std::uint32_t> lanes10(hn::Lanes(d)), lanes32(hn::Lanes(d));
  hn::StoreU(words10, d, lanes10.data());
  hn::StoreU(words32, d, lanes32.data());
  for (std::size_t lane = 0; lane < lanes10.size(); lane += 2) {
    blocks.push_back({lanes10[lane + 1], lanes10[lane], lanes32[lane + 1], lanes32[lane]});
  }
}

void one_step(RandomKey key, std::uint64_t stream, std::uint64_t position, std::vector<RandomBlock>& blocks) {
  PhiloxWords a10, a32, b10, b32, c10, c32, d10, d32;
  philox::HWY_NAMESPACE::philox_blocks(key, stream, position, a10, a32, b10, b32, c10, c32, d10, d32);
  append(a10, a32, blocks);
  append(b10, b32, blocks);
  append(c10, c32, blocks);
  append(d10, d32, blocks);
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {
HWY_EXPORT(one_step);
}  // namespace

std::vector<RandomBlock> philox_step(RandomKey key, std::uint64_t stream, std::uint64_t position) {
  std::vector<RandomBlock> blocks;
  HWY_DYNAMIC_DISPATCH(one_step)(key, stream, position, blocks);
  return blocks;
}

}  // namespace fanfold
#endif  // HWY_ONCE
