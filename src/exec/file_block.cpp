#include "exec/file_block.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fanfold {
namespace {

/// Most lines are shorter: one read finds the end.
constexpr std::uint64_t search_bytes = 64 << 10;

/// Where the first line begins that begins at `position` or after it; the end of the file if none does.
std::uint64_t line_start(const OpenFile& file, std::uint64_t position, const ReadPatience& patience) {
  if (position == 0) return 0;
  for (std::uint64_t at = position - 1; at < file.size(); at += search_bytes) {
    const std::string piece = file.read({at, at + search_bytes}, search_bytes, patience);
    const std::size_t end = piece.find('\n');
    if (end != std::string::npos) return at + end + 1;
  }
  return file.size();
}

}  // namespace

std::string read_block(const OpenFile& file, const FileBlocks& blocks, std::uint64_t index,
                       std::uint64_t max_bytes, const ReadPatience& patience) {
  if (file.size() != blocks.file_bytes) {
    throw ReadError(
        fmt::format("it has {} bytes, but had {} when the job was read", file.size(), blocks.file_bytes));
  }
  const std::uint64_t first = index * blocks.block_bytes;
  const std::uint64_t begin = line_start(file, first, patience);
  // A line that goes beyond the block is looked at once.
  const std::uint64_t next = std::min(first + blocks.block_bytes, blocks.file_bytes);
  const std::uint64_t end = begin >= next ? begin : line_start(file, next, patience);
  std::string text;
  if (blocks.has_header && index > 0)
    text = file.read({0, line_start(file, 1, patience)}, max_bytes, patience);
  if (text.size() > max_bytes) throw_too_long(max_bytes);
  return text + file.read({begin, end}, max_bytes - text.size(), patience);
}

}  // namespace fanfold
