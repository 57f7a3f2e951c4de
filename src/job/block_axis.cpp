// The keys of an axis of blocks: a big file that is cut at line ends, one block for each value. The file is
// looked at on rank zero, and read where the tasks run.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/error.hpp"
#include "job/axis_kind.hpp"

namespace fanfold {
namespace {

/// Each value has a name of its own in memory, on each rank.
constexpr std::uint64_t most_blocks = 10'000'000;
constexpr std::uint64_t default_block_bytes = 64 << 20;

/// Texts "big.csv#0", "big.csv#1" …
class BlockAxis final : public Axis {
 public:
  explicit BlockAxis(FileBlocks blocks) : blocks_(std::move(blocks)) {
    const std::uint64_t count = blocks_.count();
    names_.reserve(count);
    for (std::uint64_t block = 0; block < count; ++block)
      names_.push_back(fmt::format("{}#{}", blocks_.file, block));
  }

  Type type() const override { return Type::text; }
  std::uint64_t size() const override { return names_.size(); }
  void fill(std::uint64_t first, std::size_t count, ColumnBuffer& out, std::size_t row) const override {
    for (std::size_t i = 0; i < count; ++i) out.texts()[row + i] = names_[first + i];
  }
  const FileBlocks* blocks() const override { return &blocks_; }

 private:
  FileBlocks blocks_;
  std::vector<std::string> names_;
};

/// The first line of what read_blocks_input writes: the size of the file.
std::uint64_t size_in(std::string_view input) {
  std::uint64_t size = 0;
  std::from_chars(input.data(), input.data() + input.size(), size);
  return size;
}

bool is_compressed(const std::filesystem::path& path) {
  char first[4] = {};
  std::ifstream(path, std::ios::binary).read(first, sizeof first);
  const std::string_view mark(first, sizeof first);
  return mark.starts_with("\x1F\x8B") || mark == "\x28\xB5\x2F\xFD";
}

}  // namespace

std::unique_ptr<Axis> read_blocks_axis(const AxisReading& axis) {
  FileBlocks blocks;
  blocks.block_bytes = default_block_bytes;
  bool is_right = true;
  if (axis.has("size")) {
    const auto size = axis.reading.bytes(axis.setting("size"));
    if (size && *size == 0) axis.reading.wrong_value(axis.setting("size"), "at least one byte");
    is_right = size.value_or(0) > 0;
    blocks.block_bytes = size.value_or(1);
  }
  if (axis.has("header")) {
    const auto header = axis.reading.boolean(axis.setting("header"));
    is_right = is_right && header.has_value();
    blocks.has_header = header.value_or(false);
  }
  const auto file = axis.reading.text(axis.setting("blocks"));
  const JobSource::Input* const input = file ? axis.input("blocks") : nullptr;
  if (input == nullptr || !is_right) return nullptr;
  blocks.file = *file;
  blocks.file_bytes = size_in(*input->data);
  if (blocks.file_bytes == 0) {
    axis.reading.error(axis.setting("blocks").place, fmt::format("the file '{}' is empty", *file));
    return nullptr;
  }
  if (blocks.count() > most_blocks) {
    axis.reading.error(axis.setting("blocks").place,
                       fmt::format("the file '{}' has {} blocks of {} bytes; more than {} are not possible: "
                                   "give a greater 'size'",
                                   *file, blocks.count(), blocks.block_bytes, most_blocks));
    return nullptr;
  }
  return std::make_unique<BlockAxis>(std::move(blocks));
}

std::string read_blocks_input(const std::string& text, InputReader& reader) {
  const std::filesystem::path path = std::filesystem::path(reader.folder()) / text;
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    throw UsageError(
        fmt::format("cannot read the file '{}': {}", text, std::generic_category().message(errno)));
  }
  if (!S_ISREG(status.st_mode))
    throw UsageError(fmt::format("cannot read the file '{}': not a regular file", text));
  if (is_compressed(path)) {
    throw UsageError(
        fmt::format("the file '{}' is compressed: only plain files can be cut into blocks", text));
  }
  return fmt::format("{} bytes, changed at {}.{:09}", status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

}  // namespace fanfold
