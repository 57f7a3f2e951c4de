// The story of a task from an event log in which its ranks gave it back and were lost.
#include "report/task_story.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>

#include "exec/source.hpp"
#include "journal/event_tasks.hpp"
#include "journal/run_builder.hpp"

namespace fanfold {
namespace {

using Kind = Event::Kind;

class TaskStory : public testing::Test {
 protected:
  TaskStory() {
    JobSource source;
    source.file = "job.toml";
    source.folder = folder_.path().string();
    source.text = "[params]\ni = { count = 100 }\n[task]\nshell = 'true'\n";
    job_ = open_job(source, source_registry());
    RunHeader header = header_of(100);
    header.job = source;
    file_ = RunFileWriter::create(folder_ / "job.run", header);
    begin_execution();
  }

  void begin_execution() {
    file_->begin_execution("nodea", 1, 3);
    event(0, Kind::rank_joined, 1, 0, {}, "nodea");
    event(0, Kind::rank_joined, 2, 0, {}, "nodeb");
  }

  void event(double time, Kind kind, std::int32_t rank, std::uint64_t chunk, const TaskList& tasks,
             std::string detail = {}) {
    Event event;
    event.time = time;
    event.kind = kind;
    event.rank = Rank(rank);
    event.chunk = ChunkId(chunk);
    event.task = TaskIndex(tasks.empty() ? 0 : tasks.front().begin);
    event.count = size_of(tasks);
    event.detail = detail.empty() ? event_detail(tasks) : std::move(detail);
    JournalEntry entry;
    entry.events = {event};
    file_->commit(entry);
  }

  /// Without the line of its first execution, which has the time of day in it.
  std::string story(std::uint64_t task) {
    const std::string text = task_story(*job_, RunFileReader(folder_ / "job.run"), TaskIndex(task));
    return text.starts_with("execution ") ? text.substr(text.find('\n') + 1) : text;
  }

  RunFolder folder_;
  std::unique_ptr<const Job> job_;
  std::unique_ptr<RunFileWriter> file_;
};

TEST_F(TaskStory, tells_of_ranks_that_gave_it_back_and_were_lost) {
  event(0.5, Kind::chunk_sent, 1, 1, {{0, 10}});
  event(0.5, Kind::chunk_sent, 2, 2, {{10, 20}});
  event(1, Kind::returned, 2, 2, {{10, 20}});
  event(2, Kind::returned, 1, 1, {{3, 4}, {7, 9}});
  event(2.5, Kind::chunk_done, 1, 1, {{0, 3}});
  event(3, Kind::chunk_sent, 2, 3, {{7, 9}, {3, 4}});
  event(60, Kind::rank_lost, 2, 0, {});
  event(61, Kind::chunk_sent, 1, 4, {{3, 4}});
  event(62, Kind::run_ended, 0, 0, {});
  EXPECT_EQ(story(3),
            "    0.500 s  sent to rank 1 on nodea in chunk 1 with 9 others: nothing was measured yet\n"
            "    2.000 s  returned by rank 1 on nodea, which had not started it, for another rank\n"
            "    3.000 s  sent to rank 2 on nodeb in chunk 3 with 2 others: as many as their measured cost "
            "suggests\n"
            "   60.000 s  rank 2 on nodeb was lost, and the task is given to another\n"
            "   61.000 s  sent to rank 1 on nodea in chunk 4 alone: as many as their measured cost suggests\n"
            "   62.000 s  the execution ended before the task did\n");
  EXPECT_EQ(story(1),
            "    0.500 s  sent to rank 1 on nodea in chunk 1 with 9 others: nothing was measured yet\n"
            "    2.500 s  reported by rank 1 on nodea with 2 others\n");
}

TEST_F(TaskStory, a_rank_that_is_lost_later_does_not_matter) {
  event(0.5, Kind::chunk_sent, 1, 1, {{0, 10}});
  event(1, Kind::chunk_done, 1, 1, {{0, 10}});
  event(60, Kind::rank_lost, 1, 0, {});
  EXPECT_EQ(story(0),
            "    0.500 s  sent to rank 1 on nodea in chunk 1 with 9 others: nothing was measured yet\n"
            "    1.000 s  reported by rank 1 on nodea with 9 others\n");
}

TEST_F(TaskStory, chunks_are_numbered_anew_in_each_execution) {
  event(0.5, Kind::chunk_sent, 1, 1, {{0, 10}});
  begin_execution();
  event(0.5, Kind::chunk_sent, 2, 1, {{20, 30}});
  event(1, Kind::chunk_done, 2, 1, {{20, 30}});
  EXPECT_EQ(story(5),
            "    0.500 s  sent to rank 1 on nodea in chunk 1 with 9 others: nothing was measured yet\n");
}

TEST_F(TaskStory, has_attempts_of_chunks_whose_tasks_are_not_all_recorded) {
  TaskList many;
  for (std::uint64_t i = 0; i < 40; ++i) many.push_back({2 * i, 2 * i + 1});
  event(0.5, Kind::chunk_sent, 1, 1, many);
  JournalEntry entry = entry_of({70, 71});
  Outcome outcome = failed_outcome_of(70);
  outcome.start = 0.625;
  outcome.duration = 0.25;
  outcome.output.clear();
  outcome.rank = Rank(1);
  outcome.slot = 2;
  entry.outcomes = {outcome};
  file_->commit(entry);
  EXPECT_EQ(story(70),
            "    0.625 s  attempt 1 began on rank 1, slot 2\n"
            "    0.875 s  attempt 1 ended after 0.250 s: exit code 7\n"
            "             | error of attempt 1\n"
            "it may also have been in 1 chunk, of which not all tasks are recorded\n");
}

TEST_F(TaskStory, says_if_there_is_none) {
  event(0.5, Kind::chunk_sent, 1, 1, {{0, 10}});
  EXPECT_EQ(story(50), "nothing is recorded of it being handed out\n");
}

}  // namespace
}  // namespace fanfold
