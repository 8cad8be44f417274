//! Where in the author's source a node was made, and what the author calls it.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// Where a node comes from, as messages say it.
///
/// ```
/// use tgc_graph::origin::Origin;
///
/// assert_eq!(Origin::new("model.rs", 12).to_string(), "model.rs:12");
/// let node = Origin::new("net.onnx", 3).column(7).named("Gather_12");
/// assert_eq!(node.to_string(), "net.onnx:3:7, Gather_12");
/// assert_eq!(Origin::name_only("Gather_12").to_string(), "Gather_12");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file, as the compiler of the author's program names it.
    pub file: Arc<str>,
    /// The line, from 1; 0 when nothing is known.
    pub line: u32,
    /// The column, from 1; 0 when it is not known.
    pub column: u32,
    /// What a front end calls the node; empty when it has no name.
    pub name: Arc<str>,
    /// What the node looks up, as the author wrote it. The compiler notes it before it rewrites anything; no
    /// file has it.
    pub lookup: Option<Arc<Lookup>>,
}

/// A tensor and the indices into it, as messages name them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lookup {
    /// The tensor that is indexed.
    pub data: String,
    /// Each index, and the axis of the tensor that it is an index into.
    pub indices: Vec<(String, usize)>,
}

impl Origin {
    /// A line of a file.
    pub fn new(file: impl Into<Arc<str>>, line: u32) -> Origin {
        Origin { file: file.into(), line, ..Origin::unknown() }
    }

    /// A node of a model that has no lines, by its name.
    pub fn name_only(name: impl Into<Arc<str>>) -> Origin {
        Origin::unknown().named(name)
    }

    /// The same with a column.
    pub fn column(self, column: u32) -> Origin {
        Origin { column, ..self }
    }

    /// The same with what a front end calls the node.
    pub fn named(self, name: impl Into<Arc<str>>) -> Origin {
        Origin { name: name.into(), ..self }
    }

    /// The place of a `#[track_caller]` function's caller.
    pub fn here(location: &Location<'_>) -> Origin {
        Origin::new(location.file(), location.line())
    }

    /// No place: nodes read from a text without origins.
    pub fn unknown() -> Origin {
        Origin { file: "".into(), line: 0, column: 0, name: "".into(), lookup: None }
    }

    /// True when nothing is known.
    pub fn is_unknown(&self) -> bool {
        self.line == 0 && self.name.is_empty()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { file, line, column, name, lookup: _ } = self;
        match (line, column) {
            (0, _) if name.is_empty() => f.write_str("unknown place"),
            (0, _) => f.write_str(name),
            (line, 0) => write!(f, "{file}:{line}"),
            (line, column) => write!(f, "{file}:{line}:{column}"),
        }?;
        match *line > 0 && !name.is_empty() {
            true => write!(f, ", {name}"),
            false => Ok(()),
        }
    }
}
