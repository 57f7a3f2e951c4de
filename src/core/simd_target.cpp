// The choice is made in Highway's own state, which every dispatch table of the process reads.
#include "core/simd_target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>

#include "core/error.hpp"
#include "core/nearest.hpp"

namespace fanfold {
namespace {

/// Every target that Highway has for x86 and Arm, and that multiplies and adds with one rounding.
constexpr std::int64_t fused_targets =
    HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL | HWY_NEON | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128;

/// The bits of the targets that are compiled in and supported, best (lowest bit) first. Found once, before
/// any choice, as a choice hides the others from Highway too.
const std::vector<std::int64_t>& available() {
  static const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
  return targets;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// The bit of the available target of this name (in capitals), or 0.
std::int64_t find(const std::string& name) {
  const auto& targets = available();
  const auto found = std::find_if(targets.begin(), targets.end(),
                                  [&](std::int64_t target) { return hwy::TargetName(target) == name; });
  return found == targets.end() ? 0 : *found;
}

/// `giver` is what the message names as the origin of the name.
void choose(const std::string& giver, const std::string& name) {
  const std::int64_t target = find(upper(name));
  if (target == 0) {
    const std::vector<std::string> names = simd_targets();
    throw UsageError(fmt::format("{} '{}' is not one of the SIMD targets of this build and CPU, {}{}", giver,
                                 name, fmt::join(names, ", "), did_you_mean(upper(name), names)));
  }
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : available()) names.emplace_back(hwy::TargetName(target));
  return names;
}

std::vector<std::string> compiled_simd_targets() {
  std::vector<std::string> names;
  for (std::int64_t targets = HWY_TARGETS; targets != 0; targets &= targets - 1) {
    names.emplace_back(hwy::TargetName(targets & -targets));
  }
  return names;
}

std::string simd_target() { return hwy::TargetName(hwy::SupportedAndGeneratedTargets().front()); }

void choose_simd_target(const std::string& name) { choose("SIMD target", name); }

void apply_simd_environment() {
  const char* name = std::getenv("FANFOLD_SIMD");
  if (name != nullptr && *name != '\0') choose("environment variable FANFOLD_SIMD:", name);
}

bool has_fused_multiply_add(const std::string& name) {
  const std::string wanted = upper(name);
  for (int bit = 0; bit < 63; ++bit) {
    const std::int64_t target = std::int64_t{1} << bit;
    if ((target & fused_targets) != 0 && hwy::TargetName(target) == wanted) return true;
  }
  return false;
}

}  // namespace fanfold
