//! Writes several files so that all change or none does.
//!
//! Each file is written beside its place and flushed to the disk before the first one is renamed. Whatever fails, no
//! file is ever seen half-written, and files that were already renamed get their old contents back.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::error::Error;

/// What a file shall hold.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Where.
    pub path: &'a Path,
    /// What.
    pub contents: &'a [u8],
}

/// A file that is written but not yet in its place.
struct Staged {
    place: PathBuf,
    new: NamedTempFile,
    /// What the place held before, under another name.
    old: Option<TempPath>,
}

/// Writes all files or none.
pub fn write_all(files: &[File<'_>]) -> Result<(), Error> {
    for (i, file) in files.iter().enumerate() {
        if files[..i].iter().any(|other| other.path == file.path) {
            let reason = io::Error::other("two outputs have this path; give each its own");
            return Err(Error::write(file.path, reason));
        }
    }
    let mut staged = vec![];
    for file in files {
        staged.push(stage(file).map_err(|error| Error::write(file.path, error))?);
    }
    let mut done: Vec<(PathBuf, Option<TempPath>)> = vec![];
    for Staged { place, new, old } in staged {
        match new.persist(&place) {
            Ok(_) => done.push((place, old)),
            Err(error) => {
                done.into_iter().rev().for_each(put_back);
                return Err(Error::write(&place, error.error));
            }
        }
    }
    Ok(())
}

fn stage(file: &File<'_>) -> io::Result<Staged> {
    let place = match fs::metadata(file.path) {
        Ok(found) if found.is_dir() => return Err(io::Error::other("it is a directory")),
        Ok(found) if !found.is_file() => return Err(io::Error::other("it is not a regular file")),
        // A link stays one, and the file that it names is replaced.
        Ok(_) => fs::canonicalize(file.path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => file.path.to_owned(),
        Err(error) => return Err(error),
    };
    let folder = match place.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    if !folder.is_dir() {
        return Err(io::Error::other(format!("there is no folder {}; create it", folder.display())));
    }
    let mut new = new_beside(&folder)?;
    new.write_all(file.contents).map_err(without_path)?;
    new.as_file().sync_all()?;
    let old = if place.exists() { Some(keep(&place, &folder)?) } else { None };
    Ok(Staged { place, new, old })
}

fn new_beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tgc-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What any program asks for; the process's mask takes away from it.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(without_path)
}

/// The message of the system alone: the name of a file that never was means nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    }
}

/// A second name for what a place holds now, or a copy where the file system knows no links.
fn keep(place: &Path, folder: &Path) -> io::Result<TempPath> {
    let copy = new_beside(folder)?.into_temp_path();
    fs::remove_file(&copy)?;
    if fs::hard_link(place, &copy).is_err() {
        fs::copy(place, &copy)?;
    }
    Ok(copy)
}

/// The error that led here is the one to report, so a second one is passed over.
fn put_back((place, old): (PathBuf, Option<TempPath>)) {
    match old {
        Some(old) => drop(old.persist(place)),
        None => drop(fs::remove_file(place)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&a, "old").unwrap();
        write_all(&[File { path: &a, contents: b"new" }, File { path: &b, contents: b"b" }]).unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a", "b"]);
    }

    #[test]
    fn a_failure_changes_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("missing/b"));
        fs::write(&a, "old").unwrap();
        let error = write_all(&[File { path: &a, contents: b"new" }, File { path: &b, contents: b"b" }]);
        assert!(error.unwrap_err().to_string().contains("missing/b"));
        assert_eq!(fs::read(&a).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn renamed_files_are_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&a, "old").unwrap();
        let staged = stage(&File { path: &a, contents: b"new" }).unwrap();
        staged.new.persist(&a).unwrap();
        fs::write(&b, "new").unwrap();
        put_back((a.clone(), staged.old));
        put_back((b, None));
        assert_eq!(fs::read(&a).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn only_regular_files_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let refuse = |path: &Path| write_all(&[File { path, contents: b"" }]).unwrap_err().to_string();
        assert!(refuse(folder.path()).contains("directory"));
        assert!(refuse(Path::new("/dev/null")).contains("regular"));
        let message = refuse(&folder.path().join("a/b"));
        assert!(message.contains("there is no folder") && !message.contains(".tgc-"), "{message}");
        let twice = folder.path().join("x");
        let file = File { path: &twice, contents: b"" };
        assert!(write_all(&[file, file]).unwrap_err().to_string().contains("two outputs"));
        assert!(names(folder.path()).is_empty());
    }
}
