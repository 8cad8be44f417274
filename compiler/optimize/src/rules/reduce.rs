//! Sums and products of sums: signs, factors and views leave them, and what they need not add they do not.
//!
//! Downhill: fewer elements added; then negations, scalar factors and views nearer to the root.

use tgc_graph::dtype::{DType, Kind};
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::{Add, Cast, Concatenate, Dimshuffle, Dot, Mul, Neg, Op, SizeValue, Sum};

use crate::facts::{self, is_scalar};
use crate::rewrite::Rewriter;
use crate::rule::Contract::{Exact, Reassociates};
use crate::rule::{Roots, Rule};
use crate::rules::Group;
use crate::rules::structure::{dimshuffle, unstretched, without};

/// The group.
pub const GROUP: Group = Group {
    name: "reduce",
    doc: "Signs, factors and views leave sums and dots; what is the same in every term is added once.",
    rules: RULES,
};

const RULES: &[Rule] = &[
    Rule::function(
        "sum-over-nothing",
        Reassociates,
        "sum over no axes of x => x",
        Roots::Named(&["sum"]),
        sum_over_nothing,
        &["sum{}(x:[A])", "sum{}(x:i8[A])"],
    ),
    Rule::function(
        "sum-of-one",
        Reassociates,
        "sum over axes of size 1 => dimshuffle",
        Roots::Named(&["sum"]),
        sum_of_one,
        &["sum{0}(x:[1,B])", "sum{0,1}(x:[A,1])", "sum{0}(x:i8[1])"],
    ),
    Rule::function(
        "sum-sum",
        Reassociates,
        "sum(sum(x)) => sum(x) over both",
        Roots::Named(&["sum"]),
        sum_sum,
        &["sum{0}(sum{1}(x:[A,B]))", "sum{0}(sum{0}(x:[A,B]))", "sum{0}(sum{1}(x:u8[A,B]))"],
    ),
    Rule::function(
        "sum-dimshuffle",
        Reassociates,
        "sum(dimshuffle(x)) => dimshuffle(sum(x))",
        Roots::Named(&["sum"]),
        sum_dimshuffle,
        &[
            "sum{0}(dimshuffle{1,0}(x:[A,B]))",
            "sum{0}(dimshuffle{2,0,1}(x:[A,B,C]))",
            "sum{1}(dimshuffle{x,0}(x:[A]))",
        ],
    ),
    Rule::function(
        "sum-of-fill",
        Exact,
        "sum(fill(s, x)) over axes that x has => fill(zero, sum(x))",
        Roots::Named(&["sum"]),
        sum_of_fill,
        &["sum{1}(fill(s:[A,B], x:[1,B]))"],
    ),
    Rule::function(
        "sum-of-stretched",
        Reassociates,
        "sum(fill(s, x)) over axes that the fill stretched => sum(x) * size, if x is known to be finite or the size not 0",
        Roots::Named(&["sum"]),
        sum_of_stretched,
        &[
            "sum{0}(fill(s:[A,B], 1.5))",
            "sum{0,1}(fill(s:[3,B], x:[1,B]))",
            "sum{0}(fill(s:i32[A], x:i32[1]))",
            "sum{0}(2.5c[5000])",
        ],
    ),
    Rule::new("sum-neg", Reassociates, "sum(-x) => -sum(x)")
        .when("x has the type of the sum", |m| m.graph.ty(m.node("x")).dtype == m.graph.ty(m.root).dtype),
    Rule::function(
        "sum-scaled",
        Reassociates,
        "sum(s * x) => s * sum(x) if s has one element that is known to be finite and not zero",
        Roots::Named(&["sum"]),
        sum_scaled,
        &["sum{0}(2.5 * x:[A,B])", "sum{0,1}(3.5 * x:[A,B])", "sum{0}(3 * x:i64[A])"],
    ),
    Rule::function(
        "sum-of-concatenate",
        Reassociates,
        "sum(concatenate(x, y)) => sum(x) + sum(y), or concatenate(sum(x), sum(y)) over another axis",
        Roots::Named(&["sum"]),
        sum_of_concatenate,
        &[
            "sum{0}(concatenate{0;2}(x:[A,C], y:[B,C]))",
            "sum{0,1}(concatenate{1;3}(x:i8[A,B], y:i8[A,C], z:i8[A,2]))",
            "sum{0}(concatenate{1;2}(x:[A,B], y:[A,C]))",
        ],
    ),
    Rule::function(
        "dot-of-one",
        Reassociates,
        "dot(x, y) => x * y if the summed axes have size 1",
        Roots::Named(&["dot"]),
        dot_of_one,
        &[
            "dot{0;;}(x:[A], y:[B])",
            "dot{0;1;0}(x:[A,1], y:[1,B])",
            "dot{1;2;1}(x:[A,B,1], y:[A,1,C])",
            "dot{0;0;0}(x:f32[1], y:i64[1])",
        ],
    ),
    Rule::function(
        "dot-neg",
        Reassociates,
        "dot(-x, y), dot(x, -y) => -dot(x, y)",
        Roots::Named(&["dot"]),
        dot_neg,
        &["dot{0;1;0}(-x:[A,B], y:[B])", "dot{0;1;0}(x:[A,B], -y:[B,C])", "dot{0;0;0}(-x:i32[A], y:i32[A])"],
    ),
    Rule::function(
        "dot-scaled",
        Reassociates,
        "dot(s * x, y), dot(x, s * y) => s * dot(x, y) if s has one element that is known to be finite and not zero",
        Roots::Named(&["dot"]),
        dot_scaled,
        &["dot{0;1;0}(2.5 * x:[A,B], y:[B])", "dot{0;1;0}(x:[A,B], 2.5 * y:[B,C])"],
    ),
    Rule::function(
        "dot-dimshuffle",
        Reassociates,
        "dot(dimshuffle(x), y), dot(x, dimshuffle(y)) => dimshuffle(dot(x, y)) over other axes",
        Roots::Named(&["dot"]),
        dot_dimshuffle,
        &[
            "dot{0;1;0}(dimshuffle{1,0}(x:[A,B]), y:[A])",
            "dot{0;1;0}(x:[A,B], dimshuffle{1,0}(y:[C,B]))",
            "dot{0;1;0}(dimshuffle{x,0}(x:[A]), y:[A,B])",
            "dot{1;1;2}(x:[A,B], dimshuffle{0,2,1}(y:[A,B,C]))",
        ],
    ),
];

fn sum_axes(graph: &Graph, id: NodeId) -> Option<(Vec<usize>, NodeId)> {
    if let Op::Sum(sum) = graph.op(id) { Some((sum.axes.clone(), graph.operands(id)[0])) } else { None }
}

fn sum_over_nothing(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (axes, x) = sum_axes(rewriter.graph(), id)?;
    let dtype = rewriter.graph().ty(id).dtype;
    if axes.is_empty() { cast(rewriter, x, dtype) } else { None }
}

/// x in a type.
pub(crate) fn cast(rewriter: &mut Rewriter<'_>, x: NodeId, dtype: DType) -> Option<NodeId> {
    if rewriter.graph().ty(x).dtype == dtype { Some(x) } else { rewriter.add(Cast { dtype }, &[x]) }
}

fn sum_of_one(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (axes, x) = sum_axes(rewriter.graph(), id)?;
    let shape = rewriter.graph().ty(x).shape.clone();
    let (ones, rest): (Vec<usize>, Vec<usize>) = axes.iter().partition(|axis| shape[**axis].is_one());
    if ones.is_empty() {
        return None;
    }
    let squeezed = rewriter.add(Dimshuffle { order: without(&shape, &ones) }, &[x])?;
    if rest.is_empty() {
        let dtype = rewriter.graph().ty(id).dtype;
        return cast(rewriter, squeezed, dtype);
    }
    let axes = rest.iter().map(|axis| axis - ones.iter().filter(|one| *one < axis).count()).collect();
    rewriter.add(Sum { axes }, &[squeezed])
}

fn sum_sum(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (outer, middle) = sum_axes(rewriter.graph(), id)?;
    let (inner, x) = sum_axes(rewriter.graph(), middle)?;
    let kept: Vec<usize> = (0..rewriter.graph().ty(x).rank()).filter(|axis| !inner.contains(axis)).collect();
    let mut axes: Vec<usize> = inner.iter().copied().chain(outer.iter().map(|axis| kept[*axis])).collect();
    axes.sort_unstable();
    rewriter.add(Sum { axes }, &[x])
}

fn sum_dimshuffle(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (axes, shuffled) = sum_axes(rewriter.graph(), id)?;
    let (order, x) = dimshuffle(rewriter, shuffled)?;
    let mut sources = axes.iter().map(|axis| order[*axis]).collect::<Option<Vec<usize>>>()?;
    sources.sort_unstable();
    let sum = rewriter.add(Sum { axes: sources.clone() }, &[x])?;
    let position = |axis: usize| axis - sources.iter().filter(|s| **s < axis).count();
    let kept = (0..order.len()).filter(|axis| !axes.contains(axis));
    let order = kept.map(|axis| order[axis].map(position)).collect();
    rewriter.add(Dimshuffle { order }, &[sum])
}

fn sum_of_concatenate(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (axes, joined) = sum_axes(rewriter.graph(), id)?;
    let Op::Concatenate(Concatenate { axis, count }) = *rewriter.graph().op(joined) else { return None };
    if rewriter.is_shared(joined) {
        return None;
    }
    let parts = rewriter.graph().node(joined).operands.clone();
    let sums: Option<Vec<NodeId>> =
        parts.iter().map(|part| rewriter.add(Sum { axes: axes.clone() }, &[*part])).collect();
    let sums = sums?;
    if axes.contains(&axis) {
        let (first, rest) = sums.split_first()?;
        return rest.iter().try_fold(*first, |total, sum| rewriter.add(Add {}, &[total, *sum]));
    }
    let axis = axis - axes.iter().filter(|summed| **summed < axis).count();
    rewriter.add(Concatenate { axis, count }, &sums)
}

fn dot_of_one(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let Op::Dot(dot) = &node.op else { return None };
    let shapes = [0, 1].map(|side| rewriter.graph().ty(node.operands[side]).shape.clone());
    let summed = [&dot.left, &dot.right];
    if !dot.left.iter().all(|axis| shapes[0][*axis].is_one()) {
        return None;
    }
    let free = |side: usize| {
        let axes = dot.batch..shapes[side].len();
        axes.filter(|axis| !summed[side].contains(axis)).map(Some).collect::<Vec<_>>()
    };
    let batch: Vec<Option<usize>> = (0..dot.batch).map(Some).collect();
    let (left, right) = (free(0), free(1));
    let orders = [
        [batch.clone(), left.clone(), vec![None; right.len()]].concat(),
        [batch, vec![None; left.len()], right].concat(),
    ];
    let mut factors = [node.operands[0], node.operands[1]];
    for (factor, order) in factors.iter_mut().zip(orders) {
        let converted = cast(rewriter, *factor, node.ty.dtype)?;
        *factor = rewriter.add(Dimshuffle { order }, &[converted])?;
    }
    rewriter.add(Mul {}, &factors)
}

/// The stretched operand of a sum, what it was before, and the summed axes along which it was stretched.
fn stretched_sum(
    rewriter: &mut Rewriter<'_>,
    id: NodeId,
) -> Option<(Vec<usize>, NodeId, NodeId, Vec<usize>)> {
    let (axes, filled) = sum_axes(rewriter.graph(), id)?;
    let value = unstretched(rewriter, filled)??;
    let (wide, narrow) = (&rewriter.graph().ty(filled).shape, &rewriter.graph().ty(value).shape);
    let stretched =
        axes.iter().copied().filter(|&axis| narrow[axis].is_one() && !wide[axis].is_one()).collect();
    Some((axes, filled, value, stretched))
}

fn sum_of_fill(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (axes, _, value, stretched) = stretched_sum(rewriter, id)?;
    if stretched.is_empty() { rewriter.add(Sum { axes }, &[value]) } else { None }
}

fn sum_of_stretched(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (axes, filled, value, stretched) = stretched_sum(rewriter, id)?;
    let graph = rewriter.graph();
    let shape = &graph.ty(filled).shape;
    let count = stretched.iter().map(|axis| &shape[*axis]).fold(1.into(), |n, d| &n * d);
    let dtype = graph.ty(id).dtype;
    let safe = match dtype.kind() {
        Kind::Bool | Kind::Integer => true,
        Kind::Float => {
            let finite = facts::splat(graph, value).is_some_and(f64::is_finite)
                || facts::is_finite_nonzero(graph, value, &[]);
            matches!(dtype, DType::F32 | DType::F64) && (finite || facts::is_positive(graph, &count))
        }
        Kind::Complex => false,
    };
    if stretched.is_empty() || !safe {
        return None;
    }
    let sum = rewriter.add(Sum { axes }, &[value])?;
    let count = rewriter.add(SizeValue { size: count }, &[])?;
    let count = cast(rewriter, count, dtype)?;
    let rank = rewriter.graph().ty(sum).rank();
    let count = rewriter.add(Dimshuffle { order: vec![None; rank] }, &[count])?;
    rewriter.add(Mul {}, &[count, sum])
}

/// The scalar factor of a product that may leave sums, and the other factor.
pub(crate) fn scale(graph: &Graph, id: NodeId) -> Option<(NodeId, NodeId)> {
    let Op::Mul(_) = graph.op(id) else { return None };
    if !facts::is_uniform(graph, id) {
        return None;
    }
    let [a, b] = [graph.operands(id)[0], graph.operands(id)[1]];
    let may_leave = |s: NodeId| {
        let integer = graph.ty(s).dtype.kind() == Kind::Integer;
        is_scalar(graph.ty(s)) && (integer || facts::is_finite_nonzero(graph, s, &[]))
    };
    [(a, b), (b, a)].into_iter().find(|(s, x)| may_leave(*s) && !is_scalar(graph.ty(*x)))
}

/// A value times a number.
pub(crate) fn scaled(rewriter: &mut Rewriter<'_>, factor: NodeId, value: NodeId) -> Option<NodeId> {
    let rank = rewriter.graph().ty(value).rank();
    let factor = rewriter.add(Dimshuffle { order: vec![None; rank] }, &[factor])?;
    rewriter.add(Mul {}, &[factor, value])
}

fn sum_scaled(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (axes, product) = sum_axes(rewriter.graph(), id)?;
    let (factor, x) = scale(rewriter.graph(), product)?;
    if rewriter.graph().ty(product).dtype != rewriter.graph().ty(id).dtype {
        return None;
    }
    let sum = rewriter.add(Sum { axes }, &[x])?;
    scaled(rewriter, factor, sum)
}

/// True if operand `o` of a dot may change by a factor before its promotion as well as after.
fn promotes_exactly(graph: &Graph, id: NodeId, o: NodeId) -> bool {
    let dtype = graph.ty(o).dtype;
    dtype == graph.ty(id).dtype && !dtype.is_complex()
}

fn dot_neg(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let side = node.operands.iter().position(|o| {
        matches!(rewriter.graph().op(*o), Op::Neg(_)) && promotes_exactly(rewriter.graph(), id, *o)
    })?;
    let mut operands = node.operands.clone();
    operands[side] = rewriter.graph().operands(operands[side])[0];
    let dot = rewriter.add(node.op, &operands)?;
    rewriter.add(Neg {}, &[dot])
}

fn dot_scaled(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let graph = rewriter.graph();
    let (side, (factor, x)) = node
        .operands
        .iter()
        .enumerate()
        .filter(|(_, o)| promotes_exactly(graph, id, **o))
        .find_map(|(side, o)| scale(graph, *o).map(|found| (side, found)))?;
    let mut operands = node.operands.clone();
    // A factor beside the whole operand would have been left in place; one without it broadcasts.
    if graph.ty(x).shape != graph.ty(operands[side]).shape {
        return None;
    }
    operands[side] = x;
    let dot = rewriter.add(node.op, &operands)?;
    scaled(rewriter, factor, dot)
}

fn dot_dimshuffle(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let Op::Dot(dot) = &node.op else { return None };
    (0..2).find_map(|side| {
        let (order, x) = dimshuffle(rewriter, node.operands[side])?;
        let mut operands = node.operands.clone();
        operands[side] = x;
        let ranks = [0, 1].map(|i| rewriter.graph().ty(operands[i]).rank());
        let other_free = ranks[1 - side] - dot.batch - dot.left.len();
        let (new, result) = dot_without_shuffle(dot, side, &order, ranks[side], other_free)?;
        let value = rewriter.add(new, &operands)?;
        rewriter.add(Dimshuffle { order: result }, &[value])
    })
}

/// The dot on an operand before its axes were shuffled, and how the result's axes must be shuffled then.
fn dot_without_shuffle(
    dot: &Dot,
    side: usize,
    order: &[Option<usize>],
    rank: usize,
    other_free: usize,
) -> Option<(Dot, Vec<Option<usize>>)> {
    let batch_stays = (0..dot.batch).all(|axis| order[axis] == Some(axis));
    let summed = [&dot.left, &dot.right][side];
    let moved: Option<Vec<usize>> = summed.iter().map(|axis| order[*axis]).collect();
    let moved = moved.filter(|_| batch_stays)?;
    let free: Vec<usize> = (dot.batch..rank).filter(|axis| !moved.contains(axis)).collect();
    let old_free = (dot.batch..order.len()).filter(|axis| !summed.contains(axis));
    let old_free: Vec<Option<usize>> =
        old_free.map(|axis| order[axis].and_then(|a| free.iter().position(|f| *f == a))).collect();
    let after = |first: usize, axes: &mut dyn Iterator<Item = Option<usize>>| -> Vec<Option<usize>> {
        axes.map(|axis| axis.map(|a| first + a)).collect()
    };
    let batch = (0..dot.batch).map(Some);
    let other = &mut (0..other_free).map(Some);
    let (new, rest) = match side {
        0 => {
            let mine = after(dot.batch, &mut old_free.into_iter());
            let rest = [mine, after(dot.batch + free.len(), other)].concat();
            (Dot { left: moved, ..dot.clone() }, rest)
        }
        _ => {
            let mine = after(dot.batch + other_free, &mut old_free.into_iter());
            (Dot { right: moved, ..dot.clone() }, [after(dot.batch, other), mine].concat())
        }
    };
    Some((new, batch.chain(rest).collect()))
}
