#include "sql/answer_watch.hpp"

#include <sys/socket.h>

#include <utility>

namespace fanfold {

AnswerWatch::AnswerWatch(int socket) : socket_(socket), thread_([this] { run(); }) {}

AnswerWatch::~AnswerWatch() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

void AnswerWatch::begin(Time due) {
  const MutexLock lock(mutex_);
  due_ = due;
  changed_.notify_one();
}

bool AnswerWatch::end() {
  const MutexLock lock(mutex_);
  due_.reset();
  return !std::exchange(was_late_, false);
}

void AnswerWatch::run() {
  const MutexLock lock(mutex_);
  while (!closed_) {
    if (!due_) {
      changed_.wait(mutex_);
    } else if (std::chrono::steady_clock::now() < *due_) {
      changed_.wait_until(mutex_, *due_);
    } else {
      shutdown(socket_, SHUT_RDWR);
      was_late_ = true;
      due_.reset();
    }
  }
}

}  // namespace fanfold
