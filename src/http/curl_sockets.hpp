// The event loop of libcurl's multi interface over epoll, whose cost does not grow with the transfers that
// wait.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <optional>

#include "core/file_descriptor.hpp"

namespace fanfold {

/// Transfers that are under way. Used by one thread, but for `wake`.
class CurlSockets {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Throws std::system_error or std::bad_alloc.
  CurlSockets();
  /// Precondition: every handle was removed.
  ~CurlSockets();
  CurlSockets(const CurlSockets&) = delete;
  CurlSockets& operator=(const CurlSockets&) = delete;

  void add(CURL* easy);
  void remove(CURL* easy);

  /// Waits until something happens to a transfer, `wake` is called or the time has come, and lets transfers
  /// go on.
  void wait(std::optional<Time> until);
  /// From any thread.
  void wake();

  struct Ended {
    CURL* easy;
    CURLcode code;
  };
  /// A transfer that has ended; it is removed.
  std::optional<Ended> take_ended();

 private:
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void watch(curl_socket_t socket, int what, bool known);
  void act(curl_socket_t socket, int events);

  FileDescriptor epoll_;
  FileDescriptor woken_;
  CURLM* multi_;
  std::optional<Time> timer_;  // when libcurl wants to be called
};

}  // namespace fanfold
