// Several ranks in one process: each has a thread for a main thread, and a transport to the others.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "run/transport.hpp"

namespace fanfold {

/// The mail of all ranks. Thread-safe.
class Mail {
 public:
  explicit Mail(int ranks) : boxes_(static_cast<std::size_t>(ranks)) {}

  int ranks() const { return static_cast<int>(boxes_.size()); }
  void put(Rank to, Envelope envelope) {
    const std::lock_guard lock(mutex_);
    boxes_[static_cast<std::size_t>(to.value())].push_back(std::move(envelope));
  }
  std::optional<Envelope> take(Rank of) {
    const std::lock_guard lock(mutex_);
    auto& box = boxes_[static_cast<std::size_t>(of.value())];
    if (box.empty()) return std::nullopt;
    Envelope envelope = std::move(box.front());
    box.pop_front();
    return envelope;
  }

 private:
  std::mutex mutex_;
  std::vector<std::deque<Envelope>> boxes_;
};

/// One rank's way to the mail.
class InProcessTransport final : public Transport {
 public:
  InProcessTransport(Mail& mail, Rank rank) : mail_(mail), rank_(rank) {}
  Rank rank() const override { return rank_; }
  int size() const override { return mail_.ranks(); }
  void send(Rank to, Bytes bytes) override { mail_.put(to, {rank_, std::move(bytes)}); }
  std::optional<Envelope> receive() override { return mail_.take(rank_); }
  bool flushed() override { return true; }
  void give_up(Rank) override {}
  [[noreturn]] void abort(int status) override { std::_Exit(status); }
  void finalize(bool) override {}

 private:
  Mail& mail_;
  Rank rank_;
};

}  // namespace fanfold
