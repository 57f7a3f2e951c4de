#include "exec/source.hpp"

#include <utility>

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// Retrieves one after the other, on the thread that begins it.
class OneByOne final : public SourceSession {
 public:
  explicit OneByOne(const Source& source) : source_(source) {}

  std::size_t room() const override { return ended_.empty() ? 1 : 0; }

  void begin(std::size_t ticket, const Retrieval& retrieval) override {
    EndedRetrieval ended;
    ended.ticket = ticket;
    ended.begin = Clock::now();
    ended.retrieved = source_.retrieve(retrieval);
    ended.end = Clock::now();
    ended_.push_back(std::move(ended));
  }

  void wait(std::chrono::nanoseconds /*longest*/, std::vector<EndedRetrieval>& ended) override {
    for (EndedRetrieval& each : ended_) ended.push_back(std::move(each));
    ended_.clear();
  }

 private:
  const Source& source_;
  std::vector<EndedRetrieval> ended_;
};

}  // namespace

Retrieved Source::retrieve(const Retrieval& retrieval) const {
  const std::unique_ptr<SourceSession> session =
      open_session({retrieval.context.rank, retrieval.context.slot});
  session->begin(0, retrieval);
  std::vector<EndedRetrieval> ended;
  while (ended.empty()) session->wait(std::chrono::hours(1), ended);
  return std::move(ended.front().retrieved);
}

std::unique_ptr<SourceSession> Source::open_session(SessionPlace /*place*/) const {
  return std::make_unique<OneByOne>(*this);
}

}  // namespace fanfold
