//! The files of a library: all are written or none. [`tgc_graph::output`] says how.

use std::path::Path;

use tgc_graph::output as files;
pub use tgc_graph::output::{File, is_same};

use crate::error::Error;

/// Writes all files or none.
///
/// # Errors
///
/// If two are one file, or one cannot be written.
pub fn write_all(files: &[File<'_>]) -> Result<(), Error> {
    Ok(files::write_all(files)?)
}

/// Says before the work what [`write_all`] would say after it: that two paths are one file, or one is no
/// place for a file.
///
/// # Errors
///
/// Those.
pub fn check(paths: &[&Path]) -> Result<(), Error> {
    Ok(files::check(paths)?)
}
