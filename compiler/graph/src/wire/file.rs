//! Files: a reader sees the old file or the new one, never a half.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::error::WireError;
use super::read::read;
use super::write::write;
use crate::module::Module;
use crate::output::replace;
use crate::quote;

/// Writes a module to a file: beside it first, then in its place.
///
/// # Errors
///
/// Those of the file system; the file is then as it was.
pub fn save(module: &Module, path: impl AsRef<Path>) -> Result<(), WireError> {
    let path = path.as_ref();
    replace(path, |to| write(module, to)).map_err(|error| file_error(path, error))
}

/// Reads a module from a file.
///
/// # Errors
///
/// Those of the file system, and if the file is damaged, of a newer format, or of a model that is not valid.
pub fn load(path: impl AsRef<Path>) -> Result<Module, WireError> {
    let path = path.as_ref();
    let open = || {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        match metadata.is_file() {
            true => Ok((file, metadata.len())),
            false => Err(io::Error::other("it is no regular file; name one")),
        }
    };
    let (file, length) = open().map_err(|error| file_error(path, error))?;
    read(BufReader::new(file), length).map_err(|error| match error {
        WireError::Io(error) => file_error(path, error),
        other @ WireError::File { .. }
        | other @ WireError::NotAModel(_)
        | other @ WireError::Empty
        | other @ WireError::Length { .. }
        | other @ WireError::Damaged(_)
        | other @ WireError::Newer { .. }
        | other @ WireError::Unknown { .. }
        | other @ WireError::Malformed(_)
        | other @ WireError::Invalid(_) => other,
    })
}

fn file_error(path: &Path, error: io::Error) -> WireError {
    WireError::File { path: quote::path(path), error }
}
