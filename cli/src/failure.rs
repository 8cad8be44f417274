//! How a command ends when it does not do what it was asked to.

use std::fmt;
use std::path::Path;

use tgc_graph::quote;
use tgc_graph::text::ParseError;

/// What went wrong, in one line or a few, and whose fault it is.
#[derive(Debug)]
pub enum Failure {
    /// The user can repair it.
    User(String),
    /// The same, at a place of a text: `model.tgc:13:8`.
    Text {
        /// File, line and column.
        place: String,
        /// What is wrong, and the line.
        message: String,
    },
    /// Only a new version of tgc can.
    Internal(String),
}

impl Failure {
    /// The process's exit code, as `--help` lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::User(_) | Failure::Text { .. } => 1,
            Failure::Internal(_) => 3,
        }
    }

    /// A text that is wrong, in the form that editors and compilers share.
    pub fn text(path: &Path, error: &ParseError) -> Failure {
        let place = format!("{}:{}:{}", quote::path(path), error.line, error.column);
        Failure::Text { place, message: format!("{}\n{}", error.problem, error.excerpt()) }
    }

    /// A file that could not be read or written.
    pub fn file(doing: &str, path: &Path, reason: impl fmt::Display) -> Failure {
        Failure::User(format!("cannot {doing} {}: {reason}", quote::path(path)))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::User(message) => write!(f, "error: {message}"),
            Failure::Text { place, message } => write!(f, "{place}: error: {message}"),
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
