// The source `read`: the contents of a file, of a range or of a block of it.
#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>

#include "exec/decompress.hpp"
#include "exec/file_block.hpp"
#include "exec/open_file.hpp"
#include "exec/source.hpp"
#include "exec/source_numbers.hpp"

namespace fanfold {
namespace {

/// A file of this size is more likely a mistake than a task.
constexpr double default_max_file_bytes = 1 << 30;

class Read final : public Source {
 public:
  explicit Read(const Job& job)
      : space_(job.space),
        folder_(job.folder),
        path_(job.source->arguments.at(0).templates.at(0).second),
        numbers_(*job.source),
        has_range_(job.source->find("bytes") != nullptr),
        decompresses_(!has_range_) {
    if (const SourceArgument* const given = job.source->find("decompress")) decompresses_ = given->boolean;
    const std::optional<std::size_t> slot = path_.sole_param();
    if (slot && space_.program(*slot) == nullptr) blocks_ = space_.axis(*slot).blocks();
    if (blocks_ != nullptr) block_slot_ = *slot;
  }

  Retrieved retrieve(const Retrieval& retrieval) const override {
    Retrieved retrieved;
    try {
      retrieved.output = contents(retrieval);
      retrieved.results = {static_cast<std::int64_t>(retrieved.output.size())};
    } catch (const ReadTimedOut&) {
      retrieved.status = Status::timed_out;
      retrieved.error =
          failure(retrieval.context, fmt::format("timed out after {} s", retrieval.timeout->count()));
    } catch (const ReadError& error) {
      retrieved.status = Status::failed;
      retrieved.error = failure(retrieval.context, error.what());
    } catch (const std::bad_alloc&) {
      retrieved.status = Status::failed;
      retrieved.error = failure(retrieval.context, std::generic_category().message(ENOMEM));
    } catch (const std::length_error&) {
      retrieved.status = Status::failed;
      retrieved.error = failure(retrieval.context, std::generic_category().message(EFBIG));
    }
    return retrieved;
  }

  std::string obstacle(const TemplateContext& context) const override {
    if (path_.depends_on_execution()) return {};
    try {
      const OpenFile file(full_path(context));
      return {};
    } catch (const ReadError& error) {
      return failure(context, error.what());
    }
  }

  void interrupt() const override { interrupted_ = true; }
  bool keeps_output() const override { return false; }

 private:
  std::string contents(const Retrieval& retrieval) const {
    const ReadPatience patience(interrupted_, retrieval.timeout);
    const std::uint64_t max_bytes =
        whole(numbers_.of("max_bytes", retrieval.numbers).value_or(default_max_file_bytes), "max_bytes");
    const OpenFile file(full_path(retrieval.context));
    if (blocks_ != nullptr) {
      if (has_range_) throw ReadError("a block has no range: leave out 'bytes'");
      const std::uint64_t index = space_.position(retrieval.context.task, block_slot_);
      return read_block(file, *blocks_, index, max_bytes, patience);
    }
    std::string bytes = file.read(range(retrieval), max_bytes, patience);
    if (!decompresses_) return bytes;
    std::optional<std::string> decompressed = decompress(bytes, max_bytes, patience);
    return decompressed ? std::move(*decompressed) : std::move(bytes);
  }

  ByteRange range(const Retrieval& retrieval) const {
    if (!has_range_) return {};
    const std::uint64_t first = whole(*numbers_.of("bytes", retrieval.numbers, 0), "bytes");
    const std::uint64_t end = whole(*numbers_.of("bytes", retrieval.numbers, 1), "bytes");
    if (end < first) throw ReadError(fmt::format("'bytes' ends at {}, before it begins at {}", end, first));
    return {first, end};
  }

  static std::uint64_t whole(double number, const char* name) {
    if (number >= 0 && number < 0x1p63 && number == std::floor(number))
      return static_cast<std::uint64_t>(number);
    throw ReadError(fmt::format("'{}' is no number of bytes: {}", name, number));
  }

  std::string relative_path(const TemplateContext& context) const {
    return blocks_ != nullptr ? blocks_->file : path_.render(context);
  }
  std::string full_path(const TemplateContext& context) const {
    return (std::filesystem::path(folder_) / relative_path(context)).string();
  }
  std::string failure(const TemplateContext& context, const std::string& why) const {
    return fmt::format("cannot read '{}': {}", relative_path(context), why);
  }

  const TaskSpace& space_;  // of the job, which outlives its executor
  std::string folder_;
  const Template& path_;
  SourceNumbers numbers_;
  bool has_range_;
  bool decompresses_;
  const FileBlocks* blocks_ = nullptr;
  std::size_t block_slot_ = 0;
  mutable std::atomic<bool> interrupted_ = false;
};

}  // namespace

SourceType read_source() {
  static const SourceInfo info = [] {
    SourceInfo read;
    read.name = "read";
    read.summary = "reads a file, decompressed, or a part of it";
    read.keys = {{"read", KeyKind::file, "path of the file, relative to the job file's folder"},
                 {"bytes", KeyKind::range, "only these: the first, and the one after the last"},
                 {"decompress", KeyKind::boolean, "gzip and zstd, by content: true, but false with 'bytes'"},
                 {"max_bytes", KeyKind::bytes, "a longer file, or longer contents, fail: 1 GiB"}};
    read.results = {{"bytes", Type::integer, "size of what was read, decompressed", "byte"}};
    read.has_output = true;
    return read;
  }();
  return {&info, [](const Job& job) -> std::unique_ptr<Source> { return std::make_unique<Read>(job); }};
}

}  // namespace fanfold
