//! What each node is to the lowering: a source in memory, an expression to put where it is used, or a fold.
//!
//! Axes of static size 1 never carry a loop, so operands lose them here. A fold over nothing but such
//! axes is no fold: it becomes an expression.

use tgc_graph::data::DataId;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{Affine, Contraction, Kernel, Leaf, LoopAxis, Reduction, View};
use tgc_graph::module::{Function, Module};
use tgc_graph::scalar::{Builder, Element, Lane, Program};

use super::LowerError;
use super::loops::{Index, Loop, Place, compose, flat, is_far};
use crate::plan::Fold;

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Definition {
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
    /// A fold.
    Fold(Box<FoldDefinition>),
}

/// Memory that exists before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Input(usize),
    State(usize),
    Constant(DataId),
}

/// An operand with, for each of its axes, where along it the axes (or loops) of the user are.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub node: NodeId,
    pub axes: Vec<Affine>,
}

/// A fold. Loops are the result's axes, then `sums`.
#[derive(Clone, Debug)]
pub(super) struct FoldDefinition {
    /// What it reads; axes are loops.
    pub operands: Vec<Operand>,
    /// (operands' elements) → values of the step; with `indexed`, after them the row-major position along `sums`.
    pub program: Program,
    pub indexed: bool,
    /// How values are folded; programs not yet expanded.
    pub fold: Fold,
    /// (accumulators) → result element.
    pub finish: Program,
    /// Extents of the summed loops.
    pub sums: Vec<Dim>,
}

impl FoldDefinition {
    /// Whether the only accumulator is the result.
    pub(super) fn is_finished(&self) -> bool {
        self.fold.accumulators.len() == 1 && self.finish == Program::identity(self.fold.accumulators[0])
    }
}

impl FoldDefinition {
    /// The same fold with the axes of its result where `axes` says, in a result of this rank.
    fn turned(&self, axes: &[Option<usize>], rank: usize) -> FoldDefinition {
        let turn = |l: usize| if l < axes.len() { axes[l] } else { Some(l - axes.len() + rank) };
        let mut turned = self.clone();
        for axis in turned.operands.iter_mut().flat_map(|o| &mut o.axes) {
            axis.terms = std::mem::take(&mut axis.terms)
                .into_iter()
                .filter_map(|(l, stride)| Some((turn(l)?, stride)))
                .collect();
            axis.terms.sort();
        }
        turned
    }

    /// How many accesses are strided along the best loop to run innermost.
    fn least_strided(&self, graph: &Graph, result: &[Dim]) -> usize {
        let loops = result.iter().chain(&self.sums);
        let all: Index = (0..result.len() + self.sums.len()).map(|l| Place::of(Loop::new(l))).collect();
        let operands = self.operands.iter().map(|o| flat(&graph.ty(o.node).shape, &compose(&all, &o.axes)));
        let accesses: Vec<Place> = operands.chain([flat(result, &all)]).collect();
        let strided = |l: usize| accesses.iter().filter(|a| is_far(&a.stride(Loop::new(l)))).count();
        loops.enumerate().filter(|(_, extent)| !extent.is_one()).map(|(l, _)| strided(l)).min().unwrap_or(0)
    }
}

/// The definitions of all nodes of a function.
pub(super) fn definitions(module: &Module, function: &Function) -> Result<Vec<Definition>, LowerError> {
    let graph = &function.graph;
    let live = graph.reachable(&function.roots());
    let mut definitions: Vec<Definition> = graph
        .ids()
        .map(|id| if live[id.index()] { define(module, function, id) } else { Ok(Definition::Dead) })
        .collect::<Result<_, _>>()?;
    absorb_views(function, &mut definitions);
    Ok(definitions)
}

/// Lets a fold whose only user turns its axes write them in the turned order.
fn absorb_views(function: &Function, definitions: &mut [Definition]) {
    let graph = &function.graph;
    let mut users = vec![0; graph.len()];
    let operands = definitions.iter().flat_map(Definition::operands).map(|o| o.node);
    for node in operands.chain(function.roots()) {
        users[node.index()] += 1;
    }
    for id in graph.ids() {
        let Definition::Inline { program: None, operands } = &definitions[id.index()] else { continue };
        let Operand { node, axes } = operands[0].clone();
        let Definition::Fold(fold) = &definitions[node.index()] else { continue };
        let Some(axes) = plain(&axes) else { continue };
        let (from, to) = (&graph.ty(node).shape, &graph.ty(id).shape);
        let turned = fold.turned(&axes, to.len());
        let keeps_axes = (0..to.len()).all(|axis| to[axis].is_one() || axes.contains(&Some(axis)));
        let stays_near = turned.least_strided(graph, to) <= fold.least_strided(graph, from);
        if users[node.index()] == 1 && keeps_axes && stays_near {
            definitions[id.index()] = Definition::Fold(Box::new(turned));
            definitions[node.index()] = Definition::Dead;
        }
    }
}

impl Definition {
    /// The fold, if it is one.
    pub(super) fn as_fold(&self) -> Option<&FoldDefinition> {
        if let Definition::Fold(fold) = self { Some(fold) } else { None }
    }

    /// What it is computed from.
    pub(super) fn operands(&self) -> &[Operand] {
        match self {
            Definition::Inline { operands, .. } => operands,
            Definition::Fold(fold) => &fold.operands,
            Definition::Dead
            | Definition::Source(_)
            | Definition::Splat(_)
            | Definition::Size(_)
            | Definition::Iota => &[],
        }
    }
}

/// The axis that runs along each axis, if all of them are whole steps from the first element on.
fn plain(axes: &[Affine]) -> Option<Vec<Option<usize>>> {
    axes.iter().map(|axis| if axis.is_zero() { Some(None) } else { axis.as_axis().map(Some) }).collect()
}

/// What is said of an operation that the evaluator knows and the lowering does not.
const NOT_YET: &str = "cannot be compiled by this version; the reference evaluator computes it";

fn define(module: &Module, function: &Function, id: NodeId) -> Result<Definition, LowerError> {
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
                graph.operands(id).iter().map(|o| operand(graph, *o, (0..rank).map(Affine::axis))).collect();
            Definition::Inline { program: Some(program), operands }
        }
        Kernel::View(View { operand: viewed, axes }) => {
            let operands = vec![operand(graph, graph.operands(id)[viewed], axes.into_iter())];
            Definition::Inline { program: None, operands }
        }
        Kernel::Reduce(reduction) => define_reduction(graph, id, &reduction),
        Kernel::Contract(contraction) => define_contraction(graph, id, &contraction),
        Kernel::Reshape
        | Kernel::Concatenate(_)
        | Kernel::Gather(_)
        | Kernel::Scatter(_)
        | Kernel::Prefix(_) => return Err(error(NOT_YET)),
        Kernel::Deferred => return Err(error("has no kernel; expand and differentiate it first")),
    })
}

/// An operand; axes of static size 1 stay at 0.
fn operand(graph: &Graph, node: NodeId, axes: impl Iterator<Item = Affine>) -> Operand {
    let shape = &graph.ty(node).shape;
    let stay = |(axis, size): (Affine, &Dim)| if size.is_one() { Affine::fixed(Dim::Const(0)) } else { axis };
    Operand { node, axes: axes.zip(shape).map(stay).collect() }
}

fn define_reduction(graph: &Graph, id: NodeId, reduction: &Reduction) -> Definition {
    let node = graph.operands(id)[0];
    let shape = &graph.ty(node).shape;
    let rank = graph.ty(id).rank();
    let mut kept = 0..;
    let axes = (0..shape.len()).map(|axis| match reduction.axes.iter().position(|a| *a == axis) {
        Some(sum) => Affine::axis(rank + sum),
        None => Affine::axis(kept.next().expect("invariant: an endless range")),
    });
    fold_or_expression(FoldDefinition {
        operands: vec![operand(graph, node, axes)],
        program: reduction.prepare.clone(),
        indexed: reduction.indexed,
        fold: Fold {
            accumulators: reduction.accumulators.clone(),
            init: reduction.init.clone(),
            step: reduction.step.clone(),
            merge: reduction.merge.clone(),
        },
        finish: reduction.finish.clone(),
        sums: reduction.axes.iter().map(|axis| shape[*axis].clone()).collect(),
    })
}

fn define_contraction(graph: &Graph, id: NodeId, contraction: &Contraction) -> Definition {
    let (left, right) = (graph.operands(id)[0], graph.operands(id)[1]);
    let rank = graph.ty(id).rank();
    let side = |node, loops: &[LoopAxis]| {
        let axes = loops.iter().map(|l| match l {
            LoopAxis::Result(axis) => Affine::axis(*axis),
            LoopAxis::Sum(sum) => Affine::axis(rank + sum),
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
    fold_or_expression(FoldDefinition {
        operands: vec![side(left, &contraction.left), side(right, &contraction.right)],
        indexed: false,
        program: operand_casts([graph.ty(left).dtype, graph.ty(right).dtype], dtype, accumulator),
        fold: product_sum(accumulator),
        finish: cast_program(accumulator, dtype),
        sums: (0..contraction.sums).map(extent).collect(),
    })
}

/// (left, right) → both promoted, in the accumulator's type.
fn operand_casts(from: [DType; 2], dtype: DType, accumulator: DType) -> Program {
    let mut b = Builder::new(&from);
    let results = (0..2)
        .map(|i| {
            let x = b.param(i);
            let promoted = b.cast(x, dtype);
            b.cast(promoted, accumulator)
        })
        .collect();
    b.finish(results)
}

fn cast_program(from: DType, to: DType) -> Program {
    let mut b = Builder::new(&[from]);
    let x = b.param(0);
    let y = b.cast(x, to);
    b.finish(vec![y])
}

/// acc + a*b, rounded once for real floats.
fn product_sum(dtype: DType) -> Fold {
    let mut b = Builder::new(&[dtype; 3]);
    let (acc, x, y) = (b.param(0), b.param(1), b.param(2));
    let stepped = match dtype.lane() {
        Lane::F32 | Lane::F64 if dtype.parts() == 1 => Element::real(dtype, b.fma(x.re(), y.re(), acc.re())),
        _ => {
            let term = b.mul(x, y);
            b.add(acc, term)
        }
    };
    let step = b.finish(vec![stepped]);
    let mut b = Builder::new(&[dtype; 2]);
    let (x, y) = (b.param(0), b.param(1));
    let sum = b.add(x, y);
    let merge = b.finish(vec![sum]);
    Fold { accumulators: vec![dtype], init: vec![[0, 0]], step, merge }
}

fn fold_or_expression(fold: FoldDefinition) -> Definition {
    if !fold.sums.iter().all(Dim::is_one) {
        return Definition::Fold(Box::new(fold));
    }
    let mut b = Builder::new(&fold.program.params[..fold.operands.len()]);
    let mut params: Vec<Element> = (0..fold.operands.len()).map(|i| b.param(i)).collect();
    if fold.indexed {
        params.push(constant(&mut b, DType::I64, [0, 0]));
    }
    let values = b.inline(&fold.program, &params);
    let mut arguments: Vec<Element> = fold
        .fold
        .accumulators
        .iter()
        .zip(&fold.fold.init)
        .map(|(d, bits)| constant(&mut b, *d, *bits))
        .collect();
    arguments.extend(values);
    let stepped = b.inline(&fold.fold.step, &arguments);
    let finished = b.inline(&fold.finish, &stepped);
    Definition::Inline { program: Some(b.finish(finished)), operands: fold.operands }
}

/// An element by its bits.
pub(super) fn constant(b: &mut Builder, dtype: DType, parts: [u64; 2]) -> Element {
    let re = b.bits(dtype.lane(), parts[0]);
    match dtype.parts() {
        1 => Element::real(dtype, re),
        _ => {
            let im = b.bits(dtype.lane(), parts[1]);
            Element::complex(dtype, re, im)
        }
    }
}
