//! What messages quote of names, arguments and paths: one line, and of a long one a part.

use std::io;
use std::path::Path;

/// The most characters of a text that a message quotes.
const MOST: usize = 64;
/// The most characters of a path.
const MOST_OF_PATH: usize = 200;

/// A text as messages show it: of a long one the beginning.
///
/// ```
/// # use tgc_graph::quote::short;
/// assert_eq!(short("x\ny"), "x\\ny");
/// assert_eq!(short(&"x".repeat(100)), format!("{}…", "x".repeat(64)));
/// ```
pub fn short(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        None => in_one_line(text),
        Some((end, _)) => in_one_line(&text[..end]) + "…",
    }
}

/// A path as messages show it: of a long one the end.
pub fn path(path: &Path) -> String {
    let text = in_one_line(&path.to_string_lossy());
    match text.char_indices().rev().nth(MOST_OF_PATH) {
        None => text,
        Some((before, first)) => format!("…{}", &text[before + first.len_utf8()..]),
    }
}

/// Why a file could not be read, with what to do.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's, and it grows")]
pub fn reason(error: &io::Error) -> String {
    let text = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; check its name and folder",
        io::ErrorKind::PermissionDenied => "you may not read it; change its permissions",
        _ => return reason_of_either(error),
    };
    text.to_owned()
}

/// Why a file could not be written, with what to do.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's, and it grows")]
pub fn reason_of_write(error: &io::Error) -> String {
    let text = match error.kind() {
        io::ErrorKind::NotFound => "no file can be made there; name one in another folder",
        io::ErrorKind::PermissionDenied => {
            "you may not write there; change the permissions of file and folder"
        }
        io::ErrorKind::ReadOnlyFilesystem => "its file system is read-only; name a file on another",
        io::ErrorKind::StorageFull => "no space is left there; make room, or name a file on another disk",
        io::ErrorKind::QuotaExceeded => "your share of the disk is used up; make room, or name another disk",
        io::ErrorKind::FileTooLarge => "it is larger than a file may be there; raise the limit (ulimit -f)",
        _ => return reason_of_either(error),
    };
    text.to_owned()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's, and it grows")]
fn reason_of_either(error: &io::Error) -> String {
    let text = match error.kind() {
        // What this project says, which has its remedy.
        _ if error.get_ref().is_some() => return error.to_string(),
        io::ErrorKind::IsADirectory => "it is a directory; name a file in it",
        io::ErrorKind::NotADirectory => "a part of its path is a file; check the path",
        io::ErrorKind::InvalidFilename => "its name is longer than the system admits; shorten it",
        _ => return format!("the system says `{error}`; check the path, or name another file"),
    };
    text.to_owned()
}

/// Why a file could not be read or written, as `action` says.
pub(crate) fn reason_to(action: &str, error: &io::Error) -> String {
    if action == "read" { reason(error) } else { reason_of_write(error) }
}

fn in_one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        match c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            true => line.extend(c.escape_debug()),
            false => line.push(c),
        }
    }
    line
}
