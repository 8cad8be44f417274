//! Types: those that all headers share, and the model's own.

use tgc_abi::{CConfigEnd, CConfigStart, Config, HEADER, Status};
use tgc_graph::dtype::DType;

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

/// The includes and the block that is the same in all headers.
pub(super) fn shared() -> String {
    let mut text = SHARED.trim_start().to_owned();
    for table in HEADER {
        text = text.replace(&format!("@{}@\n", table.name), &table.to_string());
    }
    let define = |(number, dtype): (usize, &DType)| {
        format!("#define TGC_{:<4} {number}\n", dtype.name().to_uppercase())
    };
    text.replace("@dtypes@\n", &DType::ALL.iter().enumerate().map(define).collect::<String>())
}

/// Status, instance and config of the model.
pub(super) fn own(source: &Source<'_>) -> String {
    let mut text = String::from("/* What calls return. */\n");
    text.push_str(&format!("typedef int32_t {};\n", source.lower("status")));
    let width = Status::NAMES.iter().map(|n| source.upper(n).len()).max().unwrap_or(0);
    for (number, (name, meaning)) in Status::NAMES.iter().zip(Status::MEANINGS).enumerate() {
        text.push_str(&format!("#define {:width$} {number:<2} /* {meaning} */\n", source.upper(name)));
    }
    let (ctx, config) = (source.lower("ctx"), source.lower("config"));
    text.push_str(&format!("\n/* An instance of the model. */\ntypedef struct {ctx} {ctx};\n"));
    text.push_str(&format!("\n/* What an instance is made for; begin with {}. */\n", source.upper("CONFIG")));
    text.push_str(&format!("typedef struct {config} {{\n{}", CConfigStart::TABLE.lines()));
    for size in &source.interface.sizes {
        text.push_str(&Config::SIZE.line(&argument(&size.name)).to_string());
    }
    text.push_str(&format!("{}}} {config};\n\n", CConfigEnd::TABLE.lines()));
    let sizes: Vec<String> = source.interface.sizes.iter().map(|s| argument(&s.name)).collect();
    let parameters = if sizes.is_empty() { String::new() } else { format!("({})", sizes.join(", ")) };
    let values: String = sizes.iter().map(|size| format!("(int64_t)({size}), ")).collect();
    text.push_str(&format!(
        "#define {}{parameters} {{ (uint32_t)sizeof({config}), 0, {values}NULL, NULL, NULL }}\n",
        source.upper("CONFIG")
    ));
    text
}

/// `@name@` stands for a struct of [`tgc_abi`]; each element type has the number of its position in
/// [`DType::ALL`].
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
@tgc_alloc@

/* Runs task(frame, i) for each i from 0 to chunks - 1, in any order and on any threads, and returns when all are
 * done. The results have the same bits whatever it does. */
@tgc_pool@

/* Element types of the descriptions below. */
@dtypes@

/* Descriptions, for programs that load any model. */
@tgc_size@

@tgc_argument@

@tgc_function@

@tgc_state@

@tgc_model@

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
