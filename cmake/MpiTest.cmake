# fanfold_mpi_test(NAME name RANKS n… COMMAND word… [TIMEOUT seconds])
# Runs a command under mpirun, as one ctest for each number of ranks. A rank that hangs is ended by the timeout: mpirun
# is told of it first, so that no process of the test is left behind.
function(fanfold_mpi_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "RANKS;COMMAND")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  math(EXPR hard_timeout "${arg_TIMEOUT} + 15")
  foreach(ranks IN LISTS arg_RANKS)
    add_test(NAME mpi.${arg_NAME}.${ranks}_ranks
      COMMAND timeout --kill-after=10 ${arg_TIMEOUT}
        ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} --bind-to none --oversubscribe -q ${arg_COMMAND})
    set_tests_properties(mpi.${arg_NAME}.${ranks}_ranks PROPERTIES
      TIMEOUT ${hard_timeout}
      PROCESSORS 2
      ENVIRONMENT "${FANFOLD_TEST_ENVIRONMENT}")
  endforeach()
endfunction()

# What tests that start ranks need in their environment: Open MPI refuses root unless it is told twice, looks for
# networks that a test on one host has no use for, and never frees some of what it allocates.
set(FANFOLD_TEST_ENVIRONMENT
  OMPI_ALLOW_RUN_AS_ROOT=1
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  OMPI_MCA_pml=ob1
  OMPI_MCA_btl=self,vader,tcp
  ASAN_OPTIONS=detect_leaks=0)

# fanfold_script_test(NAME name SCRIPT file [ARGUMENTS word…] [TIMEOUT seconds] [RUN_SERIAL])
# A Python test of the whole program, bare and under mpirun, which it starts itself. It ends what it started before its
# own time is over.
function(fanfold_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "RUN_SERIAL" "NAME;SCRIPT;TIMEOUT" "ARGUMENTS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_test(NAME ${arg_NAME}
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT} ${arg_ARGUMENTS})
  set_tests_properties(${arg_NAME} PROPERTIES
    LABELS whole_program
    TIMEOUT ${arg_TIMEOUT}
    PROCESSORS 2
    RUN_SERIAL ${arg_RUN_SERIAL}
    ENVIRONMENT "${FANFOLD_TEST_ENVIRONMENT};FANFOLD=$<TARGET_FILE:fanfold>;MPIRUN=${MPIEXEC_EXECUTABLE};PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/support;PYTHONDONTWRITEBYTECODE=1")
endfunction()
