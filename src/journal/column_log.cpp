#include "journal/column_log.hpp"

#include <algorithm>

#include "journal/blob.hpp"
#include "journal/compression.hpp"
#include "journal/row_checksum.hpp"

namespace fanfold {
namespace {

// A block is closed when it has this many bytes: larger ones compress no better.
constexpr std::size_t block_bytes = 1 << 20;

// Records for compression: pieces of one size (chunks of one task) are one record each; else numbers of eight
// bytes.
std::size_t stride_of(const std::vector<const KeptColumns*>& pieces) {
  const std::size_t size = pieces.front()->data.size();
  const bool alike = std::all_of(pieces.begin(), pieces.end(),
                                 [size](const KeptColumns* piece) { return piece->data.size() == size; });
  return pieces.size() > 1 && alike && size > 0 && size <= 64 ? size : 8;
}

}  // namespace

ColumnWriter::ColumnWriter(SQLite::Database& database) : add_(database, insert_into("columns")) {}

void ColumnWriter::add(const std::vector<KeptColumns>& columns) {
  std::vector<const KeptColumns*> sorted;
  for (const KeptColumns& piece : columns) {
    if (!piece.tasks.empty()) sorted.push_back(&piece);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const KeptColumns* a, const KeptColumns* b) { return a->tasks.begin < b->tasks.begin; });
  std::vector<const KeptColumns*> block;
  std::size_t bytes = 0;
  for (const KeptColumns* piece : sorted) {
    const bool follows = !block.empty() && block.back()->tasks.end == piece->tasks.begin;
    if (!block.empty() && (!follows || bytes + piece->data.size() > block_bytes)) {
      write_block(block);
      block.clear();
      bytes = 0;
    }
    block.push_back(piece);
    bytes += piece->data.size();
  }
  if (!block.empty()) write_block(block);
}

void ColumnWriter::write_block(const std::vector<const KeptColumns*>& pieces) {
  ByteWriter head;
  Bytes data;
  head.varint(pieces.size());
  for (const KeptColumns* piece : pieces) {
    head.varint(piece->tasks.size());
    head.varint(piece->data.size());
    data.insert(data.end(), piece->data.begin(), piece->data.end());
  }
  ByteWriter out;
  out.blob(pack(head.bytes()));
  out.raw(pack_records(data, stride_of(pieces)));
  add_.tryReset();
  add_.bind(1, signed_of(pieces.front()->tasks.begin));
  add_.bind(2, signed_of(pieces.back()->tasks.end - pieces.front()->tasks.begin));
  bind_blob(add_, 3, out.bytes());
  add_.exec();
}

ColumnReader::ColumnReader(const SQLite::Database& database, TaskRange tasks)
    : rows_(
          database,
          "SELECT first, id, data, count FROM columns WHERE first < ? AND first + count > ? ORDER BY first") {
  rows_.bind(1, signed_of(tasks.end));
  rows_.bind(2, signed_of(tasks.begin));
  more_rows_ = rows_.executeStep();
}

ColumnReader::Values ColumnReader::values_of(TaskRange range) {
  open_blocks_at(range.begin);
  // Where a block begins that may be newer.
  if (more_rows_) range.end = std::min(range.end, unsigned_of(rows_.getColumn(0).getInt64()));
  const auto newest = std::max_element(open_.begin(), open_.end(),
                                       [](const Block& a, const Block& b) { return a.id < b.id; });
  if (newest == open_.end()) return {range, {}};
  Block& block = *newest;
  while (block.pieces[block.next].tasks.end <= range.begin) {
    block.pieces[block.next++] = Piece();  // its memory is not needed any more
  }
  Piece& piece = block.pieces[block.next];
  if (piece.columns.empty()) {
    piece.columns = decode_columns(piece.data, static_cast<std::size_t>(piece.tasks.size()));
  }
  Values values{{range.begin, std::min(range.end, piece.tasks.end)}, {}};
  for (const ColumnBuffer& column : piece.columns) {
    values.columns.push_back(column.view().rows(static_cast<std::size_t>(range.begin - piece.tasks.begin),
                                                static_cast<std::size_t>(values.tasks.size())));
  }
  return values;
}

void ColumnReader::open_blocks_at(std::uint64_t task) {
  std::erase_if(open_, [task](const Block& block) { return block.tasks.end <= task; });
  while (more_rows_ && unsigned_of(rows_.getColumn(0).getInt64()) <= task) {
    const std::uint64_t first = unsigned_of(rows_.getColumn(0).getInt64());
    const std::uint64_t count = unsigned_of(rows_.getColumn(3).getInt64());
    if (first + count > task) {
      Block block = open_block(rows_.getColumn(1).getInt64(), first, blob_of(rows_, 2));
      // Its count may be damaged: what it has is what its pieces have.
      if (block.tasks.end > task) open_.push_back(std::move(block));
    }
    more_rows_ = rows_.executeStep();
  }
}

ColumnReader::Block ColumnReader::open_block(std::int64_t id, std::uint64_t first,
                                             std::span<const std::byte> blob) {
  ByteReader in(blob);
  const Bytes head_bytes = unpack(in.blob());
  const Bytes data_bytes = unpack(in.raw(in.left()));
  ByteReader head(head_bytes);
  ByteReader data(data_bytes);
  Block block;
  block.id = id;
  block.tasks = {first, first};
  block.pieces.resize(head.count(2));
  for (Piece& piece : block.pieces) {
    const std::uint64_t rows = head.varint();
    piece.tasks = {block.tasks.end, block.tasks.end + rows};
    if (piece.tasks.empty()) throw DecodeError("a piece of kept columns is empty");
    const std::span<const std::byte> bytes = data.raw(static_cast<std::size_t>(head.varint()));
    piece.data.assign(bytes.begin(), bytes.end());
    block.tasks.end = piece.tasks.end;
  }
  head.expect_end();
  data.expect_end();
  return block;
}

}  // namespace fanfold
