#include "report/progress.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cmath>

#include "report/quantity.hpp"

namespace fanfold {
namespace {

/// More ranks than this are shown as the least and the greatest load.
constexpr std::size_t most_loads = 8;

int percent(double share) { return static_cast<int>(std::lround(100 * share)); }

std::string loads(const Snapshot& snapshot) {
  if (snapshot.ranks.empty()) return {};
  std::string text = "; load";
  if (snapshot.ranks.size() > most_loads) {
    double least = 1;
    double greatest = 0;
    for (const RankStatus& rank : snapshot.ranks) {
      least = std::min(least, rank.load);
      greatest = std::max(greatest, rank.load);
    }
    return text +
           fmt::format(" {}-{}% on {} ranks", percent(least), percent(greatest), snapshot.ranks.size());
  }
  for (const RankStatus& rank : snapshot.ranks) {
    text += rank.lost ? " lost" : fmt::format(" {}%", percent(rank.load));
  }
  return text;
}

}  // namespace

double next_line_after(double seconds) {
  constexpr std::array due{1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0};
  for (const double time : due) {
    if (time > seconds) return time;
  }
  return std::floor(seconds / 600) * 600 + 600;
}

std::string progress_line(const Snapshot& snapshot) {
  const double share =
      snapshot.tasks == 0 ? 1 : static_cast<double>(snapshot.finished) / static_cast<double>(snapshot.tasks);
  std::string line = fmt::format("{} of {} tasks ({}%)", with_separators(snapshot.finished),
                                 with_separators(snapshot.tasks), static_cast<int>(100 * share));
  if (snapshot.failed > 0) line += fmt::format(", {} failed", with_separators(snapshot.failed));
  line += fmt::format("; {}/s; {}", short_number(snapshot.rate), duration_text(snapshot.seconds));
  if (snapshot.draining) {
    line += fmt::format("; stopping, {} running", with_separators(snapshot.outstanding));
  } else if (snapshot.remaining && snapshot.finished < snapshot.tasks) {
    line += fmt::format(", {} left", duration_text(*snapshot.remaining));
  }
  return line + loads(snapshot);
}

Progress::Progress(std::shared_ptr<Terminal> terminal, bool shown)
    : terminal_(std::move(terminal)), shown_(shown), interactive_(terminal_->is_interactive()) {}

Progress::~Progress() { terminal_->set_status({}); }

void Progress::on_start(std::uint64_t tasks, std::uint64_t finished) {
  if (!shown_ || finished == 0) return;
  if (finished == tasks) {
    spdlog::info("nothing left to run: all {} in the run file",
                 tasks == 1 ? "of 1 task is" : count_of(tasks, "task") + " are");
  } else {
    spdlog::info("going on: {} of {} are in the run file", with_separators(finished),
                 count_of(tasks, "task"));
  }
}

void Progress::on_progress(const Snapshot& snapshot) {
  if (!shown_) return;
  if (interactive_) {
    terminal_->set_status(progress_line(snapshot));
  } else if (snapshot.seconds >= next_line_) {
    next_line_ = next_line_after(snapshot.seconds);
    spdlog::info("{}", progress_line(snapshot));
  }
}

void Progress::on_end(const Snapshot&) { terminal_->set_status({}); }

}  // namespace fanfold
