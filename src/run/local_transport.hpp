// The transport of a run of one process, which needs no MPI.
#pragma once

#include <cstdlib>
#include <deque>

#include "run/transport.hpp"

namespace fanfold {

/// One rank that sends messages to itself.
class LocalTransport final : public Transport {
 public:
  Rank rank() const override { return Rank(0); }
  int size() const override { return 1; }
  void send(Rank, Bytes bytes) override { queue_.push_back(std::move(bytes)); }
  std::optional<Envelope> receive() override {
    if (queue_.empty()) return std::nullopt;
    Envelope envelope{Rank(0), std::move(queue_.front())};
    queue_.pop_front();
    return envelope;
  }
  bool flushed() override { return true; }
  void give_up(Rank) override {}
  [[noreturn]] void abort(int status) override { std::_Exit(status); }
  void finalize(bool) override {}

 private:
  std::deque<Bytes> queue_;
};

}  // namespace fanfold
