/* The boundary between fanfold and a library of kernels, in C: what both sides agree on, whatever compilers
 * and standard libraries they are made with. Kernels in C++ include <fanfold/kernel.hpp>, which is built on
 * this.
 *
 * A library exports one function, fanfold_kernel_library. FANFOLD_LIBRARY defines it in C, FANFOLD_KERNELS in
 * C++. */
#ifndef FANFOLD_KERNEL_H
#define FANFOLD_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* The version of all that this header declares. fanfold loads libraries of its own version only.
 * 1: the first. 2: units. */
#define FANFOLD_KERNEL_API 2

#ifdef __cplusplus
#define FANFOLD_EXPORT extern "C" __attribute__((visibility("default")))
extern "C" {
#else
#define FANFOLD_EXPORT __attribute__((visibility("default")))
#endif

/* The types of values: int64_t, double and fanfold_text. */
typedef enum fanfold_type { FANFOLD_INTEGER = 0, FANFOLD_REAL = 1, FANFOLD_TEXT = 2 } fanfold_type;

/* Bytes, usually UTF-8; no zero follows them. */
typedef struct fanfold_text {
  const char* data;
  size_t size;
} fanfold_text;

/* A named input of a kernel. A job gives it as a key of [task], or as an axis of [params]. */
typedef struct fanfold_parameter {
  const char* name;
  fanfold_type type;
  const char* description;   /* one line */
  const char* default_value; /* "100", "0.5", or a text; NULL: the job must give it */
  const char* minimum;       /* "1"; NULL: none; a task whose value is below it fails */
  const char* unit;          /* "m/s²"; NULL: a pure number, or a text */
} fanfold_parameter;

/* A named output of a kernel: one value for each task. */
typedef struct fanfold_result {
  const char* name;
  fanfold_type type;
  const char* description; /* one line */
  const char* unit;        /* as of a parameter */
} fanfold_result;

/* A batch of tasks, valid during the call of run only. Columns are arrays of `size` values, one for each
 * task, of int64_t, double or fanfold_text. */
typedef struct fanfold_batch {
  size_t size;                   /* at least 1 */
  const void* const* parameters; /* a column for each parameter */
  const fanfold_text* inputs; /* of each task the bytes that its source retrieved; NULL unless takes_input */
  uint32_t random_key[2];
  const uint64_t* random_streams; /* of each task */
  const unsigned char* stop;      /* not 0: the run is being stopped */
  void* const* results;           /* a column for each result, to be written; NULL for a text: see set_text */
  void* host;
  void (*set_text)(void* host, size_t result, size_t task, fanfold_text value); /* copies the text */
  void (*fail)(void* host, size_t task, fanfold_text reason); /* the task fails; it affects no other */
} fanfold_batch;

/* A kernel. Many threads call run at the same time; a task's results may depend on its own parameters, input
 * and random numbers only. */
typedef struct fanfold_kernel {
  const char* name;
  const char* summary; /* one line */
  const char* source;  /* the paper or standard of what it computes; NULL: none */
  int takes_input;     /* 1: it needs the bytes that the task's source retrieved */
  int draws_random;    /* 1: it uses random numbers */
  size_t parameter_count;
  const fanfold_parameter* parameters;
  size_t result_count;
  const fanfold_result* results;
  void (*run)(const struct fanfold_kernel* kernel, const fanfold_batch* batch);
  const void* object; /* the library's own */
} fanfold_kernel;

/* What a library has. */
typedef struct fanfold_library {
  uint32_t api;      /* FANFOLD_KERNEL_API; stands first in all versions */
  const char* error; /* why there are no kernels; NULL: there are */
  size_t kernel_count;
  const fanfold_kernel* kernels;
} fanfold_library;

FANFOLD_EXPORT const fanfold_library* fanfold_kernel_library(void);

#ifdef __cplusplus
}
#else

/* Defines the function that the library exports: FANFOLD_LIBRARY({.name = "heat", …}). */
#define FANFOLD_LIBRARY(...)                                                                            \
  FANFOLD_EXPORT const fanfold_library* fanfold_kernel_library(void) {                                  \
    static const fanfold_kernel kernels[] = {__VA_ARGS__};                                              \
    static const fanfold_library library = {FANFOLD_KERNEL_API, NULL, sizeof kernels / sizeof *kernels, \
                                            kernels};                                                   \
    return &library;                                                                                    \
  }

static inline const int64_t* fanfold_integers(const fanfold_batch* batch, size_t parameter) {
  return (const int64_t*)batch->parameters[parameter];
}
static inline const double* fanfold_reals(const fanfold_batch* batch, size_t parameter) {
  return (const double*)batch->parameters[parameter];
}
static inline const fanfold_text* fanfold_texts(const fanfold_batch* batch, size_t parameter) {
  return (const fanfold_text*)batch->parameters[parameter];
}
static inline int64_t* fanfold_integer_results(const fanfold_batch* batch, size_t result) {
  return (int64_t*)batch->results[result];
}
static inline double* fanfold_real_results(const fanfold_batch* batch, size_t result) {
  return (double*)batch->results[result];
}

/* Not 0 when the run is being stopped: a long kernel may return at once, its results are then dropped. */
static inline int fanfold_stop_requested(const fanfold_batch* batch) {
  return __atomic_load_n(batch->stop, __ATOMIC_RELAXED);
}

/* Four random 32-bit words: block `position` of the task's stream of Philox4x32-10, see <fanfold/random.hpp>.
 * The same whatever the batch, attempt, thread or rank. */
static inline void fanfold_random_block(const fanfold_batch* batch, size_t task, uint64_t position,
                                        uint32_t words[4]) {
  const uint64_t stream = batch->random_streams[task];
  uint32_t key0 = batch->random_key[0];
  uint32_t key1 = batch->random_key[1];
  words[0] = (uint32_t)position;
  words[1] = (uint32_t)(position >> 32);
  words[2] = (uint32_t)stream;
  words[3] = (uint32_t)(stream >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = (uint64_t)0xD2511F53U * words[0];
    const uint64_t product1 = (uint64_t)0xCD9E8D57U * words[2];
    words[0] = (uint32_t)(product1 >> 32) ^ words[1] ^ key0;
    words[1] = (uint32_t)product1;
    words[2] = (uint32_t)(product0 >> 32) ^ words[3] ^ key1;
    words[3] = (uint32_t)product0;
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
}

/* A double in [0, 1), a multiple of 2^-53, from the first two words of block `position`. */
static inline double fanfold_uniform(const fanfold_batch* batch, size_t task, uint64_t position) {
  uint32_t words[4];
  fanfold_random_block(batch, task, position, words);
  return (double)((((uint64_t)words[1] << 32) | words[0]) >> 11) * 0x1p-53;
}

#endif /* __cplusplus */

#endif /* FANFOLD_KERNEL_H */
