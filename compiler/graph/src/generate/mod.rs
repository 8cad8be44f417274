//! Random well-typed modules for tests: the same seed gives the same module.
//!
//! Every operation of the list takes part, with attributes of the kinds that its sample has: a new one is
//! generated as soon as it is listed.

mod operation;
mod random;
mod updates;

use std::sync::Arc;

pub use random::Random;
pub use updates::self_updates;

use tgc_scalar::dtype::DType;

use crate::data::DataStore;
use crate::dim::{Dim, Symbol, SymbolId, Symbols};
use crate::graph::{Graph, NodeId, Scope};
use crate::infer::{Equation, Equations};
use crate::module::{Function, Module, Output, SharedVariable, Update};
use crate::ops::{Constant, Dot, Elements, Grad, Input, Op, OptionalInput, Shared};
use crate::origin::Origin;

/// What modules to make.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// About how many nodes a function has.
    pub nodes: usize,
    /// All element types, not mostly `f32` and `f64`.
    pub all_dtypes: bool,
    /// Sizes that a call must check to be equal, and polynomials as sizes.
    pub odd_sizes: bool,
    /// Gradients by inputs and shared variables.
    pub grads: bool,
    /// Any bits as values: infinities, NaNs with payloads, subnormals; else small numbers.
    pub odd_values: bool,
}

impl Options {
    /// Mostly `f32` and `f64`, small numbers, plain sizes.
    pub fn plain(nodes: usize) -> Options {
        Options { nodes, all_dtypes: false, odd_sizes: false, grads: false, odd_values: false }
    }

    /// All that a module can hold.
    pub fn everything(nodes: usize) -> Options {
        Options { nodes, all_dtypes: true, odd_sizes: true, grads: true, odd_values: true }
    }
}

/// A plain module.
pub fn module(seed: u64, size: usize) -> Module {
    module_with(seed, &Options::plain(size))
}

/// A module by options; it passes [`verify`](crate::verify::verify).
pub fn module_with(seed: u64, options: &Options) -> Module {
    let mut random = Random(seed);
    let mut shared = vec![];
    for i in 0..random.below(4) {
        let rank = random.below(3);
        let shape: Vec<usize> = (0..rank).map(|_| 1 + random.below(4)).collect();
        let dtype = random.dtype(options);
        shared.push(SharedVariable { name: format!("w{i}"), initial: random.array(dtype, &shape, options) });
    }
    let symbols: Vec<Symbol> = ["N", "K", "M"].map(|name| random.symbol(name)).into();
    let functions = 1 + random.below(3);
    let functions = (0..functions)
        .map(|i| {
            let mut maker = Maker::new(&mut random, options, &symbols, &shared);
            maker.body();
            maker.finish(format!("f{i}"))
        })
        .collect();
    Module { name: "generated".to_owned(), shared, functions }
}

/// A module of one operation: for each element type some functions that apply it, with random attributes, to
/// inputs of that type (and of others where it asks for them). None for leaves, derivatives and pins.
pub fn operation(sample: &Op, seed: u64) -> Option<Module> {
    let definition = sample.definition();
    if definition.arity() == 0 || sample.is_derivative() || matches!(sample, Op::Pin(_)) {
        return None;
    }
    let mut random = Random(seed);
    let options = Options { odd_sizes: true, ..Options::plain(0) };
    let symbols: Vec<Symbol> = ["N", "K", "M"].map(|name| random.symbol(name)).into();
    let mut functions = vec![];
    for dtype in DType::ALL {
        for instance in 0..2 {
            let mut maker = Maker::new(&mut random, &options, &symbols, &[]);
            if let Some(node) = maker.apply(sample, dtype, instance) {
                let name = format!("{dtype}_{instance}");
                let outputs = vec![Output { name: "y".to_owned(), node }];
                functions.push(Function {
                    name,
                    graph: maker.graph,
                    inputs: maker.inputs,
                    outputs,
                    updates: vec![],
                });
            }
        }
    }
    Some(Module { name: format!("only_{}", definition.name()), shared: vec![], functions })
}

/// A function that is being made.
struct Maker<'a> {
    random: &'a mut Random,
    options: &'a Options,
    shared: &'a [SharedVariable],
    graph: Graph,
    inputs: Vec<NodeId>,
    /// Samples of operations without attributes.
    plain: Vec<Op>,
    /// Samples of operations with attributes.
    shaped: Vec<Op>,
}

const MAX_GENERATED_RANK: usize = 4;

impl<'a> Maker<'a> {
    fn new(
        random: &'a mut Random,
        options: &'a Options,
        symbols: &[Symbol],
        shared: &'a [SharedVariable],
    ) -> Maker<'a> {
        let mut table = Symbols::default();
        for symbol in symbols {
            table.push(symbol.clone());
        }
        let mut equations = Equations::default();
        if options.odd_sizes && random.chance(2) {
            let (n, m) = (Dim::symbol(SymbolId(0)), Dim::symbol(SymbolId(2)));
            equations.known.push(Equation {
                left: &n + &n,
                right: m,
                left_name: "x0 axis 0".to_owned(),
                right_name: "the \"other\" size".to_owned(),
            });
        }
        let graph = Graph::new(Scope { symbols: table, data: DataStore::default(), equations });
        let samples = Op::samples().into_iter().filter(|op| {
            let named = op.input_name().is_some() || matches!(op, Op::Shared(_) | Op::Constant(_));
            !named && !op.is_derivative()
        });
        let (plain, shaped) = samples.partition(|op| op.definition().attributes().is_empty());
        Maker { random, options, shared, graph, inputs: vec![], plain, shaped }
    }

    fn body(&mut self) {
        for i in 0..1 + self.random.below(3) {
            let shape = self.shape();
            let dtype = self.random.dtype(self.options);
            self.input(i, dtype, shape);
        }
        for variable in self.shared {
            let shape = variable.initial.shape().iter().map(|n| Dim::Const(*n as i64)).collect();
            let (name, dtype) = (Arc::from(variable.name.as_str()), variable.initial.dtype());
            self.graph.op_node(Shared { name, dtype, shape }, &[]);
        }
        for line in 0..self.options.nodes * 4 {
            if self.graph.len() >= self.options.nodes {
                break;
            }
            self.graph.set_origin(match self.random.chance(4) {
                true => Origin::unknown(),
                false => Self::origin(1 + line as u32),
            });
            self.step();
        }
        // Callers may list arguments in another order than the nodes'.
        if self.random.chance(2) {
            self.inputs.reverse();
        }
    }

    /// An origin of every form.
    fn origin(line: u32) -> Origin {
        let origin = Origin::new("src/model.rs", line).column(line % 3);
        match line % 5 {
            0 => Origin::name_only(format!("Node_{line}")),
            1 => origin.named(format!("a \"{line}\"")),
            _ => origin,
        }
    }

    fn dim(&mut self) -> Dim {
        let symbol = |i| Dim::symbol(SymbolId(i));
        match self.random.below(if self.options.odd_sizes { 11 } else { 8 }) {
            0 => Dim::Const(1),
            n @ 1..=3 => Dim::Const(n as i64),
            4 | 5 => symbol(0),
            6 => symbol(1),
            7 => symbol(2),
            8 => &symbol(0) + &symbol(0),
            9 => &(&symbol(0) * &symbol(1)) + &Dim::Const(3),
            _ => Dim::Const(0),
        }
    }

    fn shape(&mut self) -> Vec<Dim> {
        (0..self.random.below(4)).map(|_| self.dim()).collect()
    }

    fn any(&mut self) -> NodeId {
        NodeId(self.random.below(self.graph.len()) as u32)
    }

    /// Adds a node if it is well-typed.
    fn attempt(&mut self, op: impl Into<Op>, operands: &[NodeId]) -> Option<NodeId> {
        self.graph.add(op, operands).ok()
    }

    fn step(&mut self) {
        let node = self.any();
        match self.random.below(16) {
            0 => self.literal(self.graph.ty(node).rank()),
            1 => self.data(),
            2 | 3 => self.dot(node),
            4 if self.options.grads => self.grad(),
            k => {
                let samples = if k % 2 == 0 { &self.plain } else { &self.shaped };
                if let Some(sample) = self.random.pick(samples) {
                    self.operation(&sample, node);
                }
            }
        }
    }

    /// An argument; one of a known shape may have a default.
    fn input(&mut self, number: usize, dtype: DType, shape: Vec<Dim>) {
        let name = Arc::from(format!("x{number}"));
        let is_static = shape.iter().all(|dim| dim.as_const().is_some());
        let input = match is_static && self.random.chance(4) {
            true => {
                let default = Elements::Splat(self.random.element(dtype, self.options));
                self.graph.op_node(OptionalInput { name, dtype, shape, default }, &[])
            }
            false => self.graph.op_node(Input { name, dtype, shape }, &[]),
        };
        self.inputs.push(input);
    }

    fn literal(&mut self, rank: usize) {
        let dtype = self.random.dtype(self.options);
        let parts = self.random.element(dtype, self.options);
        let weak = self.random.chance(2);
        let shape = vec![Dim::Const(1); rank];
        self.attempt(Constant { dtype, shape, elements: Elements::Splat(parts), weak }, &[]);
    }

    fn data(&mut self) {
        let shape: Vec<usize> = (0..self.random.below(3)).map(|_| self.random.below(4)).collect();
        let dtype = self.random.dtype(self.options);
        let array = self.random.array(dtype, &shape, self.options);
        self.graph.constant(array);
    }

    fn dot(&mut self, left: NodeId) {
        let right = self.partner(left);
        let ranks = [left, right].map(|id| self.graph.ty(id).rank());
        let batch = if self.random.chance(3) { 1.min(ranks[0]).min(ranks[1]) } else { 0 };
        let (l, r) = (batch + self.random.below(ranks[0]), batch + self.random.below(ranks[1]));
        let op = match self.random.chance(6) {
            true => Dot { batch, left: vec![], right: vec![] },
            false => Dot { batch, left: vec![l], right: vec![r] },
        };
        if ranks[0] + ranks[1] <= MAX_GENERATED_RANK + batch + 2 * op.left.len() {
            self.attempt(op, &[left, right]);
        }
    }

    /// A node whose rank is near that of another one.
    fn partner(&mut self, node: NodeId) -> NodeId {
        let rank = self.graph.ty(node).rank();
        let near: Vec<NodeId> =
            self.graph.ids().filter(|id| self.graph.ty(*id).rank().abs_diff(rank) <= 1).collect();
        self.random.pick(&near).unwrap_or(node)
    }

    fn grad(&mut self) {
        let is_float = |graph: &Graph, id: NodeId| graph.ty(id).dtype.is_float();
        let costs: Vec<NodeId> = self
            .graph
            .ids()
            .filter(|id| self.graph.ty(*id).rank() == 0 && is_float(&self.graph, *id))
            .collect();
        let leaves: Vec<NodeId> = self
            .graph
            .ids()
            .filter(|id| {
                let op = self.graph.op(*id);
                let leaf = op.input_name().is_some() || matches!(op, Op::Shared(_));
                leaf && is_float(&self.graph, *id)
            })
            .collect();
        if let (Some(cost), Some(leaf)) = (self.random.pick(&costs), self.random.pick(&leaves)) {
            self.attempt(Grad {}, &[cost, leaf]);
        }
    }

    fn finish(mut self, name: String) -> Function {
        self.graph.set_origin(Origin::unknown());
        let updates = self.updates();
        let half = self.graph.len() / 2;
        let outputs = (0..1 + self.random.below(3)).map(|i| Output {
            name: format!("y{i}"),
            node: NodeId((half + self.random.below(self.graph.len() - half)) as u32),
        });
        let outputs = outputs.collect();
        Function { name, graph: self.graph, inputs: self.inputs, outputs, updates }
    }

    /// For about every second shared variable, a node of its type: the last there is, cast if need be.
    fn updates(&mut self) -> Vec<Update> {
        let mut updates = vec![];
        for (shared, variable) in self.shared.iter().enumerate() {
            if self.random.chance(2) {
                continue;
            }
            let shape: Vec<Dim> = variable.initial.shape().iter().map(|n| Dim::Const(*n as i64)).collect();
            let last = self.graph.ids().rev().find(|id| self.graph.ty(*id).shape == shape);
            let last = last.expect("invariant: every shared variable is read");
            let node = self.graph.cast(last, variable.initial.dtype());
            updates.push(Update { shared, node });
        }
        updates
    }
}
