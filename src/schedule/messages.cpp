#include "schedule/messages.hpp"

#include <limits>
#include <utility>

namespace fanfold {
namespace {

// ---- fields of more than one message ----------------------------------------------------------------------

void write(ByteWriter& out, const ChunkTasks& part) {
  out.varint(part.chunk.value());
  encode(out, part.tasks);
}

void read(ByteReader& in, ChunkTasks& part) {
  part.chunk = ChunkId(in.varint());
  part.tasks = decode_task_list(in);
}

std::uint32_t read_u32(ByteReader& in) {
  const std::uint64_t value = in.varint();
  if (value > std::numeric_limits<std::uint32_t>::max()) throw DecodeError("a number exceeds 32 bits");
  return static_cast<std::uint32_t>(value);
}

// ---- a pair of functions for each message -----------------------------------------------------------------

void write(ByteWriter& out, const JobMsg& message) {
  out.varint(message.total_bytes);
  out.blob(message.piece);
}
void read(ByteReader& in, JobMsg& message) {
  message.total_bytes = in.varint();
  const auto piece = in.blob();
  message.piece.assign(piece.begin(), piece.end());
}

void write(ByteWriter& out, const ChunkMsg& message) {
  out.varint(message.chunk.id.value());
  out.varint(message.chunk.attempt.value());
  encode(out, message.chunk.tasks);
  out.text(message.chunk.set_aside);
}
void read(ByteReader& in, ChunkMsg& message) {
  message.chunk.id = ChunkId(in.varint());
  message.chunk.attempt = Attempt(read_u32(in));
  message.chunk.tasks = decode_task_list(in);
  message.chunk.set_aside = in.text();
}

void write(ByteWriter& out, const RecallMsg& message) { out.varint(message.tasks); }
void read(ByteReader& in, RecallMsg& message) { message.tasks = in.varint(); }

void write(ByteWriter&, const DrainMsg&) {}
void read(ByteReader&, DrainMsg&) {}

void write(ByteWriter& out, const StopMsg& message) {
  out.u8(message.abandon ? 1 : 0);
  out.u8(message.survivors_only ? 1 : 0);
}
void read(ByteReader& in, StopMsg& message) {
  const std::uint8_t abandon = in.u8();
  const std::uint8_t survivors_only = in.u8();
  if (abandon > 1 || survivors_only > 1) throw DecodeError("a truth value is neither 0 nor 1");
  message.abandon = abandon == 1;
  message.survivors_only = survivors_only == 1;
}

void write(ByteWriter&, const RejoinMsg&) {}
void read(ByteReader&, RejoinMsg&) {}

void write(ByteWriter& out, const PresentMsg& message) {
  out.text(message.host);
  out.zigzag(message.pid);
  out.u8(static_cast<std::uint8_t>(message.cpu_level));
}
void read(ByteReader& in, PresentMsg& message) {
  message.host = in.text();
  message.pid = in.zigzag();
  const std::uint8_t level = in.u8();
  if (level > static_cast<std::uint8_t>(CpuLevel::v4))
    throw DecodeError("a rank has a CPU of no known level");
  message.cpu_level = static_cast<CpuLevel>(level);
}

void write(ByteWriter& out, const HelloMsg& message) {
  out.text(message.host);
  out.zigzag(message.pid);
  out.varint(message.compute_threads);
  out.varint(message.io_threads);
  out.text(message.simd_target);
  out.text(message.version);
  out.text(message.error);
}
void read(ByteReader& in, HelloMsg& message) {
  message.host = in.text();
  message.pid = in.zigzag();
  message.compute_threads = read_u32(in);
  message.io_threads = read_u32(in);
  message.simd_target = in.text();
  message.version = in.text();
  message.error = in.text();
}

void write(ByteWriter& out, const WantMsg& message) { out.varint(message.chunks); }
void read(ByteReader& in, WantMsg& message) { message.chunks = read_u32(in); }

void write(ByteWriter& out, const StartedMsg& message) { write(out, message.started); }
void read(ByteReader& in, StartedMsg& message) { read(in, message.started); }

void write(ByteWriter& out, const DoneMsg& message) {
  out.varint(message.reports.size());
  for (const Report& report : message.reports) encode(out, report);
}
void read(ByteReader& in, DoneMsg& message) {
  // Grown as reports are read, not reserved: a Report is larger than the fewest bytes it can be encoded in.
  for (std::size_t left = in.count(); left > 0; --left) message.reports.push_back(decode_report(in));
}

void write(ByteWriter& out, const ReturnMsg& message) {
  out.varint(message.parts.size());
  for (const ChunkTasks& part : message.parts) write(out, part);
}
void read(ByteReader& in, ReturnMsg& message) {
  message.parts.resize(in.count(2));
  for (ChunkTasks& part : message.parts) read(in, part);
}

void write(ByteWriter&, const HeartbeatMsg&) {}
void read(ByteReader&, HeartbeatMsg&) {}

void write(ByteWriter&, const ByeMsg&) {}
void read(ByteReader&, ByeMsg&) {}

void write(ByteWriter& out, const SlotsMsg& message) { out.varint(message.slots); }
void read(ByteReader& in, SlotsMsg& message) { message.slots = read_u32(in); }

/// Reads the fields of the message whose alternative in Message is `kind`.
template <std::size_t... kinds>
Message read_fields(std::size_t kind, ByteReader& in, std::index_sequence<kinds...>) {
  Message message;
  const bool known = ((kind == kinds && (read(in, message.emplace<kinds>()), true)) || ...);
  if (!known) throw DecodeError("a message is of no known kind");
  return message;
}

}  // namespace

Bytes encode(const Message& message) {
  ByteWriter out;
  // All ranks run the same version, so the place in Message serves as the kind.
  out.u8(static_cast<std::uint8_t>(message.index()));
  std::visit([&out](const auto& alternative) { write(out, alternative); }, message);
  return out.take();
}

Message decode_message(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  const std::size_t kind = in.u8();
  Message message = read_fields(kind, in, std::make_index_sequence<std::variant_size_v<Message>>());
  in.expect_end();
  return message;
}

}  // namespace fanfold
