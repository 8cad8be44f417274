//! Random well-typed modules for tests: the same seed gives the same module.
//!
//! Every operation of the list takes part: those without attributes by name, so that a new one is generated
//! as soon as it is listed, the others by a step of their own.

use std::sync::Arc;

use crate::array::Array;
use crate::attribute::Attributes;
use crate::data::DataStore;
use crate::dim::{Dim, Symbol, SymbolId, Symbols};
use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::{Equation, Equations};
use crate::module::{Function, Module, Output, SharedVariable, Update};
use crate::ops::{
    Cast, Constant, Dimshuffle, Dot, Elements, Grad, Input, Mean, Op, Shared, SizeValue, Sum, Zero,
};
use crate::origin::Origin;
use crate::scalar::Lane;

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

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number less than `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).cloned()
    }

    fn symbol(&mut self, name: &str) -> Symbol {
        let min = self.below(2) as i64;
        let max = min + 1 + self.below(64) as i64;
        let hint = self.chance(2).then(|| min + self.below((max - min) as usize) as i64);
        Symbol { name: name.to_owned(), min, max, hint }
    }

    fn dtype(&mut self, options: &Options) -> DType {
        match (options.all_dtypes, self.below(16)) {
            (true, _) => DType::ALL[self.below(DType::ALL.len())],
            (false, 0) => DType::I64,
            (false, 1) => DType::Bool,
            (false, n) if n % 2 == 0 => DType::F32,
            (false, _) => DType::F64,
        }
    }

    /// The bits of an element's parts.
    fn element(&mut self, dtype: DType, options: &Options) -> [u64; 2] {
        let mut parts = [0; 2];
        for part in parts.iter_mut().take(dtype.parts()) {
            *part = self.lane(dtype.lane(), options);
        }
        parts
    }

    fn lane(&mut self, lane: Lane, options: &Options) -> u64 {
        let width = crate::text::mask(lane);
        let any = self.bits();
        if lane == Lane::Bool {
            return any & 1;
        }
        if options.odd_values && self.chance(2) {
            // All ones in the exponent now and then: infinities and NaNs.
            let high =
                if self.chance(3) && lane.is_float() { width & !(width >> (lane.bits() / 2)) } else { 0 };
            return (any | high) & width;
        }
        let small = (self.below(4001) as f64 - 2000.0) / 1000.0;
        let dtype = DType::ALL.into_iter().find(|d| d.lane() == lane && d.parts() == 1);
        let dtype = dtype.expect("invariant: every lane is an element type");
        let splat =
            Constant::splat(dtype, vec![], if lane.is_integer() { (small * 3.0).trunc() } else { small });
        splat.as_splat().map_or(0, |parts| parts[0])
    }

    fn array(&mut self, dtype: DType, shape: &[usize], options: &Options) -> Array {
        let splat = self.chance(3).then(|| self.element(dtype, options));
        let mut array = Array::zeros_of(dtype, shape);
        for i in 0..array.len() {
            let parts = splat.unwrap_or_else(|| self.element(dtype, options));
            array.set(i, parts);
        }
        array
    }
}

/// A function that is being made.
struct Maker<'a> {
    random: &'a mut Random,
    options: &'a Options,
    shared: &'a [SharedVariable],
    graph: Graph,
    inputs: Vec<NodeId>,
    /// Operations without attributes.
    units: Vec<Op>,
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
        let graph = Graph::new(table, DataStore::default(), equations);
        let named = |name: &&str| Op::from_parts(name, &Attributes::default()).ok();
        let units = Op::NAMES.iter().filter_map(named).filter(|op| !matches!(op, Op::Grad(_))).collect();
        Maker { random, options, shared, graph, inputs: vec![], units }
    }

    fn body(&mut self) {
        for i in 0..1 + self.random.below(3) {
            let shape = self.shape();
            let (name, dtype) = (Arc::from(format!("x{i}")), self.random.dtype(self.options));
            let input = self.graph.op_node(Input { name, dtype, shape }, &[]);
            self.inputs.push(input);
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
                false => Origin { file: "src/model.rs".into(), line: 1 + line as u32 },
            });
            self.step();
        }
        // Callers may list arguments in another order than the nodes'.
        if self.random.chance(2) {
            self.inputs.reverse();
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
        let ty = self.graph.ty(node).clone();
        match self.random.below(16) {
            0 => self.literal(ty.rank()),
            1 => self.data(),
            2 => {
                let size = self.dim();
                self.attempt(SizeValue { size }, &[]);
            }
            3 => {
                self.attempt(Zero { dtype: ty.dtype, shape: ty.shape }, &[]);
            }
            4 => {
                let dtype = self.random.dtype(self.options);
                self.attempt(Cast { dtype }, &[node]);
            }
            5 | 6 => self.dimshuffle(node, ty.rank()),
            7 | 8 => self.reduction(node, ty.rank()),
            9 | 10 => self.dot(node),
            11 if self.options.grads => self.grad(),
            _ => self.unit(node),
        }
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

    fn dimshuffle(&mut self, node: NodeId, rank: usize) {
        let mut order: Vec<Option<usize>> = (0..rank).map(Some).collect();
        for i in (1..rank).rev() {
            let other = self.random.below(i + 1);
            order.swap(i, other);
        }
        while order.len() < MAX_GENERATED_RANK && self.random.chance(2) {
            let at = self.random.below(order.len() + 1);
            order.insert(at, None);
        }
        self.attempt(Dimshuffle { order }, &[node]);
    }

    fn reduction(&mut self, node: NodeId, rank: usize) {
        let axes: Vec<usize> = (0..rank).filter(|_| self.random.chance(2)).collect();
        match self.random.chance(2) {
            true => self.attempt(Sum { axes }, &[node]),
            false => self.attempt(Mean { axes }, &[node]),
        };
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

    /// An operation without attributes, on operands found by trying.
    fn unit(&mut self, first: NodeId) {
        let Some(op) = self.random.pick(&self.units) else { return };
        let arity = op.definition().arity();
        let rank = self.graph.ty(first).rank();
        let alike: Vec<NodeId> = self.graph.ids().filter(|id| self.graph.ty(*id).rank() == rank).collect();
        for _ in 0..8 {
            let mut operands = vec![first];
            while operands.len() < arity {
                operands.extend(self.random.pick(&alike));
            }
            operands.truncate(arity);
            if self.attempt(op.clone(), &operands).is_some() {
                return;
            }
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
