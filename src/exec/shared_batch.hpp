// A batch of tasks in memory that two processes share: what a kernel that runs in a process of its own is
// given, and what it gives back.
#pragma once

#include <fanfold/kernel.hpp>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/file_descriptor.hpp"

namespace fanfold {

/// A mapped file without a name. Both processes have one of the same file; it only grows. Not for several
/// threads.
class SharedMemory {
 public:
  /// Takes over a descriptor of memfd_create.
  explicit SharedMemory(FileDescriptor file) : file_(std::move(file)) {}
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  int file() const { return file_.get(); }
  /// Makes the file at least so large and maps it: pointers into it are invalid afterwards. Throws
  /// std::system_error.
  void reserve(std::size_t bytes);
  /// Maps what the other process has made of it, if that has so many bytes and more than are mapped here.
  void follow(std::size_t bytes);
  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void map(std::size_t bytes);

  FileDescriptor file_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// What stands at the beginning. The kernel's process may overwrite anything by mistake: ours believes
/// nothing that it finds there, but for `ended` and the notes, which it checks.
struct SharedHeader {
  std::uint64_t bytes;  ///< of the batch, with this header
  std::uint64_t rows;
  std::uint64_t piece;  ///< rows that the kernel is given in one call
  std::uint64_t has_inputs;
  RandomKey key;
  std::atomic<std::uint64_t> ended;        ///< rows whose calls have returned
  std::atomic<std::uint64_t> notes_bytes;  ///< of what was said of them, in the memory for notes
  bool stop;                               ///< Batch::stop_requested
};

/// Where the parts of a batch are. Made by both processes in the same way.
struct SharedLayout {
  std::vector<std::size_t>
      parameters;  ///< of numbers the values; of texts their sizes, and the bytes behind them
  std::size_t inputs = 0;
  std::size_t streams = 0;
  std::vector<std::size_t> results;
};

/// Writes a batch, and returns where its parts are.
SharedLayout share(const Batch& batch, const KernelInfo& info, std::size_t piece, SharedMemory& memory);

/// A batch as the kernel's process sees it.
class SharedBatch {
 public:
  SharedBatch(const KernelInfo& info, SharedMemory& memory);

  SharedHeader& header() { return *reinterpret_cast<SharedHeader*>(memory_.data()); }
  Batch batch();
  /// The column of a result.
  std::byte* result(std::size_t index) { return memory_.data() + layout_.results[index]; }

 private:
  void find_texts(std::size_t& at, std::vector<std::string_view>& texts);

  SharedMemory& memory_;
  const KernelInfo& info_;
  SharedLayout layout_;
  std::size_t rows_ = 0;
  std::vector<std::vector<std::string_view>> texts_;  // of parameters
  std::vector<std::string_view> inputs_;
  std::vector<ConstColumn> columns_;
};

/// What a kernel says besides numbers.
struct SharedNote {
  std::size_t row = 0;
  std::size_t result = 0;  ///< whose text it is; the number of results: why the task failed
  std::string_view text;
};
void encode(ByteWriter& out, const SharedNote& note);
/// Throws DecodeError.
SharedNote decode_shared_note(ByteReader& in);

}  // namespace fanfold
