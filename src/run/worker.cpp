#include "run/worker.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/cpu_level.hpp"
#include "core/error.hpp"
#include "core/host.hpp"
#include "core/overloaded.hpp"
#include "core/simd_target.hpp"
#include "core/version.hpp"
#include "exec/source.hpp"

namespace fanfold {
namespace {

constexpr Rank coordinator_rank{0};

/// A worker that has nothing to say says so, this often.
constexpr double worker_heartbeat_seconds = 1;

/// What an answer of the coordinator takes at most when it is idle: its longest sleep and ours, and the way.
constexpr double answer_seconds = 0.01;

/// Reports of one message: larger ones are sent in several.
constexpr std::size_t message_bytes = 8 << 20;

std::size_t weight(const Report& report) {
  std::size_t bytes = 256 + report.partial.size();
  for (const KeptColumns& columns : report.columns) bytes += columns.data.size();
  for (const FailedTasks& failed : report.failures) bytes += failed.tasks.size() + failed.reason.size();
  for (const Outcome& outcome : report.outcomes) bytes += 256 + outcome.output.size() + outcome.errors.size();
  return bytes;
}

}  // namespace

Worker::Worker(Transport& transport, ChooseThreads choose_threads, std::function<void()> wake,
               std::string obstacle)
    : transport_(transport),
      choose_threads_(std::move(choose_threads)),
      wake_(std::move(wake)),
      obstacle_(std::move(obstacle)) {}

Worker::~Worker() = default;

void Worker::say_present() { say(PresentMsg{host_name(), getpid(), cpu_level()}); }

void Worker::join(const Job& job) {
  job_ = &job;
  const Threads threads = choose_threads_(job);
  ExecutorOptions options;
  options.compute_threads = threads.compute;
  options.io_threads = threads.io;
  options.most_io_threads = threads.most_io;
  options.cpus = threads.cpus;
  options.memory = threads.memory;
  options.gpus = threads.gpus;
  options.rank = transport_.rank();
  options.ranks = static_cast<std::uint32_t>(transport_.size());
  executor_ = std::make_unique<Executor>(job, options, wake_);
  fixed_chunks_ = job.run.chunk.has_value();
  HelloMsg hello;
  hello.host = host_name();
  hello.pid = getpid();
  hello.compute_threads = threads.compute;
  hello.io_threads = job.source ? executor_->slots() : threads.io;
  hello.simd_target = simd_target();
  hello.version = version();
  say(hello);
  told_slots_ = job.source ? threads.io : threads.compute;
}

void Worker::on_message(const Message& message) {
  last_heard_ = clock_.now();
  std::visit(Overloaded{
                 [this](const JobMsg& job) { receive_job(job); },
                 [this](const ChunkMsg& chunk) {
                   if (asked_for_ > 0) --asked_for_;
                   if (executor_) executor_->submit(chunk.chunk);
                 },
                 [this](const RecallMsg& recall) { give_back(recall.tasks); },
                 [this](const DrainMsg&) {
                   draining_ = true;
                   expect_end();
                   give_back(std::numeric_limits<std::uint64_t>::max());
                 },
                 [this](const StopMsg& stop) {
                   if (executor_ && stop.abandon) executor_->abandon();
                   say(ByeMsg{});
                   stopped_ = true;
                   survivors_only_ = stop.survivors_only;
                 },
                 [](const HeartbeatMsg&) {},
                 [this](const RejoinMsg&) { rejoin(); },
                 [](const auto&) { spdlog::warn("a message for the coordinator reached a worker; dropped"); },
             },
             message);
}

bool Worker::step() {
  if (stopped_) return false;
  if (executor_) {
    const bool reported = report();
    const bool resized = tell_slots();
    const bool wanted = !draining_ && want();
    if (reported || resized || wanted) return true;
  }
  if (clock_.now() - last_said_ > worker_heartbeat_seconds) say(HeartbeatMsg{});
  return false;
}

bool Worker::report() {
  bool said = false;
  for (ChunkTasks& started : executor_->take_started()) {
    say(StartedMsg{std::move(started)});
    said = true;
  }
  if (said) executor_->started_sent();
  DoneMsg done;
  std::size_t bytes = 0;
  for (Report& report : executor_->take_reports()) {
    bytes += weight(report);
    done.reports.push_back(std::move(report));
    if (bytes > message_bytes) {
      say(std::exchange(done, {}));
      bytes = 0;
    }
    said = true;
  }
  if (!done.reports.empty()) say(std::move(done));
  return said;
}

bool Worker::tell_slots() {
  const std::uint32_t slots = executor_->slots();
  if (slots == told_slots_) return false;
  told_slots_ = slots;
  say(SlotsMsg{slots});
  return true;
}

bool Worker::want() {
  std::uint32_t wanted = executor_->wanted_chunks(answer_seconds);
  // Chunks of measured size grow until two are enough; many small ones would only be in the way.
  if (!fixed_chunks_) wanted = std::min(wanted, 2U);
  if (wanted <= asked_for_) return false;
  say(WantMsg{wanted - asked_for_});
  asked_for_ = wanted;
  return true;
}

void Worker::expect_end() {
  if (executor_) executor_->expect_end();
}

/// The coordinator took us for dead, and our tasks went to others.
void Worker::rejoin() {
  if (!executor_) return;
  spdlog::warn("this rank was silent for too long, and starts anew");
  executor_->abandon();
  executor_.reset();
  asked_for_ = 0;
  draining_ = false;
  join(*job_);
}

void Worker::give_back(std::uint64_t tasks) {
  if (executor_) say(ReturnMsg{executor_->recall(tasks)});
}

void Worker::receive_job(const JobMsg& piece) {
  job_bytes_.insert(job_bytes_.end(), piece.piece.begin(), piece.piece.end());
  if (job_bytes_.size() < piece.total_bytes) return;
  try {
    if (!obstacle_.empty()) throw UsageError(obstacle_);
    ByteReader reader(job_bytes_);
    owned_job_ = open_job(decode_job_source(reader), source_registry());
    job_bytes_ = {};
    join(*owned_job_);
  } catch (const std::exception& error) {
    HelloMsg hello;
    hello.host = host_name();
    hello.pid = getpid();
    hello.version = version();
    hello.error = error.what();
    say(hello);
  }
}

void Worker::say(const Message& message) {
  transport_.send(coordinator_rank, encode(message));
  last_said_ = clock_.now();
}

}  // namespace fanfold
