//! Writes files so that all change or none does, and a reader sees an old file or a new one, never a half.
//!
//! Each file is written beside its place and flushed to the disk before the first one is renamed. Whatever
//! fails, files that were already renamed get their old contents back. A link stays one, and the file that it
//! names is replaced or made. What a killed writer leaves beside a place is removed by the next one who
//! writes in that folder (see `beside`).
//!
//! Two writers of the same files at once both succeed, and of several files each is one of theirs: a library
//! and a header that do not belong together do not link.

mod beside;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use beside::Beside;

use crate::quote;

/// What a file shall hold.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Where.
    pub path: &'a Path,
    /// What.
    pub contents: &'a [u8],
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {}", quote::path(path), quote::reason_of_write(error))]
pub struct OutputError {
    /// The file, as it was asked for.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// Writes all files or none.
///
/// # Errors
///
/// If two are one file, or one cannot be written.
pub fn write_all(files: &[File<'_>]) -> Result<(), OutputError> {
    let paths: Vec<&Path> = files.iter().map(|file| file.path).collect();
    let places = places(&paths)?;
    let stage = |(place, file): (PathBuf, &File<'_>)| {
        let staged = Staged::write(place, |to| to.write_all(file.contents));
        staged.map_err(|error| refused(file.path, error))
    };
    let staged: Vec<Staged> = places.into_iter().zip(files).map(stage).collect::<Result<_, _>>()?;
    commit(staged).map_err(|(number, error)| refused(files[number].path, error))
}

/// Says now what [`write_all`] would say later of these paths themselves.
///
/// # Errors
///
/// If two are one file, or one is no place for a file.
pub fn check(paths: &[&Path]) -> Result<(), OutputError> {
    places(paths).map(|_| ())
}

/// Writes one file.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let staged = Staged::write(place(path)?, write)?;
    commit(vec![staged]).map_err(|(_, error)| error)
}

/// Whether two paths lead to one file, which may not be there yet. What cannot be found out is no.
pub fn is_same(a: &Path, b: &Path) -> bool {
    matches!((place(a), place(b)), (Ok(a), Ok(b)) if is_one(&a, &b))
}

fn refused(path: &Path, error: io::Error) -> OutputError {
    OutputError { path: path.to_owned(), error }
}

fn places(paths: &[&Path]) -> Result<Vec<PathBuf>, OutputError> {
    let mut places: Vec<PathBuf> = vec![];
    for path in paths {
        let place = place(path).map_err(|error| refused(path, error))?;
        if places.iter().any(|other| is_one(other, &place)) {
            let reason = io::Error::other("two outputs are this file; give each its own");
            return Err(refused(path, reason));
        }
        places.push(place);
    }
    Ok(places)
}

/// More links than this in a row lead in a circle, as Linux counts.
const MOST_LINKS: usize = 40;

/// Where a path leads: its folder without links, and the name of a regular file or of none there yet.
fn place(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => {
                return Err(io::Error::other("it is a directory; name a file in it"));
            }
            Ok(found) if found.is_symlink() => path = folder(&path).join(fs::read_link(&path)?),
            Ok(found) if !found.is_file() => {
                return Err(io::Error::other("it is not a regular file; name another"));
            }
            Ok(_) => return in_folder(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return in_folder(&path),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("its links lead in a circle; name another file"))
}

fn in_folder(path: &Path) -> io::Result<PathBuf> {
    let is_open =
        path.as_os_str().as_encoded_bytes().last().is_some_and(|c| std::path::is_separator(*c as char));
    let name = path.file_name().filter(|_| !is_open);
    let name = name.ok_or_else(|| io::Error::other("it names no file; add a name"))?;
    let folder = folder(path);
    match folder.is_dir() {
        true => Ok(folder.canonicalize()?.join(name)),
        false => Err(io::Error::other(format!("there is no folder {}; create it", quote::path(folder)))),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether two places are one file, by one name or by two.
fn is_one(a: &Path, b: &Path) -> bool {
    a == b || matches!((beside::identity(a), beside::identity(b)), (Some(a), Some(b)) if a == b)
}

/// A file that is written but not yet in its place.
struct Staged {
    place: PathBuf,
    new: Beside,
    /// What the place held before, under another name.
    old: Option<Beside>,
}

impl Staged {
    fn write(place: PathBuf, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Staged> {
        beside::clear(folder(&place));
        let mut new = Beside::new(folder(&place))?;
        let mut buffered = io::BufWriter::new(new.file());
        write(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        new.file().sync_all()?;
        let old = if place.exists() { Some(Beside::keeping(&place)?) } else { None };
        Ok(Staged { place, new, old })
    }
}

/// Puts all files into their places, or none; an error comes with the number of its file.
fn commit(staged: Vec<Staged>) -> Result<(), (usize, io::Error)> {
    let mut done: Vec<(PathBuf, Option<Beside>)> = vec![];
    for (number, Staged { place, new, old }) in staged.into_iter().enumerate() {
        if let Err(error) = new.rename(&place) {
            done.into_iter().rev().for_each(put_back);
            return Err((number, error));
        }
        done.push((place, old));
    }
    done.iter().for_each(|(place, _)| sync_directory(folder(place)));
    Ok(())
}

/// The error that led here is the one to report, so a second one is passed over.
fn put_back((place, old): (PathBuf, Option<Beside>)) {
    match old {
        Some(old) => drop(old.rename(&place)),
        None => drop(fs::remove_file(place)),
    }
}

/// Makes renames durable, where directories can be opened; the files are in their places whatever it says.
fn sync_directory(folder: &Path) {
    if cfg!(unix) {
        drop(fs::File::open(folder).and_then(|folder| folder.sync_all()));
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

    fn write(path: &Path) -> Result<(), OutputError> {
        write_all(&[File { path, contents: b"new" }])
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
        let path = |name: &str| folder.path().canonicalize().unwrap().join(name);
        fs::write(path("a"), "old").unwrap();
        let stage = |name: &str| Staged::write(path(name), |to| to.write_all(b"new")).unwrap();
        let staged = vec![stage("a"), stage("b"), stage("c")];
        // The last cannot be renamed: a directory took its place.
        fs::create_dir(path("c")).unwrap();
        assert_eq!(commit(staged).unwrap_err().0, 2);
        assert_eq!(fs::read(path("a")).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a", "c"]);
    }

    #[test]
    fn only_regular_files_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let refuse = |path: &Path| write(path).unwrap_err().to_string();
        assert!(refuse(folder.path()).contains("it is a directory"));
        assert!(refuse(Path::new("/dev/null")).contains("it is not a regular file"));
        assert!(refuse(&folder.path().join("a/b")).contains("there is no folder"));
        assert!(refuse(&folder.path().join("x/")).contains("it names no file"));
        assert!(refuse(Path::new("")).contains("it names no file"));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn one_file_by_several_names_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("in")).unwrap();
        for (a, b) in [("x", "x"), ("x", "./x"), ("x", "in/../x"), ("in/x", "in/./x")] {
            let both = [path(a), path(b)];
            let files = both.each_ref().map(|path| File { path, contents: b"" });
            let message = write_all(&files).unwrap_err().to_string();
            assert!(message.contains("two outputs are this file"), "{a} {b}: {message}");
            assert!(is_same(&both[0], &both[1]) && !is_same(&path("x"), &path("in/x")));
        }
        assert_eq!(names(folder.path()), ["in"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_wherever_they_lead() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("in")).unwrap();
        symlink("in/new", path("dangling")).unwrap();
        symlink("dangling", path("twice")).unwrap();
        symlink("in", path("folder")).unwrap();
        symlink("circle", path("circle")).unwrap();
        symlink("none/x", path("nowhere")).unwrap();
        write(&path("twice")).unwrap();
        assert_eq!(fs::read(path("in/new")).unwrap(), b"new");
        assert!(path("twice").is_symlink() && path("dangling").is_symlink());
        for name in ["dangling", "twice", "folder/new", "in/new"] {
            assert!(is_same(&path("in/new"), &path(name)), "{name}");
        }
        fs::hard_link(path("in/new"), path("other")).unwrap();
        assert!(is_same(&path("in/new"), &path("other")));
        assert!(write(&path("circle")).unwrap_err().to_string().contains("circle"));
        assert!(write(&path("nowhere")).unwrap_err().to_string().contains("there is no folder"));
        assert_eq!(names(&path("in")), ["new"]);
    }

    #[test]
    fn what_a_killed_writer_left_is_removed_and_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        // A file that nobody holds, as after the end of its writer; one that is being written; and one of the
        // user's.
        fs::write(path(".tgc-1-0-0.partial"), "half").unwrap();
        fs::write(path(".tgc-notes.partial"), "mine").unwrap();
        let mut written = Beside::new(folder.path()).unwrap();
        write(&path("a")).unwrap();
        let left = names(folder.path());
        assert!(left.len() == 3 && left.contains(&".tgc-notes.partial".to_owned()), "{left:?}");
        written.file().write_all(b"whole").unwrap();
        written.rename(&path("b")).unwrap();
        assert_eq!(fs::read(path("b")).unwrap(), b"whole");
    }
}
