// Integers of any size.
#pragma once

#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <string>

namespace fanfold {

using BigInteger = boost::multiprecision::cpp_int;

/// left * right. Much faster than `*` where both have thousands of digits.
BigInteger product(const BigInteger& left, const BigInteger& right);

/// In decimal, "-" before negative ones. Much faster than `str` where there are thousands of digits: a
/// million of them take some tens of milliseconds.
std::string decimal(const BigInteger& value);

/// The number of bits of |value|; 0 for 0.
inline std::size_t bit_count(const BigInteger& value) {
  const auto& limbs = value.backend();
  return (limbs.size() - 1) * 64 + static_cast<std::size_t>(std::bit_width(limbs.limbs()[limbs.size() - 1]));
}

}  // namespace fanfold
