// Standard error: log lines, and on a terminal one status line below them that is redrawn in place.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <string>

namespace fanfold {

/// The sink of all logging. A log line never lands in the middle of the status line. Any thread may log.
class Terminal final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// True if standard error is a terminal that can redraw a line.
  static bool is_interactive();
  /// Columns of the terminal; 80 if it does not say.
  static std::size_t width();

  /// Shows a status line, cut to the width, instead of the one before; empty: none.
  void set_status(std::string status);

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;
  void erase_status();
  void draw_status();

  std::string status_;
};

enum class Verbosity { quiet, normal, verbose };

/// Makes `Terminal` the sink of spdlog's default logger, with times and, if there are several ranks, this
/// one's number.
std::shared_ptr<Terminal> set_up_logging(Verbosity verbosity, int rank, int ranks);

}  // namespace fanfold
