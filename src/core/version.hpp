#pragma once

#include <string>

namespace fanfold {

/// The version of this program, from project() in CMakeLists.txt: "0.1.0".
std::string version();

}  // namespace fanfold
