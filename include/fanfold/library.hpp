// FANFOLD_KERNELS: makes kernels of C++ a library that fanfold can load, over the C boundary of
// <fanfold/kernel.h>.
#pragma once

#include <fanfold/kernel.h>
#include <fanfold/kernel.hpp>

#include <charconv>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fanfold {

/// The kernels of one library. Hidden: each library has its own, whatever others are loaded.
class __attribute__((visibility("hidden"))) Library {
 public:
  using Kernels = std::vector<std::unique_ptr<const Kernel>>;

  /// `make` returns the kernels; what it throws is reported as the library's error.
  template <typename Make>
  explicit Library(Make make) {
    library_.api = FANFOLD_KERNEL_API;
    try {
      for (std::unique_ptr<const Kernel>& kernel : make()) entries_.emplace_back(std::move(kernel));
    } catch (const std::exception& error) {
      error_ = error.what();
      library_.error = error_.c_str();
    }
    for (Entry& entry : entries_) kernels_.push_back(entry.as_c());
    library_.kernel_count = kernels_.size();
    library_.kernels = kernels_.data();
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const fanfold_library* get() const { return &library_; }

  /// What FANFOLD_KERNELS lists, as a vector.
  template <typename... Each>
  static Kernels list(Each&&... each) {
    Kernels kernels;
    (kernels.push_back(std::forward<Each>(each)), ...);
    return kernels;
  }

 private:
  static fanfold_text as_c(std::string_view text) { return {text.data(), text.size()}; }

  static std::string written(const Value& value) {
    if (type_of(value) == Type::text) return std::get<std::string>(value);
    return type_of(value) == Type::integer ? std::to_string(std::get<std::int64_t>(value))
                                           : written(std::get<double>(value));
  }
  static std::string written(double number) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, number).ptr};
  }

  /// The results of the rows [first, first + count) of a batch of the host.
  class BatchResults final : public Results {
   public:
    BatchResults(const fanfold_batch& batch, std::size_t first, std::size_t count)
        : batch_(batch), first_(first), count_(count) {}
    std::span<std::int64_t> integers(std::size_t result) override {
      return {static_cast<std::int64_t*>(batch_.results[result]) + first_, count_};
    }
    std::span<double> reals(std::size_t result) override {
      return {static_cast<double*>(batch_.results[result]) + first_, count_};
    }
    void text(std::size_t result, std::size_t task, std::string_view value) override {
      batch_.set_text(batch_.host, result, first_ + task, as_c(value));
    }
    void fail(std::size_t task, std::string_view reason) override {
      batch_.fail(batch_.host, first_ + task, as_c(reason));
    }

   private:
    const fanfold_batch& batch_;
    std::size_t first_;
    std::size_t count_;
  };

  /// A kernel, and what the C side points into.
  struct Entry {
    explicit Entry(std::unique_ptr<const Kernel> of) : kernel(std::move(of)) {}

    fanfold_kernel as_c() {
      const KernelInfo& info = kernel->info();
      texts.reserve(2 * info.parameters.size());  // no text moves any more
      for (const Parameter& each : info.parameters) {
        parameters.push_back({each.name.c_str(), static_cast<fanfold_type>(each.type),
                              each.description.c_str(), nullptr, nullptr, each.unit.c_str()});
        if (each.default_value) {
          parameters.back().default_value = texts.emplace_back(written(*each.default_value)).c_str();
        }
        if (each.minimum) parameters.back().minimum = texts.emplace_back(written(*each.minimum)).c_str();
      }
      for (const Result& each : info.results) {
        results.push_back({each.name.c_str(), static_cast<fanfold_type>(each.type), each.description.c_str(),
                           each.unit.c_str()});
      }
      return {info.name.c_str(),
              info.summary.c_str(),
              info.source.c_str(),
              info.takes_input ? 1 : 0,
              info.draws_random ? 1 : 0,
              parameters.size(),
              parameters.data(),
              results.size(),
              results.data(),
              run,
              kernel.get()};
    }

    std::unique_ptr<const Kernel> kernel;
    std::vector<std::string> texts;
    std::vector<fanfold_parameter> parameters;
    std::vector<fanfold_result> results;
  };

  static std::vector<std::string_view> views(const fanfold_text* texts, std::size_t size) {
    std::vector<std::string_view> result;
    for (std::size_t i = 0; i < size; ++i) result.emplace_back(texts[i].data, texts[i].size);
    return result;
  }

  /// No exception crosses the boundary.
  static void run(const fanfold_kernel* self, const fanfold_batch* batch) {
    const Kernel& kernel = *static_cast<const Kernel*>(self->object);
    run(kernel, *batch);
  }

  /// Runs rows; if that throws, each alone: an exception fails the task that throws, however tasks are
  /// batched.
  static void run_rows(const Kernel& kernel, const Batch& all, const fanfold_batch& batch, std::size_t first,
                       std::size_t count) {
    BatchResults results(batch, first, count);
    std::string reason = "it threw something that is not a std::exception";
    try {
      return kernel.run(all.rows(first, count), results);
    } catch (const std::exception& error) {
      reason = error.what();
    } catch (...) {
    }
    if (count == 1) return results.fail(0, reason);
    for (std::size_t row = first; row < first + count; ++row) run_rows(kernel, all, batch, row, 1);
  }

  static void run(const Kernel& kernel, const fanfold_batch& batch) {
    const std::vector<Parameter>& parameters = kernel.info().parameters;
    std::vector<ConstColumn> columns;
    std::vector<std::vector<std::string_view>> texts(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const void* const data = batch.parameters[i];
      switch (parameters[i].type) {
        case Type::integer:
          columns.emplace_back(std::span(static_cast<const std::int64_t*>(data), batch.size));
          break;
        case Type::real:
          columns.emplace_back(std::span(static_cast<const double*>(data), batch.size));
          break;
        case Type::text:
          texts[i] = views(static_cast<const fanfold_text*>(data), batch.size);
          columns.emplace_back(std::span<const std::string_view>(texts[i]));
          break;
      }
    }
    std::vector<std::string_view> inputs;
    if (batch.inputs != nullptr) inputs = views(batch.inputs, batch.size);
    const Batch all(batch.size, columns, inputs, {batch.random_key[0], batch.random_key[1]},
                    {batch.random_streams, batch.size}, reinterpret_cast<const bool*>(batch.stop));
    run_rows(kernel, all, batch, 0, batch.size);
  }

  std::string error_;
  std::vector<Entry> entries_;
  std::vector<fanfold_kernel> kernels_;
  fanfold_library library_{};
};

}  // namespace fanfold

/// Lists the kernels of a library, once in it: FANFOLD_KERNELS(fanfold::per_task(…),
/// std::make_unique<Heat>()).
#define FANFOLD_KERNELS(...)                                                                   \
  FANFOLD_EXPORT const fanfold_library* fanfold_kernel_library(void) {                         \
    static const fanfold::Library library([] { return fanfold::Library::list(__VA_ARGS__); }); \
    return library.get();                                                                      \
  }
