#include "run/coordinator.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/captured_text.hpp"
#include "core/overloaded.hpp"
#include "journal/event_tasks.hpp"
#include "run/blamed_tasks.hpp"

namespace fanfold {
namespace {

/// Pieces of the job: small enough that no rank waits long for a message of another kind behind one.
constexpr std::size_t job_piece_bytes = 1 << 20;

/// Finished work goes to the journal this often: half of its commit interval, so that most commits find some.
constexpr double hand_over_seconds = 0.05;
/// … or earlier, when it has become this large.
constexpr std::size_t hand_over_items = 4096;

/// Over this, the disk is behind and no chunks are handed out, so that memory stays bounded.
constexpr std::uint64_t journal_limit_bytes = 256 << 20;

constexpr double time_passed_seconds = 0.1;
constexpr double load_seconds = 0.5;

}  // namespace

Coordinator::Coordinator(const Job& job, Transport& transport, Schedule schedule, Journal& journal,
                         reduce::Partial total, CoordinatorOptions options)
    : job_(job),
      transport_(transport),
      schedule_(std::move(schedule)),
      journal_(journal),
      total_(std::move(total)),
      delta_(job.reductions),
      options_(std::move(options)),
      members_(static_cast<std::size_t>(transport.size())),
      failures_(job.space) {
  members_[0].works = options_.rank_zero_works;
  note(Event::Kind::run_started, Rank(0), ChunkId(), TaskIndex(), members_.size());
}

void Coordinator::send_job(const JobSource& source) {
  ByteWriter writer;
  encode(writer, source);
  const Bytes bytes = writer.take();
  for (int rank = 1; rank < transport_.size(); ++rank) {
    std::size_t sent = 0;
    do {
      const std::size_t size = std::min(job_piece_bytes, bytes.size() - sent);
      JobMsg piece;
      piece.total_bytes = bytes.size();
      piece.piece.assign(bytes.begin() + static_cast<std::ptrdiff_t>(sent),
                         bytes.begin() + static_cast<std::ptrdiff_t>(sent + size));
      transport_.send(Rank(rank), encode(Message(std::move(piece))));
      sent += size;
    } while (sent < bytes.size());
  }
}

void Coordinator::on_message(Rank from, Message message) {
  Member& member = members_[static_cast<std::size_t>(from.value())];
  if (member.lost && !std::holds_alternative<HelloMsg>(message)) {
    on_message_of_lost(from, member, message);
    return;
  }
  const double now = clock_.now();
  member.heard_at = now;
  std::visit(
      Overloaded{
          [&](const HelloMsg& hello) { on_hello(from, hello); },
          [&](const WantMsg& want) {
            if (journal_.queued_bytes() > journal_limit_bytes) {
              held_wants_.emplace_back(from, want);
            } else {
              schedule_.on_want(from, want.chunks, now);
            }
          },
          [&](const SlotsMsg& slots) {
            member.slots = std::max(slots.slots, 1U);
            schedule_.on_slots(from, member.slots, now);
          },
          [&](const StartedMsg& started) { schedule_.on_started(from, started.started, now); },
          [&](DoneMsg& done) { on_done(from, std::move(done)); },
          [&](const ReturnMsg& returned) { on_returned(from, returned); },
          [](const HeartbeatMsg&) {},
          [&](const PresentMsg& present) { on_present(member, present); },
          [&](const ByeMsg&) { member.left = true; },
          [&](const auto&) { spdlog::warn("rank {} sent a message for a worker; dropped", from.value()); },
      },
      message);
}

void Coordinator::on_done(Rank from, DoneMsg done) {
  for (Report& report : done.reports) {
    if (schedule_.on_done(from, report, clock_.now()) == Schedule::Verdict::counted) {
      count(from, std::move(report));
    } else {
      spdlog::debug("rank {}: a stale report of chunk {} was dropped", from.value(), report.chunk.value());
    }
  }
}

void Coordinator::count(Rank from, Report report) {
  if (options_.on_report) options_.on_report(report);
  Member& member = members_[static_cast<std::size_t>(from.value())];
  member.busy += report.busy;
  note(Event::Kind::chunk_done, from, report.chunk,
       TaskIndex(report.finished.first().value_or(TaskRange{}).begin), report.finished.size(),
       report.finished.range_count() > 1 ? event_detail(report.finished.ranges()) : std::string());
  if (!report.partial.empty()) {
    ByteReader reader(report.partial);
    delta_.merge_encoded(reader);
  }
  entry_.finished.insert(report.finished);
  entry_.failed += report.failed_count();
  entry_.left_out += report.left_out;
  left_out_ += report.left_out;
  for (FailedTasks& failed : report.failures) {
    failures_.add(failed, from);
    entry_.failures.push_back(std::move(failed));
  }
  for (Outcome& outcome : report.outcomes) {
    outcome.start += member.joined_at;
    durations_.add(outcome.duration);
    skipped_ += was_skipped(job_, outcome) ? 1 : 0;
    const bool final = report.finished.contains(outcome.task);
    if (outcome.status != Status::succeeded && final) failures_.add(outcome);
    if (!final) {
      note(Event::Kind::retried, from, report.chunk, outcome.task, outcome.attempt.value(), outcome.error);
      spdlog::debug("task {} failed at attempt {} and is tried again: {}", outcome.task.value(),
                    outcome.attempt.value(), outcome.error);
    }
    outcome.output = shortened(std::move(outcome.output), job_.run.output_limit);  // it may have been printed
    entry_.outcomes.push_back(std::move(outcome));
  }
  for (KeptColumns& columns : report.columns) entry_.columns.push_back(std::move(columns));
}

void Coordinator::on_returned(Rank from, const ReturnMsg& returned) {
  for (const ChunkTasks& part : returned.parts) {
    if (!part.tasks.empty()) {
      note(Event::Kind::returned, from, part.chunk, TaskIndex(part.tasks.front().begin), size_of(part.tasks),
           event_detail(part.tasks));
    }
  }
  schedule_.on_returned(from, returned.parts, clock_.now());
}

void Coordinator::note_blames() {
  for (const Schedule::Blame& blame : schedule_.take_blames()) {
    Event event = blamed_event(blame);
    event.time = clock_.now();
    entry_.events.push_back(std::move(event));
  }
}

bool Coordinator::step() {
  const double rested_at = schedule_.next_time().value_or(std::numeric_limits<double>::infinity());
  if (const double now = clock_.now(); now - told_time_at_ >= time_passed_seconds || now >= rested_at) {
    told_time_at_ = now;
    schedule_.on_time_passed(now);
  }
  if (!held_wants_.empty() && journal_.queued_bytes() <= journal_limit_bytes) {
    for (const auto& [rank, want] : std::exchange(held_wants_, {}))
      schedule_.on_want(rank, want.chunks, clock_.now());
  }
  const bool sent = send_decisions();
  hand_over(false);
  find_lost_ranks();
  send_heartbeats();
  return sent;
}

bool Coordinator::send_decisions() {
  bool sent = false;
  for (Schedule::Decision& decision : schedule_.take_decisions()) {
    sent = true;
    std::visit(Overloaded{
                   [this](Schedule::SendChunk& send) {
                     note(Event::Kind::chunk_sent, send.rank, send.chunk.id,
                          TaskIndex(send.chunk.tasks.front().begin), size_of(send.chunk.tasks),
                          event_detail(send.chunk.tasks));
                     transport_.send(send.rank, encode(Message(ChunkMsg{std::move(send.chunk)})));
                   },
                   [this](const Schedule::SendRecall& send) {
                     transport_.send(send.rank, encode(Message(RecallMsg{send.tasks})));
                   },
                   [this](const Schedule::SendDrain& send) {
                     if (!drained_) transport_.send(send.rank, encode(Message(DrainMsg{})));
                   },
               },
               decision);
  }
  return sent;
}

void Coordinator::hand_over(bool all) {
  const double now = clock_.now();
  const std::size_t items =
      entry_.outcomes.size() + entry_.columns.size() + entry_.failures.size() + entry_.events.size();
  if (!all && items < hand_over_items && now - handed_over_at_ < hand_over_seconds) return;
  handed_over_at_ = now;
  if (items == 0 && entry_.finished.empty()) return;
  if (!delta_.empty()) {
    ByteWriter writer;
    delta_.encode(writer);
    entry_.partial = writer.take();
    total_.merge(delta_);
    delta_.clear();
  }
  entry_.seconds = now;
  journal_.append(std::exchange(entry_, {}));
}

void Coordinator::drain(const std::string& why) {
  note(Event::Kind::drain, Rank(0), ChunkId(), TaskIndex(), schedule_.outstanding(), why);
  schedule_.on_drain(clock_.now());
  // Each rank is to know, also those with nothing to give back: what ends the run may end their tasks as
  // well.
  drained_ = true;
  for (std::size_t index = 0; index < members_.size(); ++index) {
    const Member& member = members_[index];
    if (!member.joined || member.left || member.lost) continue;
    transport_.send(Rank(static_cast<int>(index)), encode(Message(DrainMsg{})));
  }
}

bool Coordinator::ended() const {
  const bool all_joined = std::all_of(members_.begin(), members_.end(), [](const Member& member) {
    return member.joined || member.lost || !member.works;
  });
  return all_joined && schedule_.ended();
}

void Coordinator::stop(bool abandon) {
  for (std::size_t index = 0; index < members_.size(); ++index) {
    Member& member = members_[index];
    if (!member.works) member.left = true;
    if (member.left || member.lost) continue;
    transport_.send(Rank(static_cast<int>(index)), encode(Message(StopMsg{abandon, missing_ranks() > 0})));
  }
  stopped_ = true;
  note(Event::Kind::run_ended, Rank(0), ChunkId(), TaskIndex(), schedule_.finished());
  hand_over(true);
}

std::optional<double> Coordinator::task_seconds() const {
  return durations_.empty() ? schedule_.task_seconds() : durations_.upper();
}

Snapshot Coordinator::snapshot() {
  const double now = clock_.now();
  if (now - load_since_ >= load_seconds) {
    const double period = now - load_since_;
    for (Member& member : members_) {
      const double load = std::min(1.0, member.busy / (period * std::max(1U, member.slots)));
      member.load = member.load == 0 ? load : 0.5 * (member.load + load);
      member.busy = 0;
    }
    const double rate = static_cast<double>(schedule_.finished() - rate_finished_) / period;
    rate_ = rate_ == 0 ? rate : 0.7 * rate_ + 0.3 * rate;
    rate_finished_ = schedule_.finished();
    load_since_ = now;
  }
  Snapshot snapshot;
  snapshot.seconds = now;
  snapshot.tasks = options_.tasks;
  snapshot.finished_here = schedule_.finished();
  snapshot.finished = options_.finished_before + schedule_.finished();
  snapshot.failed = options_.failed_before + schedule_.failed();
  snapshot.outstanding = schedule_.outstanding();
  snapshot.chunks = schedule_.chunks();
  snapshot.rate = rate_;
  snapshot.draining = schedule_.draining();
  // The average over the whole execution is steadier than the rate of late; the tail is short either way.
  if (schedule_.finished() > 0) {
    snapshot.remaining = now / static_cast<double>(schedule_.finished()) *
                         static_cast<double>(snapshot.tasks - snapshot.finished);
  }
  for (std::size_t index = 0; index < members_.size(); ++index) {
    const Member& member = members_[index];
    if (!member.joined) continue;
    const Rank rank(static_cast<int>(index));
    snapshot.ranks.push_back({rank, member.host, member.slots, schedule_.outstanding(rank), member.load,
                              member.lost, member.first_slots});
  }
  return snapshot;
}

const reduce::Partial& Coordinator::total() {
  hand_over(true);
  return total_;
}

void Coordinator::note(Event::Kind kind, Rank rank, ChunkId chunk, TaskIndex task, std::uint64_t count,
                       std::string detail) {
  Event event;
  event.time = clock_.now();
  event.kind = kind;
  event.rank = rank;
  event.chunk = chunk;
  event.task = task;
  event.count = count;
  event.detail = std::move(detail);
  entry_.events.push_back(std::move(event));
}

}  // namespace fanfold
