// The HTTP module: one thread sends all requests of a rank, each when its host's limits allow.
#include <pthread.h>

#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/annotated_mutex.hpp"
#include "http/curl_sockets.hpp"
#include "http/host_gate.hpp"
#include "http/transfer.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using TransferPointer = std::unique_ptr<Transfer>;

constexpr std::int64_t too_many_requests = 429;
constexpr std::int64_t unavailable = 503;

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(HttpOptions options) : options_(std::move(options)), thread_([this] { run(); }) {}
  ~CurlClient() override;

  void send(HttpRequest request, Done done) override;
  void give_back() override;
  void interrupt() override;

 private:
  struct Host {
    HostGate gate;
    std::deque<TransferPointer> waiting;
    bool has_alarm = false;
    bool is_held = false;  // in `held_`
  };
  using Hosts = std::map<std::string, Host>;

  void run();
  bool take_arrived();
  void queue(TransferPointer transfer);
  void send_waiting(Hosts::iterator host);
  void hold(Hosts::iterator host);
  void send_held();
  void begin(TransferPointer transfer, Time now);
  void on_ended(const CurlSockets::Ended& ended);
  void ring_alarms();
  void tell_waiting();
  void give_back_waiting();
  void end_all();
  CURL* take_handle();

  const HttpOptions options_;
  CurlSockets sockets_;

  Mutex mutex_;
  bool gives_back_ FANFOLD_GUARDED_BY(mutex_) = false;
  bool interrupted_ FANFOLD_GUARDED_BY(mutex_) = false;
  bool closed_ FANFOLD_GUARDED_BY(mutex_) = false;
  std::vector<TransferPointer> arrived_ FANFOLD_GUARDED_BY(mutex_);

  // The thread's own.
  Hosts hosts_;
  std::multimap<Time, std::string> alarms_;  // when a host's next request may be sent
  std::deque<std::string> held_;             // hosts that could be sent a request if fewer were under way
  std::size_t waiting_ = 0;                  // requests, of all hosts
  std::size_t told_waiting_ = 0;
  std::map<CURL*, TransferPointer> under_way_;
  std::vector<CURL*> idle_handles_;
  std::jthread thread_;
};

CurlClient::~CurlClient() {
  interrupt();
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  sockets_.wake();
  thread_.join();
  for (CURL* const easy : idle_handles_) curl_easy_cleanup(easy);
}

void CurlClient::send(HttpRequest request, Done done) {
  auto transfer = std::make_unique<Transfer>(std::move(request), std::move(done));
  if (!transfer->obstacle().empty()) return transfer->refuse();
  bool is_first = false;
  {
    const MutexLock lock(mutex_);
    if (!interrupted_) {
      is_first = arrived_.empty();
      arrived_.push_back(std::exchange(transfer, nullptr));
    }
  }
  if (transfer) return transfer->fail("interrupted");
  if (is_first) sockets_.wake();  // for the others it has been woken already
}

void CurlClient::give_back() {
  {
    const MutexLock lock(mutex_);
    gives_back_ = true;
  }
  sockets_.wake();
}

void CurlClient::interrupt() {
  {
    const MutexLock lock(mutex_);
    interrupted_ = true;
  }
  sockets_.wake();
}

void CurlClient::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (take_arrived()) {
    ring_alarms();
    tell_waiting();
    sockets_.wait(alarms_.empty() ? std::nullopt : std::optional<Time>(alarms_.begin()->first));
    while (const auto ended = sockets_.take_ended()) on_ended(*ended);
  }
}

/// False: the client is closed, and nothing is under way.
bool CurlClient::take_arrived() {
  std::vector<TransferPointer> arrived;
  bool gives_back = false;
  bool interrupted = false;
  bool closed = false;
  {
    const MutexLock lock(mutex_);
    arrived.swap(arrived_);
    gives_back = std::exchange(gives_back_, false);
    interrupted = interrupted_;
    closed = closed_;
  }
  for (TransferPointer& transfer : arrived) queue(std::move(transfer));
  if (gives_back) give_back_waiting();
  if (interrupted) end_all();
  return !closed;
}

void CurlClient::queue(TransferPointer transfer) {
  const auto host = hosts_.try_emplace(transfer->host()).first;
  host->second.gate.limit(transfer->request().per_host, transfer->request().rate);
  host->second.waiting.push_back(std::move(transfer));
  ++waiting_;
  send_waiting(host);
}

/// Sends as many as may be sent now. The host is gone afterwards if there is nothing to know of it.
void CurlClient::send_waiting(Hosts::iterator host) {
  auto& [name, state] = *host;
  const Time now = Clock::now();
  while (!state.waiting.empty()) {
    const std::optional<Time> next = state.gate.next();
    if (!next) return;  // the one that ends looks again
    if (*next > now) {
      if (!state.has_alarm) alarms_.emplace(*next, name);
      state.has_alarm = true;
      return;
    }
    if (under_way_.size() >= options_.most_under_way) return hold(host);
    TransferPointer transfer = std::move(state.waiting.front());
    state.waiting.pop_front();
    --waiting_;
    state.gate.sent(now);
    begin(std::move(transfer), now);
  }
  if (state.gate.is_fresh(now) && !state.has_alarm && !state.is_held) hosts_.erase(host);
}

void CurlClient::hold(Hosts::iterator host) {
  if (host->second.is_held) return;
  host->second.is_held = true;
  held_.push_back(host->first);
}

/// Hosts take turns where all of them wait for one of the requests that are under way to end.
void CurlClient::send_held() {
  while (!held_.empty() && under_way_.size() < options_.most_under_way) {
    const auto host = hosts_.find(held_.front());
    held_.pop_front();
    host->second.is_held = false;
    send_waiting(host);
  }
}

void CurlClient::begin(TransferPointer transfer, Time now) {
  CURL* const easy = take_handle();
  transfer->begin(easy, options_, now);
  under_way_.emplace(easy, std::move(transfer));
  sockets_.add(easy);
}

CURL* CurlClient::take_handle() {
  if (idle_handles_.empty()) {
    CURL* const easy = curl_easy_init();
    if (easy == nullptr) throw std::bad_alloc();
    return easy;
  }
  CURL* const easy = idle_handles_.back();
  idle_handles_.pop_back();
  return easy;
}

void CurlClient::on_ended(const CurlSockets::Ended& ended) {
  const auto place = under_way_.find(ended.easy);
  TransferPointer transfer = std::move(place->second);
  under_way_.erase(place);
  const auto host = hosts_.find(transfer->host());
  std::optional<HttpResponse> response = transfer->end(ended.easy, ended.code);
  curl_easy_reset(ended.easy);
  idle_handles_.push_back(ended.easy);

  const bool refused = response && (response->status == too_many_requests || response->status == unavailable);
  const bool names_rest = response && response->retry_after.count() > 0;
  host->second.gate.ended(Clock::now(), transfer->sent_at(), refused,
                          names_rest ? std::optional(response->retry_after) : std::nullopt);
  hold(host);
  send_held();
  if (response) {
    transfer->finish(std::move(*response));
  } else {
    queue(std::move(transfer));
  }
}

void CurlClient::ring_alarms() {
  const Time now = Clock::now();
  while (!alarms_.empty() && alarms_.begin()->first <= now) {
    const auto host = hosts_.find(alarms_.begin()->second);
    alarms_.erase(alarms_.begin());
    host->second.has_alarm = false;
    send_waiting(host);
  }
}

void CurlClient::tell_waiting() {
  if (waiting_ != told_waiting_) options_.on_waiting(waiting_);
  told_waiting_ = waiting_;
}

void CurlClient::give_back_waiting() {
  for (auto& [name, host] : hosts_) {
    for (TransferPointer& transfer : std::exchange(host.waiting, {})) transfer->give_back();
  }
  waiting_ = 0;
}

void CurlClient::end_all() {
  for (auto& [easy, transfer] : std::exchange(under_way_, {})) {
    sockets_.remove(easy);
    curl_easy_cleanup(easy);
    transfer->fail("interrupted");
  }
  alarms_.clear();
  held_.clear();
  waiting_ = 0;
  for (auto& [name, host] : std::exchange(hosts_, {})) {
    for (TransferPointer& transfer : host.waiting) transfer->fail("interrupted");
  }
}

}  // namespace
}  // namespace fanfold

__attribute__((visibility("default"))) fanfold::HttpClient* fanfold_make_http_client(
    const fanfold::HttpOptions& options) {
  // Once for the program; the module stays loaded.
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) return nullptr;
  return new fanfold::CurlClient(options);
}

__attribute__((visibility("default"))) const char* fanfold_http_library_version() {
  return curl_version_info(CURLVERSION_NOW)->version;
}
