// The source `http`: the answer to a request. Hundreds are under way at the same time, see HttpClient.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "core/annotated_mutex.hpp"
#include "core/module.hpp"
#include "core/version.hpp"
#include "exec/http_client.hpp"
#include "exec/secrets.hpp"
#include "exec/source.hpp"
#include "exec/source_numbers.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double default_per_host = 8;
constexpr double default_max_redirects = 10;
constexpr double default_max_bytes = 64 << 20;
constexpr std::int64_t first_bad_status = 400;

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

bool is_http(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://") || url.starts_with("HTTP://") ||
         url.starts_with("HTTPS://");
}

/// What the source and its sessions know.
class HttpJob {
 public:
  explicit HttpJob(const Job& job)
      : spec_(*job.source), folder_(job.folder), numbers_(*job.source), secrets_(job) {
    if (const SourceArgument* const success = spec_.find("success")) success_ = success->integers;
  }

  const SourceSpec& spec() const { return spec_; }
  const Template& url() const { return text("http")->templates.front().second; }

  HttpOptions options(const TemplateContext& context) const {
    return {certificates(context), "fanfold/" + version()};
  }

  HttpRequest request_of(const Retrieval& retrieval) const {
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

  Retrieved retrieved_of(HttpResponse response,
                         const std::optional<std::chrono::duration<double>>& timeout) const {
    Retrieved retrieved;
    retrieved.retry_after = response.retry_after;
    // A server may send back what it was sent.
    retrieved.output =
        secrets_.empty() ? std::move(response.body) : secrets_.conceal(std::move(response.body));
    if (response.end == HttpResponse::End::timed_out) {
      retrieved.status = Status::timed_out;
      retrieved.error = fmt::format("timed out after {} s", timeout->count());
    } else if (response.end == HttpResponse::End::failed) {
      retrieved.status = Status::failed;
      retrieved.error = std::move(response.error);
    } else if (!is_success(response.status)) {
      retrieved.status = Status::failed;
      retrieved.error = fmt::format("HTTP status {}{}", response.status, reason_of(response.status));
    } else {
      const auto bytes = static_cast<std::int64_t>(retrieved.output.size());
      retrieved.results = {Value(response.status), Value(bytes), Value(response.seconds)};
    }
    return retrieved;
  }

 private:
  void set_limits(const Retrieval& retrieval, HttpRequest& request) const {
    const auto number = [&](const char* name, double otherwise, double least) {
      const double value = numbers_.of(name, retrieval.numbers).value_or(otherwise);
      if (value >= least && value < 0x1p53) return value;
      throw std::runtime_error(fmt::format("'{}' must be at least {}, not {}", name, least, value));
    };
    request.timeout = retrieval.timeout;
    request.per_host = static_cast<std::uint32_t>(std::min(number("per_host", default_per_host, 1), 1e6));
    request.max_redirects =
        static_cast<std::uint32_t>(std::min(number("max_redirects", default_max_redirects, 0), 1e6));
    request.max_bytes = static_cast<std::uint64_t>(number("max_bytes", default_max_bytes, 0));
    // The rate is promised for all ranks together: each takes its share.
    request.rate = number("rate", 0, 0) / static_cast<double>(retrieval.ranks);
  }

  /// Of the job, else of the variables that curl and OpenSSL heed.
  std::string certificates(const TemplateContext& context) const {
    if (const SourceArgument* const file = text("ca_file")) {
      return (std::filesystem::path(folder_) / file->templates.front().second.render(context)).string();
    }
    for (const char* const name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
      const char* const value = std::getenv(name);
      if (value != nullptr && *value != '\0') return value;
    }
    return {};
  }

  bool is_success(std::int64_t status) const {
    if (success_.empty()) return status < first_bad_status;
    return std::ranges::find(success_, status) != success_.end();
  }

  const SourceArgument* text(std::string_view name) const { return spec_.find(name); }

  const SourceSpec& spec_;
  std::string folder_;
  SourceNumbers numbers_;
  Secrets secrets_;
  std::vector<std::int64_t> success_;
};

/// The clients of the sessions that are open, so that they can be interrupted.
class HttpClients {
 public:
  void add(HttpClient& client) {
    const MutexLock lock(mutex_);
    clients_.insert(&client);
    if (interrupted_) client.interrupt();
  }
  void remove(HttpClient& client) {
    const MutexLock lock(mutex_);
    clients_.erase(&client);
  }
  void interrupt() {
    const MutexLock lock(mutex_);
    interrupted_ = true;
    for (HttpClient* const client : clients_) client->interrupt();
  }

 private:
  Mutex mutex_;
  bool interrupted_ FANFOLD_GUARDED_BY(mutex_) = false;
  std::set<HttpClient*> clients_ FANFOLD_GUARDED_BY(mutex_);
};

/// The client has a thread of its own: answers go on arriving while this one computes.
class HttpSession final : public SourceSession {
 public:
  HttpSession(const HttpJob& job, HttpClients& clients, std::size_t room)
      : job_(job), clients_(clients), room_(room) {}
  ~HttpSession() override {
    if (client_) clients_.remove(*client_);
    client_.reset();  // calls back for the last time
  }

  std::size_t room() const override { return room_ - under_way_; }

  void begin(std::size_t ticket, const Retrieval& retrieval) override {
    HttpRequest request = job_.request_of(retrieval);
    const Clock::time_point start = Clock::now();
    const auto done = [this, ticket, start, timeout = retrieval.timeout](HttpResponse response) {
      EndedRetrieval ended{ticket, job_.retrieved_of(std::move(response), timeout), start, Clock::now()};
      const MutexLock lock(mutex_);
      ended_.push_back(std::move(ended));
      changed_.notify_one();
    };
    client(retrieval.context).send(std::move(request), done);
    ++under_way_;
  }

  void wait(std::chrono::nanoseconds longest, std::vector<EndedRetrieval>& ended) override {
    const Clock::time_point until = Clock::now() + longest;
    const MutexLock lock(mutex_);
    while (ended_.empty() && changed_.wait_until(mutex_, until)) {
    }
    for (EndedRetrieval& each : ended_) ended.push_back(std::move(each));
    under_way_ -= ended_.size();
    ended_.clear();
  }

 private:
  /// Made for the first request, so that a module that is not there is an error of the task.
  HttpClient& client(const TemplateContext& context) {
    if (!client_) {
      client_.reset(module_function<decltype(fanfold_make_http_client)>(
          "HTTP", "libfanfold_http.so", "fanfold_make_http_client")(job_.options(context)));
      if (!client_) throw std::runtime_error("cannot initialise libcurl");
      clients_.add(*client_);
    }
    return *client_;
  }

  const HttpJob& job_;
  HttpClients& clients_;
  const std::size_t room_;
  std::size_t under_way_ = 0;
  Mutex mutex_;
  ConditionVariable changed_;
  std::vector<EndedRetrieval> ended_ FANFOLD_GUARDED_BY(mutex_);
  std::unique_ptr<HttpClient> client_;
};

class Http final : public Source {
 public:
  explicit Http(const Job& job) : job_(job) {}

  std::unique_ptr<SourceSession> open_session(SessionPlace place) const override {
    return std::make_unique<HttpSession>(job_, clients_, place.room);
  }
  bool has_one_session() const override { return true; }
  void interrupt() const override { clients_.interrupt(); }

  std::string obstacle(const TemplateContext& context) const override {
    for (const SourceArgument& argument : job_.spec().arguments) {
      for (const auto& entry : argument.templates) entry.second.render(context);  // are its variables set?
    }
    if (is_http(job_.url().render(context))) return {};
    return fmt::format("'{}' is no URL of http or https", job_.url().preview(context, true));
  }

 private:
  HttpJob job_;
  mutable HttpClients clients_;
};

}  // namespace

SourceType http_source() {
  static const SourceInfo info = [] {
    SourceInfo http;
    http.name = "http";
    http.summary = "sends a request to a URL of http or https and takes the answer";
    http.keys = {
        {"http", KeyKind::text, "the URL; {name:url} encodes a value as a part of one"},
        {"method", KeyKind::text, "GET, or POST with a body, unless this says otherwise"},
        {"headers", KeyKind::strings, "headers to send"},
        {"body", KeyKind::text, "what to send"},
        {"success", KeyKind::integers, "the statuses that are a success: all below 400"},
        {"per_host", KeyKind::number, "requests under way to one host, from each rank: 8", KeyEffect::result,
         1},
        {"rate", KeyKind::number, "requests per second to one host, from all ranks together: no limit",
         KeyEffect::result, 0},
        {"max_bytes", KeyKind::bytes, "a longer body fails: 64 MiB"},
        {"max_redirects", KeyKind::number, "redirects that are followed: 10", KeyEffect::result, 0},
        {"ca_file", KeyKind::text, "certificates of the authorities to trust, instead of the system's"}};
    http.results = {{"status", Type::integer, "HTTP status"},
                    {"bytes", Type::integer, "size of the body, decompressed"},
                    {"seconds", Type::real, "from sending the request to the last byte"}};
    http.has_output = true;
    return http;
  }();
  return {&info, [](const Job& job) -> std::unique_ptr<Source> { return std::make_unique<Http>(job); }};
}

}  // namespace fanfold
