#include "job/own_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "core/stable_hash.hpp"
#include "job/job.hpp"
#include "job/outcome.hpp"
#include "job/read_file.hpp"
#include "job/toml_document.hpp"
#include "kernel/compile_kernel.hpp"
#include "kernel/kernel_library.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

Type decode_parameter_type(ByteReader& in) {
  const std::uint8_t type = in.u8();
  if (type > static_cast<std::uint8_t>(Type::text)) throw DecodeError("a kernel has a type that is none");
  return static_cast<Type>(type);
}

void encode_parameter(ByteWriter& out, const Parameter& parameter) {
  out.text(parameter.name);
  out.u8(static_cast<std::uint8_t>(parameter.type));
  out.text(parameter.description);
  out.u8(parameter.default_value ? 1 : 0);
  if (parameter.default_value) encode(out, *parameter.default_value);
  out.u8(parameter.minimum ? 1 : 0);
  if (parameter.minimum) out.f64(*parameter.minimum);
}

Parameter decode_parameter(ByteReader& in) {
  Parameter parameter;
  parameter.name = in.text();
  parameter.type = decode_parameter_type(in);
  parameter.description = in.text();
  if (in.u8() != 0) parameter.default_value = decode_value(in);
  if (parameter.default_value && type_of(*parameter.default_value) != parameter.type)
    throw DecodeError("a kernel has a default value of another type");
  if (in.u8() != 0) parameter.minimum = in.f64();
  return parameter;
}

bool is_source_file(std::string_view file) {
  const std::string extension = fs::path(file).extension().string();
  constexpr std::string_view known[] = {".c", ".cc", ".cpp", ".cxx"};
  return std::find(std::begin(known), std::end(known), extension) != std::end(known);
}

/// The items of `compiler_flags`; anything else is reported by open_job.
std::vector<std::string> flags_of(const TomlNode& task) {
  std::vector<std::string> flags;
  const TomlEntry* const entry = task.find("compiler_flags");
  if (entry == nullptr) return flags;
  for (const TomlNode& item : entry->node.items) {
    if (item.is(TomlNode::Kind::text)) flags.push_back(item.text);
  }
  return flags;
}

/// Fills in what the job is checked with, and what the ranks execute.
void load(const TomlNode& task, const std::string& named, JobSource& source,
          const ChooseCpuLevel& choose_level) {
  const KernelPath path = parse_kernel_path(named);
  fs::path file = (fs::path(source.folder) / path.file).lexically_normal();
  if (!fs::exists(file))
    throw UsageError(fmt::format("cannot read the kernel '{}': No such file or directory", file.string()));
  OwnKernel kernel;
  kernel.named = named;
  if (path.is_source) {
    source.library.level = choose_level();
    const CompiledKernel compiled = compile_kernel({file, flags_of(task), source.library.level});
    file = compiled.library;
    kernel.content = compiled.content;
  }
  source.library.data = std::make_shared<const std::string>(read_file("the kernel", file));
  source.library.path = file.string();
  if (kernel.content.empty()) kernel.content = stable_hash(*source.library.data);
  kernel.info = KernelLibrary::open(file)->find(path.name).info();
  source.inputs.emplace_back(own_kernel_input, encode_own_kernel(kernel));
}

}  // namespace

std::string encode_own_kernel(const OwnKernel& kernel) {
  ByteWriter out;
  out.text(kernel.named);
  out.text(kernel.content);
  const KernelInfo& info = kernel.info;
  out.text(info.name);
  out.text(info.summary);
  out.text(info.source);
  out.u8(info.takes_input ? 1 : 0);
  out.u8(info.draws_random ? 1 : 0);
  out.varint(info.parameters.size());
  for (const Parameter& parameter : info.parameters) encode_parameter(out, parameter);
  out.varint(info.results.size());
  for (const Result& result : info.results) {
    out.text(result.name);
    out.u8(static_cast<std::uint8_t>(result.type));
    out.text(result.description);
  }
  for (const Parameter& parameter : info.parameters) out.text(parameter.unit);
  for (const Result& result : info.results) out.text(result.unit);
  return {reinterpret_cast<const char*>(out.bytes().data()), out.size()};
}

OwnKernel decode_own_kernel(std::string_view bytes) {
  ByteReader in(std::as_bytes(std::span(bytes)));
  OwnKernel kernel;
  kernel.named = in.text();
  kernel.content = in.text();
  KernelInfo& info = kernel.info;
  info.name = in.text();
  info.summary = in.text();
  info.source = in.text();
  info.takes_input = in.u8() != 0;
  info.draws_random = in.u8() != 0;
  for (std::size_t left = in.count(5); left > 0; --left) info.parameters.push_back(decode_parameter(in));
  for (std::size_t left = in.count(3); left > 0; --left) {
    Result result;
    result.name = in.text();
    result.type = decode_parameter_type(in);
    result.description = in.text();
    info.results.push_back(std::move(result));
  }
  if (in.at_end()) return kernel;  // written before there were units
  for (Parameter& parameter : info.parameters) parameter.unit = in.text();
  for (Result& result : info.results) result.unit = in.text();
  in.expect_end();
  return kernel;
}

std::optional<OwnKernel> own_kernel_of(const JobSource& source) {
  for (const JobSource::Input& input : source.inputs) {
    if (input.key == own_kernel_input && input.error.empty()) return decode_own_kernel(*input.data);
  }
  return std::nullopt;
}

bool is_kernel_path(std::string_view text) { return text.find_first_of("./") != std::string_view::npos; }

KernelPath parse_kernel_path(std::string_view text) {
  KernelPath path;
  const std::size_t colon = text.rfind(':');
  const std::size_t slash = text.rfind('/');
  const bool has_name = colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  path.file = text.substr(0, has_name ? colon : text.size());
  if (has_name) path.name = text.substr(colon + 1);
  path.is_source = is_source_file(path.file);
  return path;
}

void read_own_kernel(const TomlNode& root, JobSource& source, const ChooseCpuLevel& choose_level) {
  const TomlEntry* const task = root.find("task");
  const TomlEntry* const kernel = task == nullptr ? nullptr : task->node.find("kernel");
  if (kernel == nullptr || !kernel->node.is(TomlNode::Kind::text) || !is_kernel_path(kernel->node.text))
    return;
  std::string error;
  try {
    load(task->node, kernel->node.text, source, choose_level);
    return;
  } catch (const UsageError& cannot_read) {
    error = cannot_read.what();
  } catch (const LibraryError& unusable) {
    error = fmt::format("the kernel '{}': {}", kernel->node.text, unusable.what());
  } catch (const CompileError& wrong) {
    error = fmt::format("cannot compile the kernel '{}':\n{}", kernel->node.text, wrong.what());
  }
  source.inputs.emplace_back(own_kernel_input, "");
  source.inputs.back().error = std::move(error);
}

}  // namespace fanfold
