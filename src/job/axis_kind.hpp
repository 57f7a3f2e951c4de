// The kinds of axes that [params] can have: how each is written, and who reads it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "job/reading.hpp"

namespace fanfold {

/// What a kind of axis makes its axis from.
struct AxisReading {
  const TomlEntry& entry;  ///< of [params], or of a zip
  Reading& reading;
  std::string path;            ///< "params.x": the table of its keys, and the key of its input
  bool is_spelt_right = true;  ///< if not, what is missing may be there under another name

  const TomlNode& node() const { return entry.node; }
  Setting setting(std::string_view key) const { return setting_of(*node().find(key)); }
  bool has(std::string_view key) const { return node().find(key) != nullptr; }
  /// What was read for it on rank zero: empty if nothing was. Null and an error at `key` if that failed.
  const JobSource::Input* input(std::string_view key) const;
};

/// Reads inputs on rank zero. Whatever cannot be read throws UsageError.
class InputReader {
 public:
  /// `folder`: what relative paths mean. `job_file`: "-" if the job itself came from standard input.
  InputReader(std::string folder, const std::string& job_file);

  const std::string& folder() const { return folder_; }
  /// The contents of a file; "-" is standard input, once.
  std::string file(const std::string& name);

 private:
  std::string folder_;
  std::string stdin_owner_;  // what has taken standard input; empty: nothing
};

struct AxisKind {
  std::string key;                      ///< that tells this kind from the others
  std::vector<std::string> other_keys;  ///< that it may have besides
  /// Makes the axis; null after an error.
  std::unique_ptr<Axis> (*make)(const AxisReading& axis);
  /// Reads its input on rank zero, if the value of its key is a string; null if it has none.
  std::string (*read)(const std::string& text, InputReader& reader);
};

std::unique_ptr<Axis> read_count_axis(const AxisReading& axis);
std::unique_ptr<Axis> read_range_axis(const AxisReading& axis);

std::unique_ptr<Axis> read_glob_axis(const AxisReading& axis);
std::string read_glob_input(const std::string& text, InputReader& reader);
std::unique_ptr<Axis> read_lines_axis(const AxisReading& axis);
std::string read_lines_input(const std::string& text, InputReader& reader);

}  // namespace fanfold
