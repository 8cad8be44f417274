//! Builds a model's library and a C program around it, and runs the program: one process holds the emitted
//! code and its peer, so that both see the same machine at the same moment.

use std::path::Path;
use std::process::Command;

use tgc_compiler::{Options, build};
use tgc_graph::module::Module;

/// What a measurement can fail with.
pub type Error = Box<dyn std::error::Error>;

/// Builds `module`, compiles `program` (a C file) against it with `flags`, runs it with its output shown.
///
/// # Errors
///
/// If any of the steps fails.
pub fn measure(module: &Module, program: &Path, flags: &[String]) -> Result<(), Error> {
    let dir = tempfile::tempdir()?;
    let library = build(module, &Options::default())?;
    let archive = dir.path().join(format!("lib{}.a", library.name));
    library.write(&archive, &dir.path().join(format!("{}.h", library.name)))?;
    let executable = dir.path().join("bench");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let status = Command::new(&compiler)
        .args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O3", "-march=x86-64-v3", "-ffast-math", "-I"])
        .arg(dir.path())
        .args(flags)
        .arg(program)
        .arg(&archive)
        .args(["-lm", "-o"])
        .arg(&executable)
        .status()?;
    if !status.success() {
        return Err(format!("{compiler} could not compile {}", program.display()).into());
    }
    match Command::new(&executable).status()?.success() {
        true => Ok(()),
        false => Err(format!("{} failed", program.display()).into()),
    }
}
