// Which ranks take part: those that join, those that are lost, those that have left.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/host.hpp"
#include "core/process.hpp"
#include "core/version.hpp"
#include "run/coordinator.hpp"

namespace fanfold {
namespace {

constexpr double silence_check_seconds = 1;
constexpr double coordinator_heartbeat_seconds = 2;

}  // namespace

void Coordinator::on_present(Member& member, const PresentMsg& present) {
  member.host = present.host;
  // On another host, or in a container of its own, it cannot be looked up.
  if (present.host == host_name() && find_process(present.pid)) member.pid = present.pid;
}

/// It was only held up. What it says is stale: its tasks went to others. It may join again, once.
void Coordinator::on_message_of_lost(Rank from, Member& member, const Message& message) {
  if (std::holds_alternative<ByeMsg>(message)) {
    member.left = true;
  } else if (!std::exchange(member.asked_to_rejoin, true)) {
    const Message answer = stopped_ ? Message(StopMsg{true, true}) : Message(RejoinMsg{});
    transport_.send(from, encode(answer));
  }
}

void Coordinator::on_hello(Rank from, const HelloMsg& hello) {
  if (!hello.error.empty()) {
    throw UsageError(
        fmt::format("rank {} on {} cannot run the job: {}", from.value(), hello.host, hello.error));
  }
  if (hello.version != version()) {
    throw UsageError(
        fmt::format("rank {} on {} runs fanfold {}, rank zero {}: all ranks need the same version",
                    from.value(), hello.host, hello.version, version()));
  }
  Member& member = members_[static_cast<std::size_t>(from.value())];
  member.host = hello.host;
  member.slots = std::max(1U, job_.source ? hello.io_threads : hello.compute_threads);
  member.first_slots = member.slots;
  member.joined = true;
  if (std::exchange(member.lost, false)) spdlog::info("rank {} on {} is back", from.value(), hello.host);
  member.asked_to_rejoin = false;
  member.joined_at = clock_.now();
  spdlog::debug("rank {} joined: {} (pid {}), {} compute and {} I/O threads, {}", from.value(), hello.host,
                hello.pid, hello.compute_threads, hello.io_threads, hello.simd_target);
  note(Event::Kind::rank_joined, from, ChunkId(), TaskIndex(), member.slots, hello.host);
  schedule_.on_joined(from, member.slots, member.joined_at);
}

void Coordinator::find_lost_ranks() {
  const double now = clock_.now();
  if (now - looked_for_silence_at_ < silence_check_seconds) return;
  // If we were held up ourselves, their messages wait for us: nobody is silent then.
  const bool held_up = now - looked_for_silence_at_ > 3 * silence_check_seconds;
  looked_for_silence_at_ = now;
  for (std::size_t index = 1; index < members_.size(); ++index) {
    Member& member = members_[index];
    if (member.left || member.lost) continue;
    if (held_up) member.heard_at = std::max(member.heard_at, now - options_.lost_after_seconds / 2);
    if (const std::string why = why_lost(member, now); !why.empty()) lose(Rank(static_cast<int>(index)), why);
  }
}

/// Empty: it is not.
std::string Coordinator::why_lost(const Member& member, double now) const {
  const double silence = now - member.heard_at;
  if (member.pid != 0 && silence > silence_check_seconds) {
    const std::optional<ProcessState> process = find_process(member.pid);
    if (!process || process->has_ended()) return "its process has ended";
  }
  const double limit = member.joined ? options_.lost_after_seconds : options_.join_seconds;
  return silence > limit ? fmt::format("silent for {:.0f} s", silence) : std::string();
}

void Coordinator::lose(Rank rank, const std::string& why) {
  Member& member = members_[static_cast<std::size_t>(rank.value())];
  member.lost = true;
  const double now = clock_.now();
  const std::uint64_t tasks = schedule_.outstanding(rank);
  lost_.push_back({rank, member.host, now, why, tasks});
  spdlog::warn("rank {}{} is lost ({}); its {} to others", rank.value(),
               member.host.empty() ? "" : " on " + member.host, why, tasks == 1 ? "task goes" : "tasks go");
  note(Event::Kind::rank_lost, rank, ChunkId(), TaskIndex(), tasks, why);
  transport_.give_up(rank);
  schedule_.on_lost(rank, now);
  note_blames();
}

void Coordinator::send_heartbeats() {
  const double now = clock_.now();
  if (now - heartbeat_at_ < coordinator_heartbeat_seconds) return;
  heartbeat_at_ = now;
  for (std::size_t index = 1; index < members_.size(); ++index) {
    if (members_[index].left || members_[index].lost) continue;
    transport_.send(Rank(static_cast<int>(index)), encode(Message(HeartbeatMsg{})));
  }
}

bool Coordinator::all_left() const {
  return std::all_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.left || member.lost; });
}

std::size_t Coordinator::missing_ranks() const {
  return static_cast<std::size_t>(std::ranges::count_if(members_, &Member::lost));
}

std::string Coordinator::host(Rank rank) const {
  return members_[static_cast<std::size_t>(rank.value())].host;
}

}  // namespace fanfold
