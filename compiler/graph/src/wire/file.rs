//! Files: a reader sees the old file or the new one, never a half.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::error::WireError;
use super::read::read;
use super::write::write;
use crate::module::Module;

/// Writes a module to a file: beside it first, then in its place.
///
/// # Errors
///
/// Those of the file system; the file is then as it was.
pub fn save(module: &Module, path: impl AsRef<Path>) -> Result<(), WireError> {
    let path = path.as_ref();
    replace(path, |to| write(module, to)).map_err(|error| file_error(path, error))
}

/// Writes a file: beside it first, then in its place.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let beside = beside(path);
    let written = write_synced(write, &beside).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&beside);
    }
    written.and_then(|()| sync_directory(path))
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
            false => Err(io::Error::other("it is no regular file")),
        }
    };
    let (file, length) = open().map_err(|error| file_error(path, error))?;
    read(BufReader::new(file), length).map_err(|error| match error {
        WireError::Io(error) => file_error(path, error),
        other => other,
    })
}

fn file_error(path: &Path, error: io::Error) -> WireError {
    WireError::File { path: path.display().to_string(), error }
}

/// A name in the same directory that no other writer of this or another process uses.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.{count}.partial", std::process::id()));
    path.with_file_name(name)
}

fn write_synced(write: impl FnOnce(&mut dyn Write) -> io::Result<()>, path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut buffered = BufWriter::new(file);
    write(&mut buffered)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Makes the rename durable, where directories can be opened.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(directory) {
        Ok(directory) if cfg!(unix) => directory.sync_all(),
        Ok(_) | Err(_) => Ok(()),
    }
}
