//! Walks the tokens of one line.

use tgc_scalar::dtype::{DType, Kind as ElementKind};

use super::element::{nan_from_text, scalar_from_text};
use super::error::{Diagnostic, ParseErrorKind, did_you_mean};
use super::lex::{Kind, Token, unquote};
use crate::graph::NodeId;
use crate::limits::MAX_LIST;
use crate::literal::{integer_range, largest};

pub(super) type Step<T> = Result<T, Diagnostic>;

/// A place in a line.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
    next: usize,
    /// Bytes of the line.
    end: usize,
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub fn new(tokens: &'t [Token<'a>], end: usize) -> Cursor<'t, 'a> {
        Cursor { tokens, next: 0, end }
    }

    pub fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).copied()
    }

    pub fn second(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next + 1).copied()
    }

    pub fn bump(&mut self) {
        self.next += 1;
    }

    pub fn is_done(&self) -> bool {
        self.next >= self.tokens.len()
    }

    /// The byte where the next token begins.
    pub fn at(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    /// The cursor limited to what lies before another one.
    pub fn up_to(&self, other: &Cursor<'t, 'a>) -> Cursor<'t, 'a> {
        Cursor { tokens: &self.tokens[..other.next], next: self.next, end: other.at() }
    }

    pub fn refuse<T>(&self, kind: ParseErrorKind) -> Step<T> {
        Err(Diagnostic::new(self.at(), kind))
    }

    /// What is here is not what should be.
    pub fn expected<T>(&self, expected: impl Into<String>) -> Step<T> {
        self.refuse(ParseErrorKind::Found { found: self.found(), expected: expected.into() })
    }

    /// What is here.
    fn found(&self) -> String {
        match self.peek() {
            None => "the end of the line".to_owned(),
            Some(Token { kind: Kind::Node, text, .. }) => format!("`%{text}`"),
            Some(token) => format!("`{}`", shortened(token.text)),
        }
    }

    pub fn is(&self, text: &str) -> bool {
        self.peek().is_some_and(|t| matches!(t.kind, Kind::Mark | Kind::Word) && t.text == text)
    }

    /// Steps over a mark or word if it is next.
    pub fn take(&mut self, text: &str) -> bool {
        let is = self.is(text);
        self.next += usize::from(is);
        is
    }

    pub fn need(&mut self, text: &str) -> Step<()> {
        match self.take(text) {
            true => Ok(()),
            false => self.expected(format!("`{text}`")),
        }
    }

    pub fn finish(&self) -> Step<()> {
        match self.is_done() {
            true => Ok(()),
            false => self.expected("the end of the line"),
        }
    }

    fn token(&mut self, kind: Kind, expected: &str) -> Step<&'a str> {
        match self.peek() {
            Some(token) if token.kind == kind => {
                self.bump();
                Ok(token.text)
            }
            _ => self.expected(expected),
        }
    }

    pub fn word(&mut self, expected: &str) -> Step<&'a str> {
        self.token(Kind::Word, expected)
    }

    pub fn number(&mut self, expected: &str) -> Step<&'a str> {
        self.token(Kind::Number, expected)
    }

    /// A number of 32 bits without a sign.
    pub fn small(&mut self, expected: &str) -> Step<u32> {
        let here = *self;
        self.number(expected)?.parse().or_else(|_| here.expected(expected))
    }

    pub fn path(&mut self) -> Step<&'a str> {
        self.token(Kind::Path, "file:line")
    }

    pub fn quoted(&mut self, expected: &str) -> Step<String> {
        let here = *self;
        match unquote(self.token(Kind::Quoted, expected)?) {
            Some(text) => Ok(text),
            None => here.expected("only the escapes \\\" \\\\ \\n \\t \\u{…} in a string"),
        }
    }

    /// A node that is defined, from those of all numbers so far.
    pub fn node(&mut self, nodes: &[NodeId]) -> Step<NodeId> {
        let here = *self;
        let text = self.token(Kind::Node, "a node such as `%0`")?;
        match text.parse().ok().and_then(|number: usize| nodes.get(number)) {
            Some(id) => Ok(*id),
            None => here.refuse(ParseErrorKind::Undefined(text.to_owned())),
        }
    }

    /// The number of a node about to be defined.
    pub fn node_number(&mut self) -> Step<&'a str> {
        self.token(Kind::Node, "a node such as `%0`")
    }

    pub fn integer(&mut self, expected: &str) -> Step<i64> {
        let here = *self;
        let negative = self.take("-");
        let Some(token) = self.peek().filter(|token| token.kind == Kind::Number) else {
            return here.expected(expected);
        };
        self.bump();
        let magnitude = token.text.parse::<i128>().ok();
        match magnitude.and_then(|m| i64::try_from(if negative { -m } else { m }).ok()) {
            Some(value) => Ok(value),
            None => here.expected(expected),
        }
    }

    pub fn dtype(&mut self) -> Step<DType> {
        let here = *self;
        let name = self.word("an element type such as `f32`")?;
        match DType::from_name(name) {
            Some(dtype) => Ok(dtype),
            None => {
                let suggestion = did_you_mean(name, DType::ALL.iter().map(|d| d.name()));
                here.refuse(ParseErrorKind::Unknown {
                    what: "element type",
                    name: name.to_owned(),
                    suggestion,
                })
            }
        }
    }

    /// Items up to `]`, separated by commas; the `[` is behind.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Step<T>) -> Step<Vec<T>> {
        let mut items = vec![];
        if self.take("]") {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.take("]") {
                return Ok(items);
            }
            if !self.take(",") {
                return self.expected("`,` or `]`");
            }
        }
    }

    /// A list whose length is bounded.
    pub fn short_list<T>(&mut self, item: impl FnMut(&mut Self) -> Step<T>) -> Step<Vec<T>> {
        let here = *self;
        let items = self.list(item)?;
        match items.len() > MAX_LIST {
            true => here.refuse(ParseErrorKind::Limit(format!("the list is longer than {MAX_LIST}"))),
            false => Ok(items),
        }
    }

    /// The name of a size: a word or a string.
    pub fn symbol_name(&mut self, expected: &str) -> Step<String> {
        match self.peek() {
            Some(Token { kind: Kind::Word, text, .. }) => {
                self.bump();
                Ok(text.to_owned())
            }
            Some(Token { kind: Kind::Quoted, .. }) => self.quoted(expected),
            _ => self.expected(expected),
        }
    }

    /// The bits of an element.
    pub fn element(&mut self, dtype: DType) -> Step<[u64; 2]> {
        let re = self.scalar_type(dtype)?;
        if dtype.parts() == 1 {
            return Ok([re, 0]);
        }
        self.need(":")?;
        Ok([re, self.scalar_type(dtype)?])
    }

    fn scalar_type(&mut self, dtype: DType) -> Step<u64> {
        let (here, scalar) = (*self, dtype.scalar_type());
        let negative = self.take("-");
        let token = self.peek().filter(|token| matches!(token.kind, Kind::Number | Kind::Word));
        let bits = token.and_then(|token| {
            self.bump();
            match self.second().filter(|_| token.text == "nan" && self.is(":")) {
                Some(second) if second.text.starts_with("0x") => {
                    self.next += 2;
                    nan_from_text(scalar, second.text).filter(|_| !negative)
                }
                _ => scalar_from_text(scalar, negative, token.text),
            }
        });
        match bits {
            Some(bits) => Ok(bits),
            None => {
                let number = token.filter(|_| negative).map(|token| format!("`-{}`", shortened(token.text)));
                let found = number.unwrap_or_else(|| here.found());
                here.refuse(ParseErrorKind::Found { found, expected: elements(dtype) })
            }
        }
    }

    /// Steps over a value whose kind is not known yet: a list, or terms joined by `+ - * // % :`.
    pub fn skip_value(&mut self) -> Step<()> {
        if self.is("[") {
            return self.skip_brackets("[", "]");
        }
        loop {
            self.take("-");
            match self.peek() {
                Some(Token { kind: Kind::Word | Kind::Number | Kind::Quoted, .. }) => self.bump(),
                Some(_) if self.is("(") => {}
                _ => return self.expected("a value"),
            }
            if self.is("(") {
                self.skip_brackets("(", ")")?;
            }
            let joins = ["+", "*", "//", "%"].iter().any(|mark| self.take(mark));
            let part = !joins && self.is(":") && self.second_is_part() && self.take(":");
            if !(joins || part || self.is("-")) {
                return Ok(());
            }
        }
    }

    /// Steps over an opening bracket and what follows, up to the one that closes it.
    fn skip_brackets(&mut self, open: &str, close: &str) -> Step<()> {
        let mut depth = 0usize;
        loop {
            if self.is_done() {
                return self.expected(format!("`{close}`"));
            }
            depth += usize::from(self.is(open));
            depth -= usize::from(self.is(close));
            self.bump();
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// True where `:` goes on with an element's imaginary part or payload, not with a type.
    fn second_is_part(&self) -> bool {
        self.second().is_some_and(|t| t.kind == Kind::Number || matches!(t.text, "inf" | "nan" | "-"))
    }
}

/// A token's text for a message.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What elements of a type can be.
fn elements(dtype: DType) -> String {
    let among = match (integer_range(dtype), dtype.kind()) {
        (_, ElementKind::Bool) => "`true` or `false`".to_owned(),
        (Some((least, most)), _) => format!("a whole number from {least} to {most}"),
        (None, _) => format!("a number of at most {}, `inf` or `nan`", largest(dtype)),
    };
    format!("an element of type {dtype}: {among}")
}
