//! Types: those that all headers share, and the model's own.

use tgc_graph::dtype::DType;
use tgc_runtime::layout::Status;

use super::Source;
use crate::names::argument;

/// The C type of an element.
pub(super) fn c_type(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "bool",
        DType::I8 => "int8_t",
        DType::I16 => "int16_t",
        DType::I32 => "int32_t",
        DType::I64 => "int64_t",
        DType::U8 => "uint8_t",
        DType::U16 | DType::F16 | DType::BF16 => "uint16_t",
        DType::U32 => "uint32_t",
        DType::U64 => "uint64_t",
        DType::F32 => "float",
        DType::F64 => "double",
        DType::C64 => "tgc_c64",
        DType::C128 => "tgc_c128",
    }
}

/// What a status means, in the order of the numbers.
const MEANINGS: [&str; Status::NAMES.len()] = [
    "the call did what it says",
    "a pointer that must not be NULL is",
    "a size is outside its range, or two sizes that must agree do not",
    "an index read at run time is outside its axis",
    "blocks or arrays share memory that may not",
    "a block or an array is not aligned",
    "the workspace is too small",
    "the allocator returned no memory",
    "an image has the wrong length or another model's header",
    "the processor lacks instructions that the library uses",
    "a config or an instance belongs to another model or version",
];

/// The includes and the block that is the same in all headers.
pub(super) fn shared() -> String {
    SHARED.trim_start().to_owned()
}

/// Status, instance and config of the model.
pub(super) fn own(source: &Source<'_>) -> String {
    let mut text = String::from("/* What calls return. */\n");
    text.push_str(&format!("typedef int32_t {};\n", source.lower("status")));
    let width = Status::NAMES.iter().map(|n| source.upper(n).len()).max().unwrap_or(0);
    for (number, (name, meaning)) in Status::NAMES.iter().zip(MEANINGS).enumerate() {
        text.push_str(&format!("#define {:width$} {number:<2} /* {meaning} */\n", source.upper(name)));
    }
    let (ctx, config) = (source.lower("ctx"), source.lower("config"));
    text.push_str(&format!("\n/* An instance of the model. */\ntypedef struct {ctx} {ctx};\n"));
    text.push_str(&format!("\n/* What an instance is made for; begin with {}. */\n", source.upper("CONFIG")));
    text.push_str(&format!("typedef struct {config} {{\n"));
    text.push_str("  uint32_t struct_bytes; /* sizeof of this struct */\n  uint32_t flags; /* 0 */\n");
    for size in &source.interface.sizes {
        text.push_str(&format!(
            "  int64_t {}; /* the largest that create reserves workspace for */\n",
            argument(&size.name)
        ));
    }
    text.push_str("  const tgc_alloc *alloc; /* for create and share; NULL: malloc and free */\n");
    text.push_str("  const tgc_pool *pool; /* NULL: the calling thread does all work */\n");
    text.push_str(&format!("}} {config};\n\n"));
    let sizes: Vec<String> = source.interface.sizes.iter().map(|s| argument(&s.name)).collect();
    let parameters = if sizes.is_empty() { String::new() } else { format!("({})", sizes.join(", ")) };
    let values: String = sizes.iter().map(|size| format!("(int64_t)({size}), ")).collect();
    text.push_str(&format!(
        "#define {}{parameters} {{ (uint32_t)sizeof({config}), 0, {values}NULL, NULL }}\n",
        source.upper("CONFIG")
    ));
    text
}

/// Each dtype has the number of its position in [`DType::ALL`].
const SHARED: &str = r#"
#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <stdbool.h>
#endif

/* Types that are the same in the header of every model. */
#ifndef TGC_TYPES_1
#define TGC_TYPES_1

/* Complex numbers, laid out like C99's and like std::complex. */
typedef struct tgc_c64 { float re, im; } tgc_c64;
typedef struct tgc_c128 { double re, im; } tgc_c128;

/* Takes and gives back memory. A block is aligned to `align` and comes back with the size it was asked for. */
typedef struct tgc_alloc {
  void *user; /* the first argument of both functions */
  void *(*allocate)(void *user, uint64_t bytes, uint64_t align); /* NULL: there is no memory */
  void (*release)(void *user, void *block, uint64_t bytes);
} tgc_alloc;

/* Runs task(frame, i) for each i from 0 to chunks - 1, in any order and on any threads, and returns when all are
 * done. The results have the same bits whatever it does. */
typedef struct tgc_pool {
  void *user; /* the first argument of the function */
  void (*parallel_for)(void *user, int32_t chunks, void (*task)(void *frame, int32_t chunk), void *frame);
} tgc_pool;

/* Element types of the descriptions below. */
#define TGC_BOOL 0
#define TGC_I8   1
#define TGC_I16  2
#define TGC_I32  3
#define TGC_I64  4
#define TGC_U8   5
#define TGC_U16  6
#define TGC_U32  7
#define TGC_U64  8
#define TGC_F16  9
#define TGC_BF16 10
#define TGC_F32  11
#define TGC_F64  12
#define TGC_C64  13
#define TGC_C128 14

/* Descriptions, for programs that load any model. */
typedef struct tgc_size {
  const char *name;
  int64_t min, max;
} tgc_size;

typedef struct tgc_argument {
  const char *name;
  int32_t dtype; /* TGC_F32 and so on */
  int32_t rank;
  const int64_t *shape; /* from 0 on: that size; -1 - k: size parameter k; INT64_MIN: another expression */
} tgc_argument;

typedef struct tgc_function {
  const char *name;
  int32_t size_count, input_count, output_count, update_count;
  const tgc_size *sizes;
  const tgc_argument *inputs, *outputs;
  const int32_t *updates; /* indices of states */
  /* Calls the function. args has a pointer for each input, then for each output, scalars included. */
  int32_t (*call)(void *ctx, const int64_t *sizes, void *const *args);
} tgc_function;

typedef struct tgc_state {
  const char *name;
  int32_t dtype, rank;
  const int64_t *shape;
  void *(*get)(void *ctx);
} tgc_state;

typedef struct tgc_model {
  const char *name;
  uint64_t hash;
  int32_t size_count, state_count, function_count, reserved;
  const tgc_size *sizes;
  const tgc_state *states;
  const tgc_function *functions;
  uint64_t ctx_bytes, state_bytes, save_bytes;
  int32_t (*init)(const void *config, void *ctx, void *state, void *ws, uint64_t ws_bytes, void **out);
  uint64_t (*ws_bytes)(const int64_t *sizes);
} tgc_model;

/* TGC_BLOCK(id, bytes) declares bytes that are aligned to 64. TGC_CHECKED: the result must be looked at. */
#if defined(__GNUC__)
#define TGC_BLOCK(id, bytes) unsigned char id[(bytes) > 0 ? (bytes) : 1] __attribute__((__aligned__(64)))
#define TGC_CHECKED __attribute__((__warn_unused_result__))
#elif defined(__cplusplus)
#define TGC_BLOCK(id, bytes) unsigned char id alignas(64) [(bytes) > 0 ? (bytes) : 1]
#if __cplusplus >= 201703L
#define TGC_CHECKED [[nodiscard]]
#endif
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define TGC_BLOCK(id, bytes) _Alignas(64) unsigned char id[(bytes) > 0 ? (bytes) : 1]
#elif defined(_MSC_VER)
#define TGC_BLOCK(id, bytes) __declspec(align(64)) unsigned char id[(bytes) > 0 ? (bytes) : 1]
#endif
#ifndef TGC_CHECKED
#define TGC_CHECKED
#endif

#endif /* TGC_TYPES_1 */
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dtypes_are_numbered_in_declaration_order() {
        for (number, dtype) in DType::ALL.into_iter().enumerate() {
            let line = format!("#define TGC_{:<4} {number}\n", dtype.name().to_uppercase());
            assert!(SHARED.contains(&line), "{line}");
        }
    }
}
