#include "run/open_run.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <ctime>
#include <map>

#include "core/host.hpp"
#include "core/version.hpp"
#include "job/template.hpp"
#include "journal/damaged_run_file.hpp"
#include "run/adopt_run.hpp"
#include "run/earlier_durations.hpp"
#include "run/reduce_again.hpp"
#include "run/replaced_run.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

RunHeader header_of(const Job& job, const JobSource& source) {
  RunHeader header;
  header.fanfold_version = version();
  header.job_name = job.name;
  header.job = source;
  header.fingerprint = job.fingerprint;
  header.tasks = job.size();
  header.keeps_values = job.keeps_values();
  header.created = utc_now();
  header.host = host_name();
  return header;
}

bool is_reduction(const Job::FingerprintEntry& entry) { return entry.key.starts_with("reduce."); }

std::vector<Job::FingerprintEntry> without_reductions(std::vector<Job::FingerprintEntry> entries) {
  std::erase_if(entries, is_reduction);
  return entries;
}

[[noreturn]] void refuse(const fs::path& path, const std::vector<std::string>& keys) {
  std::string message = fmt::format("run file '{}' belongs to another job:", path.string());
  for (const std::string& key : keys) message += "\n  " + key;
  message += fmt::format(
      "\ngive this job a run file of its own with --run FILE (--adopt {} takes over the tasks that are the "
      "same), or replace the old one with --fresh",
      quote_for_shell(path.string()));
  throw UsageError(message);
}

/// Refuses a file of another job. Returns true if [reduce] alone has changed, and the values are there to
/// reduce again.
bool must_reduce_again(const Job& job, const RunHeader& before, const fs::path& path) {
  std::vector<std::string> keys =
      differing_keys(without_reductions(job.fingerprint), without_reductions(before.fingerprint));
  if (keys.empty() && before.keeps_values != job.keeps_values()) {
    keys.push_back(fmt::format("run.keep: values are {}kept there, and would {}be here",
                               before.keeps_values ? "" : "not ", job.keeps_values() ? "" : "not "));
  }
  if (!keys.empty()) refuse(path, keys);
  const std::vector<std::string> reductions = differing_keys(job.fingerprint, before.fingerprint);
  const bool has_values = job.source.has_value() || job.keeps_values();
  if (!reductions.empty() && !has_values) refuse(path, reductions);
  return !reductions.empty();
}

/// Tasks that failed count as not run.
void forget_failed(const Job& job, OpenRun& run) {
  reduce::Partial partial = partial_of(job, run.state);
  partial.forget_failures();
  ByteWriter writer;
  partial.encode(writer);
  Bytes bytes = writer.take();
  run.state.finished.erase(run.file->forget_failed(run.state, bytes));
  run.state.partial = std::move(bytes);
  run.state.failed = 0;
  run.state.ended = false;
}

}  // namespace

RunFileWriter::MergePartials merge_partials_of(const Job& job) {
  return [&job](const std::vector<Bytes>& encoded) {
    reduce::Partial merged(job.reductions);
    for (const Bytes& bytes : encoded) {
      if (bytes.empty()) continue;
      ByteReader reader(bytes);
      merged.merge_encoded(reader);
    }
    ByteWriter writer;
    merged.encode(writer);
    return writer.take();
  };
}

reduce::Partial partial_of(const Job& job, const RunState& state) {
  reduce::Partial partial(job.reductions);
  if (!state.partial.empty()) {
    ByteReader reader(state.partial);
    partial.merge_encoded(reader);
  }
  return partial;
}

std::vector<std::string> differing_keys(const std::vector<Job::FingerprintEntry>& now,
                                        const std::vector<Job::FingerprintEntry>& before) {
  std::map<std::string, std::string> old_values;
  for (const auto& entry : before) old_values[entry.key] = entry.value;
  std::vector<std::string> keys;
  for (const auto& entry : now) {
    const auto old_value = old_values.find(entry.key);
    if (old_value == old_values.end()) {
      keys.push_back(entry.key + " is new");
    } else {
      if (old_value->second != entry.value) {
        keys.push_back(fmt::format("{} was {}, is {}", entry.key, old_value->second, entry.value));
      }
      old_values.erase(old_value);
    }
  }
  for (const auto& [key, value] : old_values) keys.push_back(key + " is gone");
  return keys;
}

void check_run_file(const Job& job, const fs::path& path) {
  if (fs::exists(path)) must_reduce_again(job, RunFileReader(path).header(), path);
}

namespace {

OpenRun open_or_create(const Job& job, const JobSource& source, const RunOptions& options) {
  const fs::path& path = options.run_file;
  const bool adopts = !options.adopt.empty();
  OpenRun run;
  if (!fs::exists(path) && !adopts) {
    run.file = RunFileWriter::create(path, header_of(job, source));
    return run;
  }
  if (!fs::exists(path)) adopt_run(job, header_of(job, source), options);
  run.file = RunFileWriter::open(path);
  if (adopts) check_adopted(run.file->header(), options);
  if (must_reduce_again(job, run.file->header(), path)) {
    // The old Partials are of other aggregates: they are dropped, not merged.
    run.state = run.file->load([](const std::vector<Bytes>&) { return Bytes(); });
    spdlog::info("[reduce] has changed: reducing the kept values of {} tasks again",
                 run.state.finished.size());
    run.state.partial = reduce_again(job, *run.file);
    RunHeader header = header_of(job, source);
    header.adopted = run.file->header().adopted;
    run.file->replace_reductions(header, run.state);
  } else {
    run.state = run.file->load(merge_partials_of(job));
  }
  if (options.retry_failed && run.state.failed > 0) forget_failed(job, run);
  return run;
}

}  // namespace

OpenRun open_run(const Job& job, const JobSource& source, const RunOptions& options) {
  if (!options.adopt.empty()) check_can_adopt(options);
  if (!options.fresh) return open_or_create(job, source, options);
  std::vector<float> durations = earlier_durations(job, options.run_file);
  ReplacedRun replaced(options.run_file);
  OpenRun run = open_or_create(job, source, options);
  run.durations = std::move(durations);
  replaced.remove();
  return run;
}

void check_sound(const RunFileReader& file, const std::filesystem::path& path) {
  const FileIntegrity integrity = file.integrity();
  if (integrity.damage.empty()) return;
  throw DamagedRunFile(
      fmt::format("run file '{}' is damaged: {}; nothing is taken from it (fanfold verify {})", path.string(),
                  integrity.damage.front(), quote_for_shell(path.string())));
}

}  // namespace fanfold
