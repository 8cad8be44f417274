//! Libraries that C programs link, and what they may not contain.

use std::path::{Path, PathBuf};
use std::process::Command;

use object::{Object, ObjectSymbol};
use tgc_compiler::{Emit, Error, Library, Options, build};
use tgc_graph::module::Module;
use tgc_graph::prelude::*;

/// `step` adds the sum of `x` to `w` and gives what `w` was; `scale` multiplies by it.
fn counter(name: &str) -> Module {
    let m = Model::new(name);
    let x = m.input("x", F32, [m.dim("N")]);
    let w = m.shared("w", 1.5f32);
    m.function("step").inputs([x]).output("before", w).update(w, w + x.sum()).finish().unwrap();
    m.function("scale").inputs([x]).output("y", x * w).finish().unwrap();
    m.module()
}

fn library(name: &str) -> Library {
    build(&counter(name), &Options::default()).unwrap()
}

/// Puts a library into a folder and returns its archive.
fn place(library: &Library, folder: &Path) -> PathBuf {
    let archive = folder.join(format!("lib{}.a", library.name));
    library.write(&archive, &folder.join(format!("{}.h", library.name))).unwrap();
    archive
}

/// Links a program; the error is what the linker says.
fn link(folder: &Path, program: &str, archives: &[PathBuf], flags: &[&str]) -> Result<PathBuf, String> {
    let (source, output) = (folder.join("main.c"), folder.join("main"));
    std::fs::write(&source, program).unwrap();
    let mut command = Command::new("cc");
    command.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).args(flags);
    let result = command.arg(&source).args(archives).arg("-o").arg(&output).output().unwrap();
    match result.status.success() {
        true => Ok(output),
        false => Err(String::from_utf8_lossy(&result.stderr).into_owned()),
    }
}

/// What a program prints; it has to succeed.
fn run(program: &Path) -> String {
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_c_program_calls_two_models() {
    let folder = tempfile::tempdir().unwrap();
    let archives = [place(&library("one"), folder.path()), place(&library("two"), folder.path())];
    let program = r#"
#include <stdio.h>
#include "one.h"
#include "two.h"
static ONE_BLOCK(ctx_block, ONE_CTX_BYTES);
static ONE_BLOCK(state_block, ONE_STATE_BYTES);
static ONE_BLOCK(ws_block, ONE_WS_BYTES(4));
static unsigned char image[ONE_SAVE_BYTES];
int main(void) {
  one_config config = ONE_CONFIG(4);
  two_config other = TWO_CONFIG(4);
  one_ctx *a;
  two_ctx *b;
  float x[4] = { 1, 2, 3, 4 }, y[4], before;
  if (one_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &a) != ONE_OK) return 1;
  if (two_create(&other, &b) != TWO_OK) return 2;
  if (one_step(a, 4, x, &before) != ONE_OK || before != 1.5f || *one_w(a) != 11.5f) return 3;
  *two_w(b) = 2;
  if (two_scale(b, 4, x, y) != TWO_OK || y[3] != 8) return 4;
  if (one_save(a, image, sizeof image) != ONE_OK) return 5;
  one_reset(a);
  if (*one_w(a) != 1.5f) return 6;
  if (one_load(a, image, sizeof image) != ONE_OK || *one_w(a) != 11.5f) return 7;
  if (one_scale(a, ONE_N_MAX + 1, x, y) != ONE_E_DIM) return 8;
  printf("%s\n%s %s\n", one_error(a), one_model.functions[0].name, two_model.states[0].name);
  two_destroy(b);
  return 0;
}
"#;
    let main = link(folder.path(), program, &archives, &[]).unwrap();
    assert_eq!(run(&main), "scale: N=1048577, allowed 0..1048576\nstep w\n");
}

#[test]
fn a_stale_header_does_not_link() {
    let folder = tempfile::tempdir().unwrap();
    place(&library("m"), folder.path());
    let mut changed = counter("m");
    changed.shared[0].initial = Array::from(2.5f32);
    let changed = build(&changed, &Options::default()).unwrap();
    let archive = folder.path().join("libm2.a");
    changed.write(&archive, &folder.path().join("other.h")).unwrap();
    let program = "#include \"m.h\"\nint main(void) { m_reset(NULL); return 0; }\n";
    let message = link(folder.path(), program, &[archive], &[]).unwrap_err();
    assert!(message.contains("undefined reference to `m_reset_"), "{message}");
}

#[test]
fn a_library_exports_its_own_names_and_calls_little() {
    let library = library("m");
    let archive = object::read::archive::ArchiveFile::parse(library.archive.as_slice()).unwrap();
    let suffix = format!("_{:016x}", library.hash);
    let (mut defined, mut undefined) = (vec![], vec![]);
    for member in archive.members() {
        let data = member.unwrap().data(library.archive.as_slice()).unwrap();
        let file = object::File::parse(data).unwrap();
        for symbol in file.symbols().filter(|s| s.is_global()) {
            let name = symbol.name().unwrap().to_owned();
            if symbol.is_undefined() { undefined.push(name) } else { defined.push(name) }
        }
        for section in file.sections() {
            use object::ObjectSection;
            let (kind, name) = (section.kind(), section.name().unwrap_or(""));
            let is_mutable =
                matches!(kind, object::SectionKind::Data | object::SectionKind::UninitializedData);
            // Constants that hold addresses are writable only until the loader has put those in.
            assert!(!is_mutable || section.size() == 0 || name.starts_with(".data.rel.ro"), "{name}");
        }
    }
    let shorts: Vec<&str> =
        defined.iter().map(|n| n.strip_prefix("m_").unwrap().strip_suffix(&suffix).unwrap()).collect();
    let mut sorted = shorts.clone();
    sorted.sort_unstable();
    let expected = [
        "create",
        "destroy",
        "error",
        "init",
        "init_shared",
        "load",
        "model",
        "reset",
        "save",
        "scale",
        "share",
        "step",
        "variant",
        "w",
    ];
    assert_eq!(sorted, expected);
    undefined.retain(|name| !defined.contains(name));
    let allowed = ["memcpy", "memmove", "memset", "memcmp", "bcmp", "malloc", "free"];
    assert!(
        undefined.iter().all(|name| name.is_empty() || allowed.contains(&name.as_str())),
        "{undefined:?}"
    );
}

#[test]
fn a_program_without_create_has_no_malloc() {
    let folder = tempfile::tempdir().unwrap();
    let archive = place(&library("m"), folder.path());
    let program = "#include \"m.h\"\nint main(void) { m_reset(NULL); return 0; }\n";
    let flags = [format!("-Wl,-Map={}", folder.path().join("map").display())];
    link(folder.path(), program, &[archive], &[&flags[0]]).unwrap();
    let map = std::fs::read_to_string(folder.path().join("map")).unwrap();
    assert!(map.contains("m.o") && !map.contains("m_heap.o"));
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let (first, second) = (library("m"), library("m"));
    assert_eq!(first.header, second.header);
    assert!(first.archive == second.archive);
}

/// Variants are compiled at once, and a list is a set.
#[test]
fn a_list_of_processors_gives_the_same_bytes_in_any_order() {
    let of = |cpus: [&str; 3]| {
        let options = Options {
            triple: Some("x86_64-unknown-linux-gnu".to_owned()),
            cpus: cpus.map(str::to_owned).to_vec(),
            ..Options::default()
        };
        build(&counter("m"), &options).unwrap()
    };
    let (first, second) =
        (of(["x86-64", "x86-64-v3", "x86-64-v4"]), of(["x86-64-v4", "x86-64", "x86-64-v3"]));
    assert_eq!(first.header, second.header);
    assert!(first.archive == second.archive);
}

#[test]
fn texts_are_made_on_demand() {
    let emit = Emit { assembly: true, ir: true, plan: true };
    let options = Options { name: Some("other".to_owned()), emit, ..Options::default() };
    let library = build(&counter("m"), &options).unwrap();
    assert_eq!(library.name, "other");
    assert!(library.assembly.unwrap().contains("other_step_"));
    assert!(library.ir.unwrap().contains("define"));
    assert!(library.plan.unwrap().contains("function step"));
    assert!(build(&counter("m"), &Options::default()).unwrap().plan.is_none());
}

#[test]
fn bad_options_are_refused_in_one_line() {
    let refused = |options: Options| build(&counter("m"), &options).unwrap_err().to_string();
    let triple = refused(Options { triple: Some("z80-none".to_owned()), ..Options::default() });
    assert!(triple.contains("z80-none") && !triple.contains('\n'), "{triple}");
    let cpu = refused(Options { cpus: vec!["8086".to_owned()], ..Options::default() });
    assert!(cpu.contains("8086"), "{cpu}");
    let name = build(&counter("m"), &Options { name: Some("pthread".to_owned()), ..Options::default() });
    assert!(matches!(name, Err(Error::Name(_))));
}
