//! Why a file of arrays cannot be read or written.

use std::io;
use std::path::Path;

use thiserror::Error;

use crate::quote;

/// Why a file of arrays cannot be read or written.
#[derive(Debug, Error)]
pub enum ArrayFileError {
    /// The operating system refused.
    #[error("cannot {action} {path}: {}", quote::reason_to(action, error))]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// Which file.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The file holds something else than numbers in a form that is known.
    #[error("cannot read {path}: {problem}; {remedy}")]
    Content {
        /// Which file.
        path: String,
        /// What was found.
        problem: String,
        /// What to do.
        remedy: String,
    },
}

/// The same before the file's name is known.
#[derive(Debug)]
pub(super) enum ReadError {
    Io(io::Error),
    Content { problem: String, remedy: String },
}

impl ReadError {
    pub fn content(problem: impl Into<String>, remedy: impl Into<String>) -> ReadError {
        ReadError::Content { problem: problem.into(), remedy: remedy.into() }
    }

    /// A file that ends early, goes on after its end, or contradicts itself.
    pub fn damaged(problem: impl Into<String>) -> ReadError {
        ReadError::content(problem, "copy or save it again")
    }

    /// Of one of the arrays of a file.
    pub fn within(self, name: &str) -> ReadError {
        match self {
            ReadError::Io(error) => ReadError::Io(error),
            ReadError::Content { problem, remedy } => {
                ReadError::Content { problem: format!("in `{name}`, {problem}"), remedy }
            }
        }
    }

    pub fn reading(self, path: &Path) -> ArrayFileError {
        let path = quote::path(path);
        match self {
            ReadError::Io(error) => ArrayFileError::File { action: "read", path, error },
            ReadError::Content { problem, remedy } => ArrayFileError::Content { path, problem, remedy },
        }
    }
}

impl From<io::Error> for ReadError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's, and it grows")]
    fn from(error: io::Error) -> ReadError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => ReadError::damaged("it ends early"),
            // What decompression and checksums find.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => ReadError::damaged(error.to_string()),
            _ => ReadError::Io(error),
        }
    }
}
