// GMP multiplies and converts in less than quadratic time, which cpp_int does not. Both keep an integer as
// its sign and limbs of 64 bits, the lowest first, so that nothing is copied.
#include "core/big_integer.hpp"

#include <gmp.h>

namespace fanfold {
namespace {

static_assert(sizeof(mp_limb_t) == sizeof(boost::multiprecision::limb_type) && GMP_NAIL_BITS == 0);

/// Below this many limbs of the smaller factor cpp_int is as fast.
constexpr std::size_t few_limbs = 16;

/// No digit of a number with this many bits is slow.
constexpr std::size_t few_bits = 2048;

}  // namespace

BigInteger product(const BigInteger& left, const BigInteger& right) {
  const BigInteger::backend_type& longer =
      (left.backend().size() >= right.backend().size() ? left : right).backend();
  const BigInteger::backend_type& shorter =
      (left.backend().size() >= right.backend().size() ? right : left).backend();
  if (shorter.size() < few_limbs) return left * right;
  BigInteger result;
  result.backend().resize(longer.size() + shorter.size(), longer.size() + shorter.size());
  mpn_mul(reinterpret_cast<mp_limb_t*>(result.backend().limbs()),
          reinterpret_cast<const mp_limb_t*>(longer.limbs()), static_cast<mp_size_t>(longer.size()),
          reinterpret_cast<const mp_limb_t*>(shorter.limbs()), static_cast<mp_size_t>(shorter.size()));
  result.backend().normalize();
  result.backend().sign(longer.sign() != shorter.sign());
  return result;
}

std::string decimal(const BigInteger& value) {
  if (bit_count(value) <= few_bits) return value.str();
  const BigInteger::backend_type& limbs = value.backend();
  mpz_t view;
  const mpz_srcptr number = mpz_roinit_n(view, reinterpret_cast<const mp_limb_t*>(limbs.limbs()),
                                         static_cast<mp_size_t>(limbs.size()) * (limbs.sign() ? -1 : 1));
  std::string digits(mpz_sizeinbase(number, 10) + 2, '\0');  // a sign, and the NUL that GMP writes
  mpz_get_str(digits.data(), 10, number);
  digits.resize(digits.find('\0'));
  return digits;
}

}  // namespace fanfold
