#include "core/huge_pages.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace fanfold {

void ask_for_huge_pages(void* memory, std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
  const std::uintptr_t end = (begin + bytes) / huge_page_bytes * huge_page_bytes;
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);  // advice: may fail
#else
  static_cast<void>(memory), static_cast<void>(bytes);
#endif
}

}  // namespace fanfold
