# fanfold_library(NAME SOURCES file… [LINKS target…])
# One static library per folder of src/. LINKS are the arrows between the folders.
function(fanfold_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_library(fanfold_${name} STATIC ${arg_SOURCES})
  add_library(fanfold::${name} ALIAS fanfold_${name})
  target_include_directories(fanfold_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(fanfold_${name} PUBLIC ${arg_LINKS} PRIVATE fanfold_options)
endfunction()

# fanfold_compile_alone(file…)
# The presets compile several files as one (CMAKE_UNITY_BUILD), as most of the time goes into headers. Not so files that
# Highway compiles once more for each target, and those that have the same local names as others on purpose.
function(fanfold_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# fanfold_test(NAME SOURCES file… LINKS target…)
# One GoogleTest program per folder of tests/; each of its tests is a ctest of its own.
function(fanfold_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINKS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name}_test ${arg_SOURCES})
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name}_test PRIVATE ${arg_LINKS} fanfold_options GTest::gmock_main rapidcheck rapidcheck_gtest)
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  gtest_discover_tests(${name}_test
    TEST_PREFIX ${name}.
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()

# fanfold_benchmark(NAME SOURCES file… LINKS target…)
# One Google Benchmark program; not a test.
function(fanfold_benchmark name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(bench_${name} ${arg_SOURCES})
  target_link_libraries(bench_${name} PRIVATE ${arg_LINKS} fanfold_options benchmark::benchmark_main)
  set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
endfunction()
