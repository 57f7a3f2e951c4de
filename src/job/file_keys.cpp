// The keys of axes that files make: the paths of a glob, the lines of a text.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/utf8.hpp"
#include "job/axis_kind.hpp"
#include "job/glob.hpp"
#include "job/read_file.hpp"

namespace fanfold {
namespace {

std::vector<std::string_view> split_paths(std::string_view data) {
  std::vector<std::string_view> paths;
  while (!data.empty()) {
    const std::size_t end = std::min(data.find('\0'), data.size());
    paths.push_back(data.substr(0, end));
    data.remove_prefix(std::min(end + 1, data.size()));
  }
  return paths;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

/// The lines that are not blank, without what ends them: LF or CR LF.
std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_blank(line)) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

const JobSource::Input* AxisReading::input(std::string_view key) const {
  static const JobSource::Input nothing;
  for (const JobSource::Input& input : reading.source.inputs) {
    if (input.key != path) continue;
    if (input.error.empty()) return &input;
    reading.error(node().find(key)->node.place, input.error);
    return nullptr;
  }
  return &nothing;
}

InputReader::InputReader(std::string folder, const std::string& job_file)
    : folder_(std::move(folder)), stdin_owner_(job_file == "-" ? "the job file" : "") {}

std::string InputReader::file(const std::string& name) {
  if (name != "-") return read_file("the file", std::filesystem::path(folder_) / name);
  if (!stdin_owner_.empty()) {
    throw UsageError(fmt::format("standard input is read by {} already", stdin_owner_));
  }
  stdin_owner_ = "another param";
  return read_standard_input();
}

std::unique_ptr<Axis> read_glob_axis(const AxisReading& axis) {
  const auto pattern = axis.reading.text(axis.setting("glob"));
  const JobSource::Input* const input = pattern ? axis.input("glob") : nullptr;
  if (input == nullptr) return nullptr;
  std::vector<std::string_view> paths = split_paths(*input->data);
  if (!paths.empty()) return make_text_axis(std::move(paths), input->data);
  axis.reading.error(axis.setting("glob").place, fmt::format("no file matches '{}' in the folder '{}'",
                                                             *pattern, axis.reading.source.folder));
  return nullptr;
}

std::string read_glob_input(const std::string& text, InputReader& reader) {
  std::string data;
  for (const std::string& file : find_files(text, reader.folder())) {
    data += file;
    data += '\0';
  }
  return data;
}

std::unique_ptr<Axis> read_lines_axis(const AxisReading& axis) {
  const auto file = axis.reading.text(axis.setting("lines"));
  const JobSource::Input* const input = file ? axis.input("lines") : nullptr;
  if (input == nullptr) return nullptr;
  std::vector<std::string_view> lines = split_lines(*input->data);
  if (!lines.empty()) return make_text_axis(std::move(lines), input->data);
  axis.reading.error(axis.setting("lines").place,
                     *file == "-" ? std::string("standard input has no line that is not blank")
                                  : fmt::format("the file '{}' has no line that is not blank", *file));
  return nullptr;
}

std::string read_lines_input(const std::string& text, InputReader& reader) { return reader.file(text); }

}  // namespace fanfold
