#include "report/task_printer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.hpp"

namespace fanfold {
namespace {

/// What waits for earlier tasks takes so much memory at most.
constexpr std::size_t stored_bytes = 64 << 20;

[[noreturn]] void give_up() {
  throw RunError(fmt::format("cannot keep what tasks wrote until it is printed: {}", std::strerror(errno)));
}

}  // namespace

void StoredOutputs::put(std::uint64_t task, Texts texts) {
  Place place;
  place.output_bytes = texts.output.size();
  place.errors_bytes = texts.errors.size();
  const std::size_t bytes = place.output_bytes + place.errors_bytes;
  if (bytes <= memory_) {
    memory_ -= bytes;
    place.texts = std::move(texts);
  } else {
    if (!file_) file_.reset(std::tmpfile());
    if (!file_ || std::fseek(file_.get(), 0, SEEK_END) != 0) give_up();
    place.offset = std::ftell(file_.get());
    const std::string& output = texts.output;
    const std::string& errors = texts.errors;
    if (place.offset < 0 || std::fwrite(output.data(), 1, output.size(), file_.get()) != output.size() ||
        std::fwrite(errors.data(), 1, errors.size(), file_.get()) != errors.size()) {
      give_up();
    }
  }
  places_.emplace(task, std::move(place));
}

StoredOutputs::Texts StoredOutputs::take(std::uint64_t task) {
  const auto found = places_.find(task);
  Place place = std::move(found->second);
  places_.erase(found);
  if (place.offset < 0) {
    memory_ += place.output_bytes + place.errors_bytes;
    return std::move(place.texts);
  }
  Texts texts{std::string(place.output_bytes, '\0'), std::string(place.errors_bytes, '\0')};
  if (std::fseek(file_.get(), place.offset, SEEK_SET) != 0 ||
      std::fread(texts.output.data(), 1, place.output_bytes, file_.get()) != place.output_bytes ||
      std::fread(texts.errors.data(), 1, place.errors_bytes, file_.get()) != place.errors_bytes) {
    give_up();
  }
  if (places_.empty()) file_.reset();  // what was read is not read again
  return texts;
}

TaskPrinter::TaskPrinter(RunPolicy::Print how, RunObserver& observer, std::shared_ptr<Terminal> terminal,
                         Write output, Write errors)
    : how_(how),
      observer_(observer),
      terminal_(std::move(terminal)),
      output_(std::move(output)),
      errors_(std::move(errors)),
      stored_(stored_bytes) {}

void TaskPrinter::on_start(std::uint64_t tasks, std::uint64_t finished) {
  observer_.on_start(tasks, finished);
}

void TaskPrinter::on_tasks(const TaskSet& tasks) {
  if (how_ == RunPolicy::Print::in_order) ahead_ = tasks;
}

void TaskPrinter::on_report(const Report& report) {
  if (how_ == RunPolicy::Print::nothing) return;
  for (const Outcome& outcome : report.outcomes) {
    if (!report.finished.contains(outcome.task)) continue;  // it is tried again
    if (outcome.output.empty() && outcome.errors.empty()) continue;
    StoredOutputs::Texts texts{outcome.output, outcome.errors};
    if (how_ == RunPolicy::Print::as_they_end) {
      print(texts);
    } else {
      stored_.put(outcome.task.value(), std::move(texts));
    }
  }
  if (how_ != RunPolicy::Print::in_order) return;
  finished_.insert(report.finished);
  print_in_order();
}

void TaskPrinter::on_progress(const Snapshot& snapshot) { observer_.on_progress(snapshot); }

void TaskPrinter::on_end(const Snapshot& snapshot) {
  while (!stored_.empty()) print(stored_.take(stored_.first()));
  observer_.on_end(snapshot);
}

void TaskPrinter::print_in_order() {
  while (const std::optional<TaskRange> next = ahead_.first()) {
    const TaskIndex task(next->begin);
    if (!finished_.contains(task)) return;
    if (stored_.has(next->begin)) print(stored_.take(next->begin));
    const TaskRange range{next->begin, next->begin + 1};
    ahead_.erase(range);
    finished_.erase(range);
  }
}

void TaskPrinter::print(const StoredOutputs::Texts& texts) {
  if (terminal_) terminal_->set_status({});
  if (!texts.output.empty()) output_(texts.output);
  if (!texts.errors.empty()) errors_(texts.errors);
}

}  // namespace fanfold
