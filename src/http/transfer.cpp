#include "http/transfer.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace fanfold {
namespace {

constexpr const char* schemes = "http,https";

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlPointer = std::unique_ptr<CURLU, UrlDeleter>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

bool is_name(std::string_view name, std::string_view other) {
  return name.size() == other.size() && strncasecmp(name.data(), other.data(), name.size()) == 0;
}

/// The characters that a header's name may have: a token of RFC 9110.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

/// What another attempt would find again.
bool is_final(CURLcode code) {
  return code == CURLE_FILESIZE_EXCEEDED || code == CURLE_PEER_FAILED_VERIFICATION ||
         code == CURLE_SSL_CACERT_BADFILE;
}

bool is_redirect(std::int64_t status) {
  constexpr std::array<std::int64_t, 5> redirects = {301, 302, 303, 307, 308};
  return std::ranges::find(redirects, status) != redirects.end();
}

}  // namespace

Transfer::Transfer(HttpRequest request, HttpClient::Done done)
    : request_(std::move(request)), done_(std::move(done)) {
  check_headers();
  if (obstacle_.empty() && !go_to(request_.url)) {
    obstacle_ = fmt::format("'{}' is no URL of http or https", request_.shown_url);
  }
}

Transfer::~Transfer() { curl_slist_free_all(header_list_); }

void Transfer::check_headers() {
  if (!is_token(request_.method)) obstacle_ = fmt::format("'{}' is no method of HTTP", request_.method);
  for (const HttpHeader& header : request_.headers) {
    if (!is_token(header.name)) obstacle_ = fmt::format("'{}' is no name of a header", header.name);
    // A line break would begin another header.
    if (has_control(header.value)) {
      obstacle_ = fmt::format("the header '{}' has a line break or another control character", header.name);
    }
  }
}

/// Makes it go to a URL; false if that is none of http or https.
bool Transfer::go_to(const std::string& url) {
  const UrlPointer parsed(curl_url());
  if (!parsed) throw std::bad_alloc();
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_URLENCODE) != CURLUE_OK) return false;
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return false;
  host_ = part_of(parsed.get(), CURLUPART_HOST);
  std::ranges::transform(host_, host_.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  origin_ =
      fmt::format("{}://{}:{}", scheme, host_, part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
  request_.url = part_of(parsed.get(), CURLUPART_URL);
  return !request_.url.empty();
}

void Transfer::begin(CURL* easy, const HttpOptions& options, Time now) {
  sent_at_ = now;
  if (first_sent_ == Time{}) first_sent_ = now;
  body_.clear();
  error_[0] = '\0';
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, schemes);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.max_bytes));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // all that it can undo
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  if (!options.certificates.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.certificates.c_str());
  }
  if (request_.timeout) {
    const double left = std::max((request_.timeout->count() - seconds_) * 1000, 1.0);
    const auto milliseconds = static_cast<long>(std::min(left, 1e9));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);  // else five minutes
  }
  set_method(easy);
  set_headers(easy);
}

void Transfer::set_method(CURL* easy) {
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request_.has_body || request_.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  } else if (request_.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

void Transfer::set_headers(CURL* easy) {
  curl_slist_free_all(std::exchange(header_list_, nullptr));
  const auto add = [this](const std::string& line) {
    curl_slist* const list = curl_slist_append(header_list_, line.c_str());
    if (list == nullptr) throw std::bad_alloc();
    header_list_ = list;
  };
  for (const HttpHeader& header : request_.headers) {
    add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  add("Expect:");  // else a long body waits a second for servers that do not know of it
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list_);
}

std::size_t Transfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t length = size * count;
  transfer.too_long_ = transfer.body_.size() + length > transfer.request_.max_bytes;
  if (transfer.too_long_) return 0;
  try {
    transfer.body_.append(bytes, length);
  } catch (const std::bad_alloc&) {  // libcurl is C: nothing may be thrown through it
    transfer.out_of_memory_ = true;
    return 0;
  }
  return length;
}

std::optional<HttpResponse> Transfer::end(CURL* easy, CURLcode code) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  seconds_ += static_cast<double>(microseconds) * 1e-6;
  if (code != CURLE_OK) return failure(easy, code);

  HttpResponse response;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  char* location = nullptr;
  curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location);
  if (is_redirect(status) && location != nullptr && request_.max_redirects > 0) {
    response.error = redirect(status, location);
    if (response.error.empty()) return std::nullopt;
    response.end = HttpResponse::End::failed;
    response.is_final = true;
  }
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
  response.retry_after = std::chrono::seconds(retry_after);
  response.status = status;
  response.seconds = seconds_;
  response.body = std::move(body_);
  return response;
}

/// Makes it go where the server says; why not, if it must not.
std::string Transfer::redirect(std::int64_t status, const std::string& url) {
  if (redirects_ == request_.max_redirects)
    return fmt::format("it is redirected more than {} times", request_.max_redirects);
  ++redirects_;
  const std::string from = origin_;
  if (!go_to(url)) return "it is redirected to what is no URL of http or https";
  const bool becomes_get =
      (status == 303 && request_.method != "HEAD") || (status < 303 && request_.method == "POST");
  if (becomes_get) {
    request_.method = "GET";
    request_.has_body = false;
    request_.body.clear();
    std::erase_if(request_.headers, [](const HttpHeader& header) {
      return is_name(std::string_view(header.name).substr(0, 8), "Content-");
    });
  }
  if (origin_ == from) return {};
  // What was meant for one server is not shown to another.
  std::erase_if(request_.headers, [](const HttpHeader& header) {
    return header.is_secret || is_name(header.name, "Authorization") || is_name(header.name, "Cookie");
  });
  if (request_.has_body && request_.body_is_secret)
    return "it is redirected to another server, which must not see its body";
  return {};
}

HttpResponse Transfer::failure(CURL* easy, CURLcode code) const {
  HttpResponse response;
  response.seconds = seconds_;
  response.end = HttpResponse::End::failed;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = status;
  response.is_final = too_long_ || is_final(code);
  if (too_long_ || code == CURLE_FILESIZE_EXCEEDED) {
    response.error = fmt::format("the answer is longer than {} bytes, see max_bytes", request_.max_bytes);
  } else if (out_of_memory_) {
    response.error = "no memory for the answer";
  } else if (code == CURLE_OPERATION_TIMEDOUT && request_.timeout) {
    response.end = HttpResponse::End::timed_out;
  } else {
    response.error = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
    while (response.error.ends_with('\n')) response.error.pop_back();
  }
  return response;
}

void Transfer::fail(const std::string& error) {
  HttpResponse response;
  response.end = HttpResponse::End::failed;
  response.error = error;
  response.seconds = seconds_;
  finish(std::move(response));
}

void Transfer::refuse() {
  HttpResponse response;
  response.end = HttpResponse::End::failed;
  response.error = obstacle_;
  response.is_final = true;
  finish(std::move(response));
}

void Transfer::give_back() {
  HttpResponse response;
  response.end = HttpResponse::End::given_back;
  finish(std::move(response));
}

}  // namespace fanfold
