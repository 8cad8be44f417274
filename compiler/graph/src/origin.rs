//! Where in the author's source a node was made.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// File and line of the builder call that made a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file, as the compiler of the author's program names it.
    pub file: Arc<str>,
    /// The line, from 1; 0 when nothing is known.
    pub line: u32,
}

impl Origin {
    /// The place of a `#[track_caller]` function's caller.
    pub fn here(location: &Location<'_>) -> Origin {
        Origin { file: location.file().into(), line: location.line() }
    }

    /// No place: nodes read from a text without origins.
    pub fn unknown() -> Origin {
        Origin { file: "".into(), line: 0 }
    }

    /// True when nothing is known.
    pub fn is_unknown(&self) -> bool {
        self.line == 0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_unknown() {
            true => f.write_str("unknown place"),
            false => write!(f, "{}:{}", self.file, self.line),
        }
    }
}
