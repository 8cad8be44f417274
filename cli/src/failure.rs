//! How a command ends when it does not do what it was asked to.

use std::fmt;
use std::path::Path;

/// What went wrong, in one line or a few, and whose fault it is.
#[derive(Debug)]
pub enum Failure {
    /// The user can repair it.
    User(String),
    /// Only a new version of tgc can.
    Internal(String),
}

impl Failure {
    /// The process's exit code, as `--help` lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::User(_) => 1,
            Failure::Internal(_) => 3,
        }
    }

    /// A file that could not be read or written.
    pub fn file(doing: &str, path: &Path, reason: impl fmt::Display) -> Failure {
        Failure::User(format!("cannot {doing} {}: {reason}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::User(message) => write!(f, "error: {message}"),
            Failure::Internal(message) => write!(f, "internal error: {message}"),
        }
    }
}

impl From<tgc_compiler::Error> for Failure {
    fn from(error: tgc_compiler::Error) -> Failure {
        match error.is_defect() {
            true => Failure::Internal(error.to_string()),
            false => Failure::User(error.to_string()),
        }
    }
}

/// What a command returns.
pub type Outcome<T> = Result<T, Failure>;
