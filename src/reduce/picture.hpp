// A picture from its tiles.
#pragma once

#include <optional>
#include <string_view>

#include "core/tile.hpp"
#include "reduce/answer.hpp"

namespace fanfold::reduce {

/// Puts tiles together, in the order in which they come: later ones cover earlier ones.
class PictureAssembly {
 public:
  void add(std::string_view tile_text);
  /// A Picture, or Nothing if there was no tile, or something that is none, or tiles of pictures of different
  /// sizes.
  AnswerValue finish() const;

 private:
  std::optional<Picture> picture_;
  std::string_view wrong_;
};

}  // namespace fanfold::reduce
