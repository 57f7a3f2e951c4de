// One HTTP request on a handle of libcurl, with the redirects that it is sent through.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <optional>
#include <string>

#include "exec/http_client.hpp"

namespace fanfold {

/// Used by the thread of the client.
class Transfer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Transfer(HttpRequest request, HttpClient::Done done);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Why it cannot be sent as it stands; empty if it can.
  std::string obstacle() const { return obstacle_; }
  /// The host that it goes to next.
  const std::string& host() const { return host_; }
  const HttpRequest& request() const { return request_; }
  Time sent_at() const { return sent_at_; }

  /// Sets up a handle that is fresh or was reset. It must not move until `end`.
  void begin(CURL* easy, const HttpOptions& options, Time now);
  /// The transfer of the handle has ended. None: it was redirected and is to be sent once more.
  std::optional<HttpResponse> end(CURL* easy, CURLcode code);
  /// Ends it without an answer. To be called once, as `finish`; so are the next two.
  void fail(const std::string& error);
  /// It cannot be sent, because of its obstacle.
  void refuse();
  void give_back();
  void finish(HttpResponse response) {
    response.first_sent = first_sent_;
    done_(std::move(response));
  }

 private:
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  void set_method(CURL* easy);
  void set_headers(CURL* easy);
  bool go_to(const std::string& url);
  std::string redirect(std::int64_t status, const std::string& url);
  HttpResponse failure(CURL* easy, CURLcode code) const;
  void check_headers();

  HttpRequest request_;
  HttpClient::Done done_;
  std::string obstacle_;
  std::string host_;
  std::string origin_;  // scheme, host and port
  Time first_sent_{};
  Time sent_at_{};
  std::uint32_t redirects_ = 0;
  double seconds_ = 0;
  std::string body_;
  bool too_long_ = false;
  bool out_of_memory_ = false;
  curl_slist* header_list_ = nullptr;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace fanfold
