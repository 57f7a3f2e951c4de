#include "reduce/picture.hpp"

#include <algorithm>

namespace fanfold::reduce {

void PictureAssembly::add(std::string_view text) {
  const std::optional<Tile> tile = parse_tile(text);
  if (!tile) {
    wrong_ = "a text that is no tile of a picture";
    return;
  }
  if (!picture_) {
    picture_ = Picture{tile->picture_width, tile->picture_height, {}};
    picture_->shades.resize(std::size_t{picture_->width} * picture_->height);
  }
  if (picture_->width != tile->picture_width || picture_->height != tile->picture_height) {
    wrong_ = "tiles of pictures of different sizes";
    return;
  }
  for (std::size_t row = 0; row < tile->height; ++row) {
    std::copy_n(tile->shades.begin() + static_cast<std::ptrdiff_t>(row * tile->width), tile->width,
                picture_->shades.begin() +
                    static_cast<std::ptrdiff_t>((tile->top + row) * picture_->width + tile->left));
  }
}

AnswerValue PictureAssembly::finish() const {
  if (!wrong_.empty()) return Nothing{wrong_};
  return picture_ ? AnswerValue(*picture_) : AnswerValue(Nothing());
}

}  // namespace fanfold::reduce
