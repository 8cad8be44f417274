//! The language that most rules are written in: `log(sigmoid(x)) => -softplus(-x)`.
//!
//! - `+ - * /`, prefix `-`, parentheses and `name(…)` are operations.
//! - A number is a constant all of whose elements are that value; `-0` is not `0`.
//! - `c`, `c1`, `c2`, … are constants of one value; any other name is any node. A name that occurs twice is
//!   the same node twice.
//! - An operation with attributes (`sum(x)`) matches whatever they are; on the right, the same name has the
//!   attributes that were found.
//! - Operations without attributes match only where they compute in the type of all their operands, as
//!   they do in canonical form.
//!
//! The operands of `+`, `*`, `and`, `or`, `xor`, `eq` and `neq` match in both orders, all combinations being
//! tried.

use smallvec::SmallVec;
use tgc_graph::attribute::Attributes;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::{Constant, Op};

use crate::expression::{self, Expression, is_constant_name};
use crate::facts;
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
        index
            .and_then(|i| self.bindings.nodes[i])
            .expect("invariant: conditions name variables of the left side")
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
        let (left, right) = expression::parse(text)?;
        let right = right.ok_or_else(|| format!("`{text}` has no right side"))?;
        let mut compiler = Compiler::default();
        let (left, right) = (compiler.compile(&left)?, compiler.compile(&right)?);
        Ok(Equation { nodes: compiler.nodes, variables: compiler.variables, left, right })
    }

    /// A subpattern.
    pub fn node(&self, id: PatternId) -> &Pattern {
        &self.nodes[usize::from(id.0)]
    }

    /// The operation at the root of the left side, by position in [`Op::NAMES`].
    pub fn root(&self) -> Option<usize> {
        match self.node(self.left) {
            Pattern::Plain(op, _) => Some(usize::from(op.index())),
            Pattern::Named(index, _) => Some(*index),
            Pattern::Any(_) | Pattern::Constant(_) | Pattern::Number(_) => None,
        }
    }

    /// The operations that the root's operands must have among them, by position in [`Op::NAMES`].
    pub fn operand_operations(&self) -> Vec<usize> {
        let children = match self.node(self.left) {
            Pattern::Plain(_, children) | Pattern::Named(_, children) => children.as_slice(),
            Pattern::Any(_) | Pattern::Constant(_) | Pattern::Number(_) => &[],
        };
        let operation = |child: &PatternId| match self.node(*child) {
            Pattern::Any(_) => None,
            Pattern::Constant(_) | Pattern::Number(_) => Op::NAMES.iter().position(|n| *n == Constant::NAME),
            Pattern::Plain(op, _) => Some(usize::from(op.index())),
            Pattern::Named(index, _) => Some(*index),
        };
        children.iter().filter_map(operation).collect()
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
                    (graph.op(id) == op && facts::is_uniform(graph, id)).then_some(())?;
                    let operands = graph.operands(id);
                    if facts::is_commutative(op) {
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

fn bind(bindings: &mut Bindings, variable: usize, id: NodeId) -> Option<()> {
    match bindings.nodes[variable].replace(id) {
        Some(other) if other != id => None,
        _ => Some(()),
    }
}

/// Turns an expression into patterns.
#[derive(Default)]
struct Compiler {
    nodes: Vec<Pattern>,
    variables: Vec<String>,
}

impl Compiler {
    fn push(&mut self, node: Pattern) -> PatternId {
        self.nodes.push(node);
        PatternId(self.nodes.len() as u16 - 1)
    }

    fn compile(&mut self, expression: &Expression) -> Result<PatternId, String> {
        let node = match expression {
            Expression::Variable { name, ty: None } => {
                let known = self.variables.iter().position(|v| v == name);
                let variable = known.unwrap_or(self.variables.len());
                if known.is_none() {
                    self.variables.push(name.clone());
                }
                if is_constant_name(name) { Pattern::Constant(variable) } else { Pattern::Any(variable) }
            }
            Expression::Number { value, weak: false, shape: None } => Pattern::Number(*value),
            Expression::Call { name, attributes: None, operands } => {
                let index = Op::NAMES.iter().position(|n| n == name);
                let index = index.ok_or_else(|| format!("there is no operation `{name}`"))?;
                let operands: Result<_, String> = operands.iter().map(|o| self.compile(o)).collect();
                match Op::from_parts(name, &Attributes::default()) {
                    Ok(op) => Pattern::Plain(op, operands?),
                    Err(_) => Pattern::Named(index, operands?),
                }
            }
            Expression::Variable { .. } | Expression::Number { .. } | Expression::Call { .. } => {
                return Err(format!("a pattern has neither types nor attributes: {expression:?}"));
            }
        };
        Ok(self.push(node))
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
        assert_eq!(message("x + => x"), "`x + => x`: an operand expected at column 5");
        assert_eq!(message("nosuch(x) => x"), "there is no operation `nosuch`");
        assert_eq!(message("x"), "`x` has no right side");
    }
}
