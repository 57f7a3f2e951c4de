// The requests of a job with the source `http`, and what became of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/http_client.hpp"
#include "exec/source.hpp"
#include "exec/source_numbers.hpp"

namespace fanfold {

/// Immutable; for many threads. The job must outlive it.
class HttpRequests {
 public:
  explicit HttpRequests(const Job& job);

  const SourceSpec& spec() const { return spec_; }
  const Template& url() const;

  /// What a client needs to know of the job.
  HttpOptions options(const TemplateContext& context) const;
  /// Throws std::runtime_error if a number is none that it can be.
  HttpRequest request_of(const Retrieval& retrieval) const;
  /// `timeout` is that of the retrieval.
  Retrieved retrieved_of(HttpResponse response,
                         const std::optional<std::chrono::duration<double>>& timeout) const;

 private:
  void set_limits(const Retrieval& retrieval, HttpRequest& request) const;
  std::string certificates(const TemplateContext& context) const;
  bool is_success(std::int64_t status) const;
  bool may_change(std::int64_t status) const;
  const SourceArgument* text(std::string_view name) const { return spec_.find(name); }

  const SourceSpec& spec_;
  std::string folder_;
  SourceNumbers numbers_;
  std::vector<std::int64_t> success_;
  std::vector<std::int64_t> retried_;  // empty: by default
};

}  // namespace fanfold
