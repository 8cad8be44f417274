//! What can go wrong in the optimizer: only defects of its own, or a name that it does not know.

use thiserror::Error;

/// Why a function was not optimized.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OptimizeError {
    /// Rules of a stage kept firing.
    #[error(
        "function `{function}`: stage `{stage}` does not settle after {passes} passes; still firing: {rules}; \
         report it with the model"
    )]
    Restless {
        /// The function.
        function: String,
        /// The stage.
        stage: &'static str,
        /// How often the graph was rebuilt.
        passes: usize,
        /// The rules that fired in the last pass, with counts.
        rules: String,
    },
    /// A stage's result is not what it promises.
    #[error("function `{function}`: stage `{stage}` broke the function: {problem}; report it with the model")]
    Broken {
        /// The function.
        function: String,
        /// The stage.
        stage: &'static str,
        /// What is wrong.
        problem: String,
        /// What the stage was given, as a dump.
        graph: String,
    },
    /// No stage has the name.
    #[error("there is no stage `{name}`; the stages are {known}")]
    UnknownStage {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}
