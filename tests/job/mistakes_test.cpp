// What a user sees of each mistake in a job file, compared whole.
#include <gtest/gtest.h>

#include "job_builder.hpp"

namespace fanfold::test {
namespace {

struct Mistake {
  std::string name;
  std::string text;
  std::string errors;
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

class MistakesTest : public testing::TestWithParam<Mistake> {};

TEST_P(MistakesTest, are_named_whole) { EXPECT_EQ(errors_of(GetParam().text), GetParam().errors); }

const std::vector<Mistake> mistakes = {
#include "mistakes.inc"
};

INSTANTIATE_TEST_SUITE_P(JobFile, MistakesTest, testing::ValuesIn(mistakes),
                         [](const auto& mistake) { return mistake.param.name; });

}  // namespace
}  // namespace fanfold::test
