//! Reads models from files.

use std::fmt::Display;
use std::path::Path;

use tgc_compiler::output;
use tgc_graph::module::Module;
use tgc_graph::{quote, text, wire};

use crate::error::{CliError, Outcome};

/// Reads a `model.graph` or a text, whichever the file holds; either way the model is valid.
pub fn read(path: &Path) -> Outcome<Module> {
    let refused = |reason: &dyn Display| CliError::file("read", path, reason);
    if path.extension().is_some_and(|extension| extension == "rs") {
        return Err(refused(&"it is Rust source; run that program, and give the file that it saves"));
    }
    if is_device(path) {
        return Err(refused(&"it is a device; give a file"));
    }
    let bytes = std::fs::read(path).map_err(|error| refused(&quote::reason(&error)))?;
    if is_text(path, &bytes) {
        let text = String::from_utf8(bytes).map_err(|_| refused(&"it is not UTF-8; save it as UTF-8"))?;
        return text::parse_verified(&text).map_err(|error| CliError::text(path, &error));
    }
    wire::decode(&bytes).map_err(|error| refused(&error))
}

/// Refuses outputs before the work that they are for: the model, one file twice, what is no place for a file.
/// Results of several files have no place on standard output, and a file named `-` is seldom meant.
pub fn guard(model: &Path, outputs: &[&Path]) -> Outcome<()> {
    if let Some(path) = outputs.iter().find(|path| path.as_os_str() == "-") {
        let reason = "only files are written; name one, or write ./- for a file of this name";
        return Err(CliError::file("write", path, reason));
    }
    if let Some(path) = outputs.iter().find(|path| output::is_same(path, model)) {
        return Err(CliError::file("write", path, "it is the model; choose another output"));
    }
    Ok(output::check(outputs)?)
}

/// A text is named so, or begins as one does.
fn is_text(path: &Path, bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    path.extension().is_some_and(|extension| extension == "tgc") || bytes.starts_with(b"tgc ")
}

/// Leaves one function.
pub fn select(module: &mut Module, name: &str) -> Outcome<()> {
    let known: Vec<String> = module.functions.iter().map(|f| f.name.clone()).collect();
    if module.function(name).is_none() {
        let error = tgc_compiler::Error::Unknown { kind: "function", name: name.to_owned(), known };
        return Err(CliError::from(error));
    }
    module.functions.retain(|f| f.name == name);
    Ok(())
}

/// True for what can be read without an end.
#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = std::fs::metadata(path).map(|file| file.file_type());
    kind.is_ok_and(|kind| kind.is_char_device() || kind.is_block_device())
}

#[cfg(not(unix))]
fn is_device(_: &Path) -> bool {
    false
}
