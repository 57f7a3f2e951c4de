#include "cli/run_prediction.hpp"

#include "exec/source.hpp"
#include "schedule/schedule.hpp"

namespace fanfold {
namespace {

// Measured on run files of 10^3 to 10^6 tasks after they were closed.
constexpr std::uint64_t empty_file_bytes = 86'000;  // the tables and their indices, of whole pages each
constexpr std::uint64_t row_bytes = 40;             // a task with a source: its row and its events
constexpr std::uint64_t output_bytes = 15;          // the row of what a program printed, without the text

/// A result or value.
struct ValueBytes {
  std::uint64_t in_row;  ///< of a task with a source
  std::uint64_t
      in_column;  ///< of a task without one: compressed, and so less where values resemble each other
};
constexpr ValueBytes bytes_of(Type type) {
  constexpr ValueBytes bytes[] = {{3, 1}, {10, 6}, {20, 8}};  // integer, real, text of a few words
  return bytes[static_cast<std::size_t>(type)];
}

/// Nothing that grows with the number of tasks is beyond this.
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 62;

bool keeps_output(const Job& job) {
  return job.source && job.source->info->has_output && make_source(job)->keeps_output();
}

std::uint64_t bytes_per_task(const Job& job) {
  const bool has_rows = job.source.has_value();
  if (!has_rows && !job.keeps_values()) return 0;
  std::uint64_t bytes = has_rows ? row_bytes : 0;
  if (keeps_output(job)) bytes += output_bytes;
  for (const expr::Scope::Entry& entry : job.scope.entries()) {
    if (entry.constant || entry.slot < job.param_slots) continue;
    bytes += has_rows ? bytes_of(entry.type).in_row : bytes_of(entry.type).in_column;
  }
  return bytes;
}

}  // namespace

ChunkPrediction predict_chunks(const Job& job) {
  const std::optional<std::uint64_t>& chunk = job.run.chunk;
  if (!chunk) return {std::nullopt, std::nullopt, SchedulePolicy().chunk_seconds};
  return {*chunk, job.size() / *chunk + (job.size() % *chunk == 0 ? 0 : 1), 0};
}

RunFilePrediction predict_run_file(const Job& job) {
  const std::uint64_t each = bytes_per_task(job);
  const bool is_huge = each != 0 && job.size() > most_bytes / each;
  return {empty_file_bytes + (is_huge ? most_bytes : job.size() * each), keeps_output(job)};
}

}  // namespace fanfold
