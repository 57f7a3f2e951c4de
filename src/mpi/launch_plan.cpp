#include "mpi/launch_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace fanfold {
namespace {

constexpr int resumable = static_cast<int>(ExitStatus::resumable);

/// From this death of rank zero on, it runs no tasks.
constexpr std::uint32_t suspicious_deaths = 2;

}  // namespace

LaunchPlan::LaunchPlan(LaunchLimits limits, double now) : limits_(limits) {
  start();
  deadline_ = now + limits_.start;
}

std::vector<LaunchPlan::Decision> LaunchPlan::take_decisions() { return std::exchange(decisions_, {}); }

// ---- events -----------------------------------------------------------------------------------------------

void LaunchPlan::on_ready(double) {
  if (state_ != State::starting) return;
  state_ = State::running;
  rank_zero_here_ = true;
  deadline_.reset();
  for (const int signal : signals_) decisions_.emplace_back(SignalRankZero{signal});
}

void LaunchPlan::on_goodbye(Goodbye goodbye, double now) {
  if (state_ != State::starting && state_ != State::running) return;
  goodbye_ = goodbye;
  state_ = State::leaving;
  deadline_ = now + limits_.leave;
}

void LaunchPlan::on_rank_zero_gone(double now) {
  const bool was_here = std::exchange(rank_zero_here_, false);
  if (state_ == State::leaving && goodbye_->ranks_lost) end_mpirun(now);
  if (state_ != State::starting && state_ != State::running) return;
  if (was_here) ++deaths_;
  fail(was_here ? "rank zero has died" : "rank zero has died while the ranks started", now);
}

void LaunchPlan::on_mpirun_ended(const std::string& how, bool by_itself, double now) {
  if (state_ == State::starting && by_itself && !rank_zero_here_) {
    decisions_.emplace_back(Warn{fmt::format("mpirun could not start the ranks ({})", how)});
    state_ = State::over;
    exit(resumable);
    return;
  }
  if (state_ == State::starting || state_ == State::running) {
    note_failure(fmt::format("mpirun has ended ({})", how));
    if (std::exchange(rank_zero_here_, false)) ++deaths_;
  }
  after_mpirun(now);
}

void LaunchPlan::on_signal(int signal, double now) {
  signals_.push_back(signal);
  switch (state_) {
    case State::running:
      decisions_.emplace_back(SignalRankZero{signal});
      break;
    case State::starting:
      // The first is passed on when there is somebody to heed it, if that is soon: nothing runs yet.
      if (signals_.size() > 1) {
        end_mpirun(now);
      } else {
        deadline_ = std::min(deadline_.value_or(now), now + limits_.first_signal);
      }
      break;
    case State::pausing:
      decisions_.emplace_back(Warn{"stopped by a signal; the same command goes on"});
      exit(resumable);
      break;
    case State::leaving:
    case State::ending:
    case State::over:
      break;
  }
}

void LaunchPlan::on_time_passed(double now) {
  if (!deadline_ || now < *deadline_) return;
  switch (state_) {
    case State::starting:
      if (!signals_.empty())
        return fail("stopped by a signal while the ranks started; the same command goes on", now);
      fail(fmt::format("the ranks have not found together within {:.0f} s", limits_.start), now);
      break;
    case State::leaving:
      end_mpirun(now);
      break;
    case State::ending:
      deadline_ = now + limits_.term;
      if (!std::exchange(killed_, true)) decisions_.emplace_back(EndMpirun{true});
      break;
    case State::pausing:
      start();
      deadline_ = now + limits_.start;
      break;
    case State::running:
    case State::over:
      break;
  }
}

// ---- what follows -----------------------------------------------------------------------------------------

void LaunchPlan::start() {
  state_ = State::starting;
  rank_zero_here_ = false;
  killed_ = false;
  goodbye_.reset();
  decisions_.emplace_back(Start{starts_++, deaths_ < suspicious_deaths});
}

void LaunchPlan::note_failure(const std::string& what) { decisions_.emplace_back(Warn{what}); }

void LaunchPlan::fail(const std::string& what, double now) {
  note_failure(what);
  end_mpirun(now);
}

void LaunchPlan::end_mpirun(double now) {
  state_ = State::ending;
  decisions_.emplace_back(EndMpirun{false});
  deadline_ = now + limits_.term;
}

/// mpirun has gone: the run is over, or starts again.
void LaunchPlan::after_mpirun(double now) {
  if (state_ == State::over || state_ == State::pausing) return;
  const bool again = !goodbye_ || goodbye_->nobody_left;
  decisions_.emplace_back(KillLeftovers{again});
  if (!again) {
    exit(goodbye_->status);
    return;
  }
  if (goodbye_) note_failure("only rank zero is left");
  if (!signals_.empty()) {
    exit(resumable);
    return;
  }
  if (starts_ > limits_.restarts) {
    decisions_.emplace_back(Warn{fmt::format("the run was started {}; the same command goes on",
                                             starts_ == 1 ? "once" : fmt::format("{} times", starts_))});
    exit(resumable);
    return;
  }
  const double pause = limits_.first_pause * static_cast<double>(1U << std::min(starts_ - 1, 16U));
  decisions_.emplace_back(Warn{fmt::format("going on from the run file in {:g} s (restart {} of {})", pause,
                                           starts_, limits_.restarts)});
  state_ = State::pausing;
  deadline_ = now + pause;
}

void LaunchPlan::exit(int status) {
  state_ = State::over;
  deadline_.reset();
  decisions_.emplace_back(Exit{status});
}

}  // namespace fanfold
