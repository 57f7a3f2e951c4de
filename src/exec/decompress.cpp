#include "exec/decompress.hpp"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>

namespace fanfold {
namespace {

constexpr std::string_view gzip_mark = "\x1F\x8B";
constexpr std::string_view zstd_mark = "\x28\xB5\x2F\xFD";

/// zlib counts in 32 bits.
constexpr std::size_t most_at_once = 1 << 30;
/// Contents are made in pieces of this size; between two of them the clock is looked at.
constexpr std::size_t inflated_bytes = 1 << 20;
/// Any window, and a header of gzip.
constexpr int gzip_window_bits = 15 + 16;

/// Room for the next piece at the end of a text.
class Contents {
 public:
  Contents(std::uint64_t max_bytes, const ReadPatience& patience)
      : max_bytes_(max_bytes), patience_(patience) {}

  char* room() {
    patience_.check();
    if (size_ > max_bytes_) throw_too_long(max_bytes_);
    text_.resize(size_ + inflated_bytes);
    return text_.data() + size_;
  }
  void add(std::size_t bytes) { size_ += bytes; }
  std::string take() {
    if (size_ > max_bytes_) throw_too_long(max_bytes_);
    text_.resize(size_);
    return std::move(text_);
  }

 private:
  std::uint64_t max_bytes_;
  const ReadPatience& patience_;
  std::string text_;
  std::size_t size_ = 0;
};

class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, gzip_window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Adds the contents of one member; returns how many bytes it has.
  std::size_t member(std::string_view bytes, Contents& contents) {
    inflateReset(&stream_);
    std::size_t used = 0;
    for (;;) {
      const std::size_t given = std::min(bytes.size() - used, most_at_once);
      // zlib does not change what it reads, though its type does not say so.
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + used));
      stream_.avail_in = static_cast<uInt>(given);
      stream_.next_out = reinterpret_cast<Bytef*>(contents.room());
      stream_.avail_out = static_cast<uInt>(inflated_bytes);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      used += given - stream_.avail_in;
      contents.add(inflated_bytes - stream_.avail_out);
      if (result == Z_STREAM_END) return used;
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      if (result == Z_BUF_ERROR || (result == Z_OK && used == bytes.size() && stream_.avail_out > 0)) {
        throw ReadError("its gzip data ends early");
      }
      if (result != Z_OK) {
        throw ReadError(fmt::format("its gzip data is damaged: {}",
                                    stream_.msg != nullptr ? stream_.msg : "no reason given"));
      }
    }
  }

 private:
  z_stream stream_ = {};
};

std::string gunzip(std::string_view bytes, Contents contents) {
  Inflater inflater;
  while (!bytes.empty()) {
    bytes.remove_prefix(inflater.member(bytes, contents));
    if (bytes.find_first_not_of('\0') == std::string_view::npos) break;
    if (!bytes.starts_with(gzip_mark)) throw ReadError("other bytes follow its gzip data");
  }
  return contents.take();
}

struct ZstdDeleter {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::string unzstd(std::string_view bytes, Contents contents) {
  const std::unique_ptr<ZSTD_DCtx, ZstdDeleter> context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t left = 0;  // of the frame, or 0 at its end
  do {
    ZSTD_outBuffer out{contents.room(), inflated_bytes, 0};
    const std::size_t before = in.pos;
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0)
      throw ReadError(fmt::format("its zstd data is damaged: {}", ZSTD_getErrorName(left)));
    contents.add(out.pos);
    if (left != 0 && in.pos == in.size && in.pos == before && out.pos == 0)
      throw ReadError("its zstd data ends early");
  } while (in.pos < in.size || left != 0);
  return contents.take();
}

}  // namespace

std::string_view compression_of(std::string_view first_bytes) {
  if (first_bytes.starts_with(gzip_mark)) return "gzip";
  if (first_bytes.starts_with(zstd_mark)) return "zstd";
  return {};
}

std::optional<std::string> decompress(std::string_view bytes, std::uint64_t max_bytes,
                                      const ReadPatience& patience) {
  const std::string_view compression = compression_of(bytes);
  if (compression == "gzip") return gunzip(bytes, Contents(max_bytes, patience));
  if (compression == "zstd") return unzstd(bytes, Contents(max_bytes, patience));
  return std::nullopt;
}

}  // namespace fanfold
