// The event log's binary form: four to six bytes for each event of a busy run. The layout is in README.md.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "core/bytes.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// Times are kept to the microsecond. Events in any order; those that follow their kind's pattern take the
/// fewest bytes.
Bytes encode_events(std::span<const Event> events);

/// Throws DecodeError at bytes that encode_events did not write; what stands before the damage was delivered
/// then.
void decode_events(std::span<const std::byte> bytes, const std::function<void(const Event&)>& event);

}  // namespace fanfold
