//! Products, extremes and truth over axes: what need not be reduced is not.
//!
//! Downhill: fewer reductions, then fewer elements that are reduced.

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::{
    All, And, Any, Concatenate, Dimshuffle, Max, Maximum, Min, Minimum, Mul, Op, Or, Prod, Supremum,
};

use crate::rewrite::Rewriter;
use crate::rule::Contract::{Exact, Reassociates};
use crate::rule::{Roots, Rule};
use crate::rules::Group;
use crate::rules::reduce::cast;
use crate::rules::structure::without;

/// The group.
pub const GROUP: Group = Group {
    name: "reductions",
    doc: "Products, extremes and truth over axes, of each other and of joined tensors.",
    rules: RULES,
};

const REDUCTIONS: Roots = Roots::Named(&["prod", "max", "min", "supremum", "any", "all"]);

const RULES: &[Rule] = &[
    Rule::function(
        "reduction-of-one",
        Exact,
        "prod, max, min, any, all over axes of size 1 => cast and dimshuffle",
        REDUCTIONS,
        reduction_of_one,
        &[
            "prod{0}(x:[1,B])",
            "prod{0}(x:i8[1])",
            "prod{}(x:[A])",
            "max{1}(x:[A,1])",
            "any{0,2}(x:[1,A,1])",
            "all{1}(x:[A,1])",
        ],
    ),
    Rule::function(
        "reduction-of-reduction",
        Reassociates,
        "prod(prod(x)), max(max(x)), … => one reduction over both",
        REDUCTIONS,
        reduction_of_reduction,
        &["prod{0}(prod{1}(x:[A,B]))", "max{0}(max{0}(x:[3,4]))", "any{0}(any{1}(x:[A,B]))"],
    ),
    Rule::function(
        "reduction-of-concatenate",
        Reassociates,
        "max(concatenate(x, y)) => maximum(max(x), max(y)), and so for prod, min, any and all",
        REDUCTIONS,
        reduction_of_concatenate,
        &[
            "prod{0}(concatenate{0;2}(x:[A,C], y:[B,C]))",
            "min{0,1}(concatenate{1;3}(x:[2,3], y:[2,1], z:[2,2]))",
            "supremum{0}(concatenate{0;2}(x:[A,C], y:[B,C]))",
            "all{0}(concatenate{0;2}(x:[A], y:[B]))",
        ],
    ),
];

/// A reduction over given axes.
type Over = fn(Vec<usize>) -> Op;

/// Reductions whose results combine: the axes, the same reduction over others, and what combines two results.
fn reduction(graph: &Graph, id: NodeId) -> Option<(&[usize], Over, Op)> {
    macro_rules! reductions {
        ($($reduction:ident => $combine:ident),* $(,)?) => {{
            $(if let Op::$reduction(reduction) = graph.op(id) {
                return Some((&reduction.axes, |axes| $reduction { axes }.into(), $combine {}.into()));
            })*
            None
        }};
    }
    reductions!(Prod => Mul, Max => Maximum, Supremum => Maximum, Min => Minimum, Any => Or, All => And)
}

fn reduction_of_one(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let (axes, ..) = reduction(graph, id)?;
    let (x, dtype) = (graph.operands(id)[0], graph.ty(id).dtype);
    let shape = &graph.ty(x).shape;
    // The product begins with 1, and 1 times a complex NaN is another.
    if dtype.is_complex() || !axes.iter().all(|axis| shape[*axis].is_one()) {
        return None;
    }
    let order = without(shape, axes);
    let squeezed = rewriter.add(Dimshuffle { order }, &[x])?;
    cast(rewriter, squeezed, dtype)
}

fn reduction_of_reduction(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let (outer, over, _) = reduction(graph, id)?;
    let middle = graph.operands(id)[0];
    let (inner, ..) = reduction(graph, middle).filter(|_| graph.op(middle).name() == graph.op(id).name())?;
    let x = graph.operands(middle)[0];
    let kept: Vec<usize> = (0..graph.ty(x).rank()).filter(|axis| !inner.contains(axis)).collect();
    let mut axes: Vec<usize> = inner.iter().copied().chain(outer.iter().map(|axis| kept[*axis])).collect();
    axes.sort_unstable();
    rewriter.add(over(axes), &[x])
}

fn reduction_of_concatenate(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let (axes, _, combiner) = reduction(graph, id)?;
    let (op, joined) = (graph.op(id).clone(), graph.operands(id)[0]);
    let Op::Concatenate(Concatenate { axis, .. }) = *graph.op(joined) else { return None };
    if !axes.contains(&axis) || rewriter.is_shared(joined) {
        return None;
    }
    let parts = graph.node(joined).operands.clone();
    let reductions: Option<Vec<NodeId>> =
        parts.iter().map(|part| rewriter.add(op.clone(), &[*part])).collect();
    let reductions = reductions?;
    let (first, rest) = reductions.split_first()?;
    rest.iter().try_fold(*first, |total, reduction| rewriter.add(combiner.clone(), &[total, *reduction]))
}
