// Sections whose keys are command-line flags as well: [run] and [cluster].
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "job/reading.hpp"

namespace fanfold {

/// A key, and what takes its value into the job, or says what is wrong with it.
struct SectionKey {
  std::string_view name;
  void (*read)(const Setting& setting, Reading& reading);
};

std::vector<std::string> names_of(std::span<const SectionKey> keys);

/// Reads a section, which may be missing; then the flags, which win: `flags` has keys and the texts of their
/// options. `where` is "[run]", say.
void read_section(const TomlEntry* section, std::string_view where, std::span<const SectionKey> keys,
                  const std::vector<std::pair<std::string, std::string>>& flags, Reading& reading);

}  // namespace fanfold
