#include "exec/http_requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "core/version.hpp"

namespace fanfold {
namespace {

constexpr double default_per_host = 8;
constexpr double default_max_redirects = 10;
constexpr double default_max_body = 64 << 20;
constexpr std::int64_t first_bad_status = 400;
constexpr std::int64_t first_server_error = 500;
/// What may pass, besides errors of the server: Request Timeout, Too Early, Too Many Requests.
constexpr std::array<std::int64_t, 3> passing = {408, 425, 429};

/// The words of the statuses that are met most (RFC 9110, RFC 6585): failures are told apart by them.
std::string_view reason_of(std::int64_t status) {
  switch (status) {
    case 400:
      return " Bad Request";
    case 401:
      return " Unauthorized";
    case 403:
      return " Forbidden";
    case 404:
      return " Not Found";
    case 405:
      return " Method Not Allowed";
    case 408:
      return " Request Timeout";
    case 410:
      return " Gone";
    case 425:
      return " Too Early";
    case 429:
      return " Too Many Requests";
    case 500:
      return " Internal Server Error";
    case 502:
      return " Bad Gateway";
    case 503:
      return " Service Unavailable";
    case 504:
      return " Gateway Timeout";
    default:
      return status >= 500 ? " (server error)" : status >= first_bad_status ? " (client error)" : "";
  }
}

}  // namespace

HttpRequests::HttpRequests(const Job& job) : spec_(*job.source), folder_(job.folder), numbers_(*job.source) {
  if (const SourceArgument* const success = spec_.find("success")) success_ = success->integers;
  if (const SourceArgument* const retried = spec_.find("retry_status")) retried_ = retried->integers;
}

const Template& HttpRequests::url() const { return text("http")->templates.front().second; }

HttpOptions HttpRequests::options(const TemplateContext& context) const {
  HttpOptions options;
  options.certificates = certificates(context);
  options.user_agent = "fanfold/" + version();
  return options;
}

HttpRequest HttpRequests::request_of(const Retrieval& retrieval) const {
  HttpRequest request;
  request.url = url().render(retrieval.context);
  request.shown_url = url().preview(retrieval.context, true);
  const SourceArgument* const method = text("method");
  if (const SourceArgument* const body = text("body")) {
    const Template& form = body->templates.front().second;
    request.body = form.render(retrieval.context);
    request.has_body = true;
    request.body_is_secret = !form.environment().empty();
  }
  request.method = method != nullptr  ? method->templates.front().second.render(retrieval.context)
                   : request.has_body ? "POST"
                                      : "GET";
  if (const SourceArgument* const headers = text("headers")) {
    for (const auto& [name, value] : headers->templates) {
      request.headers.push_back({name, value.render(retrieval.context), !value.environment().empty()});
    }
  }
  set_limits(retrieval, request);
  return request;
}

Retrieved HttpRequests::retrieved_of(HttpResponse response,
                                     const std::optional<std::chrono::duration<double>>& timeout) const {
  Retrieved retrieved;
  retrieved.retry_after = response.retry_after;
  retrieved.output = std::move(response.body);
  if (response.end == HttpResponse::End::timed_out) {
    retrieved.status = Status::timed_out;
    retrieved.error = fmt::format("timed out after {} s", timeout->count());
  } else if (response.end == HttpResponse::End::given_back) {
    retrieved.status = Status::failed;
  } else if (response.end == HttpResponse::End::failed) {
    retrieved.status = Status::failed;
    retrieved.error = std::move(response.error);
    retrieved.is_final = response.is_final;
  } else if (!is_success(response.status)) {
    retrieved.status = Status::failed;
    retrieved.error = fmt::format("HTTP status {}{}", response.status, reason_of(response.status));
    retrieved.is_final = !may_change(response.status);
  } else {
    const auto bytes = static_cast<std::int64_t>(retrieved.output.size());
    retrieved.results = {Value(response.status), Value(bytes), Value(response.seconds)};
  }
  return retrieved;
}

void HttpRequests::set_limits(const Retrieval& retrieval, HttpRequest& request) const {
  const auto number = [&](const char* name, double otherwise, double least) {
    const double value = numbers_.of(name, retrieval.numbers).value_or(otherwise);
    if (value >= least && value < 0x1p53) return value;
    throw std::runtime_error(fmt::format("'{}' must be at least {}, not {}", name, least, value));
  };
  request.timeout = retrieval.timeout;
  request.per_host = static_cast<std::uint32_t>(std::min(number("per_host", default_per_host, 1), 1e6));
  request.max_redirects =
      static_cast<std::uint32_t>(std::min(number("max_redirects", default_max_redirects, 0), 1e6));
  request.max_bytes = static_cast<std::uint64_t>(number("max_bytes", default_max_body, 0));
  // The rate is promised for all ranks together: each takes its share.
  request.rate = number("rate", 0, 0) / static_cast<double>(retrieval.ranks);
}

/// Of the job, else of the variables that curl and OpenSSL heed.
std::string HttpRequests::certificates(const TemplateContext& context) const {
  if (const SourceArgument* const file = text("ca_file")) {
    return (std::filesystem::path(folder_) / file->templates.front().second.render(context)).string();
  }
  for (const char* const name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

bool HttpRequests::is_success(std::int64_t status) const {
  if (success_.empty()) return status < first_bad_status;
  return std::ranges::find(success_, status) != success_.end();
}

/// Whether another attempt may be answered otherwise.
bool HttpRequests::may_change(std::int64_t status) const {
  if (!retried_.empty()) return std::ranges::find(retried_, status) != retried_.end();
  return status >= first_server_error || std::ranges::find(passing, status) != passing.end();
}

}  // namespace fanfold
