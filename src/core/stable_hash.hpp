// A hash that is the same in every build, for fingerprints.
#pragma once

#include <string>
#include <string_view>

namespace fanfold {

/// A 128-bit FNV-1a hash as 32 hexadecimal digits: stable, for fingerprints; no protection against intent.
std::string stable_hash(std::string_view data);

}  // namespace fanfold
