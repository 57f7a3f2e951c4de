#include "job/read_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>

#include "core/error.hpp"

namespace fanfold {
namespace {

constexpr std::size_t first_piece_bytes = 64 << 10;

/// Pieces that grow with the text, so that a pipe is read as fast as a file.
std::string read_all(std::istream& in) {
  std::string text;
  for (std::size_t piece = first_piece_bytes; in; piece = text.size()) {
    const std::size_t before = text.size();
    text.resize(before + piece);
    in.read(text.data() + before, static_cast<std::streamsize>(piece));
    text.resize(before + static_cast<std::size_t>(in.gcount()));
    if (in.gcount() == 0) break;
  }
  return text;
}

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& file, const std::string& why) {
  throw UsageError(fmt::format("cannot read {} '{}': {}", what, file.string(), why));
}

}  // namespace

std::string read_file(const std::string& what, const std::filesystem::path& file) {
  std::error_code ignored;  // what cannot be looked at cannot be opened either
  if (std::filesystem::is_directory(file, ignored)) fail(what, file, "it is a folder");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text = in ? read_all(in) : "";
  if (!in.is_open() || in.bad()) {
    const int error = errno;
    fail(what, file, error != 0 ? std::generic_category().message(error) : "input error");
  }
  return text;
}

std::string read_standard_input() { return read_all(std::cin); }

}  // namespace fanfold
