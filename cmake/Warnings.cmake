# What every target of ours is compiled with, as one interface target.
add_library(fanfold_options INTERFACE)
target_compile_options(fanfold_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${FANFOLD_WERROR}>:-Werror>
  # A fused multiply-add is written out where it is wanted: contraction by the compiler would change bits.
  -ffp-contract=off
  # Highway's 128-bit x86 targets need SSE4.2 as the baseline; every x86-64 CPU since 2009 has it.
  $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-march=x86-64-v2>)
if(FANFOLD_SANITIZER)
  # Not vptr: that check needs a file descriptor of its own, where tests leave none.
  target_compile_options(fanfold_options INTERFACE
    -fsanitize=${FANFOLD_SANITIZER} -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(fanfold_options INTERFACE -fsanitize=${FANFOLD_SANITIZER})
endif()
