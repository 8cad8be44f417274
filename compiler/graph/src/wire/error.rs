//! Why a file is no model that this tgc can read.

use std::io;

use thiserror::Error;

use crate::verify::VerifyError;

/// Why a file cannot be read or written.
#[derive(Debug, Error)]
pub enum WireError {
    /// The operating system refused.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A stream failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something else than a model file.
    #[error("this is no model.graph file: it begins with other bytes{0}")]
    NotAModel(&'static str),
    /// A file without a byte.
    #[error("the file is empty; copy or save it again")]
    Empty,
    /// The file ends early or goes on after its end.
    #[error("the file has {found} bytes and says that it has {expected}; copy or save it again")]
    Length {
        /// How many bytes there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// A checksum does not match.
    #[error("the file is damaged: the checksum of {0} does not match; copy or save it again")]
    Damaged(String),
    /// A newer format.
    #[error(
        "the file has format {found}, and this tgc reads formats up to {supported}; use tgc {needed} or newer"
    )]
    Newer {
        /// The file's format.
        found: u32,
        /// The newest format that this version reads.
        supported: u32,
        /// The oldest tgc that reads the file, as the file says.
        needed: String,
    },
    /// An operation, element type or kind of attribute that this version does not have.
    #[error("the file uses the {what} `{name}`, which this tgc ({version}) does not have; use tgc {needed} or newer", version = env!("CARGO_PKG_VERSION"))]
    Unknown {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
        /// The oldest tgc that reads the file, as the file says.
        needed: String,
    },
    /// Tables that contradict themselves: not written by tgc.
    #[error("the file is not well-formed: {0}")]
    Malformed(String),
    /// A well-formed file of a model that no version would accept.
    #[error("the file's model is not valid: {0}")]
    Invalid(#[from] VerifyError),
}

pub(super) fn malformed(problem: impl Into<String>) -> WireError {
    WireError::Malformed(problem.into())
}
