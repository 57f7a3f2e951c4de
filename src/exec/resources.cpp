#include "exec/resources.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace fanfold {

Resources::Grant Resources::acquire(const Demand& demand) {
  const MutexLock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  while (!closed_ && (ticket != now_served_ || !fits(demand))) changed_.wait(mutex_);
  if (closed_) throw std::runtime_error("interrupted");
  ++now_served_;
  changed_.notify_all();
  free_.cores -= demand.cores;
  free_.memory -= demand.memory;
  std::vector<std::string> gpus(std::make_move_iterator(free_.gpus.begin()),
                                std::make_move_iterator(free_.gpus.begin() + demand.gpus));
  free_.gpus.erase(free_.gpus.begin(), free_.gpus.begin() + demand.gpus);
  return {*this, demand, std::move(gpus)};
}

void Resources::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::uint64_t Resources::waiting() const {
  const MutexLock lock(mutex_);
  return next_ticket_ - now_served_;
}

bool Resources::fits(const Demand& demand) const {
  return demand.cores <= free_.cores && demand.memory <= free_.memory && demand.gpus <= free_.gpus.size();
}

void Resources::take_back(const Demand& demand, std::vector<std::string> gpus) {
  const MutexLock lock(mutex_);
  free_.cores += demand.cores;
  free_.memory += demand.memory;
  // In order: a task that takes them all sees them as they were named.
  for (std::string& gpu : gpus) {
    const auto& all = capacity_.gpus;
    const auto rank_of = [&all](const std::string& name) { return std::find(all.begin(), all.end(), name); };
    const auto place = std::find_if(free_.gpus.begin(), free_.gpus.end(),
                                    [&](const std::string& other) { return rank_of(gpu) < rank_of(other); });
    free_.gpus.insert(place, std::move(gpu));
  }
  changed_.notify_all();
}

}  // namespace fanfold
