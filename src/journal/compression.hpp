// Blobs of the run file: compressed where that pays. The layout is in README.md.
#pragma once

#include <cstddef>
#include <span>

#include "core/bytes.hpp"

namespace fanfold {

/// Bytes as a blob: as they are if they are few or zstd does not make them smaller, else compressed.
Bytes pack(std::span<const std::byte> raw);

/// The same for records of `stride` bytes each (8: an array of integers or doubles). Where a sample says that
/// it pays, the first bytes of all records stand together, then the second bytes …, so that equal exponents
/// and high bytes become long runs. Precondition: stride > 0.
Bytes pack_records(std::span<const std::byte> raw, std::size_t stride);

/// What was packed. Throws DecodeError at bytes that are no such blob.
Bytes unpack(std::span<const std::byte> blob);

}  // namespace fanfold
