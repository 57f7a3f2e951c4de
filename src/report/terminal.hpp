// Standard error: log lines, and on a terminal one status line below them that is redrawn in place.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <string>

namespace fanfold {

/// The sink of all logging. A log line never lands in the middle of the status line, of this process or of
/// the rank zero with which it shares the terminal. Any thread may log.
///
/// Under mpirun the standard error of a rank is a pipe, whose bytes mpirun passes on to its own: if that is a
/// terminal, and on this host, then it is the rank's as well.
class Terminal final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Terminal(int rank);
  ~Terminal() override;

  /// True if standard error ends on a terminal that can redraw a line.
  bool is_interactive() const { return descriptor_ >= 0; }

  /// Shows a status line, cut to the width, instead of the one before; empty: none.
  void set_status(std::string status);

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;
  void erase_status();
  void draw_status();
  /// Columns of the terminal; 80 if it does not say.
  std::size_t width() const;

  int descriptor_;     ///< of the terminal; -1: none
  bool is_rank_zero_;  ///< the others have no status line of their own
  std::string status_;
};

enum class Verbosity { quiet, normal, verbose };

/// Makes `Terminal` the sink of spdlog's default logger, with times and, if there are several ranks, this
/// one's number.
std::shared_ptr<Terminal> set_up_logging(Verbosity verbosity, int rank, int ranks);

}  // namespace fanfold
