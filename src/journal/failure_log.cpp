#include "journal/failure_log.hpp"

#include <algorithm>
#include <cassert>

#include "journal/blob.hpp"
#include "journal/compression.hpp"
#include "journal/row_checksum.hpp"

namespace fanfold {
namespace {

// Ranges in a block: large enough to compress well, small enough to hold many blocks at once.
constexpr std::size_t block_ranges = 16 * 1024;
// Reasons may be as many as tasks: then the database is asked each time.
constexpr std::size_t most_ids = 1'000;

// Walks through an encoded TaskSet (see core/task_set.hpp) without unpacking it as a whole.
class EncodedTaskSet {
 public:
  explicit EncodedTaskSet(std::span<const std::byte> bytes) : in_(bytes), left_(in_.count(2)) {}
  std::optional<TaskRange> next() {
    if (left_ == 0) return std::nullopt;
    --left_;
    TaskRange range;
    range.begin = previous_ + static_cast<std::uint64_t>(in_.zigzag());
    range.end = range.begin + in_.varint();
    if (range.empty()) throw DecodeError("a range of tasks is empty or overflows");
    previous_ = range.end;
    return range;
  }

 private:
  ByteReader in_;
  std::size_t left_;
  std::uint64_t previous_ = 0;
};

struct Part {
  const FailedTasks* failed;
  std::uint64_t first;
};

// Sorts ranges and merges those that touch.
void normalise(std::vector<TaskRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const TaskRange& a, const TaskRange& b) { return a.begin < b.begin; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].begin <= ranges[kept].end) {
      ranges[kept].end = std::max(ranges[kept].end, ranges[i].end);
    } else {
      ranges[++kept] = ranges[i];
    }
  }
  ranges.resize(kept + 1);
}

// Reports of many ranks come in any order; in ascending order their blocks overlap least.
std::map<std::string_view, std::vector<Part>> by_reason(const std::vector<FailedTasks>& failures) {
  std::map<std::string_view, std::vector<Part>> parts;
  for (const FailedTasks& failed : failures) {
    const std::optional<TaskRange> first = EncodedTaskSet(failed.tasks).next();
    if (first) parts[failed.reason].push_back({&failed, first->begin});
  }
  for (auto& [reason, list] : parts) {
    std::sort(list.begin(), list.end(), [](const Part& a, const Part& b) { return a.first < b.first; });
  }
  return parts;
}

}  // namespace

Bytes encode_ranges(std::span<const TaskRange> ranges) {
  assert(!ranges.empty());
  ByteWriter gaps, sizes, out;
  std::uint64_t previous = 0;
  for (const TaskRange& range : ranges) {
    gaps.varint(range.begin - previous);
    sizes.varint(range.size() - 1);
    previous = range.end;
  }
  out.varint(ranges.size());
  out.blob(gaps.bytes());
  out.raw(sizes.bytes());
  return out.take();
}

RangeReader::RangeReader(Bytes bytes) : bytes_(std::move(bytes)), gaps_({}), sizes_(bytes_) {
  left_ = sizes_.count();
  gaps_ = ByteReader(sizes_.blob());
}

std::optional<TaskRange> RangeReader::next() {
  if (left_ == 0) return std::nullopt;
  --left_;
  TaskRange range;
  range.begin = previous_end_ + gaps_.varint();
  range.end = range.begin + sizes_.varint() + 1;
  if (range.begin < previous_end_ || range.empty()) throw DecodeError("a range of failed tasks overflows");
  previous_end_ = range.end;
  return range;
}

FailureWriter::FailureWriter(SQLite::Database& database)
    : find_reason_(database, "SELECT id FROM reasons WHERE text = ?"),
      add_reason_(database, "INSERT INTO reasons(text) VALUES(?) RETURNING id"),
      add_block_(database, insert_into("failures")) {}

void FailureWriter::add(const std::vector<FailedTasks>& failures) {
  std::vector<TaskRange> ranges;
  for (const auto& [reason, parts] : by_reason(failures)) {
    const std::int64_t id = id_of(std::string(reason));
    for (const Part& part : parts) {
      EncodedTaskSet tasks(part.failed->tasks);
      while (const std::optional<TaskRange> range = tasks.next()) {
        ranges.push_back(*range);
        if (ranges.size() == block_ranges) write_block(id, ranges);
      }
    }
    if (!ranges.empty()) write_block(id, ranges);
  }
}

void FailureWriter::write_block(std::int64_t reason, std::vector<TaskRange>& ranges) {
  normalise(ranges);
  std::uint64_t count = 0;
  for (const TaskRange& range : ranges) count += range.size();
  const Bytes blob = pack(encode_ranges(ranges));
  add_block_.tryReset();
  add_block_.bind(1, reason);
  add_block_.bind(2, signed_of(ranges.front().begin));
  add_block_.bind(3, signed_of(ranges.back().end - 1));
  add_block_.bind(4, signed_of(count));
  bind_blob(add_block_, 5, blob);
  add_block_.exec();
  ranges.clear();
}

std::int64_t FailureWriter::id_of(const std::string& reason) {
  if (const auto known = ids_.find(reason); known != ids_.end()) return known->second;
  find_reason_.tryReset();
  find_reason_.bind(1, reason);
  std::int64_t id = 0;
  if (find_reason_.executeStep()) {
    id = find_reason_.getColumn(0).getInt64();
  } else {
    add_reason_.tryReset();
    add_reason_.bind(1, reason);
    add_reason_.executeStep();
    id = add_reason_.getColumn(0).getInt64();
    add_reason_.tryReset();
  }
  find_reason_.tryReset();
  if (ids_.size() == most_ids) ids_.clear();
  ids_.emplace(reason, id);
  return id;
}

FailureReader::FailureReader(const SQLite::Database& database, TaskRange tasks)
    : rows_(database,
            "SELECT failures.first, failures.tasks, reasons.text FROM failures JOIN reasons ON reasons.id = "
            "failures.reason WHERE failures.first < ? AND failures.last >= ? ORDER BY failures.first") {
  rows_.bind(1, signed_of(tasks.end));
  rows_.bind(2, signed_of(tasks.begin));
  more_rows_ = rows_.executeStep();
  advance();
}

void FailureReader::advance() {
  if (open_.empty() && more_rows_) open_blocks_up_to(unsigned_of(rows_.getColumn(0).getInt64()));
  if (!open_.empty()) open_blocks_up_to(open_.begin()->first);
  if (open_.empty()) {
    current_.reset();
    return;
  }
  auto next = open_.extract(open_.begin());
  Block& block = next.mapped();
  current_ = Failure{block.range, block.reason};
  if (const std::optional<TaskRange> range = block.ranges.next()) {
    block.range = *range;
    next.key() = range->begin;
    open_.insert(std::move(next));
  }
}

void FailureReader::open_blocks_up_to(std::uint64_t task) {
  while (more_rows_ && unsigned_of(rows_.getColumn(0).getInt64()) <= task) {
    RangeReader ranges(unpack(blob_of(rows_, 1)));
    if (const std::optional<TaskRange> first = ranges.next()) {
      open_.emplace(first->begin, Block{std::move(ranges), *first, rows_.getColumn(2).getString()});
    }
    more_rows_ = rows_.executeStep();
  }
}

}  // namespace fanfold
