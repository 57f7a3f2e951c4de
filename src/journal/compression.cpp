#include "journal/compression.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>

namespace fanfold {
namespace {

// The first byte of a blob. The numbers are part of the run file: do not renumber.
enum class Codec : std::uint8_t {
  stored = 0,
  zstd = 1,
  planes = 2,  // zstd of the records' bytes, by their position in the record
};

// Below this a frame's own header eats what it saves.
constexpr std::size_t least_compressed = 200;
// The fastest level that uses entropy coding: the journal's thread shares a CPU with kernels.
constexpr int level = 1;
constexpr std::size_t sample_bytes = 64 * 1024;

// One context per thread: making one costs more than compressing a short blob.
ZSTD_CCtx& compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                  &ZSTD_freeCCtx);
  if (!context) throw std::bad_alloc();
  return *context;
}

ZSTD_DCtx& decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                                  &ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  return *context;
}

// Appends a frame to `out`. Returns false, with `out` as it was, if the frame is not smaller than the bytes.
bool compress(std::span<const std::byte> raw, Bytes& out) {
  const std::size_t before = out.size();
  out.resize(before + ZSTD_compressBound(raw.size()));
  const std::size_t size = ZSTD_compressCCtx(&compressor(), out.data() + before, out.size() - before,
                                             raw.data(), raw.size(), level);
  const bool pays = ZSTD_isError(size) == 0 && size < raw.size();
  out.resize(before + (pays ? size : 0));
  return pays;
}

Bytes decompress(std::span<const std::byte> frame) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  // SQLite holds no blob over 10^9 bytes, and nothing that compresses below it was larger than this in
  // memory.
  constexpr unsigned long long most = 1ULL << 34;
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > most) {
    throw DecodeError("a compressed blob has no valid size");
  }
  Bytes raw(static_cast<std::size_t>(size));
  const std::size_t got =
      ZSTD_decompressDCtx(&decompressor(), raw.data(), raw.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0)
    throw DecodeError(std::string("a compressed blob is damaged: ") + ZSTD_getErrorName(got));
  if (got != raw.size()) throw DecodeError("a compressed blob is shorter than it says");
  return raw;
}

// Byte p of record r goes to p·records + r; what is left over stays at the end.
Bytes to_planes(std::span<const std::byte> raw, std::size_t stride) {
  Bytes planes(raw.size());
  const std::size_t records = raw.size() / stride;
  for (std::size_t p = 0; p < stride; ++p) {
    std::byte* const plane = planes.data() + p * records;
    for (std::size_t r = 0; r < records; ++r) plane[r] = raw[r * stride + p];
  }
  std::copy(raw.begin() + static_cast<std::ptrdiff_t>(records * stride), raw.end(),
            planes.begin() + static_cast<std::ptrdiff_t>(records * stride));
  return planes;
}

Bytes from_planes(std::span<const std::byte> planes, std::size_t stride) {
  Bytes raw(planes.size());
  const std::size_t records = planes.size() / stride;
  for (std::size_t p = 0; p < stride; ++p) {
    const std::byte* const plane = planes.data() + p * records;
    for (std::size_t r = 0; r < records; ++r) raw[r * stride + p] = plane[r];
  }
  std::copy(planes.begin() + static_cast<std::ptrdiff_t>(records * stride), planes.end(),
            raw.begin() + static_cast<std::ptrdiff_t>(records * stride));
  return raw;
}

bool planes_pay(std::span<const std::byte> raw, std::size_t stride) {
  const std::span<const std::byte> sample = raw.first(std::min(raw.size(), sample_bytes));
  Bytes plain, planes;
  if (!compress(sample, plain)) plain.resize(sample.size());
  if (!compress(to_planes(sample, stride), planes)) return false;
  return planes.size() * 20 < plain.size() * 19;  // 5% at least: undoing it costs a pass over memory
}

Bytes begin(Codec codec, std::size_t room) {
  Bytes blob;
  blob.reserve(room + 1);
  blob.push_back(static_cast<std::byte>(codec));
  return blob;
}

Bytes stored(std::span<const std::byte> raw) {
  Bytes blob = begin(Codec::stored, raw.size());
  blob.insert(blob.end(), raw.begin(), raw.end());
  return blob;
}

}  // namespace

Bytes pack(std::span<const std::byte> raw) {
  if (raw.size() < least_compressed) return stored(raw);
  Bytes blob = begin(Codec::zstd, 0);
  if (!compress(raw, blob)) return stored(raw);
  blob.shrink_to_fit();
  return blob;
}

Bytes pack_records(std::span<const std::byte> raw, std::size_t stride) {
  if (raw.size() < least_compressed || stride < 2 || raw.size() < 2 * stride || !planes_pay(raw, stride)) {
    return pack(raw);
  }
  ByteWriter head;
  head.u8(static_cast<std::uint8_t>(Codec::planes));
  head.varint(stride);
  Bytes blob = head.take();
  if (!compress(to_planes(raw, stride), blob)) return stored(raw);
  blob.shrink_to_fit();
  return blob;
}

Bytes unpack(std::span<const std::byte> blob) {
  ByteReader in(blob);
  switch (static_cast<Codec>(in.u8())) {
    case Codec::stored: {
      const std::span<const std::byte> raw = in.raw(in.left());
      return Bytes(raw.begin(), raw.end());
    }
    case Codec::zstd:
      return decompress(in.raw(in.left()));
    case Codec::planes: {
      const std::uint64_t stride = in.varint();
      const Bytes planes = decompress(in.raw(in.left()));
      if (stride == 0 || stride > planes.size())
        throw DecodeError("a blob's records are longer than the blob");
      return from_planes(planes, static_cast<std::size_t>(stride));
    }
  }
  throw DecodeError("a blob is compressed in an unknown way");
}

}  // namespace fanfold
