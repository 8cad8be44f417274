//! From where a cotangent arrives at a node to where it arrives at the node's operands: by the kernel's
//! classes.
//!
//! What is not known to be a simple move of axes and slices goes as ones through the gradient of the
//! operation, which moves elements and adds them up.

use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::kernel::{Affine, Coordinate, Kernel, LoopAxis, Scan, View};
use crate::ops::{Any, Cumsum, Fill, Gt, Op, Vjp, Zero};

use crate::support::{self, Branch, Condition, Factor, Part, Places, Slice, Support};

/// A node's operand, and the support of the node's cotangent on the way to it.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub node: NodeId,
    pub operand: usize,
    pub kernel: &'a Kernel,
}

impl Step<'_> {
    /// Where anything arrives at the operand.
    pub fn support(self, graph: &mut Graph, support: &Support) -> Support {
        let mut parts: Vec<Part> = vec![];
        for part in support.parts() {
            parts.extend(self.part(graph, part));
        }
        Support::of(parts, graph)
    }

    /// A part moved; none if it leaves nothing.
    fn part(self, graph: &mut Graph, part: Part) -> Option<Part> {
        let axes: Vec<Option<usize>> = match self.kernel {
            Kernel::Map(_) => self.stretched_axes(graph),
            Kernel::Reduce(reduction) => {
                let rank = self.shape(graph).len();
                (0..rank).filter(|axis| !reduction.axes.contains(axis)).map(Some).collect()
            }
            Kernel::View(view) => return Some(self.through_view(graph, view, part)),
            Kernel::Concatenate(axis) => return self.through_join(graph, *axis, part),
            Kernel::Reshape => return Some(self.marked(graph, part)),
            Kernel::Gather(_) => return Some(self.through_gather(graph, part)),
            Kernel::Scatter(scatter) => {
                let data = self.operand == 0;
                return match (data, scatter.add) {
                    (true, true) => Some(part),
                    (true, false) => self.kept(graph, &scatter.coordinates, part),
                    (false, _) => Some(self.marked(graph, part)),
                };
            }
            Kernel::Scan(scan) => return Some(self.through_running(graph, scan, numbers_apart(part))),
            Kernel::Contract(contraction) => {
                let loops = if self.operand == 0 { &contraction.left } else { &contraction.right };
                let place = |axis| loops.iter().position(|of| *of == LoopAxis::Result(axis));
                let axes: Vec<_> = (0..graph.ty(self.node).rank()).map(place).collect();
                return Some(self.renamed(graph, numbers_apart(part), &axes));
            }
            // An element of a row may come to stand anywhere in it.
            Kernel::Routine(_) => {
                let last = graph.ty(self.node).rank() - 1;
                (0..last).map(Some).chain([None]).collect()
            }
            Kernel::Leaf(_) | Kernel::Composite => return Some(vec![]),
        };
        Some(self.renamed(graph, part, &axes))
    }

    fn shape(self, graph: &Graph) -> Vec<Dim> {
        graph.ty(graph.operands(self.node)[self.operand]).shape.clone()
    }

    /// The node's axes, but those along which the operand is stretched.
    fn stretched_axes(self, graph: &Graph) -> Vec<Option<usize>> {
        let (from, to) = (&graph.ty(self.node).shape, self.shape(graph));
        (0..to.len()).map(|axis| (from[axis] == to[axis]).then_some(axis)).collect()
    }

    /// A part with the node's axes called as the operand's; where one is none of the operand's, anything
    /// along it counts.
    fn renamed(self, graph: &mut Graph, part: Part, axes: &[Option<usize>]) -> Part {
        let (shape, rank) = (graph.ty(self.node).shape.clone(), self.shape(graph).len());
        let reduces = |axis: usize| axes[axis].is_none();
        let reduced = |graph: &Graph, factor: &Factor| {
            (0..shape.len()).any(|a| reduces(a) && depends(graph, factor, a))
        };
        let (mut together, mut apart): (Part, Part) =
            part.into_iter().partition(|factor| reduced(graph, factor));
        // What two factors say of an axis that is reduced is true at one place of it.
        if together.len() > 1 && !together.iter().all(|factor| matches!(factor, Factor::Slice(_))) {
            let by_value = together.iter().any(Factor::is_by_value);
            let mask = support::mask(graph, &together, &shape);
            together = vec![Factor::marked(mask, by_value)];
        }
        together.append(&mut apart);
        together.into_iter().filter_map(|factor| renamed(graph, factor, &shape, axes, rank)).collect()
    }

    fn through_view(self, graph: &mut Graph, view: &View, part: Part) -> Part {
        let (shape, own) = (graph.ty(self.node).shape.clone(), self.shape(graph));
        let mut axes: Vec<Option<usize>> = vec![None; shape.len()];
        let mut slices: Vec<Slice> = vec![];
        for (axis, map) in view.axes.iter().enumerate() {
            match map.terms.as_slice() {
                [] if own[axis].is_one() => {}
                [] => slices.push(Slice {
                    axis,
                    size: own[axis].clone(),
                    start: map.offset.clone(),
                    stop: &map.offset + &Dim::Const(1),
                    step: 1,
                }),
                [(along, _)] if axes[*along].is_none() => {
                    axes[*along] = Some(axis);
                    let is_same = map.as_axis().is_some() && own[axis] == shape[*along];
                    match placed(graph, &part, *along, map, &shape, &own[axis], axis) {
                        _ if is_same => {}
                        Some(slice) => slices.push(slice),
                        None => return self.marked(graph, part),
                    }
                }
                _ => return self.marked(graph, part),
            }
        }
        // What was a slice along a moved axis is in the slice of the operand.
        let moved =
            |axis: usize| axes[axis].is_some_and(|axis| slices.iter().any(|slice| slice.axis == axis));
        let rest =
            part.into_iter().filter(|f| !matches!(f, Factor::Slice(slice) if moved(slice.axis))).collect();
        let mut rest = self.renamed(graph, rest, &axes);
        rest.extend(slices.into_iter().filter(|slice| !slice.is_all()).map(Factor::Slice));
        rest
    }

    fn through_join(self, graph: &mut Graph, axis: usize, part: Part) -> Option<Part> {
        let operands = graph.operands(self.node)[..self.operand].to_vec();
        let first = operands.iter().fold(Dim::Const(0), |sum, o| &sum + &graph.ty(*o).shape[axis]);
        let size = self.shape(graph)[axis].clone();
        let mut moved = vec![];
        for factor in &part {
            match factor {
                factor if !depends(graph, factor, axis) => moved.push(factor.clone()),
                Factor::Slice(slice) => match slice.in_part(&first, &size, &graph.scope.symbols) {
                    Some(slice) if slice.is_all() => {}
                    Some(slice) if slice.is_empty(&graph.scope.symbols) => return None,
                    Some(slice) => moved.push(Factor::Slice(slice)),
                    None => return Some(self.marked(graph, part)),
                },
                Factor::Places(_) | Factor::Holds(_) => return Some(self.marked(graph, part)),
            }
        }
        Some(moved)
    }

    fn through_gather(self, graph: &mut Graph, part: Part) -> Part {
        let Op::Gather(gather) = graph.op(self.node).clone() else { return vec![] };
        let (shape, rank) = (self.shape(graph), graph.ty(self.node).rank());
        let index: Vec<NodeId> = graph.operands(self.node)[1..].to_vec();
        let placed = rank + gather.axes.len() - shape.len();
        let indexed = gather.at..gather.at + placed;
        let stretched = (0..gather.batch).any(|axis| shape[axis] != graph.ty(self.node).shape[axis]);
        let touched = part.iter().any(|factor| {
            let by_index = indexed.clone().any(|axis| depends(graph, factor, axis));
            by_index || matches!(factor, Factor::Places(_))
        });
        if touched || stretched {
            return self.marked(graph, part);
        }
        let mut others = (gather.batch..shape.len()).filter(|axis| !gather.axes.contains(axis));
        let axes: Vec<Option<usize>> = (0..rank)
            .map(|axis| match axis {
                _ if axis < gather.batch => Some(axis),
                _ if indexed.contains(&axis) => None,
                _ => others.next(),
            })
            .collect();
        let mut part = self.renamed(graph, part, &axes);
        let places = Places::of(&gather, &index);
        if !places.is_all(graph, &shape) {
            part.push(Factor::Places(places));
        }
        part
    }

    /// What a scatter that sets leaves of the data.
    fn kept(self, graph: &mut Graph, coordinates: &[Coordinate], mut part: Part) -> Option<Part> {
        let shape = self.shape(graph);
        let updates = *graph.operands(self.node).last().expect("invariant: a scatter has updates");
        if let Some(set) = single_slice(coordinates, &shape, &graph.ty(updates).shape) {
            let axis = set.axis;
            if set.is_all() {
                return None;
            }
            let at =
                part.iter().position(|factor| matches!(factor, Factor::Slice(slice) if slice.axis == axis));
            let before = match at.map(|at| &part[at]) {
                Some(Factor::Slice(slice)) => slice.clone(),
                Some(_) | None => Slice::all(axis, shape[axis].clone()),
            };
            if let Some(rest) = before.without(&set) {
                match at {
                    Some(at) => part[at] = Factor::Slice(rest.clone()),
                    None => part.push(Factor::Slice(rest.clone())),
                }
                return (!rest.is_empty(&graph.scope.symbols)).then_some(part);
            }
        }
        let node = graph.node(self.node).clone();
        let mut operands = node.operands.to_vec();
        let last = operands.len() - 1;
        operands[0] = zeros(graph, operands[0]);
        operands[last] = ones(graph, operands[last]);
        let set = graph.op_node(node.op, &operands);
        part.push(Factor::Holds(Condition { node: set, branch: Branch::Second, by_value: false }));
        Some(part)
    }

    /// A scan takes each element on to all that follow.
    fn through_running(self, graph: &mut Graph, scan: &Scan, part: Part) -> Part {
        let shape = self.shape(graph);
        let axis = scan.axis;
        if let [Factor::Slice(slice)] = &part[..]
            && slice.axis == axis
        {
            let (start, stop) = match scan.reverse {
                false => (Dim::Const(0), slice.stop.clone()),
                true => (slice.start.clone(), slice.size.clone()),
            };
            let reached = Slice { start, stop, step: 1, ..slice.clone() };
            return if reached.is_all() { vec![] } else { vec![Factor::Slice(reached)] };
        }
        if part.iter().all(|factor| !depends(graph, factor, axis)) {
            return part;
        }
        let mask = support::mask(graph, &part, &shape);
        let marks = full(graph, mask, &shape);
        let marks = graph.cast(marks, DType::I64);
        let count = graph.op_node(Cumsum { axis, reverse: !scan.reverse, exclusive: false }, &[marks]);
        vec![Factor::marked(count, false)]
    }

    /// Where the gradient of ones is not 0.
    fn marked(self, graph: &mut Graph, part: Part) -> Part {
        if part.is_empty() && matches!(self.kernel, Kernel::Reshape) {
            return part;
        }
        let by_value = part.iter().any(Factor::is_by_value);
        let node = graph.node(self.node).clone();
        let mask = support::mask(graph, &part, &node.ty.shape);
        let marks = full(graph, mask, &node.ty.shape);
        let cotangent = graph.cast(marks, DType::F32);
        let float = |graph: &mut Graph, operand: &NodeId| match graph.ty(*operand).dtype.is_differentiable() {
            true => zeros(graph, *operand),
            false => *operand,
        };
        let operands: Vec<NodeId> = node.operands.iter().map(|operand| float(graph, operand)).collect();
        let result = zeros(graph, self.node);
        let vjp =
            Vjp { operands: &operands, result, cotangent, support: &Support::EVERYWHERE, is_plain: true };
        let counts = node.op.definition().gradient(graph, &vjp);
        let count = counts[self.operand].expect("invariant: moves have gradients");
        vec![Factor::marked(count, by_value)]
    }
}

/// A part without what values chose: through sums of products a zero that a `switch` made is a number.
fn numbers_apart(part: Part) -> Part {
    part.into_iter().filter(|factor| !factor.is_by_value()).collect()
}

/// The slice of an operand's axis that an affine map takes a part to.
fn placed(
    graph: &Graph,
    part: &Part,
    along: usize,
    map: &Affine,
    shape: &[Dim],
    size: &Dim,
    axis: usize,
) -> Option<Slice> {
    let mut slice = Slice::all(along, shape[along].clone());
    for factor in part.iter().filter(|factor| depends(graph, factor, along)) {
        match factor {
            Factor::Slice(own) => slice = own.clone(),
            Factor::Places(_) | Factor::Holds(_) => return None,
        }
    }
    slice.moved(map, axis, size)
}

/// The slice that a scatter sets, if it sets all along all other axes.
fn single_slice(coordinates: &[Coordinate], shape: &[Dim], updates: &[Dim]) -> Option<Slice> {
    let mut found = None;
    for (axis, (coordinate, size)) in coordinates.iter().zip(shape).enumerate() {
        let Coordinate::Affine(map) = coordinate else { return None };
        let slice = match map.terms.as_slice() {
            [] => {
                let stop = &map.offset + &Dim::Const(1);
                Slice { axis, size: size.clone(), start: map.offset.clone(), stop, step: 1 }
            }
            [(along, _)] => Slice::all(*along, updates[*along].clone()).moved(map, axis, size)?,
            _ => return None,
        };
        let shared = map.terms.iter().any(|(along, _)| {
            let uses = |c: &Coordinate| matches!(c, Coordinate::Affine(m) if m.terms.iter().any(|(a, _)| a == along));
            coordinates.iter().filter(|c| uses(c)).count() > 1
        });
        match (slice.is_all(), &found) {
            _ if shared => return None,
            (true, _) => {}
            (false, None) => found = Some(slice),
            (false, Some(_)) => return None,
        }
    }
    found.or_else(|| Some(Slice::all(0, shape.first()?.clone())))
}

/// Whether a factor tells places along an axis apart.
fn depends(graph: &Graph, factor: &Factor, axis: usize) -> bool {
    match factor {
        Factor::Slice(slice) => slice.axis == axis,
        Factor::Places(places) => places.axes.contains(&axis),
        Factor::Holds(condition) => !graph.ty(condition.node).shape[axis].is_one(),
    }
}

/// A factor with its axes renamed; none if it holds everywhere then.
fn renamed(
    graph: &mut Graph,
    factor: Factor,
    shape: &[Dim],
    axes: &[Option<usize>],
    rank: usize,
) -> Option<Factor> {
    match factor {
        Factor::Slice(slice) => match axes[slice.axis] {
            Some(axis) => Some(Factor::Slice(Slice { axis, ..slice })),
            None if slice.is_nonempty(&graph.scope.symbols) => None,
            None => {
                let [extent, zero] = [slice.extent(), Dim::Const(0)].map(|s| support::size(graph, &s, rank));
                Some(Factor::marked(graph.op_node(Gt {}, &[extent, zero]), false))
            }
        },
        Factor::Places(places) => renamed_places(graph, places, shape, axes, rank),
        Factor::Holds(Condition { mut node, mut branch, by_value }) => {
            let reduced: Vec<usize> = (0..axes.len())
                .filter(|a| axes[*a].is_none() && !graph.ty(node).shape[*a].is_one())
                .collect();
            if !reduced.is_empty() {
                let own = Factor::Holds(Condition { node, branch, by_value });
                let mask = support::mask(graph, &[own], shape);
                let any = graph.op_node(Any { axes: reduced.clone() }, &[mask]);
                let mut kept = 0..;
                let order =
                    (0..axes.len()).map(|a| if reduced.contains(&a) { None } else { kept.next() }).collect();
                (node, branch) = (graph.dimshuffle(any, order), Branch::First);
            }
            let order = (0..rank).map(|to| axes.iter().position(|axis| *axis == Some(to))).collect();
            let node = graph.dimshuffle(node, order);
            Some(Factor::Holds(Condition { node, branch, by_value }))
        }
    }
}

fn renamed_places(
    graph: &mut Graph,
    places: Places,
    shape: &[Dim],
    axes: &[Option<usize>],
    rank: usize,
) -> Option<Factor> {
    let (batch, indexed) = places.axes.split_at(places.batch);
    let kept: Vec<usize> = (0..indexed.len()).filter(|i| axes[indexed[*i]].is_some()).collect();
    let batch_stays = batch.iter().all(|axis| axes[*axis].is_some());
    if kept.len() == indexed.len() && batch_stays {
        let axes = places.axes.iter().filter_map(|axis| axes[*axis]).collect();
        return Some(Factor::Places(Places { axes, ..places }));
    }
    if places.is_nonempty(graph) && kept.is_empty() {
        return None;
    }
    if places.is_nonempty(graph) && batch_stays {
        let own = batch.iter().copied().chain(kept.iter().map(|i| indexed[*i])).collect();
        let index = kept.iter().map(|i| places.index[*i]).collect();
        let fewer = Places { axes: own, batch: places.batch, index };
        if fewer.is_all(graph, shape) {
            return None;
        }
        let axes = fewer.axes.iter().filter_map(|axis| axes[*axis]).collect();
        return Some(Factor::Places(Places { axes, ..fewer }));
    }
    let mask = support::mask(graph, &[Factor::Places(places)], shape);
    renamed(graph, Factor::marked(mask, false), shape, axes, rank)
}

/// A tensor stretched to a shape.
fn full(graph: &mut Graph, value: NodeId, shape: &[Dim]) -> NodeId {
    if graph.ty(value).shape == shape { value } else { graph.broadcast_to(value, shape.to_vec()) }
}

fn zeros(graph: &mut Graph, like: NodeId) -> NodeId {
    let shape = graph.ty(like).shape.clone();
    graph.op_node(Zero { dtype: DType::F32, shape }, &[])
}

fn ones(graph: &mut Graph, like: NodeId) -> NodeId {
    let zeros = zeros(graph, like);
    let one = graph.splat(DType::F32, graph.ty(like).rank(), 1.0);
    graph.op_node(Fill {}, &[zeros, one])
}
