//! The line of a text that the verifier's error is about.

use super::error::{Diagnostic, ParseError, ParseErrorKind};
use crate::module::Module;
use crate::verify::VerifyError;

/// Where the lines of a text are that made nodes: of each function, of each node in order, from 0.
pub(super) type Lines = Vec<Vec<usize>>;

/// The error at its line.
pub(super) fn located(text: &str, module: &Module, lines: &Lines, error: &VerifyError) -> ParseError {
    let lookup = Lookup { text, module, lines };
    let (number, at) = lookup.place(error).unwrap_or((0, 0));
    let line = text.lines().nth(number).unwrap_or_default();
    Diagnostic::new(at, ParseErrorKind::Invalid(error.without_place())).in_line(number + 1, line)
}

struct Lookup<'a> {
    text: &'a str,
    module: &'a Module,
    lines: &'a Lines,
}

/// A line from 0 and a byte of it.
type At = (usize, usize);

impl Lookup<'_> {
    fn place(&self, error: &VerifyError) -> Option<At> {
        match error {
            VerifyError::Node { place, .. } | VerifyError::TooLarge { place, .. } => {
                let function = self.module.functions.iter().position(|f| f.name == place.function)?;
                let line = *self.lines.get(function)?.get(place.node.index())?;
                Some((line, self.text.lines().nth(line)?.find(place.operation)?))
            }
            VerifyError::Name(error) => match error.what.split_once(" of function `") {
                Some((kind, function)) => {
                    let function = function.trim_end_matches('`');
                    let name =
                        if kind == "size" { error.name.clone() } else { format!("\"{}\"", error.name) };
                    self.within(function, |line| word(line, &name)).or_else(|| self.function(function))
                }
                None => self.last(|line| word(line, &format!("\"{}\"", error.name))),
            },
            // The first line of the text.
            VerifyError::Shared { .. } => Some((0, 0)),
            VerifyError::Rank { name, .. } | VerifyError::Element { name } => {
                self.last(|line| declared(line, "shared", name))
            }
            VerifyError::Range { function, name, .. } => self.within(function, |line| word(line, name)),
            VerifyError::Function { function, .. } => self.function(function),
            VerifyError::Update { function, variable, .. } => {
                self.within(function, |line| declared(line, "update", variable))
            }
        }
    }

    /// The line that begins a function.
    fn function(&self, name: &str) -> Option<At> {
        self.last(|line| declared(line, "function", name))
    }

    /// The last such line of a function: of two of one name the second is refused.
    fn within(&self, function: &str, find: impl Fn(&str) -> Option<usize>) -> Option<At> {
        let (first, _) = self.function(function)?;
        let lines = self.text.lines().enumerate().skip(first + 1);
        let lines = lines.take_while(|(_, line)| line.trim() != "end");
        lines.filter_map(|(number, line)| Some((number, find(line)?))).last()
    }

    fn last(&self, find: impl Fn(&str) -> Option<usize>) -> Option<At> {
        self.text.lines().enumerate().filter_map(|(number, line)| Some((number, find(line)?))).last()
    }
}

/// Where a line that begins with this word names that.
fn declared(line: &str, first: &str, name: &str) -> Option<usize> {
    line.trim_start().starts_with(first).then(|| line.find(&format!("\"{name}\""))).flatten()
}

/// Where a line that declares something has a name, as a whole word.
fn word(line: &str, name: &str) -> Option<usize> {
    let rest = line.trim_start();
    let is_declaration =
        ["tgc", "shared", "function", "size", "output", "%"].iter().any(|first| rest.starts_with(first));
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_whole = |(at, _): &(usize, &str)| {
        let (before, after) = (&line[..*at], &line[at + name.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    };
    line.match_indices(name).find(is_whole).map(|(at, _)| at).filter(|_| is_declaration && !name.is_empty())
}
