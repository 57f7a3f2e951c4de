// How the ranks of a run exchange messages. An interface, so that a run without MPI needs no MPI.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/bytes.hpp"
#include "core/ids.hpp"

namespace fanfold {

/// A message and who sent it.
struct Envelope {
  Rank from;
  Bytes bytes;
};

/// Point-to-point messages between ranks. Messages of one rank to another arrive in order. Only the main
/// thread calls it. No call ever blocks: a rank that died can block nobody.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Rank rank() const = 0;
  virtual int size() const = 0;
  /// Queues a message; to oneself as well. The bytes are kept until they have left.
  virtual void send(Rank to, Bytes bytes) = 0;
  /// A message that has arrived, if there is one. Also moves queued messages on.
  virtual std::optional<Envelope> receive() = 0;
  /// True if no message of ours waits to leave, but for those to ranks that were given up.
  virtual bool flushed() = 0;
  /// The rank is thought to be dead: nobody waits for messages that are on their way to it. More may be sent.
  virtual void give_up(Rank rank) = 0;
  /// Ends all ranks at once with this exit status; does not return.
  [[noreturn]] virtual void abort(int status) = 0;
  /// Ends our part in an orderly way. `survivors_only`: some rank was lost, so do not wait for all.
  virtual void finalize(bool survivors_only) = 0;
};

}  // namespace fanfold
