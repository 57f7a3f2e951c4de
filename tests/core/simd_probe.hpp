// What a dispatched function of another file of the program finds itself compiled for.
#pragma once

#include <string>

namespace fanfold {

std::string dispatched_target();
bool dispatched_target_has_fma();

}  // namespace fanfold
