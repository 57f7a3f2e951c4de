// Memory in pages of 2 MiB, where there is much of it: touching it for the first time costs a third, and the
// processor finds its way to it without looking pages up.
#pragma once

#include <cstddef>

namespace fanfold {

inline constexpr std::size_t huge_page_bytes = std::size_t{1} << 21;

/// Asks the kernel for huge pages where whole ones lie in the memory. It may do otherwise.
void ask_for_huge_pages(void* memory, std::size_t bytes);

}  // namespace fanfold
