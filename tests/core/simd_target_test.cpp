// Choosing SIMD instructions. Needs fanfold::core only.
#include "core/simd_target.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <cctype>

#include "core/error.hpp"
#include "core/simd_probe.hpp"

namespace fanfold {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

/// Leaves the best target behind, and no FANFOLD_SIMD.
class SimdTarget : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("FANFOLD_SIMD");
    choose_simd_target(simd_targets().front());
  }
};

std::string message_of(void (*call)()) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(SimdTarget, StartsWithTheBest) { EXPECT_EQ(simd_target(), simd_targets().front()); }

TEST_F(SimdTarget, EveryDispatchedFunctionFollowsTheChoice) {
  for (const std::string& name : simd_targets()) {
    choose_simd_target(name);
    EXPECT_EQ(simd_target(), name);
    EXPECT_EQ(dispatched_target(), name);
    EXPECT_EQ(dispatched_target_has_fma(), has_fused_multiply_add(name)) << name;
  }
}

TEST_F(SimdTarget, AChoiceDoesNotShortenTheList) {
  const auto before = simd_targets();
  choose_simd_target(before.back());
  EXPECT_EQ(simd_targets(), before);
}

TEST_F(SimdTarget, CaseDoesNotMatter) {
  std::string name = simd_targets().back();
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  choose_simd_target(name);
  EXPECT_EQ(simd_target(), simd_targets().back());
}

TEST_F(SimdTarget, AnUnknownNameIsRefusedWithTheValidOnes) {
  const std::string message = message_of([] { choose_simd_target("AVX9"); });
  EXPECT_THAT(message, HasSubstr("SIMD target 'AVX9' is not one of the SIMD targets of this build and CPU"));
  for (const std::string& name : simd_targets()) EXPECT_THAT(message, HasSubstr(name));
  EXPECT_EQ(simd_target(), simd_targets().front()) << "a refused name changes nothing";
}

TEST_F(SimdTarget, TheEnvironmentChooses) {
  const std::string worst = simd_targets().back();
  setenv("FANFOLD_SIMD", worst.c_str(), 1);
  apply_simd_environment();
  EXPECT_EQ(simd_target(), worst);
}

TEST_F(SimdTarget, AnEmptyEnvironmentVariableLeavesTheBest) {
  setenv("FANFOLD_SIMD", "", 1);
  apply_simd_environment();
  EXPECT_EQ(simd_target(), simd_targets().front());
}

TEST_F(SimdTarget, TheEnvironmentIsNamedInItsError) {
  setenv("FANFOLD_SIMD", "x", 1);
  EXPECT_THAT(message_of([] { apply_simd_environment(); }),
              HasSubstr("environment variable FANFOLD_SIMD: 'x' is not one of"));
}

TEST_F(SimdTarget, FusedMultiplyAddIsKnownByName) {
  EXPECT_TRUE(has_fused_multiply_add("avx2"));
  EXPECT_TRUE(has_fused_multiply_add("AVX3"));
  EXPECT_FALSE(has_fused_multiply_add("SSE4"));
  EXPECT_FALSE(has_fused_multiply_add("SSSE3"));
  EXPECT_FALSE(has_fused_multiply_add("no such target"));
}

}  // namespace
}  // namespace fanfold
