//! Walks the tokens of one line.

use std::collections::BTreeMap;

use super::element::{lane_from_text, nan_from_text};
use super::error::{Fault, Problem, did_you_mean};
use super::lex::{Kind, Token, unquote};
use crate::dim::{Atom, Dim, Monomial, SymbolId};
use crate::dtype::DType;
use crate::graph::NodeId;
use crate::limits::{MAX_DEGREE, MAX_LIST, MAX_TERMS};
use crate::ty::{MAX_RANK, TensorType};

pub(super) type Step<T> = Result<T, Fault>;

/// The sizes of a function by name.
pub(super) type SymbolIds = BTreeMap<String, SymbolId>;

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

    fn second(&self) -> Option<Token<'a>> {
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

    pub fn fault<T>(&self, problem: Problem) -> Step<T> {
        Err(Fault::new(self.at(), problem))
    }

    /// What is here is not what should be.
    pub fn expected<T>(&self, expected: impl Into<String>) -> Step<T> {
        let found = match self.peek() {
            None => "the end of the line".to_owned(),
            Some(Token { kind: Kind::Node, text, .. }) => format!("`%{text}`"),
            Some(token) => format!("`{}`", shortened(token.text)),
        };
        self.fault(Problem::Found { found, expected: expected.into() })
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

    /// A node that is defined: its number is less than `count`.
    pub fn node(&mut self, count: usize) -> Step<NodeId> {
        let here = *self;
        let text = self.token(Kind::Node, "a node such as `%0`")?;
        match text.parse::<u32>() {
            Ok(id) if (id as usize) < count => Ok(NodeId(id)),
            _ => here.fault(Problem::Undefined(text.to_owned())),
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
                here.fault(Problem::Unknown { what: "element type", name: name.to_owned(), suggestion })
            }
        }
    }

    /// `f32[N,784]`.
    pub fn ty(&mut self, symbols: &SymbolIds) -> Step<TensorType> {
        let dtype = self.dtype()?;
        let here = *self;
        self.need("[")?;
        let shape = self.list(|cursor| cursor.dim(symbols))?;
        if shape.len() > MAX_RANK {
            let found = shape.len();
            return here
                .fault(Problem::Limit(format!("the type has {found} axes, and {MAX_RANK} is the most")));
        }
        Ok(TensorType { dtype, shape })
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
            true => here.fault(Problem::Limit(format!("the list is longer than {MAX_LIST}"))),
            false => Ok(items),
        }
    }

    /// `2*N*K - 3`.
    pub fn dim(&mut self, symbols: &SymbolIds) -> Step<Dim> {
        let here = *self;
        let mut terms: BTreeMap<Monomial, i128> = BTreeMap::new();
        let mut negative = self.take("-");
        for count in 1.. {
            if count > MAX_TERMS {
                return here.fault(Problem::Limit(format!("the size has more than {MAX_TERMS} terms")));
            }
            let (monomial, coefficient) = self.term(symbols)?;
            *terms.entry(monomial).or_insert(0) += if negative { -coefficient } else { coefficient };
            match (self.take("+"), self.take("-")) {
                (false, false) => break,
                (_, minus) => negative = minus,
            }
        }
        let mut normal = vec![];
        for (monomial, coefficient) in terms {
            match i64::try_from(coefficient) {
                Ok(coefficient) => normal.push((monomial, coefficient)),
                Err(_) => return here.fault(Problem::Limit("the size does not fit in 64 bits".to_owned())),
            }
        }
        Ok(Dim::from_terms(normal))
    }

    fn term(&mut self, symbols: &SymbolIds) -> Step<(Monomial, i128)> {
        let here = *self;
        let mut monomial: BTreeMap<Atom, u32> = BTreeMap::new();
        let mut coefficient = 1i128;
        for count in 1.. {
            if count > MAX_DEGREE {
                return here.fault(Problem::Limit(format!("the term has more than {MAX_DEGREE} factors")));
            }
            match self.peek() {
                Some(Token { kind: Kind::Number, text, .. }) => {
                    let factor = text.parse::<i128>().ok().filter(|f| *f <= 1 << 63);
                    let Some(product) =
                        factor.and_then(|f| coefficient.checked_mul(f)).filter(|p| *p <= 1 << 63)
                    else {
                        return self.expected("an integer of at most 63 bits");
                    };
                    coefficient = product;
                    self.bump();
                }
                Some(_) => *monomial.entry(Atom::Symbol(self.symbol(symbols)?)).or_insert(0) += 1,
                None => return self.expected("a size"),
            }
            if !self.take("*") {
                break;
            }
        }
        Ok((monomial.into_iter().collect(), coefficient))
    }

    fn symbol(&mut self, symbols: &SymbolIds) -> Step<SymbolId> {
        let here = *self;
        let name = self.symbol_name("a size")?;
        match symbols.get(&name) {
            Some(id) => Ok(*id),
            None => {
                let suggestion = did_you_mean(&name, symbols.keys().map(String::as_str));
                here.fault(Problem::Unknown { what: "size", name, suggestion })
            }
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
        let re = self.lane(dtype)?;
        if dtype.parts() == 1 {
            return Ok([re, 0]);
        }
        self.need(":")?;
        Ok([re, self.lane(dtype)?])
    }

    fn lane(&mut self, dtype: DType) -> Step<u64> {
        let (here, lane) = (*self, dtype.lane());
        let negative = self.take("-");
        let token = self.peek().filter(|token| matches!(token.kind, Kind::Number | Kind::Word));
        let bits = token.and_then(|token| {
            self.bump();
            match self.second().filter(|_| token.text == "nan" && self.is(":")) {
                Some(second) if second.text.starts_with("0x") => {
                    self.next += 2;
                    nan_from_text(lane, second.text).filter(|_| !negative)
                }
                _ => lane_from_text(lane, negative, token.text),
            }
        });
        match bits {
            Some(bits) => Ok(bits),
            None => here.expected(format!("an element of type {dtype}")),
        }
    }

    /// Steps over a value whose kind is not known yet: a list, or terms joined by `+ - * :`.
    pub fn skip_value(&mut self) -> Step<()> {
        if self.take("[") {
            while !self.take("]") {
                if self.is_done() {
                    return self.expected("`]`");
                }
                self.bump();
            }
            return Ok(());
        }
        loop {
            self.take("-");
            match self.peek() {
                Some(Token { kind: Kind::Word | Kind::Number | Kind::Quoted, .. }) => self.bump(),
                _ => return self.expected("a value"),
            }
            let joins = self.is("+") || self.is("-") || self.is("*") || self.is(":") && self.second_is_part();
            if !joins {
                return Ok(());
            }
            if !self.is("-") {
                self.bump();
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
