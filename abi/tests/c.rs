//! C compilers lay the structs out as their descriptions say, for every kind of target.

use std::fmt::Write;
use std::io::Write as _;
use std::process::{Command, Stdio};

use tgc_abi::{
    CAlloc, CConfigEnd, CConfigStart, CModel, Config, DataLayout, HEADER, OWNED, Struct, pointer_at,
};

/// Compilers and the data layouts that they have.
fn compilers() -> [(&'static str, &'static str, DataLayout); 8] {
    [
        ("cc", "-std=c11", DataLayout::HOST),
        ("cc", "-m32", DataLayout::I386),
        ("clang", "--target=x86_64-unknown-linux-gnu", DataLayout::WIDE),
        ("clang", "--target=aarch64-unknown-linux-gnu", DataLayout::WIDE),
        ("clang", "--target=i386-unknown-linux-gnu", DataLayout::I386),
        ("clang", "--target=armv7-unknown-linux-gnueabihf", DataLayout::NARROW),
        ("clang", "--target=thumbv7em-none-eabi", DataLayout::NARROW),
        ("clang", "--target=wasm32-unknown-unknown", DataLayout::NARROW),
    ]
}

/// What a compiler has to say of a text, or that it is not there.
fn compile(compiler: &str, flag: &str, text: &str) -> Result<(), String> {
    let mut child = Command::new(compiler)
        .args([flag, "-ffreestanding", "-fsyntax-only", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

const INCLUDES: &str = "#include <stddef.h>\n#include <stdint.h>\n";

/// The struct and what is claimed of it.
fn claims(table: &Struct, layout: DataLayout) -> String {
    let (name, bytes) = (table.name, table.bytes(layout));
    let mut text = format!("{table}_Static_assert(sizeof({name}) == {bytes}, \"{name}\");\n");
    for (index, field) in table.fields.iter().enumerate() {
        let offset = table.offset(index, layout);
        let field = field.name;
        writeln!(text, "_Static_assert(offsetof({name}, {field}) == {offset}, \"{name}.{field}\");").unwrap();
    }
    text
}

/// The bytes behind the pointers of a config.
fn padding(layout: DataLayout) -> u64 {
    if layout == DataLayout::NARROW { 4 } else { 0 }
}

/// A config for two sizes and what is claimed of it.
fn config(layout: DataLayout) -> String {
    let sizes = [Config::SIZE.line("n").to_string(), Config::SIZE.line("m").to_string()].concat();
    let (start, end) = (CConfigStart::TABLE.lines(), CConfigEnd::TABLE.lines());
    let config = Config { size_count: 2, pointer_bytes: layout.pointer_bytes };
    let (first, alloc, pool, variant) = (Config::SIZES, config.alloc(), config.pool(), config.variant());
    format!(
        "typedef struct config {{\n{start}{sizes}{end}}} config;\n\
         _Static_assert(offsetof(config, n) == {first} && offsetof(config, m) == {first} + 8, \"sizes\");\n\
         _Static_assert(offsetof(config, alloc) == {alloc} && offsetof(config, pool) == {pool}, \"hooks\");\n\
         _Static_assert(offsetof(config, variant) == {variant}, \"variant\");\n\
         _Static_assert(sizeof(config) == {}, \"bytes\");\n",
        config.bytes() + padding(layout)
    )
}

#[test]
fn c_compilers_agree_with_the_descriptions() {
    let mut checked = vec![];
    for (compiler, flag, layout) in compilers() {
        if compile(compiler, flag, INCLUDES).is_err() {
            continue;
        }
        let tables = HEADER.iter().chain(&OWNED).map(|table| claims(table, layout));
        let text = format!("{INCLUDES}{}{}", tables.collect::<String>(), config(layout));
        compile(compiler, flag, &text).unwrap_or_else(|e| panic!("{compiler} {flag}\n{e}\n{text}"));
        checked.push(layout);
    }
    assert!(checked.contains(&DataLayout::HOST), "a C compiler is needed");
}

#[test]
fn a_wrong_claim_is_found() {
    let text = format!("{INCLUDES}{}", claims(&CAlloc::TABLE, DataLayout::HOST));
    let wrong = text.replace("release) ==", "release) == 1 +");
    assert!(compile("cc", "-std=c11", &text).is_ok());
    assert!(compile("cc", "-std=c11", &wrong).is_err());
}

#[test]
fn the_width_of_pointers_and_the_alignment_of_wide_integers_both_count() {
    let offset = |name: &str, layout| {
        let at = CModel::TABLE.fields.iter().position(|field| field.name == name).unwrap();
        CModel::TABLE.offset(at, layout)
    };
    let offsets =
        |name| [DataLayout::WIDE, DataLayout::NARROW, DataLayout::I386].map(|layout| offset(name, layout));
    assert_eq!(offsets("hash"), [8, 8, 4]);
    assert_eq!(offsets("functions"), [48, 40, 36]);
    assert_eq!(offsets("ctx_bytes"), [56, 48, 40]);
    assert_eq!(DataLayout::ALL.map(|layout| CModel::TABLE.bytes(layout)), [104, 88, 76]);
}

#[test]
fn what_the_runtime_computes_of_structs_of_pointers_is_where_they_are() {
    for layout in DataLayout::ALL {
        for table in [&CAlloc::TABLE, &tgc_abi::CPool::TABLE, &CConfigEnd::TABLE] {
            for index in 0..table.fields.len() {
                assert_eq!(table.offset(index, layout), pointer_at(index as u64, layout.pointer_bytes));
            }
        }
    }
}

#[test]
fn a_config_has_its_own_bytes_with_or_without_padding() {
    for layout in DataLayout::ALL {
        let config = Config { size_count: 3, pointer_bytes: layout.pointer_bytes };
        assert!(config.has_bytes(config.bytes() + padding(layout)));
        for wrong in [config.bytes() - 8, config.bytes() - 4, config.bytes() + 8, 0] {
            assert!(!config.has_bytes(wrong), "{wrong}");
        }
    }
}
