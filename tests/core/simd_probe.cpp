#include "core/simd_probe.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd_probe.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

const char* name_of_target() { return hwy::TargetName(HWY_TARGET); }
bool target_has_fma() { return HWY_NATIVE_FMA != 0; }

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {

HWY_EXPORT(name_of_target);
HWY_EXPORT(target_has_fma);

std::string dispatched_target() { return HWY_DYNAMIC_DISPATCH(name_of_target)(); }
bool dispatched_target_has_fma() { return HWY_DYNAMIC_DISPATCH(target_has_fma)(); }

}  // namespace fanfold
#endif
