#include "report/png.hpp"

#include <zlib.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "core/error.hpp"

namespace fanfold {
namespace {

using namespace std::string_view_literals;

std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

/// Length, type, data, and the checksum of the last two.
std::string chunk(std::string_view type, const std::string& data) {
  const std::string body = std::string(type) + data;
  const uLong checksum = crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(checksum));
}

std::string header(const reduce::Picture& picture) {
  constexpr std::string_view indexed_8_bits = "\x08\x03\x00\x00\x00"sv;
  return big_endian(picture.width) + big_endian(picture.height) + std::string(indexed_8_bits);
}

/// Red, green and blue of each shade. Between the corners, colours change linearly.
std::string palette() {
  struct Corner {
    int shade, red, green, blue;
  };
  constexpr std::array corners = {Corner{1, 0, 7, 100},      Corner{40, 32, 107, 203},
                                  Corner{90, 237, 255, 255}, Corner{150, 255, 170, 0},
                                  Corner{210, 60, 20, 10},   Corner{256, 0, 7, 100}};
  std::string colours(3, '\0');  // shade 0
  std::size_t corner = 0;
  for (int shade = 1; shade < 256; ++shade) {
    if (shade >= corners[corner + 1].shade) ++corner;
    const Corner &from = corners[corner], &to = corners[corner + 1];
    const auto between = [&](int first, int last) {
      return static_cast<char>(first + (last - first) * (shade - from.shade) / (to.shade - from.shade));
    };
    colours += between(from.red, to.red);
    colours += between(from.green, to.green);
    colours += between(from.blue, to.blue);
  }
  return colours;
}

/// The rows, each after the number of its filter (none), compressed.
std::string compressed_rows(const reduce::Picture& picture) {
  std::string rows;
  rows.reserve((std::size_t{picture.width} + 1) * picture.height);
  for (std::size_t row = 0; row < picture.height; ++row) {
    rows += '\0';
    rows.append(reinterpret_cast<const char*>(picture.shades.data()) + row * picture.width, picture.width);
  }
  uLongf size = compressBound(rows.size());
  std::string compressed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(compressed.data()), &size,
                reinterpret_cast<const Bytef*>(rows.data()), rows.size(), 6) != Z_OK) {
    throw RunError("cannot compress the picture");
  }
  compressed.resize(size);
  return compressed;
}

}  // namespace

std::string png_of(const reduce::Picture& picture) {
  if (picture.width == 0 || picture.height == 0) throw RunError("the picture has no pixels");
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header(picture)) + chunk("PLTE", palette()) +
         chunk("IDAT", compressed_rows(picture)) + chunk("IEND", {});
}

}  // namespace fanfold
