// What the HTTP module does for the source `http`: it sends requests and waits for their answers, hundreds at
// a time, on one thread. The program loads the module when a job needs it, so that no other command pays for
// libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

struct HttpHeader {
  std::string name;
  std::string value;
  bool is_secret = false;  ///< it goes to the origin of the first URL only
};

/// One request. Its limits are its own; of requests to one host at the same time, the last one's hold.
struct HttpRequest {
  std::string method;
  std::string url;
  std::string shown_url;  ///< for messages: without secrets
  std::vector<HttpHeader> headers;
  std::string body;
  bool has_body = false;
  bool body_is_secret = false;                           ///< as a header's
  std::optional<std::chrono::duration<double>> timeout;  ///< from when it is sent; waiting for its turn does
                                                         ///< not count
  std::uint32_t per_host = 8;                            ///< requests under way to one host
  double rate = 0;                                       ///< requests per second to one host; 0: no limit
  std::uint64_t max_bytes = 0;                           ///< of the body, decompressed
  std::uint32_t max_redirects = 0;
};

/// What came of it.
struct HttpResponse {
  enum class End { answered, failed, timed_out, given_back };
  End end = End::answered;
  std::string error;                                   ///< why it failed
  bool is_final = false;                               ///< it would fail again
  std::chrono::steady_clock::time_point first_sent{};  ///< unless it was given back, or failed before
  std::int64_t status = 0;
  std::string body;
  double seconds = 0;                            ///< from sending to the last byte, over all redirects
  std::chrono::duration<double> retry_after{0};  ///< what the server asks for
};

/// For many threads.
class HttpClient {
 public:
  using Done = std::function<void(HttpResponse)>;

  virtual ~HttpClient() = default;  ///< interrupts, and waits until every `done` was called
  /// Sends a request when its host's limits allow. `done` is called once, by the client's thread or, after
  /// `interrupt`, by the caller's; it must be quick.
  virtual void send(HttpRequest request, Done done) = 0;
  /// Ends the requests that wait for their turn now: they are given back.
  virtual void give_back() = 0;
  /// Ends all requests with an error, from now on.
  virtual void interrupt() = 0;
};

/// What a client is made with.
struct HttpOptions {
  std::size_t most_under_way = 1;  ///< requests; others wait for their turn
  /// Called by the client's thread when another number of requests waits for its turn than before.
  std::function<void(std::size_t)> on_waiting = [](std::size_t) {};
  std::string certificates;  ///< file of the authorities that are trusted; empty: those of the system
  std::string user_agent;
};

}  // namespace fanfold

extern "C" {
/// What the module exports: a new client, which the caller owns.
fanfold::HttpClient* fanfold_make_http_client(const fanfold::HttpOptions& options);
/// "7.88.1"
const char* fanfold_http_library_version();
}
