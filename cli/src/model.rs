//! Reads models from files.

use std::fmt::Display;
use std::path::Path;

use tgc_graph::module::Module;
use tgc_graph::{text, wire};

use crate::failure::{Failure, Outcome};

/// Reads a `model.graph` or a text, whichever the file holds.
pub fn read(path: &Path) -> Outcome<Module> {
    let refused = |reason: &dyn Display| Failure::file("read", path, reason);
    let bytes = std::fs::read(path).map_err(|error| refused(&error))?;
    if is_text(path, &bytes) {
        let text = String::from_utf8(bytes).map_err(|_| refused(&"it is not UTF-8"))?;
        return text::parse(&text).map_err(|error| refused(&error));
    }
    wire::decode(&bytes).map_err(|error| refused(&error))
}

/// A text is named so, or begins as one does.
fn is_text(path: &Path, bytes: &[u8]) -> bool {
    path.extension().is_some_and(|extension| extension == "tgc") || bytes.starts_with(b"tgc ")
}

/// Leaves one function.
pub fn select(module: &mut Module, name: &str) -> Outcome<()> {
    let known: Vec<String> = module.functions.iter().map(|f| f.name.clone()).collect();
    if module.function(name).is_none() {
        let error = tgc_compiler::Error::Unknown { kind: "function", name: name.to_owned(), known };
        return Err(Failure::from(error));
    }
    module.functions.retain(|f| f.name == name);
    Ok(())
}
