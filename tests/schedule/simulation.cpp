#include "schedule/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <functional>
#include <memory>
#include <numeric>
#include <queue>
#include <random>
#include <utility>
#include <variant>

#include "schedule/messages.hpp"
#include "schedule/schedule.hpp"

namespace fanfold::test {
namespace {

constexpr std::size_t coordinator = static_cast<std::size_t>(-1);

/// What happens at a moment: a task ends, a message arrives, it is time to report.
struct Event {
  enum class Kind { task_ended, report_due, message, time_passed };
  double time;
  std::uint64_t number;  // events of one moment happen in the order in which they were made
  Kind kind;
  std::size_t rank;  // whose task or report; of a message, to a worker: whom it reaches
  std::uint64_t chunk = 0;
  std::uint64_t task = 0;
  std::size_t message = 0;
  std::size_t sender = coordinator;

  bool operator>(const Event& other) const {
    return std::pair(time, number) > std::pair(other.time, other.number);
  }
};

/// The clock, the events to come and the network.
class World {
 public:
  explicit World(const Simulation& setup)
      : latency_(setup.least_latency, setup.most_latency),
        random_(setup.seed),
        arrival_at_worker_(setup.ranks),
        arrival_from_worker_(setup.ranks) {}

  double now() const { return now_; }
  bool idle() const { return events_.empty(); }

  void at(double time, Event event) {
    event.time = time;
    event.number = ++number_;
    events_.push(event);
  }
  Event next() {
    const Event event = events_.top();
    events_.pop();
    now_ = event.time;
    return event;
  }

  void send_to_worker(std::size_t rank, Message message, double time) {
    send(arrival_at_worker_[rank], {0, 0, Event::Kind::message, rank}, std::move(message), time);
  }
  void send_to_coordinator(std::size_t from, Message message) {
    Event event{0, 0, Event::Kind::message, coordinator};
    event.sender = from;
    send(arrival_from_worker_[from], event, std::move(message), now_);
  }
  Message receive(const Event& event) {
    free_.push_back(event.message);
    return std::exchange(messages_[event.message], HeartbeatMsg());
  }

 private:
  void send(double& last_arrival, Event event, Message message, double time) {
    last_arrival = std::max(last_arrival, time + latency_(random_));
    if (free_.empty()) {
      event.message = messages_.size();
      messages_.push_back(std::move(message));
    } else {
      event.message = free_.back();
      free_.pop_back();
      messages_[event.message] = std::move(message);
    }
    at(last_arrival, event);
  }

  std::uniform_real_distribution<double> latency_;
  std::mt19937_64 random_;
  std::vector<double> arrival_at_worker_;
  std::vector<double> arrival_from_worker_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Message> messages_;
  std::vector<std::size_t> free_;
  double now_ = 0;
  std::uint64_t number_ = 0;
};

/// A worker: executes chunks in the order in which they came, wants one chunk ahead, answers recalls.
class Worker {
 public:
  Worker(const Simulation& setup, World& world, std::size_t rank)
      : setup_(&setup), world_(&world), rank_(rank) {}

  void on_message(Message message) {
    if (auto* chunk = std::get_if<ChunkMsg>(&message)) {
      --wants_on_the_way_;
      chunks_.push_back({chunk->chunk.id, std::move(chunk->chunk.tasks), 0, 0, {}, 0});
      chunks_.back().unstarted = size_of(chunks_.back().tasks);
    } else if (const auto* recall = std::get_if<RecallMsg>(&message)) {
      give_back(recall->tasks);
    }
    go_on();
  }

  void on_task_ended(std::uint64_t id, std::uint64_t task) {
    Held& chunk = *std::find_if(chunks_.begin(), chunks_.end(),
                                [&](const Held& each) { return each.id.value() == id; });
    --chunk.running;
    --running_;
    ++executions_;
    chunk.finished.insert(TaskIndex(task));
    chunk.busy += setup_->costs[task];
    finished_seconds_ += setup_->costs[task];
    if (chunk.unstarted == 0 && chunk.running == 0) {
      report();
    } else if (!report_is_due_) {
      report_is_due_ = true;
      world_->at(world_->now() + setup_->report_seconds, {0, 0, Event::Kind::report_due, rank_});
    }
    go_on();
  }

  void on_report_due() {
    report_is_due_ = false;
    report();
  }

  void go_on() {
    start_tasks();
    ask_for_chunks();
  }

  std::uint64_t executions() const { return executions_; }

 private:
  struct Held {
    ChunkId id;
    TaskList tasks;  // not started; the first range is cut short from its front
    std::uint64_t unstarted;
    std::uint64_t running;
    TaskSet finished;  // not reported
    double busy;
  };

  void start_tasks() {
    for (Held& chunk : chunks_) {
      TaskList started;
      auto range = chunk.tasks.begin();
      for (; running_ < setup_->slots && chunk.unstarted > 0;
           --chunk.unstarted, ++chunk.running, ++running_) {
        const std::uint64_t task = range->begin++;
        append(started, TaskIndex(task));
        Event end{0, 0, Event::Kind::task_ended, rank_, chunk.id.value(), task};
        world_->at(world_->now() + setup_->costs[task], end);
        if (range->empty()) ++range;
      }
      chunk.tasks.erase(chunk.tasks.begin(), range);
      if (!started.empty() && tasks_are_long()) {
        world_->send_to_coordinator(rank_, StartedMsg{{chunk.id, std::move(started)}});
      }
      if (running_ == setup_->slots) return;
    }
  }

  bool tasks_are_long() const {
    return executions_ == 0 || finished_seconds_ / static_cast<double>(executions_) >= 0.05;
  }

  void ask_for_chunks() {
    std::uint32_t ahead = wants_on_the_way_;
    for (const Held& chunk : chunks_) ahead += chunk.unstarted > 0 ? 1 : 0;
    const std::uint32_t target = running_ < setup_->slots ? 2 : 1;
    if (ahead >= target) return;
    world_->send_to_coordinator(rank_, WantMsg{target - ahead});
    wants_on_the_way_ += target - ahead;
  }

  void report() {
    DoneMsg done;
    for (Held& chunk : chunks_) {
      if (chunk.finished.empty()) continue;
      Report part;
      part.chunk = chunk.id;
      part.finished = std::exchange(chunk.finished, {});
      part.busy = std::exchange(chunk.busy, 0);
      done.reports.push_back(std::move(part));
    }
    std::erase_if(chunks_, [](const Held& chunk) { return chunk.unstarted == 0 && chunk.running == 0; });
    if (!done.reports.empty()) world_->send_to_coordinator(rank_, std::move(done));
  }

  void give_back(std::uint64_t tasks) {
    ReturnMsg answer;
    for (auto chunk = chunks_.rbegin(); chunk != chunks_.rend() && tasks > 0; ++chunk) {
      ChunkTasks part{chunk->id, {}};
      while (tasks > 0 && !chunk->tasks.empty()) {
        TaskRange& last = chunk->tasks.back();
        const std::uint64_t count = std::min(tasks, last.size());
        part.tasks.push_back({last.end - count, last.end});
        last.end -= count;
        tasks -= count;
        chunk->unstarted -= count;
        if (last.empty()) chunk->tasks.pop_back();
      }
      if (!part.tasks.empty()) answer.parts.push_back(std::move(part));
    }
    world_->send_to_coordinator(rank_, std::move(answer));
    report();
  }

  const Simulation* setup_;
  World* world_;
  std::size_t rank_;
  std::deque<Held> chunks_;
  std::uint64_t running_ = 0;
  std::uint32_t wants_on_the_way_ = 0;
  bool report_is_due_ = false;
  std::uint64_t executions_ = 0;
  double finished_seconds_ = 0;
};

/// Longest first, ties by index.
TaskList longest_first(const std::vector<float>& costs) {
  std::vector<std::uint64_t> tasks(costs.size());
  std::iota(tasks.begin(), tasks.end(), 0);
  std::stable_sort(tasks.begin(), tasks.end(),
                   [&](std::uint64_t a, std::uint64_t b) { return costs[a] > costs[b]; });
  TaskList order;
  for (const std::uint64_t task : tasks) append(order, TaskIndex(task));
  return order;
}

std::vector<float> sorted_costs(const Simulation& setup) {
  std::vector<float> costs = setup.costs;
  if (setup.costs_known) std::sort(costs.begin(), costs.end(), std::greater<>());
  return costs;
}

Schedule make_schedule(const Simulation& setup) {
  SchedulePolicy policy;
  policy.chunk = setup.chunk;
  if (setup.costs_known) return Schedule(policy, longest_first(setup.costs), sorted_costs(setup));
  return Schedule(policy, TaskSet(TaskRange{0, setup.costs.size()}));
}

/// The coordinator: hands each message to the real Schedule, one after the other, and sends what it decides.
class Coordinator {
 public:
  Coordinator(const Simulation& setup, World& world)
      : setup_(&setup), world_(&world), schedule_(make_schedule(setup)) {
    for (std::uint32_t rank = 0; rank < setup.ranks; ++rank) {
      schedule_.on_joined(Rank(static_cast<std::int32_t>(rank)), setup.slots, 0);
    }
  }

  void on_message(std::size_t from, const Message& message) {
    free_at_ = std::max(free_at_, world_->now()) + setup_->coordinator_seconds;
    const Rank rank(static_cast<std::int32_t>(from));
    const auto begin = std::chrono::steady_clock::now();
    if (const auto* want = std::get_if<WantMsg>(&message)) schedule_.on_want(rank, want->chunks, free_at_);
    if (const auto* started = std::get_if<StartedMsg>(&message))
      schedule_.on_started(rank, started->started, free_at_);
    if (const auto* returned = std::get_if<ReturnMsg>(&message))
      schedule_.on_returned(rank, returned->parts, free_at_);
    if (const auto* done = std::get_if<DoneMsg>(&message)) {
      for (const Report& report : done->reports) schedule_.on_done(rank, report, free_at_);
    }
    carry_out(begin);
  }

  void on_time_passed() {
    const auto begin = std::chrono::steady_clock::now();
    schedule_.on_time_passed(std::max(free_at_, world_->now()));
    carry_out(begin);
  }

  bool ended() const { return schedule_.ended(); }

  SimulationResult result() const {
    SimulationResult result = result_;
    result.makespan = free_at_;
    result.finished = schedule_.finished();
    result.chunks = schedule_.chunks();
    result.stale = schedule_.stale();
    return result;
  }

 private:
  void carry_out(std::chrono::steady_clock::time_point begin) {
    std::vector<Schedule::Decision> decisions = schedule_.take_decisions();
    result_.schedule_seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    for (Schedule::Decision& decision : decisions) {
      free_at_ = std::max(free_at_, world_->now()) + setup_->coordinator_seconds;
      if (auto* send = std::get_if<Schedule::SendChunk>(&decision)) {
        result_.largest_chunk = std::max(result_.largest_chunk, size_of(send->chunk.tasks));
        const auto to = static_cast<std::size_t>(send->rank.value());
        world_->send_to_worker(to, ChunkMsg{std::move(send->chunk)}, free_at_);
      } else if (const auto* recall = std::get_if<Schedule::SendRecall>(&decision)) {
        ++result_.recalls;
        world_->send_to_worker(static_cast<std::size_t>(recall->rank.value()), RecallMsg{recall->tasks},
                               free_at_);
      }
    }
  }

  const Simulation* setup_;
  World* world_;
  Schedule schedule_;
  SimulationResult result_;
  double free_at_ = 0;
};

}  // namespace

SimulationResult simulate(const Simulation& setup) {
  World world(setup);
  Coordinator at_rank_zero(setup, world);
  std::vector<Worker> workers;
  workers.reserve(setup.ranks);
  for (std::size_t rank = 0; rank < setup.ranks; ++rank) workers.emplace_back(setup, world, rank).go_on();

  double last_news = 0;
  const double tick = setup.report_seconds;
  world.at(tick, {0, 0, Event::Kind::time_passed, coordinator});
  // Longer than the longest task without any news: nothing will come any more.
  const double patience = 10 + 2 * *std::max_element(setup.costs.begin(), setup.costs.end());
  while (!at_rank_zero.ended() && !world.idle() && world.now() - last_news < patience) {
    const Event event = world.next();
    if (event.kind != Event::Kind::time_passed) last_news = world.now();
    switch (event.kind) {
      case Event::Kind::task_ended:
        workers[event.rank].on_task_ended(event.chunk, event.task);
        break;
      case Event::Kind::report_due:
        workers[event.rank].on_report_due();
        break;
      case Event::Kind::time_passed:
        at_rank_zero.on_time_passed();
        world.at(world.now() + tick, {0, 0, Event::Kind::time_passed, coordinator});
        break;
      case Event::Kind::message:
        if (event.rank == coordinator) {
          at_rank_zero.on_message(event.sender, world.receive(event));
        } else {
          workers[event.rank].on_message(world.receive(event));
        }
    }
  }
  SimulationResult result = at_rank_zero.result();
  for (const Worker& worker : workers) result.executions += worker.executions();
  return result;
}

double lower_bound(const Simulation& setup) {
  const double work = std::accumulate(setup.costs.begin(), setup.costs.end(), 0.0);
  const double longest = *std::max_element(setup.costs.begin(), setup.costs.end());
  return std::max(work / (static_cast<double>(setup.ranks) * setup.slots), longest);
}

double list_scheduling(const Simulation& setup) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (std::uint64_t slot = 0; slot < std::uint64_t{setup.ranks} * setup.slots; ++slot) free_at.push(0);
  double makespan = 0;
  for (const float cost : sorted_costs(setup)) {
    const double end = free_at.top() + cost;
    free_at.pop();
    free_at.push(end);
    makespan = std::max(makespan, end);
  }
  return makespan;
}

std::vector<float> draw(Costs costs, std::uint64_t tasks, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<float> drawn(tasks);
  for (float& cost : drawn) {
    const double u = uniform(random);
    switch (costs) {
      case Costs::uniform:
        cost = static_cast<float>(2 * u);
        break;
      case Costs::bimodal:
        cost = u < 1.0 / 9 ? 5.0F : 0.5F;
        break;
      case Costs::pareto:
        cost = static_cast<float>(std::pow(1 - u, -1 / 1.5) / 3);
        break;
    }
  }
  return drawn;
}

std::string name_of(Costs costs) {
  switch (costs) {
    case Costs::uniform:
      return "uniform";
    case Costs::bimodal:
      return "bimodal";
    case Costs::pareto:
      return "Pareto";
  }
  return {};
}

}  // namespace fanfold::test
