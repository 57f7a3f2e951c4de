#include "kernel/uniform_numbers.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/uniform_numbers.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using philox::HWY_NAMESPACE::philox_blocks;
using philox::HWY_NAMESPACE::PhiloxTag;
using philox::HWY_NAMESPACE::PhiloxWords;

/// From the two words of a number, the upper one in the lower half of the lane.
HWY_INLINE hn::Vec<hn::RebindToFloat<PhiloxTag>> unit_reals(PhiloxWords words) {
  const PhiloxTag d;
  const hn::RebindToSigned<PhiloxTag> di;
  const hn::RebindToFloat<PhiloxTag> df;
  const auto bits = hn::BitCast(d, hn::Shuffle2301(words));
  return hn::Mul(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<11>(bits))), hn::Set(df, 0x1p-53));
}

/// Returns how many numbers were written: all whole steps of 8·N, N being the number of lanes.
std::size_t fill_steps(const RandomStream& stream, std::uint64_t first_block, std::span<double> numbers) {
  const PhiloxTag d;
  const hn::RebindToFloat<PhiloxTag> df;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t done = 0;
  for (; done + 8 * lanes <= numbers.size(); done += 8 * lanes, first_block += 4 * lanes) {
    PhiloxWords a10, a32, b10, b32, c10, c32, d10, d32;
    philox_blocks(stream.key(), stream.stream(), first_block, a10, a32, b10, b32, c10, c32, d10, d32);
    double* const out = numbers.data() + done;
    hn::StoreInterleaved2(unit_reals(a10), unit_reals(a32), df, out);
    hn::StoreInterleaved2(unit_reals(b10), unit_reals(b32), df, out + 2 * lanes);
    hn::StoreInterleaved2(unit_reals(c10), unit_reals(c32), df, out + 4 * lanes);
    hn::StoreInterleaved2(unit_reals(d10), unit_reals(d32), df, out + 6 * lanes);
  }
  return done;
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

HWY_EXPORT(fill_steps);

double unit_real(std::uint32_t low, std::uint32_t high) {
  return static_cast<double>(((std::uint64_t{high} << 32) | low) >> 11) * 0x1p-53;
}

}  // namespace

void fill_uniform(const RandomStream& stream, std::uint64_t first_block, std::span<double> numbers) {
  for (std::size_t at = HWY_DYNAMIC_DISPATCH(fill_steps)(stream, first_block, numbers); at < numbers.size();
       at += 2) {
    const RandomBlock words = stream.block(first_block + at / 2);
    numbers[at] = unit_real(words[0], words[1]);
    if (at + 1 < numbers.size()) numbers[at + 1] = unit_real(words[2], words[3]);
  }
}

}  // namespace fanfold
#endif  // HWY_ONCE
