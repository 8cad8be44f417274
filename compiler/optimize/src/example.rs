//! Instances of rules: the left side of a rule as a function, for tests and documentation.
//!
//! [`instance`] builds what an expression says, with everything that it leaves open — element types, shapes,
//! what a variable is — decided by [`Choices`].

use tgc_graph::attribute::{Attribute, Attributes};
use tgc_graph::dim::{Dim, Symbol};
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::{Function, Output};
use tgc_graph::ops::{Cast, Constant, Dimshuffle, Div, Input, Op, SizeValue, Zero};

use crate::expression::{Expression, is_constant_name};

/// What an expression leaves open.
pub trait Choices {
    /// The element type where none is given.
    fn dtype(&self) -> DType;
    /// The shape of a variable whose type is not given, in the syntax of types.
    fn shape(&mut self, variable: &str) -> Vec<String>;
    /// What a variable is.
    fn role(&mut self, variable: &str) -> Role;
    /// The value of a named size; `None` makes it a parameter of the function.
    fn size(&self, name: &str) -> Option<i64>;
}

/// What a variable is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// An input.
    Input,
    /// A constant of this value.
    Constant(f64),
    /// 1 / (the size of this name), which has one element.
    Reciprocal(&'static str),
}

/// The function whose one output is the expression; `None` if it is ill-typed under these choices.
///
/// # Panics
///
/// If the expression names no operation or has malformed attributes: an error of the rule.
pub fn instance(expression: &Expression, choices: &mut dyn Choices) -> Option<Function> {
    let mut builder = Builder { graph: Graph::default(), choices, variables: vec![], inputs: vec![] };
    let root = builder.build(expression, None)?;
    let Builder { graph, inputs, .. } = builder;
    let outputs = vec![Output { name: "out".to_owned(), node: root }];
    Some(Function { name: "instance".to_owned(), graph, inputs, outputs, updates: vec![] })
}

struct Builder<'c> {
    graph: Graph,
    choices: &'c mut dyn Choices,
    variables: Vec<(String, NodeId)>,
    inputs: Vec<NodeId>,
}

impl Builder<'_> {
    /// Builds an expression; a number takes its element type and rank from the operand beside it.
    fn build(&mut self, expression: &Expression, beside: Option<NodeId>) -> Option<NodeId> {
        match expression {
            Expression::Variable { name, ty } => {
                if let Some((_, id)) = self.variables.iter().find(|(known, _)| known == name) {
                    return Some(*id);
                }
                let (dtype, shape) = match ty {
                    Some(ty) => (ty.dtype.as_deref(), ty.shape.clone()),
                    None => (None, self.choices.shape(name)),
                };
                let dtype =
                    dtype.map_or(self.choices.dtype(), |d| DType::from_name(d).expect("invariant: a dtype"));
                let id = self.variable(name, dtype, &shape, ty.is_some())?;
                self.variables.push((name.clone(), id));
                Some(id)
            }
            Expression::Number { value, weak, shape } => {
                let (dtype, rank) = match beside {
                    Some(id) => (self.graph.ty(id).dtype, self.graph.ty(id).rank()),
                    None => (self.choices.dtype(), 1),
                };
                let dtype = if *weak { DType::F64 } else { dtype };
                let shape = match shape {
                    Some(shape) => self.dims(shape),
                    None => vec![Dim::Const(1); rank],
                };
                let constant = Constant { weak: *weak, ..Constant::splat(dtype, shape, *value) };
                self.graph.add(constant, &[]).ok()
            }
            Expression::Call { name, attributes, operands } => {
                let ids = self.operands(operands)?;
                let op = self.operation(name, attributes.as_deref());
                self.graph.add(op, &ids).ok()
            }
        }
    }

    fn operands(&mut self, operands: &[Expression]) -> Option<Vec<NodeId>> {
        let mut ids: Vec<Option<NodeId>> = vec![None; operands.len()];
        for numbers in [false, true] {
            for (i, operand) in operands.iter().enumerate() {
                if matches!(operand, Expression::Number { .. }) == numbers {
                    let beside = ids.iter().copied().flatten().next();
                    ids[i] = Some(self.build(operand, beside)?);
                }
            }
        }
        ids.into_iter().collect()
    }

    fn variable(&mut self, name: &str, dtype: DType, shape: &[String], typed: bool) -> Option<NodeId> {
        let shape = self.dims(shape);
        let ones = vec![Dim::Const(1); shape.len()];
        let role = if typed { Role::Input } else { self.choices.role(name) };
        match role {
            Role::Constant(value) => self.graph.add(Constant::splat(dtype, ones, value), &[]).ok(),
            Role::Input => {
                assert!(!is_constant_name(name), "invariant: constants are constants");
                let input = Input { name: name.into(), dtype, shape };
                let id = self.graph.add(input, &[]).ok()?;
                self.inputs.push(id);
                Some(id)
            }
            Role::Reciprocal(size) => {
                let size = self.dim(size);
                let size = self.graph.add(SizeValue { size }, &[]).ok()?;
                let size = self.graph.add(Cast { dtype }, &[size]).ok()?;
                let size = self.graph.add(Dimshuffle { order: vec![None; ones.len()] }, &[size]).ok()?;
                let one = self.graph.add(Constant::splat(dtype, ones, 1.0), &[]).ok()?;
                let reciprocal = self.graph.add(Div {}, &[one, size]).ok()?;
                (self.graph.ty(reciprocal).dtype == dtype).then_some(reciprocal)
            }
        }
    }

    /// The operation of this name. Attributes stand in their order, between semicolons; where none are given
    /// any will do, since patterns match whatever they are.
    fn operation(&mut self, name: &str, attributes: Option<&str>) -> Op {
        let dtype = self.choices.dtype();
        let sample = Op::samples().into_iter().find(|op| op.name() == name);
        let sample = sample.unwrap_or_else(|| panic!("invariant: examples name operations, not {name}"));
        let Some(text) = attributes else { return sample };
        if let Op::Zero(_) = sample {
            return Zero { dtype, shape: self.dims(&list(text)) }.into();
        }
        let kinds = sample.definition().attributes();
        let parts: Vec<&str> = text.split(';').collect();
        assert_eq!(parts.len(), kinds.len(), "invariant: examples of {name} give all its attributes");
        let read = |((name, kind), text): ((&'static str, Attribute), &str)| {
            (name.to_owned(), self.attribute(&kind, text.trim()))
        };
        let attributes = kinds.into_iter().zip(parts).map(read).collect();
        Op::from_parts(name, &Attributes(attributes))
            .expect("invariant: examples have their operations' attributes")
    }

    /// An attribute of the same kind as another, as written; `x` is a new axis.
    fn attribute(&mut self, like: &Attribute, text: &str) -> Attribute {
        let number = |text: &str| match text {
            "x" => -1,
            number => number.parse::<i64>().expect("invariant: a number"),
        };
        match like {
            Attribute::Bool(_) => Attribute::Bool(text == "true"),
            Attribute::Int(_) => Attribute::Int(number(text)),
            Attribute::Ints(_) => Attribute::Ints(list(text).iter().map(|n| number(n)).collect()),
            Attribute::DType(_) => Attribute::DType(DType::from_name(text).expect("invariant: a dtype")),
            Attribute::Dim(_) => Attribute::Dim(self.dim(text)),
            Attribute::Dims(_) => Attribute::Dims(self.dims(&list(text))),
            Attribute::Text(_) | Attribute::Element(_) | Attribute::Data(_) => {
                panic!("invariant: examples give no attributes of leaves")
            }
        }
    }

    fn dims(&mut self, sizes: &[String]) -> Vec<Dim> {
        sizes.iter().map(|size| self.dim(size)).collect()
    }

    /// A number, a name, or a product or sum of such.
    fn dim(&mut self, size: &str) -> Dim {
        for (sign, combine) in [('+', &sum as &dyn Fn(Dim, Dim) -> Dim), ('*', &product)] {
            if let Some((left, right)) = size.split_once(sign) {
                let (left, right) = (self.dim(left), self.dim(right));
                return combine(left, right);
            }
        }
        if let Ok(value) = size.parse() {
            return Dim::Const(value);
        }
        match (self.choices.size(size), self.graph.scope.symbols.find(size)) {
            (Some(value), _) => Dim::Const(value),
            (None, Some(id)) => Dim::symbol(id),
            (None, None) => Dim::symbol(self.graph.scope.symbols.push(Symbol::new(size))),
        }
    }
}

fn sum(left: Dim, right: Dim) -> Dim {
    &left + &right
}

fn product(left: Dim, right: Dim) -> Dim {
    &left * &right
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect()
}
