//! What can go wrong: a target that is not supported, or LLVM itself.

use tgc_graph::quote::short;

/// Why no code was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The triple names a system that this version does not compile for.
    #[error("cannot compile for the triple `{}`; supported are {supported}", short(triple))]
    Triple {
        /// What was asked for.
        triple: String,
        /// The supported triples.
        supported: String,
    },
    /// The CPU is unknown or too old.
    #[error("cannot compile for the CPU `{}`: {reason}; ask for one of {supported}", short(cpu))]
    Cpu {
        /// What was asked for.
        cpu: String,
        /// What is wrong with it.
        reason: String,
        /// The supported names.
        supported: String,
    },
    /// A CPU feature is unknown, or taken away although the kernels need it.
    #[error("cannot use the CPU feature `{}`: {reason}", short(feature))]
    Feature {
        /// What was asked for.
        feature: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The compiling machine cannot run what was asked for.
    #[error("this machine cannot run compiled models: {0}")]
    Host(String),
    /// A list of CPUs from which no machine could choose.
    #[error("cannot compile for this list of processors: {problem}")]
    List {
        /// What is wrong with it.
        problem: String,
    },
    /// LLVM refused what this crate gave it, which is a bug of this crate.
    #[error("LLVM failed while {doing}: {message}; please report this as a bug of tgc")]
    Llvm {
        /// What was going on.
        doing: &'static str,
        /// LLVM's message.
        message: String,
    },
}

impl Error {
    /// A failure of LLVM.
    pub(crate) fn llvm(doing: &'static str, message: impl std::fmt::Display) -> Error {
        Error::Llvm { doing, message: message.to_string() }
    }
}
