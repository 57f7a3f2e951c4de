#include "run/deadlines.hpp"

#include <gtest/gtest.h>

#include "run/allocation_end.hpp"

namespace fanfold {
namespace {

TEST(Deadlines, LeaveTimeForTheEndAndForTheTasksThatRun) {
  const Deadlines hour(0, 3600);
  EXPECT_DOUBLE_EQ(hour.abandon(), 3595);
  EXPECT_DOUBLE_EQ(hour.drain(120.0), 3475);
  EXPECT_DOUBLE_EQ(hour.drain(0.01), 3594.99);
  EXPECT_DOUBLE_EQ(hour.drain(std::nullopt), 3540);
}

TEST(Deadlines, OfAShortTimeAreAPartOfIt) {
  const Deadlines second(0, 1);
  EXPECT_DOUBLE_EQ(second.abandon(), 0.98);
  EXPECT_DOUBLE_EQ(second.drain(std::nullopt), 0.9);
}

TEST(Deadlines, CountFromTheBeginningOfTheTime) {
  const Deadlines rest(-90, 10);  // of 100 s, 90 are over
  EXPECT_DOUBLE_EQ(rest.abandon(), 8);
}

TEST(Spread, IsOnTheSafeSideOfTheMean) {
  Spread durations;
  EXPECT_TRUE(durations.empty());
  durations.add(3);
  EXPECT_DOUBLE_EQ(durations.upper(), 3);
  durations.add(5);
  EXPECT_DOUBLE_EQ(durations.upper(), 6);  // mean 4, standard deviation 1
}

/// The local time that the texts below mean.
WallTime local_time(int hour, int minute, int second) {
  std::tm parts{};
  parts.tm_year = 126;
  parts.tm_mon = 10;
  parts.tm_mday = 27;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  parts.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&parts));
}

TEST(AllocationEnd, IsReadFromWhatSlurmSays) {
  const std::string job =
      "JobId=7 JobName=x RunTime=00:00:04 TimeLimit=00:01:00 StartTime=2026-11-27T03:04:05 "
      "EndTime=2026-11-27T03:05:05 Deadline=N/A\n";
  EXPECT_EQ(end_in_slurm_job(job), local_time(3, 5, 5));
  EXPECT_EQ(end_in_slurm_job("JobId=7 EndTime=Unknown Deadline=N/A"), std::nullopt);
  EXPECT_EQ(end_in_slurm_job("slurm_load_jobs error"), std::nullopt);
}

TEST(AllocationEnd, IsReadFromWhatGridEngineSays) {
  const std::string xml =
      "<job_list "
      "state=\"running\"><JB_job_number>6</JB_job_number><JAT_start_time>2026-11-27T01:00:00</JAT_start_time>"
      "</job_list><job_list state=\"running\"><JB_job_number>7</JB_job_number>\n"
      "<JAT_start_time>2026-11-27T03:04:05</JAT_start_time></job_list>";
  EXPECT_EQ(end_in_grid_engine_job(xml, "hard resource_list:         h_rt=3600,mem=1G\n", "7"),
            local_time(4, 4, 5));
  EXPECT_EQ(end_in_grid_engine_job(xml, "hard resource_list:         h_rt=3600,s_rt=60\n", "7"),
            local_time(3, 5, 5));
  EXPECT_EQ(end_in_grid_engine_job(xml, "no limit\n", "7"), std::nullopt);
  EXPECT_EQ(end_in_grid_engine_job(xml, "h_rt=3600", "8"), std::nullopt);
}

}  // namespace
}  // namespace fanfold
