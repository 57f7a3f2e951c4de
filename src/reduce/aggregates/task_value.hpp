// Values that states keep as they are: integers, reals with one NaN, texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "reduce/number_order.hpp"

namespace fanfold::reduce {

inline std::int64_t kept(std::int64_t value) { return value; }
inline double kept(double value) { return canonical_nan(value); }
inline std::string kept(std::string_view value) { return std::string(value); }

inline void encode_value(ByteWriter& out, std::int64_t value) { out.zigzag(value); }
inline void encode_value(ByteWriter& out, double value) { out.f64(value); }
inline void encode_value(ByteWriter& out, const std::string& value) { out.text(value); }

inline void decode_value(ByteReader& in, std::int64_t& value) { value = in.zigzag(); }
inline void decode_value(ByteReader& in, double& value) { value = canonical_nan(in.f64()); }
inline void decode_value(ByteReader& in, std::string& value) { value = in.text(); }

/// A total order, so that of two values for the same task always the same one goes first.
inline bool value_before(std::int64_t left, std::int64_t right) { return left < right; }
inline bool value_before(double left, double right) { return order_of(left) < order_of(right); }
inline bool value_before(std::string_view left, std::string_view right) { return left < right; }

}  // namespace fanfold::reduce
