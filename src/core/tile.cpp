#include "core/tile.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace fanfold {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int16_t, 256> make_values() {
  std::array<std::int16_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int16_t>(i);
  }
  return values;
}
constexpr std::array<std::int16_t, 256> values = make_values();

void append_base64(std::string& text, const std::vector<std::uint8_t>& bytes) {
  std::uint32_t bits = 0;
  int waiting = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (waiting += 8; waiting >= 6;) text += alphabet[bits >> (waiting -= 6) & 63];
  }
  if (waiting > 0) text += alphabet[bits << (6 - waiting) & 63];
}

/// Nothing if it is not what append_base64 writes.
std::optional<std::vector<std::uint8_t>> parse_base64(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int waiting = 0;
  for (const char c : text) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if ((waiting += 6) >= 8) bytes.push_back(static_cast<std::uint8_t>(bits >> (waiting -= 8)));
  }
  if (waiting >= 6 || (bits & ((1U << waiting) - 1)) != 0) return std::nullopt;
  return bytes;
}

/// Whether a stretch lies in a picture.
bool fits(std::uint32_t first, std::uint32_t size, std::uint32_t whole) {
  return size <= whole && first <= whole - size;
}

}  // namespace

std::string tile_text(const Tile& tile) {
  std::string text = fmt::format("{} {} {} {} {} {} ", tile.left, tile.top, tile.width, tile.height,
                                 tile.picture_width, tile.picture_height);
  append_base64(text, tile.shades);
  return text;
}

std::optional<Tile> parse_tile(std::string_view text) {
  Tile tile;
  for (std::uint32_t* const number :
       {&tile.left, &tile.top, &tile.width, &tile.height, &tile.picture_width, &tile.picture_height}) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  const std::uint64_t pixels = std::uint64_t{tile.width} * tile.height;
  if (!fits(tile.left, tile.width, tile.picture_width) || !fits(tile.top, tile.height, tile.picture_height) ||
      std::uint64_t{tile.picture_width} * tile.picture_height > most_pixels) {
    return std::nullopt;
  }
  auto shades = parse_base64(text);
  if (!shades || shades->size() != pixels) return std::nullopt;
  tile.shades = std::move(*shades);
  return tile;
}

}  // namespace fanfold
