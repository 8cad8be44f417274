//! Compiles `src/freestanding.rs` to LLVM bitcode, which the library embeds as `BITCODE`.
//!
//! The output depends on the sources, the compiler and the target alone: no path, time or build profile
//! enters it. The reader of the bitcode is LLVM 22, so a compiler with a newer LLVM is refused with one line
//! instead of a parse error much later.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The major version of the LLVM that `tgc-llvm` links and that has to read the bitcode.
const READER_LLVM_MAJOR: u32 = 22;

/// The crates beside this one that become part of the bitcode.
const LIBRARIES: [&str; 2] = ["abi", "routines"];

fn main() {
    println!("cargo::rerun-if-changed=src");
    for library in LIBRARIES {
        println!("cargo::rerun-if-changed=../{library}/src");
    }
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(message) = check_llvm().and_then(|()| compile()) {
        println!("cargo::error={message}");
    }
}

/// Refuses a compiler whose bitcode the reader may not understand.
fn check_llvm() -> Result<(), String> {
    let version = run(Command::new(rustc()).arg("-vV"))?;
    let llvm = version
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))
        .ok_or("rustc -vV names no LLVM version; the runtime needs a rustc that generates code with LLVM")?;
    match llvm.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major <= READER_LLVM_MAJOR => Ok(()),
        _ => Err(format!(
            "rustc uses LLVM {llvm}, but the runtime's bitcode is read by LLVM {READER_LLVM_MAJOR}; \
             use the Rust version that rust-toolchain.toml pins"
        )),
    }
}

/// The libraries, then the runtime with all that it uses of them in one module.
fn compile() -> Result<(), String> {
    let source = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let output = out.join("runtime.bc");
    let mut runtime = freestanding(&source, "freestanding.rs", "tgc_runtime_freestanding")?;
    runtime.args(["--crate-type", "staticlib", "-C", "lto=fat"]);
    for library in LIBRARIES {
        let name = format!("tgc_{library}");
        let file = out.join(format!("lib{name}.rlib"));
        run(freestanding(&source.join("..").join(library), "lib.rs", &name)?
            .args(["--crate-type", "rlib"])
            .args(["--emit", &format!("link={}", file.display())]))?;
        runtime.args(["--extern", &format!("{name}={}", file.display())]);
    }
    run(runtime.args(["--emit", &format!("llvm-bc={}", output.display())])).map(drop)
}

/// How a crate is compiled for the bitcode.
fn freestanding(source: &Path, root: &str, name: &str) -> Result<Command, String> {
    let mut command = Command::new(rustc());
    command
        .current_dir(source)
        .arg(Path::new("src").join(root))
        .args(["--crate-name", name, "--edition", "2024"])
        .args(["--target", &variable("TARGET")?])
        .args(["-C", "opt-level=2", "-C", "codegen-units=1", "-C", "panic=abort"])
        .args(["-C", "no-vectorize-loops", "-C", "no-vectorize-slp", "-C", "force-unwind-tables=no"])
        .args(["-C", "debuginfo=0", "-C", "strip=debuginfo"])
        // Full relro would mark each call for the global offset table, which a bare-metal program may not
        // have.
        .args(["-C", "relro-level=off"])
        .arg(format!("--remap-path-prefix={}=", source.display()));
    Ok(command)
}

fn run(command: &mut Command) -> Result<String, String> {
    let output =
        command.output().map_err(|error| format!("cannot run {:?}: {error}", command.get_program()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Err(format!(
        "{:?} could not compile the freestanding runtime; its messages are above",
        command.get_program()
    ))
}

fn rustc() -> String {
    env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}; run this build script through cargo"))
}
