//! What each node is to the lowering: a source in memory, an expression to put where it is used, a reduction,
//! or what statements of its own put together.
//!
//! Axes of static size 1 never carry a loop, so operands lose them here. A reduction over nothing but such
//! axes is no reduction: it becomes an expression.

use tgc_graph::data::DataId;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{
    Contraction, Coordinate, Gather, Kernel, Leaf, LoopAxis, Reduction, Routine, Scan, Scatter, View,
};
use tgc_graph::module::{Function, Module};
use tgc_plan::Reducer;
use tgc_scalar::{Builder, Element, Program};

use crate::LowerError;
use crate::loops::{Index, IndexExpr, Lookup, Loop, compose, flat, substitute};
use crate::names::Names;

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Definition {
    /// No root needs it.
    Dead,
    /// Memory that exists before the call.
    Source(Source),
    /// Every element has these bits.
    Splat([u64; 2]),
    /// A size.
    Size(Dim),
    /// Each element is its own index along the only axis.
    Iota,
    /// A value of its operands' elements; without a program, the only operand's element.
    Inline {
        /// (operands' elements) → element.
        program: Option<Program>,
        /// What it is of; axes are the result's.
        operands: Vec<Operand>,
    },
    /// A reduction.
    Reduction(Box<ReductionDefinition>),
    /// A scan.
    Scan(Box<ScanDefinition>),
    /// The elements of a node that is in memory, in another shape.
    Reshape(NodeId),
    /// A routine on the rows of a node that is in memory.
    Routine(Routine, NodeId),
    /// Put together part by part, in this order.
    Assembly(Vec<Part>),
}

/// Memory that exists before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Input(usize),
    State(usize),
    Constant(DataId),
}

/// An operand with, for each of its axes, where along it the axes (or loops) of the user are.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub node: NodeId,
    pub axes: Index,
}

/// A reduction. Loops are the result's axes, then `sums`.
#[derive(Clone, Debug)]
pub(crate) struct ReductionDefinition {
    /// What it reads; axes are loops.
    pub operands: Vec<Operand>,
    /// (operands' elements) → values of the step; with `indexed`, after them the row-major position along
    /// `sums`.
    pub program: Program,
    pub indexed: bool,
    /// How values are reduced; programs not yet legalized.
    pub reducer: Reducer,
    /// (accumulators) → result element.
    pub finish: Program,
    /// Extents of the summed loops.
    pub sums: Vec<Dim>,
    /// Whether it sums products of two operands' elements as they are.
    pub multiplies: bool,
}

/// A scan; operands have the result's axes.
#[derive(Clone, Debug)]
pub(crate) struct ScanDefinition {
    pub operands: Vec<Operand>,
    pub scan: Scan,
}

/// Elements that are stored into a part of a tensor, in row-major order.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// How many, along each axis.
    pub extents: Vec<Dim>,
    /// What is stored; axes are those of `extents`.
    pub from: Operand,
    /// Where to.
    pub to: Index,
    /// (what is there, what is stored) → what is there then; without it, what is stored.
    pub add: Option<Program>,
    /// Whether it changes what the parts before it stored.
    pub over: bool,
    /// Whether it stores all elements of a tensor, each in its place.
    pub is_all: bool,
}

/// Elements of an index operand that must be inside an axis.
#[derive(Clone, Debug)]
pub(crate) struct IndexConstraint {
    /// The index operand: a source or a materialized value.
    pub node: NodeId,
    /// The node that looks up what it names.
    pub by: NodeId,
    /// The axis's size.
    pub extent: Dim,
    pub names: Names,
}

impl ReductionDefinition {
    /// Whether the only accumulator is the result.
    pub(crate) fn is_finished(&self) -> bool {
        self.reducer.accumulators.len() == 1 && self.finish == Program::identity(self.reducer.accumulators[0])
    }
}

impl ReductionDefinition {
    /// The same reduction with the axes of its result where `axes` says, in a result of this rank.
    fn turned(&self, axes: &[Option<usize>], rank: usize) -> ReductionDefinition {
        let turn = |l: usize| if l < axes.len() { axes[l] } else { Some(l - axes.len() + rank) };
        let mut turned = self.clone();
        let turn = |l: Loop| turn(l.number()).map_or(IndexExpr::zero(), |l| IndexExpr::of(Loop::new(l)));
        for operand in &mut turned.operands {
            operand.axes = substitute(&operand.axes, &turn);
        }
        turned
    }

    /// How many accesses are strided along the best loop to run innermost.
    fn least_strided(&self, graph: &Graph, result: &[Dim]) -> usize {
        let loops = result.iter().chain(&self.sums);
        let all: Index = (0..result.len() + self.sums.len()).map(|l| IndexExpr::of(Loop::new(l))).collect();
        let operands = self.operands.iter().map(|o| flat(&graph.ty(o.node).shape, &compose(&all, &o.axes)));
        let accesses: Vec<IndexExpr> = operands.chain([flat(result, &all)]).collect();
        let strided = |l: usize| accesses.iter().filter(|a| a.is_far_along(Loop::new(l))).count();
        loops.enumerate().filter(|(_, extent)| !extent.is_one()).map(|(l, _)| strided(l)).min().unwrap_or(0)
    }
}

/// What the nodes of a function are.
#[derive(Debug)]
pub(crate) struct Definitions {
    /// By node.
    pub nodes: Vec<Definition>,
    /// What must hold before anything is written, in the order of the nodes that ask.
    pub constraints: Vec<IndexConstraint>,
    /// Whether sums of products round once for each.
    pub fused: bool,
}

/// The definitions of all nodes of a function, for a machine that multiplies and adds at once or does not.
pub(crate) fn definitions(
    module: &Module,
    function: &Function,
    fused: bool,
) -> Result<Definitions, LowerError> {
    let graph = &function.graph;
    let live = graph.reachable(&function.roots());
    let mut definitions = Definitions { nodes: vec![], constraints: vec![], fused };
    for id in graph.ids() {
        let definition = match live[id.index()] {
            true => definitions.define(module, function, id)?,
            false => Definition::Dead,
        };
        definitions.nodes.push(definition);
    }
    absorb_views(function, &mut definitions.nodes);
    join_assemblies(function, &mut definitions.nodes);
    Ok(definitions)
}

/// How often each node is used.
pub(crate) fn users(function: &Function, definitions: &[Definition]) -> Vec<usize> {
    let mut users = vec![0; definitions.len()];
    let operands = definitions.iter().flat_map(Definition::uses);
    for node in operands.chain(function.roots()) {
        users[node.index()] += 1;
    }
    users
}

/// Lets what changes parts of a tensor that is itself put together, and used for nothing else, write into
/// that.
fn join_assemblies(function: &Function, definitions: &mut [Definition]) {
    let users = users(function, definitions);
    for at in 0..definitions.len() {
        let Some([first, _, ..]) = definitions[at].as_assembly() else { continue };
        let inner = first.from.node.index();
        if !first.is_all || users[inner] != 1 || definitions[inner].as_assembly().is_none() {
            continue;
        }
        let Definition::Assembly(mut parts) = std::mem::replace(&mut definitions[inner], Definition::Dead)
        else {
            unreachable!("invariant: the node is put together from parts")
        };
        if let Definition::Assembly(own) = &mut definitions[at] {
            parts.extend(own.drain(1..));
            *own = parts;
        }
    }
}

/// Lets a reduction whose only user turns its axes write them in the turned order.
fn absorb_views(function: &Function, definitions: &mut [Definition]) {
    let graph = &function.graph;
    let users = users(function, definitions);
    for id in graph.ids() {
        let Definition::Inline { program: None, operands } = &definitions[id.index()] else { continue };
        let Operand { node, axes } = operands[0].clone();
        let Definition::Reduction(reduction) = &definitions[node.index()] else { continue };
        let Some(axes) = plain(&axes) else { continue };
        let (from, to) = (&graph.ty(node).shape, &graph.ty(id).shape);
        let turned = reduction.turned(&axes, to.len());
        let keeps_axes = (0..to.len()).all(|axis| to[axis].is_one() || axes.contains(&Some(axis)));
        let stays_near = turned.least_strided(graph, to) <= reduction.least_strided(graph, from);
        if users[node.index()] == 1 && keeps_axes && stays_near {
            definitions[id.index()] = Definition::Reduction(Box::new(turned));
            definitions[node.index()] = Definition::Dead;
        }
    }
}

impl Definition {
    /// The parts, if it is put together from some.
    pub(crate) fn as_assembly(&self) -> Option<&[Part]> {
        if let Definition::Assembly(parts) = self { Some(parts) } else { None }
    }

    /// The reduction, if it is one.
    pub(crate) fn as_reduction(&self) -> Option<&ReductionDefinition> {
        if let Definition::Reduction(reduction) = self { Some(reduction) } else { None }
    }

    /// The nodes that it is computed from, but for those that say places.
    pub(crate) fn operands(&self) -> Vec<NodeId> {
        match self {
            Definition::Inline { operands, .. } => operands.iter().map(|o| o.node).collect(),
            Definition::Reduction(reduction) => reduction.operands.iter().map(|o| o.node).collect(),
            Definition::Scan(scan) => scan.operands.iter().map(|o| o.node).collect(),
            Definition::Reshape(node) | Definition::Routine(_, node) => vec![*node],
            Definition::Assembly(parts) => parts.iter().map(|part| part.from.node).collect(),
            Definition::Dead
            | Definition::Source(_)
            | Definition::Splat(_)
            | Definition::Size(_)
            | Definition::Iota => vec![],
        }
    }

    /// The nodes that say places.
    pub(crate) fn places(&self) -> Vec<NodeId> {
        let indices: Vec<&Index> = match self {
            Definition::Inline { operands, .. } => operands.iter().map(|o| &o.axes).collect(),
            Definition::Assembly(parts) => parts.iter().map(|part| &part.to).collect(),
            Definition::Dead
            | Definition::Source(_)
            | Definition::Splat(_)
            | Definition::Size(_)
            | Definition::Iota
            | Definition::Reduction(_)
            | Definition::Scan(_)
            | Definition::Reshape(_)
            | Definition::Routine(..) => vec![],
        };
        let lookups = indices.into_iter().flatten().flat_map(|place| &place.lookups);
        lookups.map(|(lookup, _)| lookup.node).collect()
    }

    /// All nodes that it needs.
    pub(crate) fn uses(&self) -> Vec<NodeId> {
        [self.operands(), self.places()].concat()
    }
}

/// The axis that runs along each axis, if all of them are whole steps from the first element on.
fn plain(axes: &Index) -> Option<Vec<Option<usize>>> {
    let along = |place: &IndexExpr| match place.is_zero() {
        true => Some(None),
        false => place.as_loop().map(|axis| Some(axis.number())),
    };
    axes.iter().map(along).collect()
}

impl Definitions {
    fn define(&mut self, module: &Module, function: &Function, id: NodeId) -> Result<Definition, LowerError> {
        let graph = &function.graph;
        let error = |problem: &str| LowerError::Node {
            function: function.name.clone(),
            op: graph.op(id).name(),
            origin: graph.node(id).origin.clone(),
            problem: problem.to_owned(),
        };
        Ok(match graph.kernel(id) {
            Kernel::Leaf(leaf) => match leaf {
                Leaf::Input(_) => {
                    let position = function.inputs.iter().position(|i| *i == id);
                    let position = position.ok_or_else(|| error("is no input of the function"))?;
                    Definition::Source(Source::Input(position))
                }
                Leaf::Shared(name) => {
                    let position = module.shared_index(&name).ok_or_else(|| error("is not in the model"))?;
                    Definition::Source(Source::State(position))
                }
                Leaf::Splat(parts) => Definition::Splat(parts),
                Leaf::Data(data) => Definition::Source(Source::Constant(data)),
                Leaf::Size(size) => Definition::Size(size),
                Leaf::Iota => Definition::Iota,
            },
            Kernel::Map(program) => {
                let rank = graph.ty(id).rank();
                let operands =
                    graph.operands(id).iter().map(|o| operand(graph, *o, identity(rank))).collect();
                Definition::Inline { program: Some(program), operands }
            }
            Kernel::View(View { operand: viewed, axes }) => {
                let operands =
                    vec![operand(graph, graph.operands(id)[viewed], axes.iter().map(IndexExpr::from))];
                Definition::Inline { program: None, operands }
            }
            Kernel::Reduce(reduction) => define_reduction(graph, id, &reduction),
            Kernel::Contract(contraction) => define_contraction(graph, id, &contraction, self.fused),
            Kernel::Reshape => self.define_reshape(graph, id),
            Kernel::Concatenate(axis) => define_concatenation(graph, id, axis),
            Kernel::Gather(gather) => self.define_gather(graph, id, &gather),
            Kernel::Scatter(scatter) => self.define_scatter(graph, id, &scatter),
            Kernel::Scan(scan) => define_scan(graph, id, scan),
            Kernel::Routine(routine) => Definition::Routine(routine, graph.operands(id)[0]),
            Kernel::Composite => return Err(error("has no kernel; expand and differentiate it first")),
        })
    }

    fn define_reshape(&self, graph: &Graph, id: NodeId) -> Definition {
        let node = graph.operands(id)[0];
        let (from, to) = (&graph.ty(node).shape, &graph.ty(id).shape);
        match (&self.nodes[node.index()], split_axes(from, to)) {
            (Definition::Splat(parts), _) => Definition::Splat(*parts),
            (_, Some(axes)) => {
                let operands = vec![operand(graph, node, axes.into_iter())];
                Definition::Inline { program: None, operands }
            }
            (_, None) => Definition::Reshape(node),
        }
    }

    fn define_gather(&mut self, graph: &Graph, id: NodeId, gather: &Gather) -> Definition {
        let axes = self.places(graph, id, &gather.coordinates, &gather.along);
        let operands = vec![operand(graph, graph.operands(id)[0], axes.into_iter())];
        Definition::Inline { program: None, operands }
    }

    fn define_scatter(&mut self, graph: &Graph, id: NodeId, scatter: &Scatter) -> Definition {
        let ty = graph.ty(id);
        let operands = graph.operands(id);
        let updates = *operands.last().expect("invariant: scatters have their updates");
        let extents = graph.ty(updates).shape.clone();
        let data = Part {
            extents: ty.shape.clone(),
            from: operand(graph, operands[0], identity(ty.rank())),
            to: inside(&ty.shape, identity(ty.rank())),
            add: None,
            over: false,
            is_all: true,
        };
        let to = self.places(graph, id, &scatter.coordinates, &scatter.along);
        let stored = Part {
            from: operand(graph, updates, identity(extents.len())),
            extents,
            to: inside_written(&ty.shape, to.into_iter()),
            add: scatter.add.then(|| Scatter::addition(ty.dtype)),
            over: true,
            is_all: false,
        };
        Definition::Assembly(vec![data, stored])
    }

    /// The place along each axis of the first operand.
    fn places(
        &mut self,
        graph: &Graph,
        id: NodeId,
        coordinates: &[Coordinate],
        along: &[usize],
    ) -> Vec<IndexExpr> {
        let coordinates = coordinates.iter().enumerate();
        coordinates
            .map(|(axis, coordinate)| match coordinate {
                Coordinate::Affine(affine) => IndexExpr::from(affine),
                Coordinate::Index(number) => self.lookup(graph, id, 1 + number, along, axis),
            })
            .collect()
    }

    /// The place along an axis of the first operand that an index operand says, which is checked.
    fn lookup(
        &mut self,
        graph: &Graph,
        id: NodeId,
        number: usize,
        along: &[usize],
        axis: usize,
    ) -> IndexExpr {
        let operands = graph.operands(id);
        let extent = graph.ty(operands[0]).shape[axis].clone();
        let axes = along.iter().map(|axis| IndexExpr::of(Loop::new(*axis)));
        let Operand { mut node, axes: mut at } = operand(graph, operands[number], axes);
        while let Definition::Inline { program: None, operands } = &self.nodes[node.index()]
            && takes_all(graph, &operands[0], &graph.ty(node).shape)
        {
            at = compose(&at, &operands[0].axes);
            node = operands[0].node;
        }
        if let Definition::Iota = self.nodes[node.index()]
            && is_at_most(&graph.ty(node).shape[0], &extent)
        {
            return at.remove(0);
        }
        let constraint = IndexConstraint {
            node,
            by: id,
            extent: extent.clone(),
            names: Names::of(graph, id, number, axis),
        };
        self.constraints.push(constraint);
        IndexExpr { lookups: vec![(Lookup { node, at, extent }, Dim::Const(1))], ..IndexExpr::zero() }
    }
}

fn is_at_most(size: &Dim, extent: &Dim) -> bool {
    size == extent || size.as_const().zip(extent.as_const()).is_some_and(|(size, extent)| size <= extent)
}

/// Each axis along the axis of its number.
fn identity(rank: usize) -> impl Iterator<Item = IndexExpr> {
    (0..rank).map(|axis| IndexExpr::of(Loop::new(axis)))
}

/// Places in a tensor that is read; axes of static size 1 stay at 0.
fn inside(shape: &[Dim], places: impl Iterator<Item = IndexExpr>) -> Index {
    places.zip(shape).map(|(place, size)| if size.is_one() { IndexExpr::zero() } else { place }).collect()
}

/// Places in a tensor that is written. What data says stays where it can be but 0: it also says that
/// iterations may meet.
fn inside_written(shape: &[Dim], places: impl Iterator<Item = IndexExpr>) -> Index {
    let fixed = |place: &IndexExpr, size: &Dim| size.is_one() && place.lookups.is_empty();
    places
        .zip(shape)
        .map(|(place, size)| if fixed(&place, size) { IndexExpr::zero() } else { place })
        .collect()
}

fn operand(graph: &Graph, node: NodeId, axes: impl Iterator<Item = IndexExpr>) -> Operand {
    Operand { node, axes: inside(&graph.ty(node).shape, axes) }
}

/// Whether a view of an operand meets each of its elements.
fn takes_all(graph: &Graph, operand: &Operand, shape: &[Dim]) -> bool {
    let sizes = &graph.ty(operand.node).shape;
    plain(&operand.axes).is_some_and(|axes| {
        axes.iter().zip(sizes).all(|(axis, size)| axis.map_or(size.is_one(), |axis| shape[axis] == *size))
    })
}

/// For each axis of a shape, where along it the axes of another shape of the same elements are, if each is
/// made of whole axes of that shape.
fn split_axes(from: &[Dim], to: &[Dim]) -> Option<Vec<IndexExpr>> {
    let mut axes = (0..to.len()).peekable();
    let mut places = vec![];
    for size in from {
        let mut parts = vec![];
        let mut found = Dim::Const(1);
        while found != *size {
            let axis = axes.next()?;
            found = &found * &to[axis];
            parts.push(axis);
        }
        let index: Index = parts.iter().map(|axis| IndexExpr::of(Loop::new(*axis))).collect();
        let sizes: Vec<Dim> = parts.iter().map(|axis| to[*axis].clone()).collect();
        places.push(flat(&sizes, &index));
    }
    axes.all(|axis| to[axis].is_one()).then_some(places)
}

fn define_concatenation(graph: &Graph, id: NodeId, axis: usize) -> Definition {
    let shape = &graph.ty(id).shape;
    let mut start = Dim::Const(0);
    let mut parts = vec![];
    for &node in graph.operands(id) {
        let extents = graph.ty(node).shape.clone();
        let mut to: Index = identity(shape.len()).collect();
        to[axis].offset = start.clone();
        start = &start + &extents[axis];
        let from = operand(graph, node, identity(shape.len()));
        parts.push(Part {
            extents,
            from,
            to: inside(shape, to.into_iter()),
            add: None,
            over: false,
            is_all: false,
        });
    }
    Definition::Assembly(parts)
}

fn define_scan(graph: &Graph, id: NodeId, scan: Scan) -> Definition {
    let ty = graph.ty(id);
    let operands = graph.operands(id).iter().map(|node| operand(graph, *node, identity(ty.rank()))).collect();
    if !ty.shape[scan.axis].is_one() {
        return Definition::Scan(Box::new(ScanDefinition { operands, scan }));
    }
    let mut b = Builder::new(&scan.first.params);
    let elements: Vec<Element> = (0..scan.first.params.len()).map(|i| b.param(i)).collect();
    let accumulators = b.inline(&scan.first, &elements);
    let finished = b.inline(&scan.finish, &accumulators);
    Definition::Inline { program: Some(b.finish(finished)), operands }
}

fn define_reduction(graph: &Graph, id: NodeId, reduction: &Reduction) -> Definition {
    let node = graph.operands(id)[0];
    let shape = &graph.ty(node).shape;
    let rank = graph.ty(id).rank();
    let mut kept = 0..;
    let axes = (0..shape.len()).map(|axis| match reduction.axes.iter().position(|a| *a == axis) {
        Some(sum) => IndexExpr::of(Loop::new(rank + sum)),
        None => IndexExpr::of(Loop::new(kept.next().expect("invariant: an endless range"))),
    });
    reduce_or_expression(ReductionDefinition {
        operands: vec![operand(graph, node, axes)],
        program: reduction.prepare.clone(),
        indexed: reduction.indexed,
        reducer: Reducer {
            accumulators: reduction.accumulators.clone(),
            init: reduction.init.clone(),
            step: reduction.step.clone(),
            merge: reduction.merge.clone(),
        },
        finish: reduction.finish.clone(),
        multiplies: false,
        sums: reduction.axes.iter().map(|axis| shape[*axis].clone()).collect(),
    })
}

fn define_contraction(graph: &Graph, id: NodeId, contraction: &Contraction, fused: bool) -> Definition {
    let (left, right) = (graph.operands(id)[0], graph.operands(id)[1]);
    let rank = graph.ty(id).rank();
    let side = |node, loops: &[LoopAxis]| {
        let axes = loops.iter().map(|l| match l {
            LoopAxis::Result(axis) => IndexExpr::of(Loop::new(*axis)),
            LoopAxis::Sum(sum) => IndexExpr::of(Loop::new(rank + sum)),
        });
        operand(graph, node, axes)
    };
    let extent = |sum: usize| {
        let of = |node, loops: &[LoopAxis]| {
            let axis = loops.iter().position(|l| *l == LoopAxis::Sum(sum));
            graph.ty(node).shape[axis.expect("invariant: both operands have every summed axis")].clone()
        };
        let (l, r) = (of(left, &contraction.left), of(right, &contraction.right));
        if r.as_const().is_some() { r } else { l }
    };
    let (dtype, accumulator) = (contraction.dtype, contraction.accumulator);
    reduce_or_expression(ReductionDefinition {
        operands: vec![side(left, &contraction.left), side(right, &contraction.right)],
        indexed: false,
        program: contraction.factors([left, right].map(|node| graph.ty(node).dtype)),
        reducer: Reducer {
            accumulators: vec![accumulator],
            init: vec![[0, 0]],
            step: contraction.step(fused),
            merge: contraction.merge(),
        },
        finish: contraction.finish(),
        // A truth value is a byte in memory and a bit in a register; tiles move elements as they are.
        multiplies: accumulator.parts() == 1
            && accumulator != DType::Bool
            && [left, right].iter().all(|node| graph.ty(*node).dtype == accumulator)
            && dtype == accumulator,
        sums: (0..contraction.sums).map(extent).collect(),
    })
}

fn reduce_or_expression(reduction: ReductionDefinition) -> Definition {
    if !reduction.sums.iter().all(Dim::is_one) {
        return Definition::Reduction(Box::new(reduction));
    }
    let mut b = Builder::new(&reduction.program.params[..reduction.operands.len()]);
    let mut params: Vec<Element> = (0..reduction.operands.len()).map(|i| b.param(i)).collect();
    if reduction.indexed {
        params.push(constant(&mut b, DType::I64, [0, 0]));
    }
    let values = b.inline(&reduction.program, &params);
    let mut arguments: Vec<Element> = reduction
        .reducer
        .accumulators
        .iter()
        .zip(&reduction.reducer.init)
        .map(|(d, bits)| constant(&mut b, *d, *bits))
        .collect();
    arguments.extend(values);
    let stepped = b.inline(&reduction.reducer.step, &arguments);
    let finished = b.inline(&reduction.finish, &stepped);
    Definition::Inline { program: Some(b.finish(finished)), operands: reduction.operands }
}

/// An element by its bits.
pub(crate) fn constant(b: &mut Builder, dtype: DType, parts: [u64; 2]) -> Element {
    let re = b.bits(dtype.scalar_type(), parts[0]);
    match dtype.parts() {
        1 => Element::real(dtype, re),
        _ => {
            let im = b.bits(dtype.scalar_type(), parts[1]);
            Element::complex(dtype, re, im)
        }
    }
}
