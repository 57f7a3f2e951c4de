// What a launcher does about what happens to mpirun and to rank zero, as a pure state machine: events in,
// decisions out. No clock, no processes, no signals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fanfold {

/// Times in seconds.
struct LaunchLimits {
  double start = 20;           ///< ranks that have not found together after this do not
  double first_signal = 2;     ///< ranks that have had no time to find together get this, to end gently
  double leave = 2;            ///< mpirun is ended when it is still there so long after rank zero's goodbye
  double term = 2.5;           ///< from SIGTERM to SIGKILL for mpirun, which takes 2 s to end its ranks
  double first_pause = 1;      ///< before a restart; doubled with each
  std::uint32_t restarts = 3;  ///< of one run
};

/// Rank zero's last words.
struct Goodbye {
  int status = 0;
  /// Every rank but zero was lost and tasks are left: another start can go on.
  bool nobody_left = false;
  /// Then mpirun may never end by itself.
  bool ranks_lost = false;
};

/// One launcher's decisions. Rank zero announces itself when MPI works (`on_ready`), says goodbye with the
/// exit status of the run, and ends; mpirun ends after it, or has to be ended. If rank zero goes without a
/// goodbye, the run is started again from its run file. All times are seconds on the caller's clock.
class LaunchPlan {
 public:
  LaunchPlan(LaunchLimits limits, double now);

  // ---- events ---------------------------------------------------------------------------------------------
  void on_ready(double now);
  void on_goodbye(Goodbye goodbye, double now);
  /// Rank zero's process is gone.
  void on_rank_zero_gone(double now);
  /// `how` is for people: "exit status 1". `by_itself`: it ended with a status that says that it could not
  /// start the ranks, and no signal or other accident.
  void on_mpirun_ended(const std::string& how, bool by_itself, double now);
  /// A signal for the run: the first lets it end gently, the second at once.
  void on_signal(int signal, double now);
  void on_time_passed(double now);

  // ---- decisions ------------------------------------------------------------------------------------------
  /// Start mpirun. `attempt` counts from 0. `rank_zero_works` is false when rank zero has died twice: what it
  /// ran may be the reason, and other ranks may die of it without harm.
  struct Start {
    std::uint32_t attempt;
    bool rank_zero_works;
  };
  struct SignalRankZero {
    int signal;
  };
  /// SIGTERM or SIGKILL for mpirun.
  struct EndMpirun {
    bool at_once;
  };
  /// mpirun has ended: what it left on this host is to be killed. `tasks`: programs of tasks too, for the run
  /// starts again.
  struct KillLeftovers {
    bool tasks;
  };
  struct Warn {
    std::string message;
  };
  struct Exit {
    int status;
  };
  using Decision = std::variant<Start, SignalRankZero, EndMpirun, KillLeftovers, Warn, Exit>;
  std::vector<Decision> take_decisions();

  /// When on_time_passed must be called at the latest; none: an event comes first.
  std::optional<double> deadline() const { return deadline_; }

 private:
  enum class State {
    starting,  // mpirun runs, the ranks have not found together
    running,
    leaving,  // rank zero said goodbye, and ends
    ending,   // mpirun is being ended
    pausing,  // before a restart
    over
  };

  void start();
  void end_mpirun(double now);
  void after_mpirun(double now);
  void note_failure(const std::string& what);
  void fail(const std::string& what, double now);
  void exit(int status);

  LaunchLimits limits_;
  State state_ = State::starting;
  std::optional<double> deadline_;
  std::vector<Decision> decisions_;
  std::uint32_t starts_ = 0;
  std::uint32_t deaths_ = 0;  // of rank zero, after it was ready
  bool rank_zero_here_ = false;
  bool killed_ = false;
  std::vector<int> signals_;  // that have come
  std::optional<Goodbye> goodbye_;
};

}  // namespace fanfold
