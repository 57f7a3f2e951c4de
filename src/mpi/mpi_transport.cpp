// Messages over MPI. One datatype (bytes), one tag; never a collective call, never a call that waits for a
// peer.
#include <mpi.h>

#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <boost/mpi/nonblocking.hpp>
#include <deque>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mpi/load.hpp"
#include "run/transport.hpp"

namespace fanfold {
namespace {

namespace mpi = boost::mpi;

constexpr int message_tag = 1;

/// Only the main thread calls MPI (MPI_THREAD_FUNNELED). A message on its way out, or half received, stays in
/// a list until MPI has finished with its bytes; nobody waits for it.
class MpiTransport final : public Transport {
 public:
  MpiTransport()
      : environment_(
            std::make_unique<mpi::environment>(mpi::threading::funneled, /*abort_on_exception=*/false)) {
    if (mpi::environment::thread_level() < mpi::threading::funneled) {
      throw std::runtime_error(
          "this MPI does not allow threads beside the one that calls it (MPI_THREAD_FUNNELED)");
    }
    world_.emplace();
  }

  Rank rank() const override { return Rank(world_->rank()); }
  int size() const override { return world_->size(); }

  void send(Rank to, Bytes bytes) override {
    if (to == rank()) {
      to_self_.push_back(std::move(bytes));
      return;
    }
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
      throw std::length_error("a message exceeds 2 GiB");
    }
    Outgoing message;
    message.bytes = std::move(bytes);
    message.request =
        world_->isend(to.value(), message_tag, reinterpret_cast<const char*>(message.bytes.data()),
                      static_cast<int>(message.bytes.size()));
    if (!message.request.test()) outgoing_[to].push_back(std::move(message));
  }

  std::optional<Envelope> receive() override {
    drop_sent();
    if (!to_self_.empty()) {
      Envelope envelope{rank(), std::move(to_self_.front())};
      to_self_.pop_front();
      return envelope;
    }
    if (const auto status = world_->iprobe(mpi::any_source, message_tag)) start_receiving(*status);
    return take_received();
  }

  bool flushed() override {
    drop_sent();
    return outgoing_.empty();
  }

  /// MPI goes on reading what it was given to send, so that is kept.
  void give_up(Rank rank) override {
    const auto line = outgoing_.find(rank);
    if (line == outgoing_.end()) return;
    std::move(line->second.begin(), line->second.end(), std::back_inserter(stuck_));
    outgoing_.erase(line);
  }

  [[noreturn]] void abort(int status) override {
    mpi::environment::abort(status);
    std::_Exit(status);
  }

  void finalize(bool survivors_only) override {
    // With a rank lost, MPI_Finalize may wait for it for ever; Boost.MPI would call it at the end.
    if (survivors_only) {
      [[maybe_unused]] const mpi::environment* const kept = environment_.release();
      return;
    }
    world_.reset();
    MPI_Finalize();
  }

 private:
  struct Outgoing {
    Bytes bytes;
    mpi::request request;
  };
  struct Incoming {
    Rank from;
    Bytes bytes;
    mpi::request request;
    bool complete = false;
  };

  /// Mostly in order: those at the front of each rank's line leave first. A rank that takes nothing holds up
  /// its own line only.
  void drop_sent() {
    for (auto entry = outgoing_.begin(); entry != outgoing_.end();) {
      std::deque<Outgoing>& line = entry->second;
      while (!line.empty() && line.front().request.test()) line.pop_front();
      entry = line.empty() ? outgoing_.erase(entry) : std::next(entry);
    }
  }

  void start_receiving(const mpi::status& status) {
    const auto size = status.count<char>();
    Incoming& message = incoming_.emplace_back();
    message.from = Rank(status.source());
    message.bytes.resize(static_cast<std::size_t>(size.value_or(0)));
    message.request =
        world_->irecv(status.source(), message_tag, reinterpret_cast<char*>(message.bytes.data()),
                      static_cast<int>(message.bytes.size()));
  }

  /// The first message that is complete and is not behind an incomplete one of the same rank.
  std::optional<Envelope> take_received() {
    for (auto message = incoming_.begin(); message != incoming_.end(); ++message) {
      if (!message->complete) message->complete = message->request.test().has_value();
      if (!message->complete) continue;
      const bool overtakes = std::any_of(incoming_.begin(), message, [&](const Incoming& earlier) {
        return earlier.from == message->from;  // those before it in the list are incomplete
      });
      if (overtakes) continue;
      Envelope envelope{message->from, std::move(message->bytes)};
      incoming_.erase(message);
      return envelope;
    }
    return std::nullopt;
  }

  std::unique_ptr<mpi::environment> environment_;
  std::optional<mpi::communicator> world_;
  std::map<Rank, std::deque<Outgoing>> outgoing_;  // no line is empty
  std::deque<Outgoing> stuck_;                     // to ranks that were given up
  std::deque<Incoming> incoming_;
  std::deque<Bytes> to_self_;
};

}  // namespace
}  // namespace fanfold

extern "C" __attribute__((visibility("default"))) fanfold::Transport* fanfold_open_mpi() {
  return new fanfold::MpiTransport();
}

extern "C" __attribute__((visibility("default"))) const char* fanfold_mpi_library_version() {
  static char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  // One of the few functions that may be called before MPI is initialised.
  return MPI_Get_library_version(text, &length) == MPI_SUCCESS ? text : "unknown";
}
