// Philox4x32-10 on SIMD lanes, see fanfold/random.hpp: blocks of one stream, many positions at a time.
//
// Included once for each target, by files that Highway compiles for each target.
#if defined(FANFOLD_CORE_PHILOX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_CORE_PHILOX_INL_H_
#undef FANFOLD_CORE_PHILOX_INL_H_
#else
#define FANFOLD_CORE_PHILOX_INL_H_
#endif

#include <hwy/highway.h>
#include <fanfold/random.hpp>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace fanfold::philox {
namespace HWY_NAMESPACE {

using PhiloxTag = hwy::HWY_NAMESPACE::ScalableTag<std::uint64_t>;
using PhiloxTag32 = hwy::HWY_NAMESPACE::Repartition<std::uint32_t, PhiloxTag>;
using PhiloxVector = hwy::HWY_NAMESPACE::Vec<PhiloxTag>;
using PhiloxWords = hwy::HWY_NAMESPACE::Vec<PhiloxTag32>;

/// The 64-bit products of a word and one of the two multipliers. A word is the low half of a 64-bit lane.
HWY_INLINE PhiloxVector philox_product(PhiloxVector word, std::uint32_t multiplier) {
  namespace hn = hwy::HWY_NAMESPACE;
  const PhiloxTag32 d32;
  return hn::MulEven(hn::BitCast(d32, word), hn::Set(d32, multiplier));
}

/// One round, on one vector of blocks. It leaves rubbish in the upper halves of lanes, which no round reads.
template <unsigned kRound>
HWY_INLINE void philox_round(RandomKey key, PhiloxVector& w0, PhiloxVector& w1, PhiloxVector& w2,
                             PhiloxVector& w3) {
  namespace hn = hwy::HWY_NAMESPACE;
  const PhiloxTag d;
  const auto round_key0 = hn::Set(d, key[0] + kRound * 0x9E3779B9U);
  const auto round_key1 = hn::Set(d, key[1] + kRound * 0xBB67AE85U);
  const auto product0 = philox_product(w0, 0xD2511F53U);
  const auto product1 = philox_product(w2, 0xCD9E8D57U);
  w0 = hn::Xor3(hn::ShiftRight<32>(product1), w1, round_key0);
  w1 = product1;
  w2 = hn::Xor3(hn::ShiftRight<32>(product0), w3, round_key1);
  w3 = product0;
}

/// The tenth round. A product is two adjacent words of the block already, so there is no need to unpack it.
HWY_INLINE void philox_last_round(RandomKey key, PhiloxVector w0, PhiloxVector w1, PhiloxVector w2,
                                  PhiloxVector w3, PhiloxWords& words10, PhiloxWords& words32) {
  namespace hn = hwy::HWY_NAMESPACE;
  const PhiloxTag d;
  const PhiloxTag32 d32;
  const auto round_key0 = hn::Set(d, std::uint64_t{key[0] + 9 * 0x9E3779B9U} << 32);
  const auto round_key1 = hn::Set(d, std::uint64_t{key[1] + 9 * 0xBB67AE85U} << 32);
  const auto product0 = philox_product(w0, 0xD2511F53U);
  const auto product1 = philox_product(w2, 0xCD9E8D57U);
  words10 = hn::BitCast(d32, hn::Xor3(product1, hn::ShiftLeft<32>(w1), round_key0));
  words32 = hn::BitCast(d32, hn::Xor3(product0, hn::ShiftLeft<32>(w3), round_key1));
}

/// Rounds kRound to 9 of four independent vectors of blocks. They are interleaved and unrolled because a
/// round is a chain of a multiplication, a shift and a xor: alone, it would leave the multipliers idle most
/// of the time.
template <unsigned kRound>
HWY_INLINE void philox_rounds(RandomKey key, PhiloxVector& a0, PhiloxVector& a1, PhiloxVector& a2,
                              PhiloxVector& a3, PhiloxVector& b0, PhiloxVector& b1, PhiloxVector& b2,
                              PhiloxVector& b3, PhiloxVector& c0, PhiloxVector& c1, PhiloxVector& c2,
                              PhiloxVector& c3, PhiloxVector& d0, PhiloxVector& d1, PhiloxVector& d2,
                              PhiloxVector& d3) {
  if constexpr (kRound < 9) {
    philox_round<kRound>(key, a0, a1, a2, a3);
    philox_round<kRound>(key, b0, b1, b2, b3);
    philox_round<kRound>(key, c0, c1, c2, c3);
    philox_round<kRound>(key, d0, d1, d2, d3);
    philox_rounds<kRound + 1>(key, a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3);
  }
}

/// Blocks position … position + 4·N - 1 of a stream, N being the number of 64-bit lanes: a has the first N of
/// them, d the last N. Lanes 2·i and 2·i + 1 of `a10` are words 1 and 0 of block i of the N, those of `a32`
/// words 3 and 2. Precondition: the positions have the same upper half.
HWY_INLINE void philox_blocks(RandomKey key, std::uint64_t stream, std::uint64_t position, PhiloxWords& a10,
                              PhiloxWords& a32, PhiloxWords& b10, PhiloxWords& b32, PhiloxWords& c10,
                              PhiloxWords& c32, PhiloxWords& d10, PhiloxWords& d32) {
  namespace hn = hwy::HWY_NAMESPACE;
  const PhiloxTag d;
  const std::uint64_t lanes = hn::Lanes(d);
  auto a0 = hn::Add(hn::Set(d, position), hn::Iota(d, 0));
  auto b0 = hn::Add(a0, hn::Set(d, lanes));
  auto c0 = hn::Add(a0, hn::Set(d, 2 * lanes));
  auto d0 = hn::Add(a0, hn::Set(d, 3 * lanes));
  // The other words are the same in every block: most of rounds 0 and 1 moves out of the caller's loop.
  auto a1 = hn::Set(d, position >> 32), a2 = hn::Set(d, stream), a3 = hn::Set(d, stream >> 32);
  auto b1 = a1, b2 = a2, b3 = a3;
  auto c1 = a1, c2 = a2, c3 = a3;
  auto d1 = a1, d2 = a2, d3 = a3;
  philox_rounds<0>(key, a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3);
  philox_last_round(key, a0, a1, a2, a3, a10, a32);
  philox_last_round(key, b0, b1, b2, b3, b10, b32);
  philox_last_round(key, c0, c1, c2, c3, c10, c32);
  philox_last_round(key, d0, d1, d2, d3, d10, d32);
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold::philox
HWY_AFTER_NAMESPACE();

#endif  // include guard, one for each target
