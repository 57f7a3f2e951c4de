# fanfold_add_kernel(NAME SOURCES file… [LINKS target…])
# A library of kernels for fanfold: libNAME.so, which a job names as `kernel = "./libNAME.so"`.
function(fanfold_add_kernel name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "fanfold_add_kernel(${name}): SOURCES are missing")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE fanfold::headers ${arg_LINKS})
  set_target_properties(${name} PROPERTIES PREFIX lib CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden)
  # The same bits whatever the compiler: a fused multiply-add is written out where it is wanted.
  target_compile_options(${name} PRIVATE -ffp-contract=off $<$<NOT:$<CONFIG:Debug>>:-O3>)
endfunction()
