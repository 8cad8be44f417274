//! Sizes in the text form: `2*N*K - 3`, `(N + 1) // 2`, `max(N - 1, 0)`.
//!
//! `*`, `//` and `%` bind alike, from left to right, and tighter than `+` and `-`; a first minus belongs to
//! the first factor. What is read is [simplified](crate::dim) by the ranges of the sizes.

use std::collections::BTreeMap;

use super::cursor::{Cursor, Step};
use super::error::{ParseErrorKind, did_you_mean};
use super::lex::{Kind, Token};
use crate::dim::{Dim, Monomial, SymbolId, Symbols};
use crate::limits::{MAX_DEGREE, MAX_NESTING, MAX_TERMS};
use crate::ty::{MAX_RANK, TensorType};

/// The sizes of a function by name.
pub(super) type SymbolIds = BTreeMap<String, SymbolId>;

/// The sizes of a function, by name and with their ranges.
#[derive(Clone, Copy)]
pub(super) struct Sizes<'x> {
    pub ids: &'x SymbolIds,
    pub table: &'x Symbols,
}

/// A polynomial whose coefficients may be too large, for a while.
#[derive(Clone)]
struct Wide(BTreeMap<Monomial, i128>);

/// The most parentheses in parentheses: those that printing makes.
const MAX_DEPTH: usize = 2 * MAX_NESTING + 2;

/// No coefficient of a size is larger, nor is one on the way to it.
const LARGEST: i128 = 1 << 63;

impl Wide {
    fn of(dim: &Dim) -> Wide {
        Wide(dim.to_terms().into_iter().map(|(monomial, c)| (monomial, i128::from(c))).collect())
    }

    fn negated(self) -> Wide {
        Wide(self.0.into_iter().map(|(monomial, c)| (monomial, -c)).collect())
    }

    fn add(&mut self, other: Wide) {
        for (monomial, c) in other.0 {
            *self.0.entry(monomial).or_insert(0) += c;
        }
    }

    /// The product; what is wrong with it if it is too large.
    fn times(&self, other: &Wide) -> Result<Wide, String> {
        let mut product = Wide(BTreeMap::new());
        for (a, c) in &self.0 {
            for (b, d) in &other.0 {
                let coefficient = c.checked_mul(*d).filter(|c| c.abs() <= LARGEST);
                let coefficient = coefficient.ok_or("the size does not fit in 64 bits")?;
                let monomial = crate::dim::multiply_monomials(a, b);
                let degree = monomial.iter().fold(0u32, |sum, (_, exponent)| sum.saturating_add(*exponent));
                if degree > MAX_DEGREE {
                    return Err(format!("the term has more than {MAX_DEGREE} factors"));
                }
                *product.0.entry(monomial).or_insert(0) += coefficient;
            }
        }
        match product.0.len() > MAX_TERMS {
            true => Err(format!("the size has more than {MAX_TERMS} terms")),
            false => Ok(product),
        }
    }

    fn to_dim(&self) -> Result<Dim, String> {
        let terms = self.0.iter().map(|(monomial, c)| Some((monomial.clone(), i64::try_from(*c).ok()?)));
        let terms: Option<Vec<(Monomial, i64)>> = terms.collect();
        terms.map(Dim::from_terms).ok_or("the size does not fit in 64 bits".to_owned())
    }
}

impl Cursor<'_, '_> {
    /// `f32[N,784]`.
    pub fn ty(&mut self, sizes: Sizes<'_>) -> Step<TensorType> {
        let dtype = self.dtype()?;
        let here = *self;
        self.need("[")?;
        let shape = self.list(|cursor| cursor.dim(sizes))?;
        if shape.len() > MAX_RANK {
            let found = shape.len();
            return here.refuse(ParseErrorKind::Limit(format!(
                "the type has {found} axes, and {MAX_RANK} is the most"
            )));
        }
        Ok(TensorType { dtype, shape })
    }

    /// A size.
    pub fn dim(&mut self, sizes: Sizes<'_>) -> Step<Dim> {
        self.sum(sizes, MAX_DEPTH)
    }

    /// Terms, with `depth` levels of parentheses left.
    fn sum(&mut self, sizes: Sizes<'_>, depth: usize) -> Step<Dim> {
        let here = *self;
        let Some(depth) = depth.checked_sub(1) else {
            return self.refuse(ParseErrorKind::Limit(
                "the size has too many parentheses in parentheses".to_owned(),
            ));
        };
        let negative = self.take("-");
        let mut sum = self.term(sizes, negative, depth)?;
        for count in 2.. {
            let (plus, minus) = (self.take("+"), self.is("-"));
            if !plus && !minus {
                break;
            }
            self.take("-");
            if count > MAX_TERMS {
                return here
                    .refuse(ParseErrorKind::Limit(format!("the size has more than {MAX_TERMS} terms")));
            }
            let term = self.term(sizes, false, depth)?;
            sum.add(if minus { term.negated() } else { term });
        }
        here.limited(sum.to_dim())
    }

    fn term(&mut self, sizes: Sizes<'_>, negative: bool, depth: usize) -> Step<Wide> {
        let here = *self;
        let mut product = self.factor(sizes, depth)?;
        if negative {
            product = product.negated();
        }
        for count in 2.. {
            let operator = ["*", "//", "%"].into_iter().find(|mark| self.take(mark));
            let Some(operator) = operator else { break };
            if count > MAX_DEGREE {
                return here
                    .refuse(ParseErrorKind::Limit(format!("the term has more than {MAX_DEGREE} factors")));
            }
            let factor = self.factor(sizes, depth)?;
            if operator == "*" {
                product = here.limited(product.times(&factor))?;
                continue;
            }
            let (a, b) = (here.limited(product.to_dim())?, here.limited(factor.to_dim())?);
            product = Wide::of(&match operator {
                "//" => a.floor_div(&b, sizes.table),
                _ => a.modulo(&b, sizes.table),
            });
        }
        match self.peek() {
            Some(Token { kind: Kind::Node, .. }) => self.expected("a space after `%`"),
            _ => Ok(product),
        }
    }

    fn factor(&mut self, sizes: Sizes<'_>, depth: usize) -> Step<Wide> {
        let Some(token) = self.peek() else { return self.expected("a size") };
        let is_call = self.second().is_some_and(|next| next.kind == Kind::Mark && next.text == "(");
        match (token.kind, token.text) {
            (Kind::Number, text) => match text.parse::<i128>().ok().filter(|number| *number <= LARGEST) {
                Some(number) => {
                    self.bump();
                    Ok(Wide(BTreeMap::from([(vec![], number)])))
                }
                None => self.expected("an integer of at most 63 bits"),
            },
            (Kind::Mark, "(") => {
                self.bump();
                let inner = self.sum(sizes, depth)?;
                self.need(")")?;
                Ok(Wide::of(&inner))
            }
            (Kind::Word, "min") if is_call => {
                Ok(Wide::of(&Dim::min_of(&self.operands(sizes, depth)?, sizes.table)))
            }
            (Kind::Word, "max") if is_call => {
                Ok(Wide::of(&Dim::max_of(&self.operands(sizes, depth)?, sizes.table)))
            }
            (_, _) => Ok(Wide::of(&Dim::symbol(self.symbol(sizes.ids)?))),
        }
    }

    /// `min(N, 3)` from its name on: what is between the parentheses.
    fn operands(&mut self, sizes: Sizes<'_>, depth: usize) -> Step<Vec<Dim>> {
        self.bump();
        self.need("(")?;
        let mut operands = vec![self.sum(sizes, depth)?];
        while self.take(",") {
            if operands.len() == MAX_TERMS {
                return self.refuse(ParseErrorKind::Limit(format!(
                    "there are more than {MAX_TERMS} sizes to choose from"
                )));
            }
            operands.push(self.sum(sizes, depth)?);
        }
        self.need(")")?;
        Ok(operands)
    }

    fn symbol(&mut self, ids: &SymbolIds) -> Step<SymbolId> {
        let here = *self;
        let name = self.symbol_name("a size")?;
        match ids.get(&name) {
            Some(id) => Ok(*id),
            None => {
                let suggestion = did_you_mean(&name, ids.keys().map(String::as_str));
                here.refuse(ParseErrorKind::Unknown { what: "size", name, suggestion })
            }
        }
    }

    /// The value, or the kind as one of what is here.
    fn limited<T>(&self, value: Result<T, String>) -> Step<T> {
        value.or_else(|kind| self.refuse(ParseErrorKind::Limit(kind)))
    }
}
