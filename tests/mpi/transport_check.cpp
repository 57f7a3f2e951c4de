// Every rank sends messages of many sizes to every rank, itself included, all at once; each checks what it
// gets.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "mpi/load.hpp"
#include "run/clock.hpp"

namespace fanfold {
namespace {

// Around the limits of eager and rendezvous sending of the usual transports, and far above.
constexpr std::size_t sizes[] = {0, 1, 8, 100, 4095, 4096, 4097, 65535, 65536, 65537, 1 << 20, 9 << 20};
constexpr int rounds = 3;
constexpr double limit_seconds = 50;

/// Message `number` from one rank to another: its number, then bytes that only this message has.
Bytes message(Rank from, Rank to, std::uint64_t number, std::size_t size) {
  ByteWriter out;
  out.u64(number);
  std::mt19937_64 random((static_cast<std::uint64_t>(from.value()) << 40) ^
                         (static_cast<std::uint64_t>(to.value()) << 20) ^ number);
  while (out.size() < size + 8) out.u8(static_cast<std::uint8_t>(random()));
  return out.take();
}

void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "transport check failed: %s\n", what);
  std::abort();
}

void check(Transport& transport) {
  const auto ranks = static_cast<std::size_t>(transport.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < std::size(sizes); ++i) {
      for (std::size_t to = 0; to < ranks; ++to) {
        const std::uint64_t number = static_cast<std::uint64_t>(round) * std::size(sizes) + i;
        const Rank receiver(static_cast<int>(to));
        transport.send(receiver, message(transport.rank(), receiver, number, sizes[i]));
      }
    }
  }
  const RunClock clock;
  std::vector<std::uint64_t> received(ranks);
  std::size_t missing = ranks * rounds * std::size(sizes);
  while (missing > 0) {
    expect(clock.now() < limit_seconds, "messages are missing");
    const auto envelope = transport.receive();
    if (!envelope) continue;
    std::uint64_t& number = received[static_cast<std::size_t>(envelope->from.value())];
    const std::size_t size = sizes[number % std::size(sizes)];
    expect(envelope->bytes == message(envelope->from, transport.rank(), number, size),
           "a message differs, or overtook another of the same rank");
    ++number;
    --missing;
  }
  while (!transport.flushed()) expect(clock.now() < limit_seconds, "messages do not leave");
  expect(!transport.receive().has_value(), "there is a message too many");
}

}  // namespace
}  // namespace fanfold

int main() {
  const auto transport = fanfold::open_mpi_transport();
  fanfold::check(*transport);
  transport->finalize(false);
  return 0;
}
