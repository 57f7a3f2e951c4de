// Tiles of a picture, as texts: how a kernel hands its part of a picture to the reduction that assembles it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// No picture has more pixels.
inline constexpr std::uint64_t most_pixels = std::uint64_t{1} << 28;

/// A rectangle of a picture: a shade for each pixel, row by row from the upper left on. Shade 0 is black.
struct Tile {
  std::uint32_t left = 0, top = 0;      ///< where it is in the picture
  std::uint32_t width = 0, height = 0;  ///< its own size
  std::uint32_t picture_width = 0, picture_height = 0;
  std::vector<std::uint8_t> shades;

  bool operator==(const Tile&) const = default;
};

/// "left top width height picture_width picture_height shades", the shades in Base64 (RFC 4648, without
/// padding). Precondition: as many shades as pixels.
std::string tile_text(const Tile& tile);

/// Nothing if the text is not that of a tile which lies in its picture.
std::optional<Tile> parse_tile(std::string_view text);

}  // namespace fanfold
