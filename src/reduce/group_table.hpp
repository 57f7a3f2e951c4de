// The states of all aggregates of one grouping, for each of its groups.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "reduce/aggregate.hpp"
#include "reduce/group_keys.hpp"
#include "reduce/plan_impl.hpp"

namespace fanfold::reduce {

/// An exact commutative monoid like the states in it; a new table is the identity. A group is there when some
/// task is in it. A table of more than most_groups gives them up: then it only counts the tasks. One thread
/// at a time.
class GroupTable {
 public:
  explicit GroupTable(const Grouping& grouping);

  /// For `RunFinder::find`, which may add groups; `add_tasks` is to follow.
  GroupKeys& keys() { return keys_; }
  /// Counts the tasks of the runs and makes room for the states of new groups.
  void add_tasks(std::span<const Run> runs);
  void add(std::size_t aggregate, std::span<const Run> runs, const ConstColumn& argument,
           std::span<const TaskIndex> tasks);

  void merge(const GroupTable& other);
  void clear();

  /// In the order of the keys' bytes: equal tables give equal bytes.
  void encode(ByteWriter& out) const;
  /// Replaces the content. Throws DecodeError; the content is unspecified then.
  void decode(ByteReader& in);

  bool empty() const { return size() == 0 && !gave_up_; }
  bool gave_up() const { return gave_up_; }
  /// Of all groups.
  std::uint64_t all_tasks() const;

  std::size_t size() const { return keys_.size(); }
  /// The only group of a grouping without keys; added if there is none.
  std::uint32_t only_group();
  std::vector<Value> keys_of(std::size_t group) const;
  std::uint64_t tasks(std::size_t group) const { return tasks_[group]; }
  const States& states(std::size_t aggregate) const { return *states_[aggregate]; }
  std::size_t memory() const;

 private:
  void make_room();
  void give_up();

  std::vector<Type> key_types_;
  GroupKeys keys_;
  std::vector<std::uint64_t> tasks_;             ///< of each group
  std::vector<std::unique_ptr<States>> states_;  ///< of each aggregate
  bool gave_up_ = false;
  std::uint64_t tasks_given_up_ = 0;  ///< tasks of a table that gave up
};

}  // namespace fanfold::reduce
