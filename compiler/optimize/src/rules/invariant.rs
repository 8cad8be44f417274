//! What does not vary along an axis is computed once.
//!
//! Downhill: fewer elements that scans, reductions and products go through.

use tgc_graph::dim::Dim;
use tgc_graph::graph::NodeId;
use tgc_graph::kernel::Kernel;
use tgc_graph::ops::Op;

use crate::rewrite::Rewriter;
use crate::rule::Contract::Exact;
use crate::rule::{Roots, Rule};
use crate::rules::Group;
use crate::rules::structure::unstretched;

/// The group.
pub const GROUP: Group = Group {
    name: "invariant",
    doc: "What does not vary along an axis is computed once: stretching moves behind scans, reductions and products.",
    rules: RULES,
};

const RULES: &[Rule] = &[
    Rule::function(
        "scan-of-fill",
        Exact,
        "cumsum(fill(s, x)), … along an axis that x has => fill(zero, cumsum(x))",
        Roots::Named(&["cumsum", "cumprod", "recurrence"]),
        scan_of_fill,
        &[
            "cumsum{1;false;true}(fill(s:[A,B], x:[1,B]))",
            "cumprod{0;true;false}(fill(s:[A,B,C], x:[A,1,1]))",
            "recurrence{1;false;false}(fill(s:[A,B], x:[1,B]), fill(t:[A,B], y:[1,1]))",
        ],
    ),
    Rule::function(
        "reduction-of-fill",
        Exact,
        "max(fill(s, x)), … over axes that x has => fill(zero, max(x))",
        Roots::Named(&["prod", "max", "min", "any", "all", "argmax", "argmin"]),
        reduction_of_fill,
        &[
            "max{1}(fill(s:[A,3], x:[1,3]))",
            "prod{0}(fill(s:[A,B,C], x:[A,B,1]))",
            "all{1}(fill(s:[A,B], x:[1,B]))",
            "argmax{1}(fill(s:[A,3], x:[1,3]))",
        ],
    ),
    Rule::function(
        "dot-of-fill",
        Exact,
        "dot(fill(s, x), y) stretched along an axis that is not summed => fill(zero, dot(x, y))",
        Roots::Named(&["dot"]),
        dot_of_fill,
        &[
            "dot{0;1;0}(fill(s:[A,B], x:[1,B]), y:[B,C])",
            "dot{0;1;0}(x:[A,B], fill(s:[B,C], y:[B,1]))",
            "dot{1;2;1}(fill(s:[A,B,C], x:[1,B,C]), fill(t:[A,C,2], y:[1,C,2]))",
        ],
    ),
];

/// The shape of what operands of one shape were before they were stretched along axes that need not be whole.
fn narrowed(rewriter: &Rewriter<'_>, full: &[Dim], sources: &[NodeId], whole: &[usize]) -> Vec<Dim> {
    let is_one = |axis: usize| sources.iter().all(|x| rewriter.graph().ty(*x).shape[axis].is_one());
    let narrow = |(axis, size): (usize, &Dim)| {
        if !whole.contains(&axis) && is_one(axis) { Dim::Const(1) } else { size.clone() }
    };
    full.iter().enumerate().map(narrow).collect()
}

fn sources(rewriter: &mut Rewriter<'_>, operands: &[NodeId]) -> Option<Vec<NodeId>> {
    operands.iter().map(|operand| Some(unstretched(rewriter, *operand)?.unwrap_or(*operand))).collect()
}

fn scan_of_fill(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let Kernel::Scan(scan) = rewriter.graph().kernel(id) else { return None };
    let sources = sources(rewriter, &node.operands)?;
    let shape = narrowed(rewriter, &node.ty.shape, &sources, &[scan.axis]);
    if shape == node.ty.shape {
        return None;
    }
    let operands: Option<Vec<NodeId>> = sources.iter().map(|x| rewriter.stretch(*x, &shape)).collect();
    let value = rewriter.add(node.op, &operands?)?;
    rewriter.stretch(value, &node.ty.shape)
}

fn reduction_of_fill(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let Kernel::Reduce(reduction) = rewriter.graph().kernel(id) else { return None };
    let full = rewriter.graph().ty(node.operands[0]).shape.clone();
    let sources = sources(rewriter, &node.operands)?;
    let shape = narrowed(rewriter, &full, &sources, &reduction.axes);
    if shape == full {
        return None;
    }
    let operand = rewriter.stretch(sources[0], &shape)?;
    let value = rewriter.add(node.op, &[operand])?;
    rewriter.stretch(value, &node.ty.shape)
}

fn dot_of_fill(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let Op::Dot(dot) = &node.op else { return None };
    let sources = sources(rewriter, &node.operands)?;
    let is_one = |rewriter: &Rewriter<'_>, side: usize, axis: usize| {
        rewriter.graph().ty(sources[side]).shape[axis].is_one()
    };
    let mut operands = vec![];
    let mut narrows = false;
    for (side, summed) in [&dot.left, &dot.right].into_iter().enumerate() {
        let full = rewriter.graph().ty(node.operands[side]).shape.clone();
        let both = (0..dot.batch).filter(|axis| !is_one(rewriter, 1 - side, *axis));
        let whole: Vec<usize> = summed.iter().copied().chain(both).collect();
        let shape = narrowed(rewriter, &full, &sources[side..=side], &whole);
        narrows |= shape != full;
        operands.push(rewriter.stretch(sources[side], &shape)?);
    }
    if !narrows {
        return None;
    }
    let value = rewriter.add(node.op, &operands)?;
    rewriter.stretch(value, &node.ty.shape)
}
