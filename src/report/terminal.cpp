#include "report/terminal.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace fanfold {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

void write_out(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

bool Terminal::is_interactive() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::size_t Terminal::width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Terminal::set_status(std::string status) {
  const std::lock_guard lock(mutex_);
  erase_status();
  status_ = std::move(status);
  draw_status();
  std::fflush(stderr);
}

void Terminal::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  erase_status();
  write_out({line.data(), line.size()});
  draw_status();
  std::fflush(stderr);
}

void Terminal::flush_() { std::fflush(stderr); }

void Terminal::erase_status() {
  if (!status_.empty()) write_out(erase_line);
}

void Terminal::draw_status() {
  if (!status_.empty()) write_out(std::string_view(status_).substr(0, width() - 1));
}

std::shared_ptr<Terminal> set_up_logging(Verbosity verbosity, int rank, int ranks) {
  auto terminal = std::make_shared<Terminal>();
  auto logger = std::make_shared<spdlog::logger>("fanfold", terminal);
  logger->set_pattern(ranks > 1 ? fmt::format("%Y-%m-%d %H:%M:%S rank {} %l: %v", rank)
                                : "%Y-%m-%d %H:%M:%S %l: %v");
  switch (verbosity) {
    case Verbosity::quiet:
      logger->set_level(spdlog::level::warn);
      break;
    case Verbosity::normal:
      logger->set_level(spdlog::level::info);
      break;
    case Verbosity::verbose:
      logger->set_level(spdlog::level::debug);
      break;
  }
  spdlog::set_default_logger(std::move(logger));
  return terminal;
}

}  // namespace fanfold
