#include "reduce/group_table.hpp"

namespace fanfold::reduce {

GroupTable::GroupTable(const Grouping& grouping) {
  for (const Key& key : grouping.keys) key_types_.push_back(key.type);
  for (const BoundAggregate& aggregate : grouping.aggregates)
    states_.push_back(aggregate.kind->make(aggregate.type, aggregate.options));
}

void GroupTable::add_tasks(std::span<const Run> runs) {
  make_room();
  for (const Run& run : runs) tasks_[run.group] += run.count;
}

void GroupTable::add(std::size_t aggregate, std::span<const Run> runs, const ConstColumn& argument,
                     std::span<const TaskIndex> tasks) {
  states_[aggregate]->add(runs, argument, tasks);
}

void GroupTable::merge(const GroupTable& other) {
  for (std::size_t theirs = 0; theirs < other.size(); ++theirs) {
    const std::uint32_t mine = keys_.find_or_add(other.keys_.key(theirs));
    if (mine >= tasks_.size()) make_room();
    tasks_[mine] += other.tasks_[theirs];
    for (std::size_t i = 0; i < states_.size(); ++i) states_[i]->merge(mine, *other.states_[i], theirs);
  }
}

void GroupTable::clear() {
  keys_.clear();
  make_room();
}

void GroupTable::encode(ByteWriter& out) const {
  out.varint(size());
  for (const std::uint32_t group : keys_.sorted()) {
    if (!key_types_.empty()) out.text(keys_.key(group));
    out.varint(tasks_[group]);
    for (const auto& states : states_) states->encode(group, out);
  }
}

void GroupTable::decode(ByteReader& in) {
  clear();
  const std::size_t groups = in.count();
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
