// Rank zero reads the job file and the inputs that it names; all other ranks are sent what it read.
#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include "job/reading.hpp"

namespace fanfold {
namespace {

std::string read_all(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string read_text(const std::filesystem::path& file) {
  if (file == "-") return read_all(std::cin);
  if (std::filesystem::is_directory(file)) {
    throw UsageError(fmt::format("cannot read the job file '{}': it is a folder", file.string()));
  }
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text = in ? read_all(in) : "";
  if (!in || in.bad()) {
    const int error = errno;
    throw UsageError(fmt::format("cannot read the job file '{}': {}", file.string(),
                                 error != 0 ? std::generic_category().message(error) : "input error"));
  }
  return text;
}

std::string folder_of(const std::filesystem::path& file) {
  if (file == "-") return std::filesystem::current_path().string();
  return std::filesystem::absolute(file).lexically_normal().parent_path().string();
}

}  // namespace

JobSource read_job(const std::filesystem::path& file, const JobOverrides& overrides) {
  JobSource source;
  source.file = file.string();
  source.folder = folder_of(file);
  source.text = read_text(file);
  source.overrides = overrides;
  try {
    const TomlDocument document(source.text);
    source.inputs = read_inputs(document.root(), source.folder);
  } catch (const TomlError&) {
    // open_job says what is wrong with the text.
  }
  return source;
}

}  // namespace fanfold
