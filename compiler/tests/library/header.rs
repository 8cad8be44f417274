//! Headers are what they were, and compile without a warning wherever they promise to.

use std::path::Path;
use std::process::Command;

use tgc_compiler::header::Header;
use tgc_compiler::names::Names;
use tgc_compiler::safetensors::Image;
use tgc_llvm::Stack;
use tgc_plan::ModelPlan;

use crate::plans;

/// A header as programs read it.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    text: String,
    hash: u64,
    suffix: String,
}

fn header(plan: &ModelPlan) -> Made {
    header_for(plan, "")
}

fn header_for(plan: &ModelPlan, code: &str) -> Made {
    let names = Names::check(&plan.interface, None).unwrap();
    let header =
        Header::new(plan, &names, &Image::new(names.prefix(), &plan.interface.states), &["x86-64-v3"], code);
    let functions = (1..=plan.interface.functions.len() as u64).map(|i| 100 * i).collect();
    let text = header.text(&Stack { functions, most: 999 });
    Made { text, hash: header.hash, suffix: header.suffix }
}

/// The text without the two hashes.
fn text(plan: &ModelPlan) -> String {
    let header = header(plan);
    let text = header.text.replace(&header.suffix, "HASH");
    let at = text.find("Contents ").unwrap() + "Contents ".len();
    text.replace(&text[at..at + 16], "DIGEST")
}

#[test]
fn a_header_reads_as_it_did() {
    insta::assert_snapshot!("logreg.h", text(&plans::logreg()));
}

const C: [&str; 4] = ["c99", "c11", "c17", "c2x"];
const CPP: [&str; 5] = ["c++11", "c++14", "c++17", "c++20", "c++2b"];

/// Every compiler that this machine has, with the standards that it is asked for.
fn compilers() -> Vec<(&'static str, &'static [&'static str])> {
    let all: [(&str, &[&str]); 4] = [("cc", &C), ("c++", &CPP), ("clang", &C), ("clang++", &CPP)];
    let works = |compiler: &str| Command::new(compiler).arg("--version").output().is_ok();
    let found: Vec<_> = all.into_iter().filter(|(compiler, _)| works(compiler)).collect();
    assert!(found.len() >= 2, "a C and a C++ compiler");
    found
}

/// Compiles a program beside these headers.
fn compile(headers: &[(&str, &str)], program: &str, flags: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in headers {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for (compiler, standards) in compilers() {
        for standard in standards {
            let name = if compiler.ends_with("++") { "main.cpp" } else { "main.c" };
            check(compiler, standard, &folder.path().join(name), program, flags);
        }
    }
}

fn check(compiler: &str, standard: &str, file: &Path, program: &str, flags: &[&str]) {
    std::fs::write(file, program).unwrap();
    let output = Command::new(compiler)
        .args([&format!("-std={standard}"), "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
        .args(flags)
        .arg(file)
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{compiler} -std={standard}\n{messages}\n{program}");
}

#[test]
fn headers_compile_side_by_side_in_every_standard() {
    let (logreg, everything, bare) =
        (header(&plans::logreg()), header(&plans::everything()), header(&plans::bare()));
    let headers = [
        ("logreg.h", logreg.text.as_str()),
        ("everything.h", everything.text.as_str()),
        ("bare.h", bare.text.as_str()),
    ];
    let program = r#"
#include "logreg.h"
#include "logreg.h"
#include "everything.h"
#include "bare.h"
static LOGREG_BLOCK(ctx_block, LOGREG_CTX_BYTES);
static LOGREG_BLOCK(state_block, LOGREG_STATE_BYTES);
static LOGREG_BLOCK(ws_block, LOGREG_WS_BYTES(400));
static EVERYTHING_BLOCK(all_block, EVERYTHING_WS_BYTES(LOGREG_N_MAX / 1024, 3 + 4));
static EVERYTHING_BLOCK(one_block, EVERYTHING_OTHER_WS_BYTES(9));
static BARE_BLOCK(no_block, BARE_WS_BYTES);
int use(const float *x, const float *y, bool *prediction, void **blocks);
int use(const float *x, const float *y, bool *prediction, void **blocks) {
  float xent;
  double v[3] = { EVERYTHING_SCALARS_D_NAN_DEFAULT, EVERYTHING_SCALARS_D_DOWN_DEFAULT, EVERYTHING_SCALARS_D_TINY_DEFAULT };
  int64_t least = EVERYTHING_SCALARS_D_LEAST_DEFAULT, small = EVERYTHING_SCALARS_D_SMALL_DEFAULT;
  uint64_t large = EVERYTHING_SCALARS_D_LARGE_DEFAULT;
  logreg_config config = LOGREG_CONFIG(400);
  bare_config none = BARE_CONFIG;
  logreg_ctx *m;
  bare_ctx *b;
  logreg_status status = logreg_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m);
  blocks[0] = all_block;
  blocks[1] = one_block;
  if (status != LOGREG_OK || bare_create(&none, &b) != BARE_OK) return LOGREG_E_NULL;
  if (logreg_train(m, 400, x, y, prediction, &xent) != LOGREG_OK) return logreg_error(m)[0];
  logreg_w(m)[0] = EVERYTHING_SCALARS_D_RATE_DEFAULT + (float)(least == small && large == 0);
  if (bare_twice(b, v, v) != BARE_OK) return 1;
  bare_destroy(b);
  blocks[2] = no_block;
  return logreg_model.hash == LOGREG_HASH ? 0 : (int)everything_model.functions[0].inputs[0].rank;
}
"#;
    compile(&headers, program, &[]);
}

#[test]
fn blocks_need_no_extension() {
    let logreg = header(&plans::logreg());
    let program = "#include \"logreg.h\"\n\
        static LOGREG_BLOCK(block, LOGREG_WS_BYTES(10));\n\
        void *get(void);\nvoid *get(void) { return block; }\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("logreg.h"), &logreg.text).unwrap();
    // Without the macro the header takes the standard's own words; the system's headers are not asked to.
    let flags = ["-ffreestanding", "-U__GNUC__"];
    for (compiler, standard) in [("cc", "c11"), ("cc", "c2x"), ("c++", "c++11"), ("c++", "c++20")] {
        let name = if compiler == "cc" { "main.c" } else { "main.cpp" };
        check(compiler, standard, &folder.path().join(name), program, &flags);
    }
}

/// The indented lines of the banner's example, and what they leave to the reader.
#[test]
fn the_example_compiles() {
    let logreg = header(&plans::logreg());
    let lines: Vec<&str> = logreg
        .text
        .lines()
        .skip_while(|line| !line.contains("How to begin"))
        .take_while(|line| !line.contains("*/"))
        .filter_map(|line| line.strip_prefix(" *   "))
        .collect();
    assert!(lines.len() > 8, "{lines:?}");
    let (blocks, statements): (Vec<&str>, Vec<&str>) =
        lines.into_iter().partition(|line| line.starts_with("static "));
    let program = format!(
        "#include <stdio.h>\n#include \"logreg.h\"\n{}\nextern float x[], y[], xent;\nextern bool prediction[];\n\
         int run(void);\nint run(void) {{\n{}\nreturn 0;\n}}\n",
        blocks.join("\n"),
        statements.join("\n")
    );
    compile(&[("logreg.h", &logreg.text)], &program, &[]);
}

#[test]
fn workspace_macros_agree_with_the_plan() {
    let plan = plans::everything();
    let text = header(&plan).text;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("everything.h"), text).unwrap();
    let mut program = String::from("#include \"everything.h\"\n");
    let names = ["N", "K"];
    for values in [[0, 0], [1, 1], [1000, 3], [3, 1000], [16, 7]] {
        let mut most = 0;
        for function in plan.functions() {
            let of = |id| {
                let name = &function.signature.symbols.get(id).name;
                values[names.iter().position(|n| n == name).unwrap()]
            };
            let bytes = function.body.workspace.evaluate(&of).unwrap();
            most = most.max(bytes);
            let arguments: Vec<String> =
                function.signature.symbols.iter().map(|(id, _)| of(id).to_string()).collect();
            let call =
                if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
            let name = function.signature.name.to_uppercase();
            program += &format!("_Static_assert(EVERYTHING_{name}_WS_BYTES{call} == {bytes}, \"{name}\");\n");
        }
        let all = format!("EVERYTHING_WS_BYTES({}, {})", values[0], values[1]);
        program += &format!("_Static_assert({all} == {most}, \"all\");\n");
    }
    check("cc", "c11", &folder.path().join("main.c"), &program, &[]);
}

#[test]
fn each_function_has_its_stack() {
    let plan = plans::everything();
    let text = header(&plan).text;
    for (index, function) in plan.interface.functions.iter().enumerate() {
        let name = function.name.to_uppercase();
        let line = format!("#define EVERYTHING_{name}_STACK_BYTES UINT64_C({})\n", 100 * (index + 1));
        assert!(text.contains(&line), "{line}");
    }
    assert!(text.contains("#define EVERYTHING_STACK_BYTES UINT64_C(999)\n"));
}

#[test]
fn the_hash_covers_interface_and_contents() {
    let (plan, first) = (plans::logreg(), header(&plans::logreg()));
    assert_eq!(first, header(&plan));
    assert_ne!(first.hash, header_for(&plan, "another processor").hash);
    assert_eq!(first.suffix, format!("{:016x}", first.hash));
    assert!(!first.text.contains('@'));
    for name in ["logreg_train", "logreg_w", "logreg_create", "logreg_model"] {
        assert!(first.text.contains(&format!(" {name}_{}\n", first.suffix)), "{name}");
    }
    let mut other = plan.clone();
    other.interface.functions[0].inputs.swap(0, 1);
    let mut value = plan.clone();
    value.interface.states[0].initial.bytes_mut()[3000] = 1;
    let mut update = plan;
    update.interface.functions[0].updates.pop();
    let hashes = [&other, &value, &update].map(|plan| header(plan).hash);
    assert!(hashes.iter().all(|hash| *hash != first.hash), "{hashes:?}");
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2]);
}
