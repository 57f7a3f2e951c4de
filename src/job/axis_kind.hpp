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

/// A param of an axis that makes several: they advance together.
struct ParamColumn {
  std::string name;
  Place place;                 ///< where its name comes from
  std::unique_ptr<Axis> axis;  ///< null after an error
};

/// One of `make`, `make_columns` and `make_program` is there.
struct AxisKind {
  std::string key;                      ///< that tells this kind from the others
  std::vector<std::string> other_keys;  ///< that it may have besides
  std::string_view noun;                ///< what its input has: "line"; empty without an input
  /// Makes the axis; null after an error.
  std::unique_ptr<Axis> (*make)(const AxisReading& axis) = nullptr;
  /// Reads its input on rank zero, if the value of its key is a string; null if it has none.
  std::string (*read)(const std::string& text, InputReader& reader) = nullptr;
  /// Makes params that advance together; none after an error.
  std::vector<ParamColumn> (*make_columns)(const AxisReading& axis) = nullptr;
  /// Makes a param that is computed from others; none after an error.
  std::optional<expr::Program> (*make_program)(const AxisReading& axis) = nullptr;
};

/// The kind of a table of [params]; null if it has no key that tells.
const AxisKind* find_axis_kind(const TomlNode& node);
/// The axis of one param, however it is written; null after an error. `path`: "params.x".
std::unique_ptr<Axis> read_axis(const TomlEntry& param, Reading& reading, const std::string& path);

std::unique_ptr<Axis> read_count_axis(const AxisReading& axis);
std::unique_ptr<Axis> read_range_axis(const AxisReading& axis);

std::unique_ptr<Axis> read_uniform_axis(const AxisReading& axis);
std::unique_ptr<Axis> read_log_uniform_axis(const AxisReading& axis);
std::unique_ptr<Axis> read_normal_axis(const AxisReading& axis);
std::unique_ptr<Axis> read_sample_axis(const AxisReading& axis);

std::vector<ParamColumn> read_zip_columns(const AxisReading& axis);
std::vector<ParamColumn> read_csv_columns(const AxisReading& axis);
std::string read_csv_input(const std::string& text, InputReader& reader);

std::unique_ptr<Axis> read_glob_axis(const AxisReading& axis);
std::string read_glob_input(const std::string& text, InputReader& reader);
std::unique_ptr<Axis> read_lines_axis(const AxisReading& axis);
std::string read_lines_input(const std::string& text, InputReader& reader);

std::unique_ptr<Axis> read_blocks_axis(const AxisReading& axis);
std::string read_blocks_input(const std::string& text, InputReader& reader);

}  // namespace fanfold
