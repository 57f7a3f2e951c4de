#include "exec/shared_batch.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace fanfold {
namespace {

constexpr std::size_t alignment = 64;

std::size_t aligned(std::size_t offset) { return (offset + alignment - 1) / alignment * alignment; }

[[noreturn]] void fail_to_share(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::size_t bytes_of_texts(std::span<const std::string_view> texts) {
  std::size_t bytes = texts.size() * sizeof(std::uint64_t);
  for (const std::string_view text : texts) bytes += text.size();
  return bytes;
}

void write_texts(std::byte* to, std::span<const std::string_view> texts) {
  std::byte* bytes = to + texts.size() * sizeof(std::uint64_t);
  for (const std::string_view text : texts) {
    const std::uint64_t size = text.size();
    std::memcpy(to, &size, sizeof size);
    to += sizeof size;
    if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
    bytes += text.size();
  }
}

std::vector<std::string_view> inputs_of(const Batch& batch, const KernelInfo& info) {
  std::vector<std::string_view> inputs;
  for (std::size_t row = 0; info.takes_input && row < batch.size(); ++row) inputs.push_back(batch.input(row));
  return inputs;
}

}  // namespace

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

void SharedMemory::reserve(std::size_t bytes) {
  if (bytes <= size_) return;
  // In powers of two: batches of one job are about as large as each other.
  std::size_t size = std::max<std::size_t>(size_, 1 << 16);
  while (size < bytes) size *= 2;
  if (ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
    fail_to_share("cannot share memory with the kernel");
  map(size);
}

void SharedMemory::follow(std::size_t bytes) {
  if (bytes <= size_) return;
  struct stat status = {};
  if (fstat(file_.get(), &status) != 0) fail_to_share("cannot look at shared memory");
  if (static_cast<std::size_t>(status.st_size) != size_) map(static_cast<std::size_t>(status.st_size));
}

void SharedMemory::map(std::size_t bytes) {
  if (data_ != nullptr) munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
  void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (mapped == MAP_FAILED) fail_to_share("cannot map shared memory");
  data_ = static_cast<std::byte*>(mapped);
  size_ = bytes;
}

SharedLayout share(const Batch& batch, const KernelInfo& info, std::size_t piece, SharedMemory& memory) {
  const std::size_t rows = batch.size();
  const std::vector<std::string_view> inputs = inputs_of(batch, info);
  SharedLayout layout;
  std::size_t end = aligned(sizeof(SharedHeader));
  const auto place = [&](std::size_t bytes) { return std::exchange(end, aligned(end + bytes)); };
  for (std::size_t i = 0; i < info.parameters.size(); ++i) {
    const bool is_text = info.parameters[i].type == Type::text;
    layout.parameters.push_back(
        place(is_text ? bytes_of_texts(batch.texts(i)) : rows * sizeof(std::uint64_t)));
  }
  layout.inputs = place(bytes_of_texts(inputs));
  layout.streams = place(rows * sizeof(std::uint64_t));
  for (std::size_t i = 0; i < info.results.size(); ++i)
    layout.results.push_back(place(rows * sizeof(std::uint64_t)));
  memory.reserve(end);
  std::byte* const data = memory.data();
  auto* const header = ::new (static_cast<void*>(data)) SharedHeader;
  header->bytes = end;
  header->rows = rows;
  header->piece = piece;
  header->has_inputs = info.takes_input ? 1 : 0;
  header->key = batch.random_key();
  header->ended = 0;
  header->notes_bytes = 0;
  header->stop = false;
  for (std::size_t i = 0; i < info.parameters.size(); ++i) {
    std::byte* const to = data + layout.parameters[i];
    const std::size_t bytes = rows * sizeof(std::uint64_t);
    if (info.parameters[i].type == Type::integer) std::memcpy(to, batch.integers(i).data(), bytes);
    if (info.parameters[i].type == Type::real) std::memcpy(to, batch.reals(i).data(), bytes);
    if (info.parameters[i].type == Type::text) write_texts(to, batch.texts(i));
  }
  write_texts(data + layout.inputs, inputs);
  std::memcpy(data + layout.streams, batch.random_streams().data(), rows * sizeof(std::uint64_t));
  return layout;
}

SharedBatch::SharedBatch(const KernelInfo& info, SharedMemory& memory) : memory_(memory), info_(info) {
  memory.follow(sizeof(SharedHeader));  // mapped already, but for the first batch
  memory.follow(header().bytes);
  rows_ = header().rows;
  std::size_t at = aligned(sizeof(SharedHeader));
  texts_.resize(info.parameters.size());
  for (std::size_t i = 0; i < info.parameters.size(); ++i) {
    layout_.parameters.push_back(at);
    if (info.parameters[i].type == Type::text) {
      find_texts(at, texts_[i]);
    } else {
      at = aligned(at + rows_ * sizeof(std::uint64_t));
    }
  }
  layout_.inputs = at;
  if (header().has_inputs != 0) find_texts(at, inputs_);
  layout_.streams = at;
  at = aligned(at + rows_ * sizeof(std::uint64_t));
  for (std::size_t i = 0; i < info.results.size(); ++i) {
    layout_.results.push_back(at);
    at = aligned(at + rows_ * sizeof(std::uint64_t));
  }
}

void SharedBatch::find_texts(std::size_t& at, std::vector<std::string_view>& texts) {
  const std::byte* const sizes = memory_.data() + at;
  const auto* bytes = reinterpret_cast<const char*>(sizes + rows_ * sizeof(std::uint64_t));
  for (std::size_t row = 0; row < rows_; ++row) {
    std::uint64_t size = 0;
    std::memcpy(&size, sizes + row * sizeof size, sizeof size);
    texts.emplace_back(bytes, size);
    bytes += size;
  }
  at = aligned(static_cast<std::size_t>(reinterpret_cast<const std::byte*>(bytes) - memory_.data()));
}

Batch SharedBatch::batch() {
  columns_.clear();
  for (std::size_t i = 0; i < info_.parameters.size(); ++i) {
    const std::byte* const data = memory_.data() + layout_.parameters[i];
    if (info_.parameters[i].type == Type::integer)
      columns_.emplace_back(std::span(reinterpret_cast<const std::int64_t*>(data), rows_));
    if (info_.parameters[i].type == Type::real)
      columns_.emplace_back(std::span(reinterpret_cast<const double*>(data), rows_));
    if (info_.parameters[i].type == Type::text)
      columns_.emplace_back(std::span<const std::string_view>(texts_[i]));
  }
  const auto* const streams = reinterpret_cast<const std::uint64_t*>(memory_.data() + layout_.streams);
  return Batch(rows_, columns_, inputs_, header().key, {streams, rows_}, &header().stop);
}

void encode(ByteWriter& out, const SharedNote& note) {
  out.varint(note.row);
  out.varint(note.result);
  out.text(note.text);
}

SharedNote decode_shared_note(ByteReader& in) {
  SharedNote note;
  note.row = in.varint();
  note.result = in.varint();
  note.text = in.text();
  return note;
}

}  // namespace fanfold
