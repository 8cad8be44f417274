//! What can go wrong between a model and its library.

use tgc_graph::quote::short;

use crate::names::NameError;

/// Why there is no library, or why a session refused a call. One line each.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model breaks a rule of graphs.
    #[error("the model `{model}` is not valid: {reason}")]
    Invalid {
        /// The model's name.
        model: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name cannot stand in a C header.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The target is not supported, or LLVM failed.
    #[error(transparent)]
    Llvm(#[from] tgc_llvm::Error),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] tgc_graph::output::OutputError),
    /// A shared variable that is updated cannot be fixed.
    #[error("cannot freeze `{variable}`: {function} updates it; freeze variables that no function updates")]
    Frozen {
        /// The variable.
        variable: String,
        /// A function that updates it.
        function: String,
    },
    /// A session got something that it cannot use.
    #[error("{0}")]
    Call(String),
    /// A call was refused, as the library refuses it.
    #[error("{line}")]
    Refused {
        /// The status without the library's name: `E_DIM`.
        status: &'static str,
        /// The error line.
        line: String,
    },
    /// Something is asked for by a name that nothing has.
    #[error("there is no {kind} `{}`; {}", short(name), hint(kind, name, known))]
    Unknown {
        /// What was looked for: `function`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A stage broke a rule of its own; never the user's fault.
    #[error("{0}; please report this as a bug of tgc")]
    Internal(String),
}

impl Error {
    /// True for failures that only a new version of tgc can mend.
    pub fn is_internal(&self) -> bool {
        match self {
            Error::Internal(_) | Error::Llvm(tgc_llvm::Error::Llvm { .. }) => true,
            Error::Invalid { .. } | Error::Name(_) | Error::Llvm(_) | Error::File(_) => false,
            Error::Frozen { .. } | Error::Call(_) | Error::Refused { .. } | Error::Unknown { .. } => false,
        }
    }

    pub(crate) fn unknown(kind: &'static str, name: &str, known: Vec<String>) -> Error {
        Error::Unknown { kind, name: name.to_owned(), known }
    }
}

/// The most names that a message lists.
const MOST_NAMES: usize = 20;

/// ``did you mean `train`?`` or all that there is.
fn hint(kind: &str, name: &str, known: &[String]) -> String {
    if let Some(near) = nearest(name, known) {
        return format!("did you mean `{near}`?");
    }
    match known {
        [] => format!("there are no {kind}s"),
        [only] => format!("the only one is `{only}`"),
        _ if known.len() > MOST_NAMES => {
            format!("of the {} {kind}s the first are {}", known.len(), known[..MOST_NAMES].join(", "))
        }
        _ => format!("the {kind}s are {}", known.join(", ")),
    }
}

/// The name that was probably meant.
pub fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    let near = |candidate: &&String| (strsim::jaro_winkler(name, candidate) * 1000.0) as u32;
    known.iter().max_by_key(near).filter(|best| near(best) > 800).map(String::as_str)
}
