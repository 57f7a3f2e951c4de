// What stands in JSON as it does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fanfold {

/// Programs that read numbers as doubles know the integers up to this exactly (RFC 8259, section 6).
inline constexpr std::int64_t largest_json_integer = std::int64_t{1} << 53;

/// In quotes, on one line; bytes that are no UTF-8 are replaced.
std::string json_literal(std::string_view text);

}  // namespace fanfold
