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
pub(super) enum Trouble {
    Io(io::Error),
    Content { problem: String, remedy: String },
}

impl Trouble {
    pub fn content(problem: impl Into<String>, remedy: impl Into<String>) -> Trouble {
        Trouble::Content { problem: problem.into(), remedy: remedy.into() }
    }

    /// A file that ends early, goes on after its end, or contradicts itself.
    pub fn damaged(problem: impl Into<String>) -> Trouble {
        Trouble::content(problem, "copy or save it again")
    }

    /// Of one of the arrays of a file.
    pub fn within(self, name: &str) -> Trouble {
        match self {
            Trouble::Io(error) => Trouble::Io(error),
            Trouble::Content { problem, remedy } => {
                Trouble::Content { problem: format!("in `{name}`, {problem}"), remedy }
            }
        }
    }

    pub fn reading(self, path: &Path) -> ArrayFileError {
        let path = quote::path(path);
        match self {
            Trouble::Io(error) => ArrayFileError::File { action: "read", path, error },
            Trouble::Content { problem, remedy } => ArrayFileError::Content { path, problem, remedy },
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Trouble::damaged("it ends early"),
            // What decompression and checksums find.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Trouble::damaged(error.to_string()),
            _ => Trouble::Io(error),
        }
    }
}
