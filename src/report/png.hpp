// Pictures as PNG files (ISO/IEC 15948:2004).
#pragma once

#include <string>

#include "reduce/answer.hpp"

namespace fanfold {

/// The bytes of a PNG file of 256 colours: shade 0 is black; shades 1 to 255 go from dark blue through white,
/// yellow and brown back to dark blue. Throws RunError if the picture has no pixels or does not fit memory.
std::string png_of(const reduce::Picture& picture);

}  // namespace fanfold
