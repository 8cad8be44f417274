//! Type inference: what an operation sees of its operands, and what it may require of sizes.

mod reason;

use tgc_scalar::dtype::DType;

use crate::dim::{Atom, Dim, Solved, SymbolId, Symbols};
use crate::literal::Literal;
use crate::ty::TensorType;

pub use reason::Reason;

/// An operand as inference sees it.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    /// Its type.
    pub ty: &'a TensorType,
    /// Its values, if it is a literal: its width does not count in promotion.
    pub literal: Option<Literal>,
}

impl Operand<'_> {
    /// Its element type, and whether it is a literal.
    fn promoted(&self) -> (DType, bool) {
        (self.ty.dtype, self.literal.is_some())
    }
}

/// An ill-typed node: what is wrong and what would be right. `{0}`, `{1}`, … stand for the operands, and
/// `{0@2}` for axis 2 of the first one; never right behind a letter, as in `f{1}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError {
    /// What was found and what was expected, lower case.
    pub problem: String,
    /// What to do.
    pub remedy: String,
    /// What it is about, for programs.
    pub reason: Box<Reason>,
}

impl TypeError {
    /// An error of this problem and remedy.
    pub fn new(reason: Reason, problem: impl Into<String>, remedy: impl Into<String>) -> TypeError {
        TypeError { problem: problem.into(), remedy: remedy.into(), reason: Box::new(reason) }
    }

    /// The message with operands put in.
    pub fn describe(&self, operand: &dyn Fn(usize) -> String) -> String {
        self.describe_axes(operand, &|_, axis| axis)
    }

    /// The same where operands are shown with other axes than inference saw: `axis` says which one is which.
    pub fn describe_axes(
        &self,
        operand: &dyn Fn(usize) -> String,
        axis: &dyn Fn(usize, usize) -> usize,
    ) -> String {
        let mut text = format!("{}; {}", self.problem, self.remedy);
        let mut named = String::new();
        while let Some(found) = placeholder(&text) {
            named.push_str(&found.before);
            if let Some(number) = found.axis {
                named.push_str(&format!("axis {} of ", axis(found.operand, number)));
            }
            named.push_str(&operand(found.operand));
            text = found.after;
        }
        named + &text
    }
}

/// A `{number}` or `{number@axis}` with what is before and after it.
struct Placeholder {
    before: String,
    operand: usize,
    axis: Option<usize>,
    after: String,
}

/// The first one of a text.
fn placeholder(text: &str) -> Option<Placeholder> {
    text.match_indices('{').find_map(|(open, _)| {
        let (inner, after) = text[open + 1..].split_once('}')?;
        if text[..open].ends_with(char::is_alphanumeric) {
            return None;
        }
        let (operand, axis) = match inner.split_once('@') {
            Some((operand, axis)) => (operand, Some(axis.parse().ok()?)),
            None => (inner, None),
        };
        let operand = operand.parse().ok()?;
        Some(Placeholder { before: text[..open].to_owned(), operand, axis, after: after.to_owned() })
    })
}

/// An axis of an operand, to name in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisOf {
    /// Which operand.
    pub operand: usize,
    /// Which of its axes.
    pub axis: usize,
}

/// What is counted by a size that inference constrains, to name in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Indices along an axis of an operand.
    Axis(AxisOf),
    /// Indices along a part of an axis of an operand.
    Part(AxisOf),
    /// All elements of an operand.
    Elements(usize),
    /// Indices along an axis of the result.
    ResultAxis(usize),
    /// All elements of the result.
    ResultElements,
}

impl From<AxisOf> for Extent {
    fn from(axis: AxisOf) -> Extent {
        Extent::Axis(axis)
    }
}

impl Extent {
    /// As messages say it, with a placeholder for the operand.
    fn phrase(self) -> String {
        match self {
            Extent::Axis(AxisOf { operand, axis }) => format!("{{{operand}@{axis}}}"),
            Extent::Part(AxisOf { operand, axis }) => format!("a part of {{{operand}@{axis}}}"),
            Extent::Elements(operand) => format!("the number of elements of {{{operand}}}"),
            Extent::ResultAxis(axis) => format!("axis {axis} of the result"),
            Extent::ResultElements => "the number of elements of the result".to_owned(),
        }
    }
}

/// A constraint that two sizes be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equation {
    /// One size.
    pub left: Dim,
    /// The other.
    pub right: Dim,
    /// What the left size is, in the user's terms: `y axis 0`.
    pub left_name: String,
    /// What the right size is.
    pub right_name: String,
}

impl Equation {
    /// That a size is at least so much: the smaller of both is that.
    pub fn at_least(dim: &Dim, least: i64, name: String, symbols: &Symbols) -> Equation {
        let right = Dim::Const(least);
        let left = Dim::min(dim, &right, symbols);
        Equation { left, right, left_name: name, right_name: "the least".to_owned() }
    }
}

/// What the left size of an equation must be at least, if that is what it says.
pub fn constrained_least(left: &Dim, right: &Dim) -> Option<i64> {
    let is_bounded = matches!(left.as_atom(), Some(Atom::Min(operands)) if operands.contains(right));
    right.as_const().filter(|_| is_bounded)
}

/// The constraints that hold, and those that inference makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Equations {
    /// Constraints that hold: solved before, or checked when a call enters.
    pub known: Vec<Equation>,
    /// Constraints made by inference, with the axes they came from. Only while a model is being built.
    pub made: Option<Vec<Constraint>>,
}

/// A constraint that inference puts on the sizes of operands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Two sizes are equal.
    Equal(Dim, Dim, Extent, Extent),
    /// A size is at least so much.
    AtLeast(Dim, i64, Extent),
}

/// What inference knows of sizes and what it may require of them.
#[derive(Debug)]
pub struct Constraints<'a> {
    /// The sizes that dims refer to, with their ranges.
    pub symbols: &'a Symbols,
    /// What holds, and where constraints go.
    pub equations: &'a mut Equations,
    /// Whether sizes are taken to be equal of which it can be shown neither that they are nor that they
    /// differ: what passes make is as right as what they make it of.
    pub lenient: bool,
}

/// Whether a claim fails for sizes.
type Fails<'f> = &'f dyn Fn(&dyn Fn(SymbolId) -> i64) -> bool;

impl Equations {
    /// Equations that collect what inference requires.
    pub fn collecting() -> Equations {
        Equations { known: vec![], made: Some(vec![]) }
    }

    /// Whether a size is less than that for some sample of sizes for which all hold that hold.
    pub(crate) fn can_be_less(&self, dim: &Dim, least: i64, symbols: &Symbols) -> bool {
        self.refute(symbols, &|size| dim.evaluate(size).is_some_and(|value| value < least))
    }

    /// Whether all that hold do for some sample of sizes.
    pub(crate) fn have_samples(&self, symbols: &Symbols) -> bool {
        self.refute(symbols, &|_| true)
    }

    /// Whether one that holds says that sizes are equal, or several together do.
    fn show_equal(&self, a: &Dim, b: &Dim, symbols: &Symbols) -> bool {
        let says = |e: &Equation| (&e.left, &e.right) == (a, b) || (&e.left, &e.right) == (b, a);
        self.known.iter().any(says) || {
            let solved = self.solved(symbols);
            let [a, b] = [a, b].map(|dim| solved.apply(dim, symbols));
            solved.contradicts() || a.is_equal(&b, symbols)
        }
    }

    /// Whether a constraint is known to be met.
    pub(crate) fn meet(&self, constraint: &Constraint, symbols: &Symbols) -> bool {
        match constraint {
            Constraint::Equal(left, right, ..) => self.show_equal(left, right, symbols),
            Constraint::AtLeast(dim, least, _) => !self.can_be_less(dim, *least, symbols),
        }
    }

    /// Whether a claim fails for some sample of the sizes for which all hold that hold.
    fn refute(&self, symbols: &Symbols, fails: Fails<'_>) -> bool {
        let equal: Vec<(&Dim, &Dim)> = self.known.iter().map(|e| (&e.left, &e.right)).collect();
        let samples = self.solved(symbols).samples(symbols, &equal);
        samples.iter().any(|sample| fails(&|id| sample[id.0 as usize]))
    }

    /// What those that hold say of symbols.
    pub fn solved(&self, symbols: &Symbols) -> Solved {
        Solved::of(self.known.iter().map(|e| (&e.left, &e.right)), symbols)
    }
}

impl Constraints<'_> {
    /// Constraints that a size be at least `least`. Once a model is built, it is enough that no sample of
    /// sizes refutes it: of what cannot be shown, calls check that no access leads outside.
    ///
    /// # Errors
    ///
    /// If it can be less and that can no longer be required.
    pub fn at_least(&mut self, dim: &Dim, least: i64, extent: impl Into<Extent>) -> Result<(), TypeError> {
        let extent = extent.into();
        if dim.has_at_least(least, self.symbols) {
            return Ok(());
        }
        if let (Some(made), None) = (&mut self.equations.made, dim.as_const()) {
            made.push(Constraint::AtLeast(dim.clone(), least, extent));
            return Ok(());
        }
        let is_unknown = dim.as_const().is_none() && self.equations.have_samples(self.symbols);
        if is_unknown && !self.equations.can_be_less(dim, least, self.symbols) {
            return Ok(());
        }
        Err(TypeError::new(
            Reason::TooSmall { extent, size: dim.clone(), least },
            format!("{} must have at least the size {least}", extent.phrase()),
            "give the dim a range that begins there",
        ))
    }

    /// Constraints that sizes of the result that an attribute gives be sizes: not below 0. Once a model is
    /// built, the verifier looks at all sizes.
    ///
    /// # Errors
    ///
    /// If one is below 0.
    pub fn exist(&mut self, shape: &[Dim]) -> Result<(), TypeError> {
        let Some(made) = &mut self.equations.made else { return Ok(()) };
        for (axis, dim) in shape.iter().enumerate() {
            match dim.as_const() {
                Some(size) if size < 0 => {
                    return Err(TypeError::new(
                        Reason::TooSmall { extent: Extent::ResultAxis(axis), size: dim.clone(), least: 0 },
                        format!("axis {axis} of the result would have the size {size}"),
                        "give sizes that are not below 0",
                    ));
                }
                Some(_) => {}
                None => made.push(Constraint::AtLeast(dim.clone(), 0, Extent::ResultAxis(axis))),
            }
        }
        Ok(())
    }

    /// Constraints that two sizes be equal; returns the one to go on with (a constant if there is one).
    ///
    /// # Errors
    ///
    /// If they are known to differ, or if equality is not known and can no longer be required.
    pub fn equal(
        &mut self,
        left: &Dim,
        l: impl Into<Extent>,
        right: &Dim,
        r: impl Into<Extent>,
    ) -> Result<Dim, TypeError> {
        let (l, r) = (l.into(), r.into());
        if left == right {
            return Ok(left.clone());
        }
        let differ = match (left, right) {
            (Dim::Const(_), Dim::Const(_)) => true,
            (a, b) => {
                let differ = |size: &dyn Fn(SymbolId) -> i64| {
                    a.evaluate(size).zip(b.evaluate(size)).is_some_and(|(a, b)| a != b)
                };
                self.equations.made.is_none()
                    && !self.holds(a, b)
                    && (!self.lenient || self.equations.refute(self.symbols, &differ))
            }
        };
        if differ {
            return Err(TypeError::new(
                Reason::Sizes { extents: [l, r], sizes: [left.clone(), right.clone()] },
                format!("{} and {} must have one size", l.phrase(), r.phrase()),
                "give both the same size, or insert an axis of size 1 with dimshuffle to broadcast",
            ));
        }
        if let Some(made) = &mut self.equations.made {
            made.push(Constraint::Equal(left.clone(), right.clone(), l, r));
        }
        Ok(if right.as_const().is_some() { right.clone() } else { left.clone() })
    }

    /// Whether one equation says so, or several together do.
    fn holds(&self, a: &Dim, b: &Dim) -> bool {
        self.equations.show_equal(a, b, self.symbols)
    }
}

/// The shape of an elementwise result: equal ranks, static 1 stretches.
pub fn broadcast(operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<Vec<Dim>, TypeError> {
    let rank = operands[0].ty.rank();
    if let Some(odd) = operands.iter().position(|o| o.ty.rank() != rank) {
        return Err(TypeError::new(
            Reason::Ranks { operands: [0, odd], ranks: [rank, operands[odd].ty.rank()] },
            format!("{{0}} and {{{odd}}} have different ranks"),
            "insert axes with dimshuffle",
        ));
    }
    (0..rank)
        .map(|axis| {
            let mut size = (Dim::Const(1), AxisOf { operand: 0, axis });
            for (operand, o) in operands.iter().enumerate() {
                let (here, place) = (&o.ty.shape[axis], AxisOf { operand, axis });
                if size.0.is_one() {
                    size = (here.clone(), place);
                } else if !here.is_one() {
                    size.0 = constraints.equal(&size.0, size.1, here, place)?;
                }
            }
            Ok(size.0)
        })
        .collect()
}

/// The common element type of operands.
pub fn promote_all(operands: &[Operand<'_>]) -> DType {
    let first = operands[0].promoted();
    operands[1..]
        .iter()
        .map(Operand::promoted)
        .fold(first, |sum, other| (tgc_scalar::dtype::promote(sum, other), sum.1 && other.1))
        .0
}
