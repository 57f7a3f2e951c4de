// The source `http`: the answer to a request. Hundreds are under way at the same time, see HttpClient.
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "core/annotated_mutex.hpp"
#include "core/module.hpp"
#include "exec/http_client.hpp"
#include "exec/http_requests.hpp"
#include "exec/source.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// A session keeps so many times its room of requests that wait for their turn: as long as a host rests, so
/// many of its tasks are passed by in search of others.
constexpr std::size_t waiting_per_room = 16;

/// Whether it has the scheme and a host; more is known when it is sent.
bool is_http(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.size() <= scheme.size() || strncasecmp(url.data(), scheme.data(), scheme.size()) != 0) continue;
    const std::string_view host = url.substr(scheme.size());
    return host.find_first_of("/?#") != 0 &&
           host.substr(0, host.find_first_of("/?#")).find(' ') == std::string_view::npos;
  }
  return false;
}

/// What is wrong with a URL, as far as the text of the job says it: a name in braces may stand for anything.
std::string fault_of_url(std::string_view text) {
  const std::string_view fixed = text.substr(0, text.find('{'));
  const bool is_whole = fixed.size() == text.size();
  const auto can_be = [&](std::string_view scheme) {
    const std::size_t size = std::min(fixed.size(), scheme.size());
    return strncasecmp(fixed.data(), scheme.data(), size) == 0;
  };
  if (is_whole ? is_http(text) : can_be("http://") || can_be("https://")) return {};
  return fmt::format("'{}' is no URL of http or https", text);
}

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
  void give_back() {
    const MutexLock lock(mutex_);
    for (HttpClient* const client : clients_) client->give_back();
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
  HttpSession(const HttpRequests& requests, HttpClients& clients, std::size_t room)
      : requests_(requests), clients_(clients), room_(room) {}
  ~HttpSession() override {
    if (client_) clients_.remove(*client_);
    client_.reset();  // calls back for the last time
  }

  std::size_t room() const override {
    const MutexLock lock(mutex_);
    const std::size_t waiting = std::min(waiting_, under_way_);
    const std::size_t sent = under_way_ - waiting;
    if (sent >= room_ || waiting >= waiting_per_room * room_) return 0;
    return room_ - sent;
  }

  void begin(std::size_t ticket, const Retrieval& retrieval) override {
    HttpRequest request = requests_.request_of(retrieval);
    const auto done = [this, ticket, timeout = retrieval.timeout](HttpResponse response) {
      EndedRetrieval ended;
      ended.ticket = ticket;
      ended.given_back = response.end == HttpResponse::End::given_back;
      ended.end = Clock::now();
      // It has not begun while it waited for its turn.
      ended.begin = response.first_sent == Clock::time_point{} ? ended.end : response.first_sent;
      ended.retrieved = requests_.retrieved_of(std::move(response), timeout);
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
    while (ended_.empty() && !has_room_again_ && changed_.wait_until(mutex_, until)) {
    }
    has_room_again_ = false;
    for (EndedRetrieval& each : ended_) ended.push_back(std::move(each));
    under_way_ -= ended_.size();
    ended_.clear();
  }

 private:
  /// Made for the first request, so that a module that is not there is an error of the task.
  HttpClient& client(const TemplateContext& context) {
    if (!client_) {
      HttpOptions options = requests_.options(context);
      options.most_under_way = room_;
      options.on_waiting = [this](std::size_t requests) { note_waiting(requests); };
      client_.reset(module_function<decltype(fanfold_make_http_client)>("HTTP", "libfanfold_http.so",
                                                                        "fanfold_make_http_client")(options));
      if (!client_) throw std::runtime_error("cannot initialise libcurl");
      clients_.add(*client_);
    }
    return *client_;
  }

  void note_waiting(std::size_t requests) {
    const MutexLock lock(mutex_);
    has_room_again_ |= requests > waiting_;
    waiting_ = requests;
    changed_.notify_one();
  }

  const HttpRequests& requests_;
  HttpClients& clients_;
  const std::size_t room_;
  std::size_t under_way_ = 0;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::size_t waiting_ FANFOLD_GUARDED_BY(mutex_) = 0;  // of those under way, for their turn
  bool has_room_again_ FANFOLD_GUARDED_BY(mutex_) = false;
  std::vector<EndedRetrieval> ended_ FANFOLD_GUARDED_BY(mutex_);
  std::unique_ptr<HttpClient> client_;
};

class Http final : public Source {
 public:
  explicit Http(const Job& job) : requests_(job) {}

  std::unique_ptr<SourceSession> open_session(SessionPlace place) const override {
    return std::make_unique<HttpSession>(requests_, clients_, place.room);
  }
  bool has_one_session() const override { return true; }
  void give_back() const override { clients_.give_back(); }
  void interrupt() const override { clients_.interrupt(); }

  std::string obstacle(const TemplateContext& context) const override {
    for (const SourceArgument& argument : requests_.spec().arguments) {
      for (const auto& entry : argument.templates) entry.second.render(context);  // are its variables set?
    }
    if (is_http(requests_.url().render(context))) return {};
    return fmt::format("'{}' is no URL of http or https", requests_.url().preview(context, true));
  }

 private:
  HttpRequests requests_;
  mutable HttpClients clients_;
};

}  // namespace

SourceType http_source() {
  static const SourceInfo info = [] {
    SourceInfo http;
    http.name = "http";
    http.summary = "sends a request to a URL of http or https and takes the answer";
    http.keys = {
        {"http",
         KeyKind::text,
         "the URL; {name:url} encodes a value as a part of one",
         KeyEffect::result,
         {},
         false,
         fault_of_url},
        {"method", KeyKind::text, "GET, or POST with a body, unless this says otherwise"},
        {"headers", KeyKind::strings, "headers to send"},
        {"body", KeyKind::text, "what to send"},
        {"success", KeyKind::integers, "the statuses that are a success: all below 400"},
        {"retry_status", KeyKind::integers,
         "the statuses that are tried again: 408, 425, 429 and all from 500", KeyEffect::policy},
        {"per_host", KeyKind::number, "requests under way to one host, from each rank: 8", KeyEffect::result,
         1},
        {"rate", KeyKind::number, "requests per second to one host, from all ranks together: no limit",
         KeyEffect::result, 0},
        {"max_bytes", KeyKind::bytes, "a longer body fails: 64 MiB"},
        {"max_redirects", KeyKind::number, "redirects that are followed: 10", KeyEffect::result, 0},
        {"ca_file", KeyKind::text, "certificates of the authorities to trust, instead of the system's"}};
    http.results = {{"status", Type::integer, "HTTP status"},
                    {"bytes", Type::integer, "size of the body, decompressed", "byte"},
                    {"seconds", Type::real, "from sending the request to the last byte", "s"}};
    http.has_output = true;
    http.may_echo_secrets = true;
    return http;
  }();
  return {&info, [](const Job& job) -> std::unique_ptr<Source> { return std::make_unique<Http>(job); }};
}

}  // namespace fanfold
