// Compressed bytes, known by how they begin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exec/open_file.hpp"

namespace fanfold {

/// The contents of gzip members or zstd frames, one after the other; nothing if the bytes begin with neither.
/// Throws ReadError if they are damaged, end early, are followed by other bytes (zeros after gzip are
/// padding), or have contents of more than `max_bytes`.
std::optional<std::string> decompress(std::string_view bytes, std::uint64_t max_bytes,
                                      const ReadPatience& patience);

/// "gzip", "zstd", or nothing.
std::string_view compression_of(std::string_view first_bytes);

}  // namespace fanfold
