// Job files to start from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// A small job of one kind, with comments that say what can be changed. It can be checked and run as it is,
/// in any folder in which it is the file job.toml.
struct InitJob {
  std::string_view kind;
  std::string_view summary;  ///< one line
  std::string_view text;
};

/// The first is the default.
const std::vector<InitJob>& init_jobs();

}  // namespace fanfold
