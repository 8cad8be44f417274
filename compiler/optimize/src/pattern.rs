//! The language that most rules are written in: `log(sigmoid(x)) => -softplus(-x)`.
//!
//! - `+ - * /`, prefix `-`, parentheses and `name(…)` are operations.
//! - A number is a constant all of whose elements are that value; `-0` is not `0`.
//! - `c`, `c1`, `c2`, … are constants of one value; any other name is any node. A name that occurs twice is
//!   the same node twice.
//! - An operation with attributes (`sum(x)`) matches whatever they are; on the right, the same name has the
//!   attributes that were found.
//!
//! The operands of `+` and `*` match in both orders, all combinations being tried.

use smallvec::SmallVec;
use tgc_graph::attribute::Attributes;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::Op;

use crate::facts;
use crate::order::operation_index;
use crate::rewrite::Rewriter;

/// Index of a subpattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternId(u16);

/// One node of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Any node: the variable of this index.
    Any(usize),
    /// A constant of one value: the variable of this index.
    Constant(usize),
    /// The constant of this value.
    Number(f64),
    /// An operation without attributes.
    Plain(Op, SmallVec<[PatternId; 2]>),
    /// An operation of this name, whatever its attributes: the position in [`Op::NAMES`].
    Named(usize, SmallVec<[PatternId; 2]>),
}

/// A rule's two sides, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    nodes: Vec<Pattern>,
    /// The names of the variables.
    pub variables: Vec<String>,
    /// What is replaced.
    pub left: PatternId,
    /// By what.
    pub right: PatternId,
}

/// What a pattern's variables stand for.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    nodes: SmallVec<[Option<NodeId>; 4]>,
    /// Operations with attributes that were found, by position in [`Op::NAMES`].
    operations: SmallVec<[(usize, Op); 1]>,
}

/// A match, as conditions see it.
#[derive(Clone, Copy, Debug)]
pub struct Match<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// The node that the left side matched.
    pub root: NodeId,
    equation: &'a Equation,
    bindings: &'a Bindings,
}

impl Match<'_> {
    /// The node of a variable.
    ///
    /// # Panics
    ///
    /// If the pattern has no such variable: an error of the rule.
    pub fn node(&self, name: &str) -> NodeId {
        let index = self.equation.variables.iter().position(|v| v == name);
        index.and_then(|i| self.bindings.nodes[i]).expect("invariant: conditions name variables of the left side")
    }

    /// The values of all constant variables of the left side.
    pub fn constants(&self) -> impl Iterator<Item = f64> + '_ {
        let constant = |name: &&String| is_constant_name(name);
        self.equation.variables.iter().filter(constant).map(|name| self.value(name))
    }

    /// The value of a constant variable; NaN if it is complex.
    pub fn value(&self, name: &str) -> f64 {
        facts::splat(self.graph, self.node(name)).unwrap_or(f64::NAN)
    }
}

impl Equation {
    /// Parses `left => right`.
    ///
    /// # Errors
    ///
    /// If the text is not in the language; says where.
    pub fn parse(text: &str) -> Result<Equation, String> {
        let mut parser = Parser { text, rest: text, nodes: vec![], variables: vec![] };
        let left = parser.sum()?;
        parser.expect("=>")?;
        let right = parser.sum()?;
        match parser.rest.trim().is_empty() {
            true => Ok(Equation { nodes: parser.nodes, variables: parser.variables, left, right }),
            false => Err(parser.error("the end")),
        }
    }

    /// A subpattern.
    pub fn node(&self, id: PatternId) -> &Pattern {
        &self.nodes[usize::from(id.0)]
    }

    /// The operation at the root of the left side, by position in [`Op::NAMES`].
    pub fn root(&self) -> Option<usize> {
        match self.node(self.left) {
            Pattern::Plain(op, _) => Some(operation_index(op)),
            Pattern::Named(index, _) => Some(*index),
            Pattern::Any(_) | Pattern::Constant(_) | Pattern::Number(_) => None,
        }
    }

    /// Matches the left side at a node. `admit` judges complete matches; the first it admits is returned.
    pub fn find(&self, graph: &Graph, root: NodeId, admit: &dyn Fn(&Match<'_>) -> bool) -> Option<Bindings> {
        let nodes = SmallVec::from_elem(None, self.variables.len());
        let bindings = Bindings { nodes, operations: SmallVec::new() };
        let goals = SmallVec::from_slice(&[(self.left, root)]);
        self.solve(graph, goals, bindings, &|bindings| {
            admit(&Match { graph, root, equation: self, bindings })
        })
    }

    fn solve(
        &self,
        graph: &Graph,
        mut goals: SmallVec<[(PatternId, NodeId); 6]>,
        mut bindings: Bindings,
        admit: &dyn Fn(&Bindings) -> bool,
    ) -> Option<Bindings> {
        while let Some((pattern, id)) = goals.pop() {
            match self.node(pattern) {
                Pattern::Any(variable) => bind(&mut bindings, *variable, id)?,
                Pattern::Constant(variable) => {
                    facts::constant(graph, id)?.as_splat()?;
                    bind(&mut bindings, *variable, id)?;
                }
                Pattern::Number(value) => {
                    let found = facts::splat(graph, id)?;
                    (found.to_bits() == value.to_bits()).then_some(())?;
                }
                Pattern::Plain(op, children) => {
                    (graph.op(id) == op).then_some(())?;
                    let operands = graph.operands(id);
                    if is_commutative(op) {
                        let mut mirrored = goals.clone();
                        mirrored.extend(children.iter().copied().zip(operands.iter().rev().copied()));
                        goals.extend(children.iter().copied().zip(operands.iter().copied()));
                        return self
                            .solve(graph, goals, bindings.clone(), admit)
                            .or_else(|| self.solve(graph, mirrored, bindings, admit));
                    }
                    goals.extend(children.iter().copied().zip(operands.iter().copied()));
                }
                Pattern::Named(index, children) => {
                    let op = graph.op(id);
                    (op.name() == Op::NAMES[*index]).then_some(())?;
                    match bindings.operations.iter().find(|(known, _)| known == index) {
                        Some((_, known)) => (known == op).then_some(())?,
                        None => bindings.operations.push((*index, op.clone())),
                    }
                    goals.extend(children.iter().copied().zip(graph.operands(id).iter().copied()));
                }
            }
        }
        admit(&bindings).then_some(bindings)
    }

    /// Builds the right side. A number takes the element type and rank of the matched node's operands.
    pub fn replace(&self, rewriter: &mut Rewriter<'_>, root: NodeId, bindings: &Bindings) -> Option<NodeId> {
        self.build(rewriter, root, self.right, bindings)
    }

    fn build(
        &self,
        rewriter: &mut Rewriter<'_>,
        root: NodeId,
        pattern: PatternId,
        bindings: &Bindings,
    ) -> Option<NodeId> {
        let (op, children) = match self.node(pattern) {
            Pattern::Any(variable) | Pattern::Constant(variable) => return bindings.nodes[*variable],
            Pattern::Number(value) => {
                let operand = rewriter.graph().operands(root)[0];
                let ty = rewriter.graph().ty(operand);
                let (dtype, rank) = (ty.dtype, ty.rank());
                return Some(rewriter.splat(dtype, rank, *value));
            }
            Pattern::Plain(op, children) => (op.clone(), children),
            Pattern::Named(index, children) => {
                let found = bindings.operations.iter().find(|(known, _)| known == index);
                (found.expect("invariant: attributes come from the left side").1.clone(), children)
            }
        };
        let operands: Option<SmallVec<[NodeId; 2]>> =
            children.iter().map(|child| self.build(rewriter, root, *child, bindings)).collect();
        rewriter.add(op, &operands?)
    }
}

/// Operand order does not matter to the last bit, NaN payloads aside.
pub(crate) fn is_commutative(op: &Op) -> bool {
    matches!(op, Op::Add(_) | Op::Mul(_))
}

fn is_constant_name(name: &str) -> bool {
    name.strip_prefix('c').is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

fn bind(bindings: &mut Bindings, variable: usize, id: NodeId) -> Option<()> {
    match bindings.nodes[variable].replace(id) {
        Some(other) if other != id => None,
        _ => Some(()),
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    nodes: Vec<Pattern>,
    variables: Vec<String>,
}

impl Parser<'_> {
    fn error(&self, expected: &str) -> String {
        let column = self.text.len() - self.rest.len() + 1;
        format!("pattern `{}`: {expected} expected at column {column}", self.text)
    }

    fn accept(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let found = self.rest.starts_with(token);
        if found {
            self.rest = &self.rest[token.len()..];
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.accept(token) { Ok(()) } else { Err(self.error(token)) }
    }

    fn push(&mut self, node: Pattern) -> PatternId {
        self.nodes.push(node);
        PatternId(self.nodes.len() as u16 - 1)
    }

    fn operation(&mut self, name: &str, operands: SmallVec<[PatternId; 2]>) -> Result<PatternId, String> {
        let index = Op::NAMES.iter().position(|n| *n == name).ok_or_else(|| self.error("an operation"))?;
        let node = match Op::from_parts(name, &Attributes::default()) {
            Ok(op) => Pattern::Plain(op, operands),
            Err(_) => Pattern::Named(index, operands),
        };
        Ok(self.push(node))
    }

    fn sum(&mut self) -> Result<PatternId, String> {
        let mut left = self.product()?;
        loop {
            let name = if self.accept("+") {
                "add"
            } else if self.accept("-") {
                "sub"
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.operation(name, SmallVec::from_slice(&[left, right]))?;
        }
    }

    fn product(&mut self) -> Result<PatternId, String> {
        let mut left = self.prefix()?;
        loop {
            let name = if self.accept("*") {
                "mul"
            } else if self.accept("/") {
                "div"
            } else {
                return Ok(left);
            };
            let right = self.prefix()?;
            left = self.operation(name, SmallVec::from_slice(&[left, right]))?;
        }
    }

    fn prefix(&mut self) -> Result<PatternId, String> {
        if !self.accept("-") {
            return self.primary();
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let value = self.number()?;
            return Ok(self.push(Pattern::Number(-value)));
        }
        let operand = self.prefix()?;
        self.operation("neg", SmallVec::from_slice(&[operand]))
    }

    fn number(&mut self) -> Result<f64, String> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let value = self.rest[..end].parse().map_err(|_| self.error("a number"))?;
        self.rest = &self.rest[end..];
        Ok(value)
    }

    fn primary(&mut self) -> Result<PatternId, String> {
        if self.accept("(") {
            let inner = self.sum()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let value = self.number()?;
            return Ok(self.push(Pattern::Number(value)));
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        if name.is_empty() {
            return Err(self.error("an operand"));
        }
        self.rest = &self.rest[end..];
        if self.accept("(") {
            let mut operands = SmallVec::from_slice(&[self.sum()?]);
            while self.accept(",") {
                operands.push(self.sum()?);
            }
            self.expect(")")?;
            return self.operation(&name, operands);
        }
        let known = self.variables.iter().position(|v| *v == name);
        let variable = known.unwrap_or_else(|| {
            self.variables.push(name.clone());
            self.variables.len() - 1
        });
        Ok(self.push(if is_constant_name(&name) { Pattern::Constant(variable) } else { Pattern::Any(variable) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_and_kinds_of_operands() {
        let equation = Equation::parse("-x * y + -0 => c1 / sum(x)").expect("it is in the language");
        assert_eq!(equation.variables, ["x", "y", "c1"]);
        let Pattern::Plain(Op::Add(_), sides) = equation.node(equation.left) else { panic!("a sum") };
        assert!(matches!(equation.node(sides[0]), Pattern::Plain(Op::Mul(_), _)));
        assert!(matches!(equation.node(sides[1]), Pattern::Number(v) if v.to_bits() == (-0.0f64).to_bits()));
        let Pattern::Plain(Op::Div(_), sides) = equation.node(equation.right) else { panic!("a quotient") };
        assert_eq!(*equation.node(sides[0]), Pattern::Constant(2));
        assert!(matches!(equation.node(sides[1]), Pattern::Named(..)));
    }

    #[test]
    fn errors_say_where() {
        let message = |text| Equation::parse(text).expect_err("it is not in the language");
        assert_eq!(message("x + => x"), "pattern `x + => x`: an operand expected at column 5");
        assert_eq!(message("nosuch(x) => x"), "pattern `nosuch(x) => x`: an operation expected at column 10");
        assert_eq!(message("x"), "pattern `x`: => expected at column 2");
    }
}
