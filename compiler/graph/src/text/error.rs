//! What can be wrong with a text, and where.

use std::fmt;

use thiserror::Error;

use crate::quote::short;

/// The first thing that is wrong with a text. Displays with the line and a caret below the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub kind: ParseErrorKind,
    excerpt: String,
    caret: usize,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseErrorKind {
    /// Something else should be here.
    #[error("found {found}, expected {expected}")]
    Found {
        /// What is here.
        found: String,
        /// What should be.
        expected: String,
    },
    /// The text is of another version.
    #[error("this text is of version {}, and this tgc reads version {version}; use a newer tgc", short(.0), version = super::VERSION)]
    Version(String),
    /// A name that nothing has.
    #[error("there is no {what} `{}`{suggestion}", short(name))]
    Unknown {
        /// What it should name.
        what: &'static str,
        /// The name.
        name: String,
        /// A similar name, as the rest of the sentence, or nothing.
        suggestion: String,
    },
    /// A name that something has already.
    #[error("the {what} `{}` is there already; rename one", short(name))]
    Twice {
        /// What it names.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A node with another number than the next.
    #[error("found %{}, expected %{expected}; nodes are numbered from 0 without gaps", short(found))]
    Number {
        /// The number that is here.
        found: String,
        /// The next number.
        expected: usize,
    },
    /// A node that is used before its line.
    #[error("%{} is not defined above; a node uses nodes of earlier lines only", short(.0))]
    Undefined(String),
    /// Attributes that are none of the operation's.
    #[error("{operation}: {kind}")]
    Attribute {
        /// The operation.
        operation: String,
        /// What is wrong.
        kind: String,
    },
    /// Operands that do not fit the operation.
    #[error("{0}")]
    Operands(String),
    /// A written type that is not the node's.
    #[error("the type written is {written}, the operation's is {inferred}; correct it or leave it out")]
    Type {
        /// The type in the text.
        written: String,
        /// The type by inference.
        inferred: String,
    },
    /// A list of another length than the shape has.
    #[error("{found} elements are listed, and the shape holds {expected}")]
    Count {
        /// How many there are.
        found: usize,
        /// How many should be.
        expected: String,
    },
    /// A bound of [`limits`](crate::limits).
    #[error("{0}")]
    Limit(String),
    /// What the [verifier](crate::verify) refuses.
    #[error("{0}")]
    Invalid(String),
}

/// A kind at a byte of the current line.
#[derive(Debug)]
pub(super) struct Diagnostic {
    pub at: usize,
    pub kind: ParseErrorKind,
}

impl Diagnostic {
    pub fn new(at: usize, kind: ParseErrorKind) -> Diagnostic {
        Diagnostic { at, kind }
    }

    /// Adds which line it is.
    pub fn in_line(self, number: usize, line: &str) -> ParseError {
        let before = line.get(..self.at).unwrap_or(line).chars().count();
        // Long lines are cut to the surroundings, so that a message stays short.
        let start = before.saturating_sub(WINDOW / 2);
        let mut excerpt: String = line.chars().skip(start).take(WINDOW).collect();
        if start > 0 {
            excerpt.insert(0, '…');
        }
        let caret = before - start + usize::from(start > 0);
        ParseError { line: number, column: before + 1, kind: self.kind, excerpt, caret }
    }
}

const WINDOW: usize = 120;

impl ParseError {
    /// The line with a caret below the place.
    pub fn excerpt(&self) -> String {
        let margin = self.line.to_string();
        // Tabs stay tabs, so that the caret stands below its place.
        let indent: String =
            self.excerpt.chars().take(self.caret).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        format!("{margin} | {}\n{} | {indent}^", self.excerpt.trim_end(), " ".repeat(margin.len()))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n{}", self.line, self.column, self.kind, self.excerpt())
    }
}

impl std::error::Error for ParseError {}

/// `; did you mean …?` with the candidate nearest to a name, or nothing when none is near.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    if name.len() > 40 {
        return String::new();
    }
    candidates
        .take(1000)
        .filter(|candidate| candidate.len() <= 40)
        .map(|candidate| (distance(name.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map_or(String::new(), |(_, candidate)| format!("; did you mean `{candidate}`?"))
}

/// How many insertions, deletions, replacements and letter-case changes lead from one name to the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
