//! Files that stand beside the place that they are for, and are gone when nobody holds them.
//!
//! Who writes one holds a lock on it, which ends with the process however that ends. So a file of such a name
//! that nobody has locked is one that a killed process left, and the next writer in the folder removes it.
//! Where the system knows no locks nothing is removed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A file beside a place; it is removed when it is dropped.
#[derive(Debug)]
pub(super) struct Beside {
    path: PathBuf,
    /// Holds the lock. Of a file that is kept and cannot be read there is none.
    file: Option<File>,
}

impl Beside {
    /// A new file, empty.
    pub fn new(folder: &Path) -> io::Result<Beside> {
        loop {
            let path = folder.join(fresh_name());
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    // Where there are no locks nobody removes it.
                    drop(file.lock());
                    let beside = Beside { path, file: Some(file) };
                    // Whoever clears the folder may have been faster.
                    if beside.is_there() {
                        return Ok(beside);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A second name for what a place holds now, or a copy where the file system knows no links.
    pub fn keeping(place: &Path) -> io::Result<Beside> {
        let folder = super::folder(place);
        loop {
            let path = folder.join(fresh_name());
            match fs::hard_link(place, &path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(_) => drop(fs::copy(place, &path)?),
                Ok(()) => {}
            }
            let file = File::open(&path).ok();
            // Where it is refused, somebody else holds the file, so nobody removes it.
            file.iter().for_each(|file| drop(file.try_lock_shared()));
            let beside = Beside { path, file };
            if beside.is_there() {
                return Ok(beside);
            }
        }
    }

    /// To write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_mut().expect("invariant: a new file is open")
    }

    /// Puts it into a place.
    pub fn rename(mut self, place: &Path) -> io::Result<()> {
        fs::rename(&self.path, place)?;
        // There is nothing left to remove.
        self.path = PathBuf::new();
        Ok(())
    }

    fn is_there(&self) -> bool {
        self.path.exists()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if self.path != PathBuf::new() {
            drop(fs::remove_file(&self.path));
        }
    }
}

const START: &str = ".tgc-";
const END: &str = ".partial";

/// `.tgc-PROCESS-COUNT-TIME.partial`, in numbers: no other process and no other thread has it.
fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    format!("{START}{}-{count}-{time}{END}", std::process::id())
}

fn is_ours(name: &str) -> bool {
    let numbers = name.strip_prefix(START).and_then(|name| name.strip_suffix(END));
    numbers.is_some_and(|numbers| {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        numbers.split('-').count() == 3 && numbers.split('-').all(is_number)
    })
}

/// Removes what killed writers left in a folder. That it cannot is no reason not to write.
pub(super) fn clear(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(is_ours) {
            let path = entry.path();
            let file = OpenOptions::new().read(true).write(true).open(&path);
            if file.is_ok_and(|file| file.try_lock().is_ok()) {
                drop(fs::remove_file(path));
            }
        }
    }
}

/// What tells a file from every other, if it is there and the system says.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let found = fs::metadata(path).ok()?;
        Some((found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}
