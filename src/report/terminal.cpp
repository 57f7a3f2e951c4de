#include "report/terminal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace fanfold {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

void write_out(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// The terminal of mpirun, our parent, if our standard error is a pipe to it. -1 if there is none.
int open_terminal_of_mpirun() {
  struct stat error {};
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr || fstat(STDERR_FILENO, &error) != 0 ||
      !S_ISFIFO(error.st_mode))
    return -1;
  const std::string path = fmt::format("/proc/{}/fd/{}", getppid(), STDERR_FILENO);
  const int descriptor = open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor >= 0 && isatty(descriptor) == 1) return descriptor;
  if (descriptor >= 0) close(descriptor);
  return -1;
}

int open_terminal() {
  const char* kind = std::getenv("TERM");
  if (kind == nullptr || std::string_view(kind) == "dumb") return -1;
  return isatty(STDERR_FILENO) == 1 ? STDERR_FILENO : open_terminal_of_mpirun();
}

}  // namespace

Terminal::Terminal(int rank) : descriptor_(open_terminal()), is_rank_zero_(rank == 0) {}

Terminal::~Terminal() {
  if (descriptor_ >= 0 && descriptor_ != STDERR_FILENO) close(descriptor_);
}

std::size_t Terminal::width() const {
  winsize size{};
  return ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
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
  if (!status_.empty() || (is_interactive() && !is_rank_zero_)) write_out(erase_line);
}

void Terminal::draw_status() {
  if (!status_.empty()) write_out(std::string_view(status_).substr(0, width() - 1));
}

std::shared_ptr<Terminal> set_up_logging(Verbosity verbosity, int rank, int ranks) {
  auto terminal = std::make_shared<Terminal>(rank);
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
