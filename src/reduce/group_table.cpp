#include "reduce/group_table.hpp"

#include <numeric>

namespace fanfold::reduce {

GroupTable::GroupTable(const Grouping& grouping) {
  for (const Key& key : grouping.keys) key_types_.push_back(key.type);
  for (const BoundAggregate& aggregate : grouping.aggregates)
    states_.push_back(aggregate.kind->make(aggregate.type, aggregate.options));
}

void GroupTable::add_tasks(std::span<const Run> runs) {
  if (size() > most_groups) give_up();
  if (gave_up_) {
    keys_.clear();
    for (const Run& run : runs) tasks_given_up_ += run.count;
    return;
  }
  make_room();
  for (const Run& run : runs) tasks_[run.group] += run.count;
}

void GroupTable::add(std::size_t aggregate, std::span<const Run> runs, const ConstColumn& argument,
                     std::span<const TaskIndex> tasks) {
  if (!gave_up_) states_[aggregate]->add(runs, argument, tasks);
}

void GroupTable::merge(const GroupTable& other) {
  if (other.gave_up_) give_up();
  if (gave_up_) {
    tasks_given_up_ += other.all_tasks();
    return;
  }
  for (std::size_t theirs = 0; theirs < other.size(); ++theirs) {
    const std::uint32_t mine = keys_.find_or_add(other.keys_.key(theirs));
    if (mine >= tasks_.size()) make_room();
    tasks_[mine] += other.tasks_[theirs];
    for (std::size_t i = 0; i < states_.size(); ++i) states_[i]->merge(mine, *other.states_[i], theirs);
    if (size() <= most_groups) continue;
    give_up();
    while (++theirs < other.size()) tasks_given_up_ += other.tasks_[theirs];
    return;
  }
}

void GroupTable::clear() {
  keys_.clear();
  make_room();
  gave_up_ = false;
  tasks_given_up_ = 0;
}

void GroupTable::give_up() {
  if (gave_up_) return;
  tasks_given_up_ = all_tasks();
  gave_up_ = true;
  keys_.clear();
  make_room();
}

std::uint64_t GroupTable::all_tasks() const {
  return std::accumulate(tasks_.begin(), tasks_.end(), tasks_given_up_);
}

// How many groups; for each its keys, its tasks and its states. A table that gave up: one group more than
// fit, and all tasks.
void GroupTable::encode(ByteWriter& out) const {
  if (gave_up_) {
    out.varint(most_groups + 1);
    out.varint(tasks_given_up_);
    return;
  }
  out.varint(size());
  for (const std::uint32_t group : keys_.sorted()) {
    if (!key_types_.empty()) out.text(keys_.key(group));
    out.varint(tasks_[group]);
    for (const auto& states : states_) states->encode(group, out);
  }
}

void GroupTable::decode(ByteReader& in) {
  clear();
  const std::uint64_t groups = in.varint();
  if (groups == most_groups + 1 && !key_types_.empty()) {
    gave_up_ = true;
    tasks_given_up_ = in.varint();
    return;
  }
  if (groups > in.left())
    throw DecodeError("a reduction has more groups than the bytes that follow can hold");
  if (key_types_.empty() && groups > 1) throw DecodeError("a reduction without keys has several groups");
  std::string_view before;
  for (std::size_t i = 0; i < groups; ++i) {
    const std::string_view key = key_types_.empty() ? std::string_view() : in.text();
    if (i > 0 && key <= before) throw DecodeError("the groups of a reduction are out of order");
    read_keys(key, key_types_);
    const std::uint32_t group = keys_.find_or_add(key);
    make_room();
    tasks_[group] = in.varint();
    if (tasks_[group] == 0) throw DecodeError("a group of a reduction has no task");
    for (const auto& states : states_) states->decode(group, in);
    before = key;
  }
}

std::uint32_t GroupTable::only_group() {
  const std::uint32_t group = keys_.find_or_add({});
  make_room();
  return group;
}

std::vector<Value> GroupTable::keys_of(std::size_t group) const {
  return read_keys(keys_.key(group), key_types_);
}

std::size_t GroupTable::memory() const {
  std::size_t bytes = keys_.memory() + tasks_.capacity() * sizeof(std::uint64_t);
  for (const auto& states : states_) bytes += states->memory();
  return bytes;
}

void GroupTable::make_room() {
  if (tasks_.size() == size()) return;
  tasks_.resize(size());
  for (const auto& states : states_) states->resize(size());
}

}  // namespace fanfold::reduce
