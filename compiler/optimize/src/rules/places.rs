//! Parts, other shapes and joins: what only says where elements stand.
//!
//! Downhill: fewer nodes; then `subtensor` nearer to the leaves, so that nothing is computed of what no one
//! reads. It passes only values that nothing else uses: of a value that is needed whole, a part costs nothing
//! anew.

use tgc_graph::dim::Dim;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{Affine, Coordinate, Kernel};
use tgc_graph::limits::MAX_OPERANDS;
use tgc_graph::ops::{
    Add, Concatenate, Dimshuffle, Dot, Flip, IncSubtensor, Op, Reshape, SetSubtensor, Subtensor, Sum,
};

use crate::facts::{Class, class, is_zero};
use crate::rewrite::Rewriter;
use crate::rule::Contract::{Exact, Reassociates, Structural};
use crate::rule::{Roots, Rule};
use crate::rules::Group;
use crate::rules::structure::dimshuffle;

/// The group.
pub const GROUP: Group = Group {
    name: "places",
    doc: "Parts, shapes and joins: parts are taken early, and what ends up where it was is left there.",
    rules: RULES,
};

const RULES: &[Rule] = &[
    Rule::function(
        "reshape-same",
        Exact,
        "reshape(x) => x if it has the shape",
        Roots::Named(&["reshape"]),
        reshape_same,
        &["reshape{A,B}(x:[A,B])"],
    ),
    Rule::function(
        "reshape-reshape",
        Exact,
        "reshape(reshape(x)) => reshape(x)",
        Roots::Named(&["reshape"]),
        reshape_reshape,
        &["reshape{A,B*C}(reshape{A*B,C}(x:[A,B,C]))", "reshape{A,B}(reshape{A*B}(x:[A,B]))"],
    ),
    Rule::function(
        "reshape-ones",
        Exact,
        "reshape(x) => dimshuffle(x) if it only adds and drops axes of size 1",
        Roots::Named(&["reshape"]),
        reshape_ones,
        &["reshape{A,1,B}(x:[A,B])", "reshape{B,1}(x:[1,B])", "reshape{}(x:[1,1])"],
    ),
    Rule::function(
        "reshape-dimshuffle",
        Exact,
        "reshape(dimshuffle(x)) => reshape(x) if that only adds and drops axes of size 1",
        Roots::Named(&["reshape"]),
        reshape_dimshuffle,
        &["reshape{A*B}(dimshuffle{0,x,1}(x:[A,B]))"],
    ),
    Rule::function(
        "part-of-all",
        Exact,
        "subtensor(x), flip(x) => x if every element stays",
        Roots::Named(&["subtensor", "flip"]),
        part_of_all,
        &["subtensor{0,0;A,3;1,1}(x:[A,3])", "flip{}(x:[A])", "flip{1}(x:[A,1])"],
    ),
    Rule::function(
        "part-of-part",
        Exact,
        "subtensor or flip of one of them => one of them",
        Roots::Named(&["subtensor", "flip"]),
        part_of_part,
        &[
            "subtensor{1;3;1}(subtensor{2;6;1}(x:[7]))",
            "subtensor{1;2;0}(subtensor{0,1;A,2;1,0}(x:[A,3]))",
            "subtensor{0;3;-2}(subtensor{1;9;3}(x:[11]))",
            "flip{0}(flip{0,1}(x:[A,B]))",
            "flip{0}(subtensor{0,1;A,3;1,-1}(x:[A,5]))",
            "subtensor{0,1;A,2;-1,1}(flip{1}(x:[A,4]))",
        ],
    ),
    Rule::function(
        "part-of-elementwise",
        Exact,
        "subtensor(elementwise(x, …)) => elementwise(subtensor(x), …)",
        Roots::Named(&["subtensor"]),
        part_of_elementwise,
        &[
            "subtensor{1;2;0}(exp(x:[3]))",
            "subtensor{0,1;A,3;1,1}(x:[A,4] + y:[A,1])",
            "subtensor{0,1;A,2;-1,0}(cast{f64}(x:[A,3]))",
        ],
    ),
    Rule::function(
        "part-of-fill",
        Exact,
        "subtensor(fill(s, x)) => fill(zero, subtensor(x))",
        Roots::Named(&["subtensor"]),
        part_of_fill,
        &["subtensor{0,1;A,2;1,0}(fill(s:[A,3], x:[A,1]))", "subtensor{0,1;2,3;1,1}(fill(s:[3,4], x:[1,4]))"],
    ),
    Rule::function(
        "part-of-dimshuffle",
        Exact,
        "subtensor(dimshuffle(x)) => dimshuffle(subtensor(x))",
        Roots::Named(&["subtensor"]),
        part_of_dimshuffle,
        &[
            "subtensor{1,0;2,A;0,1}(dimshuffle{1,0}(x:[A,3]))",
            "subtensor{0,1,0;1,3,A;0,1,-1}(dimshuffle{x,1,0}(x:[A,4]))",
        ],
    ),
    Rule::function(
        "part-of-sum",
        Reassociates,
        "subtensor(sum(x)) => sum(subtensor(x))",
        Roots::Named(&["subtensor"]),
        part_of_sum,
        &["subtensor{1;2;0}(sum{0}(x:i32[A,3]))", "subtensor{0;2;1}(sum{1}(x:[3,B]))"],
    ),
    Rule::function(
        "part-of-dot",
        Reassociates,
        "subtensor(dot(x, y)) => dot(subtensor(x), subtensor(y))",
        Roots::Named(&["subtensor"]),
        part_of_dot,
        &[
            "subtensor{1,0;2,C;0,1}(dot{0;1;0}(x:[3,B], y:[B,C]))",
            "subtensor{0,1;A,2;1,0}(dot{0;1;0}(x:[A,B], y:[B,3]))",
            "subtensor{1,0,0;2,A,2;0,1,1}(dot{1;2;1}(x:[3,A,B], y:[3,B,4]))",
        ],
    ),
    Rule::function(
        "part-of-concatenate",
        Exact,
        "subtensor(concatenate(x, y, …)) => subtensor(y) if it lies within y",
        Roots::Named(&["subtensor"]),
        part_of_concatenate,
        &[
            "subtensor{4;5;0}(concatenate{0;2}(x:[3], y:[2]))",
            "subtensor{0,0;2,A;1,1}(concatenate{0;2}(x:[3,A], y:[B,A]))",
            "subtensor{3,0;5,A;-1,1}(concatenate{0;3}(x:[1,A], y:[4,A], z:[B,A]))",
        ],
    ),
    Rule::function(
        "part-of-set",
        Exact,
        "subtensor(set_subtensor(x, y)) => y if both are of the same places",
        Roots::Named(&["subtensor"]),
        part_of_set,
        &["subtensor{1,0;2,A;0,1}(set_subtensor{1,0;2,A;0,1}(x:[3,A], y:[A]))"],
    ),
    Rule::function(
        "set-all",
        Exact,
        "set_subtensor(x, y) => y, inc_subtensor(x, y) => x + y if every element is meant",
        Roots::Named(&["set_subtensor", "inc_subtensor"]),
        set_all,
        &["set_subtensor{0;A;1}(x:[A], y:[A])", "inc_subtensor{0,0;A,3;1,1}(x:[A,3], y:[A,3])"],
    ),
    Rule::function(
        "inc-of-zero",
        Structural,
        "inc_subtensor(zero, x) => set_subtensor(zero, x)",
        Roots::Named(&["inc_subtensor"]),
        inc_of_zero,
        &["inc_subtensor{1;3;1}(zero{4}, x:[2])"],
    ),
    Rule::function(
        "concatenate-one",
        Exact,
        "concatenate(x) => x",
        Roots::Named(&["concatenate"]),
        concatenate_one,
        &["concatenate{0;1}(x:[A,B])"],
    ),
    Rule::function(
        "concatenate-empty",
        Exact,
        "concatenate(…, x, …) => concatenate(…, …) if x has no elements",
        Roots::Named(&["concatenate"]),
        concatenate_empty,
        &["concatenate{1;3}(x:[A,B], y:[A,0], z:[A,C])"],
    ),
    Rule::function(
        "concatenate-concatenate",
        Exact,
        "concatenate(concatenate(x, y), z) => concatenate(x, y, z) along one axis",
        Roots::Named(&["concatenate"]),
        concatenate_concatenate,
        &["concatenate{0;2}(concatenate{0;2}(x:[A], y:[B]), z:[C])"],
    ),
];

fn reshape_same(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let operand = rewriter.graph().operands(id)[0];
    (rewriter.graph().ty(operand) == rewriter.graph().ty(id)).then_some(operand)
}

fn reshape_reshape(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let middle = graph.operands(id)[0];
    let Op::Reshape(_) = graph.op(middle) else { return None };
    let (x, shape) = (graph.operands(middle)[0], graph.ty(id).shape.clone());
    rewriter.add(Reshape { shape }, &[x])
}

fn reshape_ones(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let x = graph.operands(id)[0];
    let (from, to) = (&graph.ty(x).shape, &graph.ty(id).shape);
    let mut kept = (0..from.len()).filter(|axis| !from[*axis].is_one());
    let order: Option<Vec<Option<usize>>> = to
        .iter()
        .map(|size| match size.is_one() {
            true => Some(None),
            false => kept.next().filter(|axis| from[*axis] == *size).map(Some),
        })
        .collect();
    let order = order.filter(|_| kept.next().is_none())?;
    rewriter.add(Dimshuffle { order }, &[x])
}

fn reshape_dimshuffle(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (order, x) = dimshuffle(rewriter, rewriter.graph().operands(id)[0])?;
    let from = &rewriter.graph().ty(x).shape;
    let moved: Vec<usize> = order.into_iter().flatten().filter(|axis| !from[*axis].is_one()).collect();
    let shape = rewriter.graph().ty(id).shape.clone();
    if moved.windows(2).all(|pair| pair[0] < pair[1]) { rewriter.add(Reshape { shape }, &[x]) } else { None }
}

/// Where along each axis of its operand an element of a `subtensor` or `flip` is.
fn places(graph: &Graph, id: NodeId) -> Option<Vec<Affine>> {
    match (graph.op(id), graph.kernel(id)) {
        (Op::Subtensor(_) | Op::Flip(_), Kernel::View(view)) => Some(view.axes),
        _ => None,
    }
}

/// The places and operand of a `subtensor`; `None` if something else uses the operand.
fn part(rewriter: &Rewriter<'_>, id: NodeId) -> Option<(Subtensor, NodeId)> {
    let Op::Subtensor(part) = rewriter.graph().op(id) else { return None };
    let operand = rewriter.graph().operands(id)[0];
    (!rewriter.is_shared(operand)).then(|| (part.clone(), operand))
}

/// Every element of a shape.
fn all_of(shape: &[Dim]) -> Subtensor {
    Subtensor { starts: vec![0.into(); shape.len()], stops: shape.to_vec(), steps: vec![1; shape.len()] }
}

/// How many axes before this one a part lacks.
fn dropped(part: &Subtensor, axis: usize) -> usize {
    part.steps[..axis].iter().filter(|step| **step == 0).count()
}

/// The elements of `x` at these places, as the simplest operation that selects them into this shape.
fn select(rewriter: &mut Rewriter<'_>, x: NodeId, places: &[Affine], shape: &[Dim]) -> Option<NodeId> {
    let from = rewriter.graph().ty(x).shape.clone();
    if from == shape && places.iter().enumerate().all(|(axis, place)| stays(place, axis, &from)) {
        return Some(x);
    }
    let reversed = |axis: usize| {
        let last = &from[axis] - &Dim::Const(1);
        places[axis] == Affine { offset: last, terms: vec![(axis, Dim::Const(-1))] }
    };
    if from == shape && (0..from.len()).all(|axis| stays(&places[axis], axis, &from) || reversed(axis)) {
        let axes = (0..from.len()).filter(|axis| !stays(&places[*axis], *axis, &from)).collect();
        return rewriter.add(Flip { axes }, &[x]);
    }
    let mut part = Subtensor { starts: vec![], stops: vec![], steps: vec![] };
    let mut next = 0;
    for place in places {
        let (start, stop, step) = match place.terms.as_slice() {
            [] => (place.offset.clone(), &place.offset + &Dim::Const(1), 0),
            [(axis, step)] if *axis == next => {
                next += 1;
                let (start, stop) = range(place, step.as_const()?, &shape[*axis])?;
                (start, stop, step.as_const()?)
            }
            _ => return None,
        };
        part.starts.push(start);
        part.stops.push(stop);
        part.steps.push(step);
    }
    if next == shape.len() { rewriter.add(part, &[x]) } else { None }
}

/// The axis keeps its place, or has only one.
fn stays(place: &Affine, axis: usize, from: &[Dim]) -> bool {
    place.as_axis() == Some(axis) || from[axis].is_one() && place.terms.len() == 1
}

/// From the first index to after the last that `count` steps from a place on visit.
fn range(place: &Affine, step: i64, count: &Dim) -> Option<(Dim, Dim)> {
    let one = Dim::Const(1);
    let span = match (step, count.as_const()) {
        (_, Some(0)) => return Some((Dim::Const(0), Dim::Const(0))),
        (_, Some(n)) => Dim::Const(step.unsigned_abs().checked_mul(n as u64 - 1)?.try_into().ok()?),
        (1 | -1, None) => count - &one,
        (_, None) => return None,
    };
    Some(match step > 0 {
        true => (place.offset.clone(), &(&place.offset + &span) + &one),
        false => (&place.offset - &span, &place.offset + &one),
    })
}

fn part_of_all(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let (places, x) = (places(graph, id)?, graph.operands(id)[0]);
    let from = &graph.ty(x).shape;
    let all = graph.ty(id).shape == *from;
    (all && places.iter().enumerate().all(|(axis, place)| stays(place, axis, from))).then_some(x)
}

fn part_of_part(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let middle = graph.operands(id)[0];
    let (outer, inner) = (places(graph, id)?, places(graph, middle)?);
    let composed = inner.iter().map(|place| match place.terms.as_slice() {
        [(axis, stride)] => {
            let through = &outer[*axis];
            let terms = through.terms.iter().map(|(axis, step)| (*axis, step * stride)).collect();
            Affine { offset: &place.offset + &(&through.offset * stride), terms }
        }
        _ => place.clone(),
    });
    let composed: Vec<Affine> = composed.collect();
    let (x, shape) = (graph.operands(middle)[0], graph.ty(id).shape.clone());
    select(rewriter, x, &composed, &shape)
}

/// The same part of an operand that may be stretched to the shape that it is a part of.
fn part_of_stretched(part: &Subtensor, from: &[Dim], whole: &[Dim]) -> Subtensor {
    let mut part = part.clone();
    for axis in (0..from.len()).filter(|axis| from[*axis].is_one() && !whole[*axis].is_one()) {
        (part.starts[axis], part.stops[axis]) = (Dim::Const(0), Dim::Const(1));
        part.steps[axis] = part.steps[axis].abs().min(1);
    }
    part
}

fn part_of_elementwise(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (part, whole) = part(rewriter, id)?;
    let graph = rewriter.graph();
    if !matches!(class(graph, whole), Class::Elementwise | Class::Cast) {
        return None;
    }
    let node = graph.node(whole).clone();
    let operands: Option<Vec<NodeId>> = node
        .operands
        .iter()
        .map(|operand| {
            let own = part_of_stretched(&part, &rewriter.graph().ty(*operand).shape, &node.ty.shape);
            rewriter.add(own, &[*operand])
        })
        .collect();
    rewriter.add(node.op, &operands?)
}

fn part_of_fill(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let (Op::Subtensor(part), whole) = (graph.op(id), graph.operands(id)[0]) else { return None };
    let Op::Fill(_) = graph.op(whole) else { return None };
    let value = graph.operands(whole)[1];
    let own = part_of_stretched(part, &graph.ty(value).shape, &graph.ty(whole).shape);
    rewriter.add(own, &[value])
}

fn part_of_dimshuffle(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (part, whole) = part(rewriter, id)?;
    let (order, x) = dimshuffle(rewriter, whole)?;
    let shape = &rewriter.graph().ty(x).shape;
    let mut own = all_of(shape);
    for (axis, from) in order.iter().enumerate() {
        match from {
            Some(from) => {
                own.starts[*from] = part.starts[axis].clone();
                own.stops[*from] = part.stops[axis].clone();
                own.steps[*from] = part.steps[axis];
            }
            // Nothing of an axis that the operand lacks cannot be had from the operand.
            None if part.steps[axis] != 0 && part.starts[axis] != Dim::Const(0) => return None,
            None if part.steps[axis] != 0 && part.stops[axis] == Dim::Const(0) => return None,
            None => {}
        }
    }
    let kept = (0..order.len()).filter(|axis| part.steps[*axis] != 0);
    let order = kept.map(|axis| order[axis].map(|from| from - dropped(&own, from))).collect();
    let selected = rewriter.add(own, &[x])?;
    rewriter.add(Dimshuffle { order }, &[selected])
}

fn part_of_sum(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (mut part, whole) = part(rewriter, id)?;
    let graph = rewriter.graph();
    let Op::Sum(sum) = graph.op(whole) else { return None };
    let (axes, x) = (sum.axes.clone(), graph.operands(whole)[0]);
    for axis in &axes {
        part.starts.insert(*axis, Dim::Const(0));
        part.stops.insert(*axis, graph.ty(x).shape[*axis].clone());
        part.steps.insert(*axis, 1);
    }
    let axes = axes.iter().map(|axis| axis - dropped(&part, *axis)).collect();
    let selected = rewriter.add(part, &[x])?;
    rewriter.add(Sum { axes }, &[selected])
}

fn part_of_dot(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (part, whole) = part(rewriter, id)?;
    let graph = rewriter.graph();
    let Op::Dot(dot) = graph.op(whole).clone() else { return None };
    let factors = [graph.operands(whole)[0], graph.operands(whole)[1]];
    let mut free = dot.batch..part.steps.len();
    let mut own = [&dot.left, &dot.right].into_iter().zip(factors).map(|(summed, factor)| {
        let shape = &graph.ty(factor).shape;
        let mut own = all_of(shape);
        for axis in (0..shape.len()).filter(|axis| !summed.contains(axis)) {
            // The axes of the batch come first in both factors and in the result.
            let from = if axis < dot.batch { axis } else { free.next()? };
            own.starts[axis] = part.starts[from].clone();
            own.stops[axis] = part.stops[from].clone();
            own.steps[axis] = part.steps[from];
        }
        Some(own)
    });
    let own = [own.next()??, own.next()??];
    let left = |side: usize, axis: usize| axis - dropped(&own[side], axis);
    let moved = Dot {
        batch: left(0, dot.batch),
        left: dot.left.iter().map(|axis| left(0, *axis)).collect(),
        right: dot.right.iter().map(|axis| left(1, *axis)).collect(),
    };
    let [x, y] = own;
    let x = rewriter.add(x, &factors[..1])?;
    let y = rewriter.add(y, &factors[1..])?;
    rewriter.add(moved, &[x, y])
}

fn part_of_concatenate(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let (Op::Subtensor(_), whole) = (graph.op(id), graph.operands(id)[0]) else { return None };
    let Op::Concatenate(Concatenate { axis, .. }) = *graph.op(whole) else { return None };
    let (mut places, shape) = (places(graph, id)?, graph.ty(id).shape.clone());
    let place = &places[axis];
    let (low, high) = match place.terms.as_slice() {
        [] => (place.offset.clone(), &place.offset + &Dim::Const(1)),
        [(to, step), ..] => range(place, step.as_const()?, &shape[*to])?,
    };
    let not_negative = |dim: Dim| dim.bounds(&graph.scope.symbols).min >= 0;
    let mut start = Dim::Const(0);
    for operand in graph.operands(whole) {
        let stop = &start + &graph.ty(*operand).shape[axis];
        if not_negative(&low - &start) && not_negative(&stop - &high) {
            places[axis].offset = &places[axis].offset - &start;
            let operand = *operand;
            return select(rewriter, operand, &places, &shape);
        }
        start = stop;
    }
    None
}

fn part_of_set(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let (Op::Subtensor(part), whole) = (graph.op(id), graph.operands(id)[0]) else { return None };
    let Op::SetSubtensor(SetSubtensor { starts, stops, steps }) = graph.op(whole) else { return None };
    let same = (starts, stops, steps) == (&part.starts, &part.stops, &part.steps);
    same.then(|| graph.operands(whole)[1])
}

fn set_all(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let Kernel::Scatter(scatter) = graph.kernel(id) else { return None };
    let [x, values] = [graph.operands(id)[0], graph.operands(id)[1]];
    let stays = |(axis, place): (usize, &Coordinate)| match place {
        Coordinate::Affine(place) => place.as_axis() == Some(axis),
        Coordinate::Index(_) => false,
    };
    if graph.ty(x) != graph.ty(values) || !scatter.coordinates.iter().enumerate().all(stays) {
        return None;
    }
    if scatter.add { rewriter.add(Add {}, &[x, values]) } else { Some(values) }
}

fn inc_of_zero(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let Op::IncSubtensor(IncSubtensor { starts, stops, steps }) = node.op else { return None };
    if !is_zero(rewriter.graph(), node.operands[0]) {
        return None;
    }
    rewriter.add(SetSubtensor { starts, stops, steps }, &node.operands)
}

fn concatenate_one(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    match rewriter.graph().operands(id) {
        [only] => Some(*only),
        _ => None,
    }
}

fn concatenate_empty(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let Op::Concatenate(Concatenate { axis, .. }) = *graph.op(id) else { return None };
    let all = graph.operands(id);
    let empty = |operand: &&NodeId| graph.ty(**operand).shape[axis] != Dim::Const(0);
    let operands: Vec<NodeId> = all.iter().filter(empty).copied().collect();
    if operands.is_empty() || operands.len() == all.len() {
        return None;
    }
    rewriter.add(Concatenate { axis, count: operands.len() }, &operands)
}

fn concatenate_concatenate(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let Op::Concatenate(Concatenate { axis, .. }) = *graph.op(id) else { return None };
    let all = graph.operands(id);
    let mut operands = vec![];
    for operand in all {
        let is_inner = matches!(graph.op(*operand), Op::Concatenate(inner) if inner.axis == axis);
        if is_inner && !rewriter.is_shared(*operand) {
            operands.extend_from_slice(graph.operands(*operand));
        } else {
            operands.push(*operand);
        }
    }
    if operands.len() == all.len() || operands.len() > MAX_OPERANDS {
        return None;
    }
    rewriter.add(Concatenate { axis, count: operands.len() }, &operands)
}
