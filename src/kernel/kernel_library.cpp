#include "kernel/kernel_library.hpp"

#include <fanfold/kernel.h>

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>
#include <system_error>

#include "core/nearest.hpp"

namespace fanfold {
namespace {

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

/// A number as a declaration writes it.
template <typename T>
T number_of(const std::string& text, const std::string& what) {
  T number{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error == std::errc() && end == last && !text.empty()) return number;
  throw LibraryError(
      fmt::format("{} is '{}', which is no {}", what, text, std::is_integral_v<T> ? "integer" : "number"));
}

Value value_of(const std::string& text, Type type, const std::string& what) {
  if (type == Type::integer) return number_of<std::int64_t>(text, what);
  if (type == Type::real) return number_of<double>(text, what);
  return text;
}

/// True for what a job can use as a name.
bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text) {
    if (!is_letter(c) && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

/// What a library declares of one kernel, checked.
class Declaration {
 public:
  explicit Declaration(const fanfold_kernel& kernel) : kernel_(kernel) {}

  KernelInfo read() {
    KernelInfo info;
    info.name = text_or_empty(kernel_.name);
    what_ = fmt::format("its kernel '{}'", info.name);
    if (!is_name(info.name)) refuse(": the name is not made of letters, digits and _");
    if (kernel_.run == nullptr) refuse(" has no function run");
    info.summary = text_or_empty(kernel_.summary);
    info.source = text_or_empty(kernel_.source);
    info.takes_input = kernel_.takes_input != 0;
    info.draws_random = kernel_.draws_random != 0;
    for (std::size_t i = 0; i < kernel_.parameter_count; ++i) {
      info.parameters.push_back(parameter(kernel_.parameters[i]));
    }
    for (std::size_t i = 0; i < kernel_.result_count; ++i) {
      const fanfold_result& each = kernel_.results[i];
      check("result", each.name, each.type);
      info.results.push_back({each.name, static_cast<Type>(each.type), text_or_empty(each.description),
                              text_or_empty(each.unit)});
    }
    return info;
  }

 private:
  Parameter parameter(const fanfold_parameter& declared) {
    check("parameter", declared.name, declared.type);
    Parameter result;
    result.name = declared.name;
    result.type = static_cast<Type>(declared.type);
    result.description = text_or_empty(declared.description);
    result.unit = text_or_empty(declared.unit);
    const std::string what = fmt::format("{}: the {{}} of '{}'", what_, result.name);
    if (declared.default_value != nullptr) {
      result.default_value =
          value_of(declared.default_value, result.type, fmt::format(fmt::runtime(what), "default"));
    }
    if (declared.minimum != nullptr) {
      result.minimum = number_of<double>(declared.minimum, fmt::format(fmt::runtime(what), "minimum"));
    }
    return result;
  }

  void check(std::string_view kind, const char* name, fanfold_type type) {
    const std::string text = text_or_empty(name);
    if (!is_name(text)) refuse(fmt::format(" has a {} '{}': a name is letters, digits and _", kind, text));
    if (!names_.insert(text).second) refuse(fmt::format(" has the name '{}' twice", text));
    if (static_cast<unsigned>(type) > static_cast<unsigned>(FANFOLD_TEXT)) {
      refuse(fmt::format(": the {} '{}' has the type {}, which is none", kind, text,
                         static_cast<unsigned>(type)));
    }
  }

  [[noreturn]] void refuse(std::string_view why) const {
    throw LibraryError(fmt::format("{}{}", what_, why));
  }

  const fanfold_kernel& kernel_;
  std::string what_;
  std::set<std::string> names_;
};

std::vector<fanfold_text> texts_of(std::span<const std::string_view> texts) {
  std::vector<fanfold_text> result;
  result.reserve(texts.size());
  for (const std::string_view text : texts) result.push_back({text.data(), text.size()});
  return result;
}

void set_text(void* host, std::size_t result, std::size_t task, fanfold_text value) {
  static_cast<Results*>(host)->text(result, task, {value.data, value.size});
}

void fail(void* host, std::size_t task, fanfold_text reason) {
  static_cast<Results*>(host)->fail(task, {reason.data, reason.size});
}

/// A kernel on the other side of the boundary.
class LibraryKernel final : public Kernel {
 public:
  explicit LibraryKernel(const fanfold_kernel& kernel) : kernel_(kernel), info_(Declaration(kernel).read()) {}

  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    static constexpr unsigned char never = 0;
    std::vector<std::vector<fanfold_text>> texts(info_.parameters.size());
    std::vector<const void*> parameters(info_.parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      switch (info_.parameters[i].type) {
        case Type::integer:
          parameters[i] = batch.integers(i).data();
          break;
        case Type::real:
          parameters[i] = batch.reals(i).data();
          break;
        case Type::text:
          texts[i] = texts_of(batch.texts(i));
          parameters[i] = texts[i].data();
          break;
      }
    }
    std::vector<fanfold_text> inputs;
    for (std::size_t task = 0; info_.takes_input && task < batch.size(); ++task) {
      inputs.push_back({batch.input(task).data(), batch.input(task).size()});
    }
    std::vector<void*> columns(info_.results.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (info_.results[i].type == Type::integer) columns[i] = results.integers(i).data();
      if (info_.results[i].type == Type::real) columns[i] = results.reals(i).data();
    }
    const unsigned char* const stop =
        batch.stop() == nullptr ? &never : reinterpret_cast<const unsigned char*>(batch.stop());
    const fanfold_batch as_c{batch.size(),
                             parameters.data(),
                             info_.takes_input ? inputs.data() : nullptr,
                             {batch.random_key()[0], batch.random_key()[1]},
                             batch.random_streams().data(),
                             stop,
                             columns.data(),
                             &results,
                             set_text,
                             fail};
    kernel_.run(&kernel_, &as_c);
  }

 private:
  const fanfold_kernel& kernel_;
  const KernelInfo info_;
};

}  // namespace

KernelLibrary::KernelLibrary(const char* path) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw LibraryError(fmt::format("it cannot be loaded: {}", dlerror()));
  void* const entry = dlsym(library, "fanfold_kernel_library");
  if (entry == nullptr) {
    throw LibraryError(
        "it has no kernels: it exports no fanfold_kernel_library, which FANFOLD_KERNELS defines");
  }
  const fanfold_library* const declared = reinterpret_cast<decltype(fanfold_kernel_library)*>(entry)();
  if (declared->api != FANFOLD_KERNEL_API) {
    throw LibraryError(fmt::format("it was built for kernel API {}, this fanfold has {}: build it again",
                                   declared->api, FANFOLD_KERNEL_API));
  }
  if (declared->error != nullptr) throw LibraryError(declared->error);
  if (declared->kernel_count == 0) throw LibraryError("it has no kernels");
  for (std::size_t i = 0; i < declared->kernel_count; ++i) {
    kernels_.push_back(std::make_unique<LibraryKernel>(declared->kernels[i]));
  }
}

std::shared_ptr<const KernelLibrary> KernelLibrary::open(const std::filesystem::path& file) {
  return std::shared_ptr<const KernelLibrary>(new KernelLibrary(std::filesystem::absolute(file).c_str()));
}

std::shared_ptr<const KernelLibrary> KernelLibrary::load(std::string_view bytes) {
  // A file without a name: nothing is left behind, and no folder need allow programs.
  const int file = memfd_create("fanfold-kernel", MFD_CLOEXEC);
  if (file < 0) throw LibraryError(std::string("it cannot be loaded: ") + std::strerror(errno));
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      const int error = errno;
      close(file);
      throw LibraryError(std::string("it cannot be loaded: ") + std::strerror(error));
    }
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  try {
    // The loader knows what it loaded by the path: another library must not get the number again, so it stays
    // open.
    return std::shared_ptr<const KernelLibrary>(
        new KernelLibrary(fmt::format("/proc/self/fd/{}", file).c_str()));
  } catch (...) {
    close(file);
    throw;
  }
}

const Kernel& KernelLibrary::find(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& kernel : kernels_) {
    if (kernel->info().name == name || (name.empty() && kernels_.size() == 1)) return *kernel;
    names.push_back(kernel->info().name);
  }
  const std::string known = fmt::format("'{}'", fmt::join(names, "', '"));
  if (name.empty())
    throw LibraryError(fmt::format("it has several kernels, {}: name one behind a colon", known));
  const std::string hint = did_you_mean(std::string(name), names);
  throw LibraryError(fmt::format("it has no kernel '{}'{}", name, hint.empty() ? "; it has " + known : hint));
}

}  // namespace fanfold
