// Values of environment variables are not told.
#include "exec/secrets.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "exec_job.hpp"

namespace fanfold {
namespace {

using test::job_of;
using test::run_all;

class SecretsTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("NET_TEST_KEY", "opensesame", 1);
    setenv("NET_TEST_LONGER", "opensesame-please", 1);
    setenv("NET_TEST_SHORT", "abc", 1);
  }
};

TEST_F(SecretsTest, AreShownByName) {
  const auto job =
      job_of("task.command = ['x', '{env.NET_TEST_KEY}', 'a{env.NET_TEST_LONGER}', '{env.NET_TEST_SHORT}']");
  const Secrets secrets(*job);
  EXPECT_EQ(secrets.conceal("opensesame opensesame-please, abc!"),
            "{env.NET_TEST_KEY} {env.NET_TEST_LONGER}, abc!");
  EXPECT_EQ(secrets.conceal(""), "");
  EXPECT_TRUE(Secrets(*job_of("task.command = ['x', 'opensesame']")).empty());
}

TEST_F(SecretsTest, AreKnownInOtherForms) {
  setenv("NET_TEST_FORMS", "a/b c\"d\\", 1);
  const Secrets secrets(*job_of("task.command = ['x', '{env.NET_TEST_FORMS}']"));
  EXPECT_EQ(secrets.conceal(R"(a/b c"d\ "a/b c\"d\\" a%2Fb%20c%22d%5C)"),
            R"({env.NET_TEST_FORMS} "{env.NET_TEST_FORMS}" {env.NET_TEST_FORMS})");
}

TEST_F(SecretsTest, AreNotInErrors) {
  const auto job = job_of("task.read = '/nowhere/{env.NET_TEST_KEY}'");
  EXPECT_EQ(run_all(*job).outcome(0).error,
            "cannot read '/nowhere/{env.NET_TEST_KEY}': No such file or directory");
}

}  // namespace
}  // namespace fanfold
