#include "http/curl_sockets.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <new>
#include <system_error>

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t events_at_once = 128;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

/// Rounded up: who wakes too early would find nothing to do.
int milliseconds_until(CurlSockets::Time time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

}  // namespace

CurlSockets::CurlSockets()
    : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      woken_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      multi_(curl_multi_init()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  watch(woken_.get(), CURL_POLL_IN, false);
}

CurlSockets::~CurlSockets() { curl_multi_cleanup(multi_); }

void CurlSockets::add(CURL* easy) { curl_multi_add_handle(multi_, easy); }

void CurlSockets::remove(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

void CurlSockets::wait(std::optional<Time> until) {
  if (timer_) until = std::min(until.value_or(*timer_), *timer_);
  std::array<epoll_event, events_at_once> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               until ? milliseconds_until(*until) : -1);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == woken_.get()) {
      std::uint64_t ignored = 0;
      if (read(woken_.get(), &ignored, sizeof ignored) < 0) continue;  // woken already
    } else {
      act(event.data.fd, ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                             ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                             ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
    }
  }
  if (timer_ && Clock::now() >= *timer_) {
    timer_.reset();
    act(CURL_SOCKET_TIMEOUT, 0);
  }
}

void CurlSockets::wake() {
  const std::uint64_t one = 1;
  // It fails only where the counter is full: then the thread is woken anyway.
  [[maybe_unused]] const ssize_t written = write(woken_.get(), &one, sizeof one);
}

std::optional<CurlSockets::Ended> CurlSockets::take_ended() {
  int left = 0;
  while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const Ended ended{message->easy_handle, message->data.result};
    remove(ended.easy);  // the message is gone after it
    return ended;
  }
  return std::nullopt;
}

int CurlSockets::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* known) {
  auto* const sockets = static_cast<CurlSockets*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(sockets->epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  sockets->watch(socket, what, known != nullptr);
  curl_multi_assign(sockets->multi_, socket, self);  // any pointer: it is known from now on
  return 0;
}

int CurlSockets::on_timer(CURLM* /*multi*/, long milliseconds, void* self) {
  auto& timer = static_cast<CurlSockets*>(self)->timer_;
  timer.reset();
  if (milliseconds >= 0) timer = Clock::now() + std::chrono::milliseconds(milliseconds);
  return 0;
}

void CurlSockets::watch(curl_socket_t socket, int what, bool known) {
  epoll_event event = {};
  event.data.fd = socket;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  // A socket of that number may have been closed, and so forgotten, without a word.
  const int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(epoll_.get(), first, socket, &event) == 0) return;
  epoll_ctl(epoll_.get(), errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
}

void CurlSockets::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
}

}  // namespace fanfold
