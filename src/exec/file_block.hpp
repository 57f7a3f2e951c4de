// The lines of one block of a file.
#pragma once

#include <cstdint>
#include <string>

#include "exec/open_file.hpp"
#include "job/task_space.hpp"

namespace fanfold {

/// The lines that begin in the block: each line of the file is in one block, and blocks in which none begins
/// (a longer line goes through them) are empty. With a header, the first line of the file stands before those
/// of every other block. Throws ReadError.
std::string read_block(const OpenFile& file, const FileBlocks& blocks, std::uint64_t index,
                       std::uint64_t max_bytes, const ReadPatience& patience);

}  // namespace fanfold
