// The record of a submission beside the run file.
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "submit/record.hpp"

namespace fanfold {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_record(text, "pi.run.submission");
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(Record, ReadsWhatItWrote) {
  const SubmissionRecord record{"slurm", {"12"}, 0, "2026-11-22T02:24:51Z"};
  EXPECT_EQ(record_text(record), "scheduler slurm\nsubmitted 2026-11-22T02:24:51Z\njob 12\n");
  EXPECT_EQ(parse_record(record_text(record), ""), record);
  const SubmissionRecord array{"pbs", {"1.server", "2.server"}, 2, "2026-11-22T02:24:51Z"};
  EXPECT_EQ(parse_record(record_text(array), ""), array);
}

TEST(Record, TakesTheJobsThatAScriptAdds) {
  EXPECT_EQ(parse_record("scheduler pbs\njob 1.server\njob 2.server\n", "").jobs,
            (std::vector<std::string>{"1.server", "2.server"}));
}

TEST(Record, RefusesWhatIsNone) {
  EXPECT_EQ(error_of("scheduler slurm\nfob 12\n"),
            "pi.run.submission:2: expected scheduler, submitted, array or job and a value, not 'fob 12'");
  EXPECT_EQ(error_of("scheduler slurm\narray many\n"),
            "pi.run.submission:2: expected scheduler, submitted, array or job and a value, not 'array many'");
  EXPECT_EQ(error_of(""), "'pi.run.submission' names no job of a batch system");
}

}  // namespace
}  // namespace fanfold
