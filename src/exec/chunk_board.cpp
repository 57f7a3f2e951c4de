#include "exec/chunk_board.hpp"

#include <algorithm>
#include <utility>

namespace fanfold {

ChunkBoard::ChunkBoard(const Job& job, ReportQueue& reports, std::function<void()> on_low_stock)
    : job_(job), reports_(reports), on_low_stock_(std::move(on_low_stock)) {}

void ChunkBoard::submit(Chunk chunk) {
  const std::uint64_t tasks = size_of(chunk.tasks);
  if (tasks == 0) return;
  const MutexLock lock(mutex_);
  if (closed_) return;
  whole_.push_back(std::make_shared<BoardChunk>(std::move(chunk), arrivals_++, job_));
  whole_tasks_ += tasks;
  mean_chunk_ =
      mean_chunk_ == 0 ? static_cast<double>(tasks) : 0.75 * mean_chunk_ + 0.25 * static_cast<double>(tasks);
  if (tasks >= waiting_) return arrived_.notify_all();
  for (std::uint64_t task = 0; task < tasks; ++task) arrived_.notify_one();
}

BoardChunkPointer ChunkBoard::enter() {
  BoardChunkPointer chunk;
  bool low = false;
  {
    const MutexLock lock(mutex_);
    chunk = enter_locked(low);
  }
  if (low) on_low_stock_();
  return chunk;
}

TasksOfChunk ChunkBoard::enter_for_tasks(std::uint64_t most, std::uint32_t takers) {
  TasksOfChunk taken;
  bool low = false;
  {
    const MutexLock lock(mutex_);
    taken = claim_locked(enter_locked(low), most, takers);
  }
  if (low) on_low_stock_();
  return taken;
}

TasksOfChunk ChunkBoard::try_enter_for_tasks(std::uint64_t most, std::uint32_t takers) {
  TasksOfChunk taken;
  bool low = false;
  {
    const MutexLock lock(mutex_);
    taken = claim_locked(try_enter_locked(low), most, takers);
  }
  if (low) on_low_stock_();
  return taken;
}

/// Only holders of the mutex claim or recall tasks one by one: what has unstarted tasks keeps them until
/// here.
TasksOfChunk ChunkBoard::claim_locked(BoardChunkPointer chunk, std::uint64_t most, std::uint32_t takers) {
  TasksOfChunk taken;
  if (!chunk) return taken;
  const std::uint64_t share = (chunk->work.unstarted() + whole_tasks_) / (2 * std::uint64_t{takers});
  const std::uint64_t count = chunk->work.claim(std::clamp<std::uint64_t>(share, 1, most), taken.tasks);
  entered_.at(chunk->number).inside += static_cast<std::uint32_t>(count - 1);
  inside_ += count - 1;
  taken.chunk = std::move(chunk);
  return taken;
}

BoardChunkPointer ChunkBoard::enter_locked(bool& low) {
  while (!closed_) {
    if (BoardChunkPointer chunk = try_enter_locked(low)) return chunk;
    ++waiting_;
    arrived_.wait(mutex_);
    --waiting_;
  }
  return nullptr;
}

BoardChunkPointer ChunkBoard::try_enter_locked(bool& low) {
  for (auto& [number, entered] : entered_) {
    if (entered.chunk->work.unstarted() == 0) continue;
    ++entered.inside;
    ++inside_;
    return entered.chunk;
  }
  if (whole_.empty()) return nullptr;
  BoardChunkPointer chunk = std::move(whole_.front());
  whole_.pop_front();
  whole_tasks_ -= chunk->work.unstarted();
  low = whole_.empty();
  entered_.emplace(chunk->number, Entered{chunk, 1});
  ++inside_;
  return chunk;
}

void ChunkBoard::leave(const BoardChunkPointer& chunk, std::uint32_t entries) {
  {
    const MutexLock lock(mutex_);
    const auto place = entered_.find(chunk->number);
    if (place == entered_.end()) return;  // closed
    place->second.inside -= entries;
    inside_ -= entries;
    if (!is_finished(place->second)) return;
  }
  finish(chunk);
}

bool ChunkBoard::is_finished(const Entered& entered) const {
  return entered.inside == 0 && entered.chunk->work.unstarted() == 0;
}

void ChunkBoard::finish(const BoardChunkPointer& chunk) {
  // It goes after its report is in the queue: otherwise board and queue could both be empty with a report in
  // between.
  flush(*chunk);
  const MutexLock lock(mutex_);
  entered_.erase(chunk->number);
}

void ChunkBoard::flush(BoardChunk& chunk) {
  // Pushed under the chunk's lock, so that whoever finds nothing pending knows that all is in the queue.
  const MutexLock lock(chunk.mutex);
  if (!chunk.pending.empty()) reports_.push(chunk.pending.take(chunk.work.id()));
}

void ChunkBoard::flush() {
  std::vector<BoardChunkPointer> chunks;
  {
    const MutexLock lock(mutex_);
    for (const auto& [number, entered] : entered_) chunks.push_back(entered.chunk);
  }
  for (const BoardChunkPointer& chunk : chunks) flush(*chunk);
}

std::vector<ChunkTasks> ChunkBoard::recall(std::uint64_t tasks) {
  std::vector<ChunkTasks> recalled;
  std::vector<BoardChunkPointer> finished;
  {
    const MutexLock lock(mutex_);
    recall_whole(tasks, recalled);
    for (auto place = entered_.rbegin(); place != entered_.rend() && tasks > 0; ++place) {
      Entered& entered = place->second;
      TaskList taken = entered.chunk->work.recall(tasks);
      if (taken.empty()) continue;
      tasks -= size_of(taken);
      recalled.push_back({entered.chunk->work.id(), std::move(taken)});
      if (is_finished(entered)) finished.push_back(entered.chunk);
    }
  }
  for (const BoardChunkPointer& chunk : finished) finish(chunk);
  return recalled;
}

void ChunkBoard::recall_whole(std::uint64_t& tasks, std::vector<ChunkTasks>& recalled) {
  while (tasks > 0 && !whole_.empty()) {
    ChunkWork& work = whole_.back()->work;
    TaskList taken = work.recall(tasks);
    if (taken.empty()) return;  // fewer than can be taken one by one
    const std::uint64_t count = size_of(taken);
    tasks -= count;
    whole_tasks_ -= count;
    recalled.push_back({work.id(), std::move(taken)});
    if (work.unstarted() == 0) whole_.pop_back();
  }
}

void ChunkBoard::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  whole_.clear();
  whole_tasks_ = 0;
  entered_.clear();
  inside_ = 0;
  arrived_.notify_all();
}

ChunkBoard::Stock ChunkBoard::stock() const {
  const MutexLock lock(mutex_);
  Stock stock{whole_tasks_, whole_.size(), inside_, mean_chunk_};
  for (const auto& [number, entered] : entered_) stock.unstarted += entered.chunk->work.unstarted();
  return stock;
}

bool ChunkBoard::empty() const {
  const MutexLock lock(mutex_);
  return whole_.empty() && entered_.empty();
}

}  // namespace fanfold
