#include "journal/live_file.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/file_descriptor.hpp"
#include "core/host.hpp"
#include "core/process.hpp"
#include "journal/write_permission.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t stale_seconds = 30;

std::int64_t seconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

LiveStatus signed_by_us(LiveStatus status) {
  status.host = host_name();
  status.pid = ::getpid();
  const std::optional<ProcessState> self = find_process(status.pid);
  status.process_start = self ? self->start : 0;
  if (status.heartbeat == 0) status.heartbeat = seconds_since_1970();
  return status;
}

bool same_process(const LiveStatus& a, const LiveStatus& b) {
  return a.host == b.host && a.pid == b.pid && a.process_start == b.process_start;
}

std::string to_json(const LiveStatus& status) {
  nlohmann::ordered_json json = {
      {"host", status.host},           {"pid", status.pid},         {"process_start", status.process_start},
      {"heartbeat", status.heartbeat}, {"tasks", status.tasks},     {"finished", status.finished},
      {"failed", status.failed},       {"running", status.running}, {"ranks", status.ranks},
      {"seconds", status.seconds},     {"rate", status.rate},       {"draining", status.draining}};
  if (status.remaining) json["remaining"] = *status.remaining;
  json["loads"] = nlohmann::ordered_json::array();
  for (const LiveRank& rank : status.loads) {
    if (json["loads"].size() == most_live_ranks) break;
    json["loads"].push_back({{"rank", rank.rank},
                             {"host", rank.host},
                             {"slots", rank.slots},
                             {"running", rank.running},
                             {"load", rank.load},
                             {"lost", rank.lost}});
  }
  return json.dump() + "\n";
}

// What an earlier version did not write is left as it is.
void read_progress(const nlohmann::json& json, LiveStatus& status) {
  status.rate = json.value("rate", 0.0);
  status.draining = json.value("draining", false);
  if (json.contains("remaining")) status.remaining = json.at("remaining").get<double>();
  if (!json.contains("loads")) return;
  for (const nlohmann::json& rank : json.at("loads")) {
    status.loads.push_back({rank.at("rank").get<std::int32_t>(), rank.at("host").get<std::string>(),
                            rank.at("slots").get<std::uint32_t>(), rank.at("running").get<std::uint64_t>(),
                            rank.at("load").get<double>(), rank.at("lost").get<bool>()});
  }
}

[[noreturn]] void fail(const fs::path& path) {
  throw RunError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
}

// Its name is this process's own, so nobody else writes it.
fs::path write_beside(const fs::path& path, const LiveStatus& status) {
  const fs::path written = path.string() + fmt::format(".{}-{}", status.host, status.pid);
  const FileDescriptor file(::open(written.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) fail(path);
  const std::string text = to_json(status);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    const int reason = errno;
    ::unlink(written.c_str());
    errno = reason;
    fail(path);
  }
  return written;
}

void replace(const fs::path& path, const LiveStatus& status) {
  const fs::path written = write_beside(path, status);
  if (::rename(written.c_str(), path.c_str()) == 0) return;
  const int reason = errno;
  ::unlink(written.c_str());
  errno = reason;
  fail(path);
}

// Holds RUN.live.lock while the right to write changes hands, so that two processes that find the same stale
// file do not both take it. The kernel releases it when its holder dies. The file is removed afterwards;
// whoever locked a file that was removed meanwhile tries again. Where flock is not supported (some network
// file systems without their lock service), processes that start within the same milliseconds are told apart
// by the second look in LiveFile.
class TakeoverLock {
 public:
  explicit TakeoverLock(const fs::path& run_file)
      : run_file_(run_file), path_(live_path(run_file).string() + ".lock") {
    while (!try_lock()) {
    }
  }
  ~TakeoverLock() { ::unlink(path_.c_str()); }
  TakeoverLock(const TakeoverLock&) = delete;
  TakeoverLock& operator=(const TakeoverLock&) = delete;

 private:
  bool try_lock() {
    file_.emplace(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (file_->get() < 0 && is_obstacle(errno)) throw unwritable(run_file_, errno);
    if (file_->get() < 0) fail(path_);
    while (::flock(file_->get(), LOCK_EX) != 0) {
      if (errno != EINTR) return true;
    }
    struct stat locked {
    }, named{};
    return ::fstat(file_->get(), &locked) == 0 && ::stat(path_.c_str(), &named) == 0 &&
           locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
  }

  fs::path run_file_;
  fs::path path_;
  std::optional<FileDescriptor> file_;
};

[[noreturn]] void refuse(const fs::path& run_file, const LiveStatus& holder) {
  const std::time_t since = holder.heartbeat - static_cast<std::time_t>(holder.seconds);
  throw UsageError(fmt::format(
      "run file '{}' is being written by pid {} on host {} (since {:%Y-%m-%d %H:%M:%S}); wait for it, or "
      "choose another with --run FILE",
      run_file.string(), holder.pid, holder.host, fmt::localtime(since)));
}

}  // namespace

fs::path live_path(const fs::path& run_file) { return run_file.string() + ".live"; }

std::optional<LiveStatus> read_live(const fs::path& run_file) {
  std::ifstream file(live_path(run_file));
  if (!file) return std::nullopt;
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    LiveStatus status;
    status.host = json.at("host").get<std::string>();
    status.pid = json.at("pid").get<std::int64_t>();
    status.process_start = json.value("process_start", std::uint64_t{0});
    status.heartbeat = json.at("heartbeat").get<std::int64_t>();
    status.tasks = json.value("tasks", std::uint64_t{0});
    status.finished = json.value("finished", std::uint64_t{0});
    status.failed = json.value("failed", std::uint64_t{0});
    status.running = json.value("running", std::uint64_t{0});
    status.ranks = json.value("ranks", std::uint32_t{0});
    status.seconds = json.value("seconds", 0.0);
    read_progress(json, status);
    return status;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

bool is_stale(const LiveStatus& live, std::int64_t now) {
  if (live.host != host_name()) return now - live.heartbeat > stale_seconds;
  const std::optional<ProcessState> writer = find_process(live.pid);
  if (!writer || writer->has_ended()) return true;
  return live.process_start != 0 && writer->start != live.process_start;
}

LiveFile::LiveFile(const fs::path& run_file, const LiveStatus& status)
    : run_file_(run_file), path_(live_path(run_file)) {
  const LiveStatus ours = signed_by_us(status);
  {
    const TakeoverLock lock(run_file_);
    const std::optional<LiveStatus> holder = read_live(run_file_);
    if (holder && !is_stale(*holder, seconds_since_1970())) refuse(run_file_, *holder);
    replace(path_, ours);
  }
  const std::optional<LiveStatus> holder = read_live(run_file_);
  if (holder && !same_process(*holder, ours)) refuse(run_file_, *holder);
}

LiveFile::~LiveFile() {
  const std::optional<LiveStatus> holder = read_live(run_file_);
  if (holder && same_process(*holder, signed_by_us({}))) ::unlink(path_.c_str());
}

void LiveFile::update(const LiveStatus& status) {
  const LiveStatus ours = signed_by_us(status);
  const std::optional<LiveStatus> holder = read_live(run_file_);
  if (holder && !same_process(*holder, ours)) {
    throw RunError(fmt::format("run file '{}' was taken over by pid {} on host {}", run_file_.string(),
                               holder->pid, holder->host));
  }
  replace(path_, ours);
}

}  // namespace fanfold
