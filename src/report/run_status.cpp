#include "report/run_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/quantity.hpp"

namespace fanfold {
namespace {

using Json = nlohmann::ordered_json;

/// More ranks or executions than this are not listed one by one.
constexpr std::size_t most_listed = 16;

std::int64_t seconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

RunStatus::Recorded read_recorded(const std::string& run_file) {
  const RunFileReader file(run_file);
  RunStatus::Recorded recorded;
  recorded.header = file.header();
  file.at_one_state([&] {
    // Reductions are not shown, so that they need not be merged.
    const RunState state = file.load([](const std::vector<Bytes>&) { return Bytes(); });
    recorded.finished = state.finished.size() - state.left_out;
    recorded.left_out = state.left_out;
    recorded.header.tasks -= state.left_out;
    recorded.failed = state.failed;
    recorded.seconds = state.seconds;
    recorded.executions = file.executions();
  });
  return recorded;
}

std::string state_of(const RunStatus& status) {
  // The first thing that is written says who writes, and no more.
  if (status.running()) return status.live->ranks == 0 ? "starting" : "running";
  if (status.live) return "interrupted";
  return status.recorded && status.recorded->finished == status.recorded->header.tasks ? "ended" : "stopped";
}

/// Rounded down: 100% is all.
int percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 100 : static_cast<int>(100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string finished_text(std::uint64_t finished, std::uint64_t tasks, std::uint64_t failed) {
  return fmt::format("{} of {} finished ({}%), {} failed", with_separators(finished), count_of(tasks, "task"),
                     percent(finished, tasks), with_separators(failed));
}

std::string recorded_text(const RunStatus::Recorded& recorded) {
  std::string text =
      fmt::format("recorded: {}; {}, {}\n",
                  finished_text(recorded.finished, recorded.header.tasks, recorded.failed) +
                      left_out_text(recorded.left_out),
                  count_of(recorded.executions.size(), "execution"), duration_text(recorded.seconds));
  if (const auto& adopted = recorded.header.adopted)
    text += fmt::format("  {} adopted from {}\n", count_of(adopted->tasks, "task"), adopted->file);
  if (recorded.executions.size() < 2) return text;
  const std::size_t hidden = recorded.executions.size() - std::min(recorded.executions.size(), most_listed);
  if (hidden > 0) text += fmt::format("  {} before these\n", count_of(hidden, "execution"));
  for (std::size_t i = hidden; i < recorded.executions.size(); ++i) {
    const ExecutionRecord& execution = recorded.executions[i];
    text += fmt::format("  execution {}: {} on {}, {}, {}\n", execution.number, execution.started,
                        execution.host, count_of(execution.ranks, "rank"), duration_text(execution.seconds));
  }
  return text;
}

std::string load_text(const LiveStatus& live) {
  if (live.loads.empty()) return {};
  if (live.loads.size() > most_listed) {
    const auto [least, most] =
        std::minmax_element(live.loads.begin(), live.loads.end(),
                            [](const LiveRank& a, const LiveRank& b) { return a.load < b.load; });
    return fmt::format("load: {:.0f}% to {:.0f}% on {}\n", 100 * least->load, 100 * most->load,
                       count_of(live.loads.size(), "rank"));
  }
  std::string text;
  for (const LiveRank& rank : live.loads) {
    text += fmt::format("rank {} on {}: ", rank.rank, rank.host);
    text += rank.lost ? "lost\n"
                      : fmt::format("load {:.0f}% of {}, {}\n", 100 * rank.load, count_of(rank.slots, "slot"),
                                    count_of(rank.running, "task"));
  }
  return text;
}

std::string live_text(const RunStatus& status) {
  const LiveStatus& live = *status.live;
  if (status.stale) {
    return fmt::format("interrupted: pid {} on {} is gone (heard of {} s ago); the run can go on\n", live.pid,
                       live.host, status.heartbeat_age);
  }
  if (live.ranks == 0) return fmt::format("starting on {} (pid {})\n", live.host, live.pid);
  return fmt::format("running on {} (pid {}, {}, heard of {} s ago) for {}: {}\n", live.host, live.pid,
                     count_of(live.ranks, "rank"), status.heartbeat_age, duration_text(live.seconds),
                     status_line(live)) +
         load_text(live);
}

Json executions_json(const std::vector<ExecutionRecord>& executions) {
  Json array = Json::array();
  for (const ExecutionRecord& execution : executions) {
    array.push_back({{"number", execution.number},
                     {"started", execution.started},
                     {"host", execution.host},
                     {"pid", execution.pid},
                     {"ranks", execution.ranks},
                     {"seconds", execution.seconds},
                     {"fanfold_version", execution.fanfold_version}});
  }
  return array;
}

Json adopted_json(const std::optional<RunHeader::Adopted>& adopted) {
  return adopted ? Json{{"file", adopted->file}, {"tasks", adopted->tasks}} : Json();
}

Json recorded_json(const RunStatus::Recorded& recorded) {
  return {{"job", recorded.header.job_name},
          {"created", recorded.header.created},
          {"host", recorded.header.host},
          {"tasks", recorded.header.tasks},
          {"finished", recorded.finished},
          {"failed", recorded.failed},
          {"left_out", recorded.left_out},
          {"seconds", recorded.seconds},
          {"adopted", adopted_json(recorded.header.adopted)},
          {"executions", executions_json(recorded.executions)}};
}

Json live_json(const LiveStatus& live, std::int64_t heartbeat_age) {
  Json loads = Json::array();
  for (const LiveRank& rank : live.loads) {
    loads.push_back({{"rank", rank.rank},
                     {"host", rank.host},
                     {"slots", rank.slots},
                     {"running", rank.running},
                     {"load", rank.load},
                     {"lost", rank.lost}});
  }
  return {{"host", live.host},
          {"pid", live.pid},
          {"ranks", live.ranks},
          {"heartbeat_age", heartbeat_age},
          {"seconds", live.seconds},
          {"tasks", live.tasks},
          {"finished", live.finished},
          {"failed", live.failed},
          {"running", live.running},
          {"rate", live.rate},
          {"remaining", live.remaining ? Json(*live.remaining) : Json()},
          {"draining", live.draining},
          {"loads", std::move(loads)}};
}

}  // namespace

RunStatus read_run_status(const std::string& run_file) {
  RunStatus status;
  status.run_file = run_file;
  // Read first: a run that ends meanwhile is seen as ended, not as interrupted.
  status.live = read_live(run_file);
  if (status.live) {
    const std::int64_t now = seconds_since_1970();
    status.stale = is_stale(*status.live, now);
    status.heartbeat_age = std::max<std::int64_t>(0, now - status.live->heartbeat);
  }
  try {
    status.recorded = read_recorded(run_file);
  } catch (const RunFileError& error) {
    if (!status.running()) throw;
    status.obstacle = error.what();
  }
  if (status.stale && !read_live(run_file)) {
    status.live.reset();
    status.stale = false;
  }
  return status;
}

std::optional<LiveStatus> read_running(const std::string& run_file) {
  std::optional<LiveStatus> live = read_live(run_file);
  if (live && is_stale(*live, seconds_since_1970())) live.reset();
  return live;
}

std::string status_line(const LiveStatus& live) {
  std::string line =
      fmt::format("{}, {} handed out; {}/s", finished_text(live.finished, live.tasks, live.failed),
                  with_separators(live.running), short_number(live.rate));
  if (live.draining) {
    line += ", stopping";
  } else if (live.remaining && live.finished < live.tasks) {
    line += fmt::format(", {} left", duration_text(*live.remaining));
  }
  return line;
}

std::string status_text(const RunStatus& status) {
  std::string text;
  if (status.recorded) {
    const RunHeader& header = status.recorded->header;
    text = fmt::format("{}: job {}, created {} on {}\n", status.run_file, header.job_name, header.created,
                       header.host) +
           recorded_text(*status.recorded);
  } else {
    text = status.obstacle + "\n";
  }
  if (status.live) return text + live_text(status);
  return text + (state_of(status) == "ended" ? "ended\n" : "stopped: the run can go on\n");
}

Json status_json(const RunStatus& status) {
  return {{"run_file", status.run_file},
          {"state", state_of(status)},
          {"recorded", status.recorded ? recorded_json(*status.recorded) : Json()},
          {"live", status.live ? live_json(*status.live, status.heartbeat_age) : Json()}};
}

}  // namespace fanfold
