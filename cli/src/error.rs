//! How a command ends when it does not do what it was asked to.

use std::fmt;
use std::path::Path;

use tgc_graph::quote;
use tgc_graph::text::ParseError;

/// What went wrong, in one line or a few, and whose fault it is.
#[derive(Debug)]
pub enum CliError {
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

impl CliError {
    /// The process's exit code, as `--help` lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            CliError::User(_) | CliError::Text { .. } => 1,
            CliError::Internal(_) => 3,
        }
    }

    /// A text that is wrong, in the form that editors and compilers share.
    pub fn text(path: &Path, error: &ParseError) -> CliError {
        let place = format!("{}:{}:{}", quote::path(path), error.line, error.column);
        CliError::Text { place, message: format!("{}\n{}", error.kind, error.excerpt()) }
    }

    /// A file that could not be read or written.
    pub fn file(doing: &str, path: &Path, reason: impl fmt::Display) -> CliError {
        CliError::User(format!("cannot {doing} {}: {reason}", quote::path(path)))
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CliError::User(message) => write!(f, "error: {message}"),
            CliError::Text { place, message } => write!(f, "{place}: error: {message}"),
            CliError::Internal(message) => write!(f, "internal error: {message}"),
        }
    }
}

impl From<tgc_compiler::Error> for CliError {
    fn from(error: tgc_compiler::Error) -> CliError {
        match error.is_internal() {
            true => CliError::Internal(error.to_string()),
            false => CliError::User(error.to_string()),
        }
    }
}

/// What a command returns.
pub type Outcome<T> = Result<T, CliError>;
