#include "run/live_reporter.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>

#include "core/host.hpp"

namespace fanfold {
namespace {

constexpr std::chrono::seconds renewal_interval{2};

std::int64_t seconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

LiveStatus first_status() {
  LiveStatus status;
  status.host = host_name();
  status.pid = getpid();
  status.heartbeat = seconds_since_1970();
  return status;
}

}  // namespace

LiveReporter::LiveReporter(const std::filesystem::path& run_file)
    : status_(first_status()),
      file_(run_file, status_),
      thread_([this](std::stop_token stop) { renew_until_stopped(std::move(stop)); }) {}

LiveReporter::~LiveReporter() = default;

void LiveReporter::update(const LiveStatus& status) {
  const std::lock_guard lock(mutex_);
  const LiveStatus me = status_;
  status_ = status;
  status_.host = me.host;
  status_.pid = me.pid;
}

void LiveReporter::renew_until_stopped(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, stop, renewal_interval, [&stop] { return stop.stop_requested(); })) {
    if (stop.stop_requested()) return;
    LiveStatus status = status_;
    status.heartbeat = seconds_since_1970();
    lock.unlock();
    try {
      file_.update(status);
    } catch (const std::exception& error) {
      spdlog::warn("{}", error.what());
    }
    lock.lock();
  }
}

}  // namespace fanfold
