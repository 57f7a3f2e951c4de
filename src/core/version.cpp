#include "core/version.hpp"

namespace fanfold {

std::string version() { return FANFOLD_VERSION; }

}  // namespace fanfold
