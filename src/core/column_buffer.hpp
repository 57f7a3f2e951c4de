// Storage for columns: reused from batch to batch, so that no page is touched for the first time twice.
#pragma once

#include <fanfold/column.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/huge_pages.hpp"

namespace fanfold {

/// An allocator of 64-byte aligned memory that leaves new elements uninitialised. Much memory lies on huge
/// pages.
template <typename T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    void* const memory = ::operator new(bytes, alignment_of(bytes));
    if (is_large(bytes)) ask_for_huge_pages(memory, bytes);
    return static_cast<T*>(memory);
  }
  void deallocate(T* pointer, std::size_t count) {
    ::operator delete(pointer, alignment_of(count * sizeof(T)));
  }
  template <typename U>
  void construct(U* pointer) {
    ::new (static_cast<void*>(pointer)) U;
  }
  template <typename U, typename... Args>
  void construct(U* pointer, Args&&... args) {
    ::new (static_cast<void*>(pointer)) U(std::forward<Args>(args)...);
  }
  bool operator==(const AlignedAllocator&) const { return true; }

 private:
  static bool is_large(std::size_t bytes) { return bytes >= 2 * huge_page_bytes; }
  static std::align_val_t alignment_of(std::size_t bytes) {
    return std::align_val_t{is_large(bytes) ? huge_page_bytes : 64};
  }
};

template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

/// Owns one column of one type. Its memory grows and is kept until the buffer goes. Not for several threads
/// at once.
class ColumnBuffer {
 public:
  explicit ColumnBuffer(Type type = Type::integer) : type_(type) {}

  Type type() const { return type_; }
  std::size_t size() const { return size_; }

  /// Empties the column, changes its type and makes room for `rows` rows, whose values are unspecified
  /// (texts: empty).
  void reset(Type type, std::size_t rows) {
    type_ = type;
    size_ = rows;
    texts_owned_.clear();
    if (type == Type::text) {
      texts_.assign(rows, {});
    } else if (words_.size() < rows) {
      words_.resize(rows);
    }
  }

  /// The rows. Precondition: the column has this type.
  std::span<std::int64_t> integers() {
    assert(type_ == Type::integer);
    return {reinterpret_cast<std::int64_t*>(words_.data()), size_};
  }
  std::span<double> reals() {
    assert(type_ == Type::real);
    return {reinterpret_cast<double*>(words_.data()), size_};
  }
  /// Views whose bytes live elsewhere: in a longer-lived place, or in this buffer through `own`.
  std::span<std::string_view> texts() {
    assert(type_ == Type::text);
    return {texts_.data(), size_};
  }
  /// Copies a text into the buffer; the view is valid until the next reset.
  std::string_view own(std::string_view text) { return texts_owned_.emplace_back(text); }

  ConstColumn view() const {
    switch (type_) {
      case Type::integer:
        return ConstColumn(std::span(reinterpret_cast<const std::int64_t*>(words_.data()), size_));
      case Type::real:
        return ConstColumn(std::span(reinterpret_cast<const double*>(words_.data()), size_));
      case Type::text:
        return ConstColumn(std::span<const std::string_view>(texts_.data(), size_));
    }
    return {};
  }

 private:
  struct Word {  // eight bytes that are an integer or a double
    alignas(8) std::byte bytes[8];
  };
  Type type_;
  std::size_t size_ = 0;
  AlignedVector<Word> words_;
  std::vector<std::string_view> texts_;
  std::deque<std::string> texts_owned_;
};

}  // namespace fanfold
