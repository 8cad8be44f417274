//! Sums of exponentials, and what is divided by them: by operations that subtract the greatest exponent
//! first.
//!
//! Downhill: fewer exponentials that can overflow or vanish; logarithms nearer to what they undo. Not used
//! after composites are expanded, since the expansions are what these rules recognise.

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::{
    ConsiderConstant, Dimshuffle, Exp, Log, LogSoftmax, Logsumexp, Max, Op, Softmax, Sub, Sum, Supremum,
};

use crate::rewrite::Rewriter;
use crate::rule::Contract::BackwardStable;
use crate::rule::{Roots, Rule};
use crate::rules::Group;
use crate::rules::structure::dimshuffle;

/// The group.
pub const GROUP: Group = Group {
    name: "softmax",
    doc: "Sums of exponentials, and what is divided by them, without overflow; their logarithms without cancellation.",
    rules: RULES,
};

const RULES: &[Rule] = &[
    Rule::function(
        "log-sum-exp",
        BackwardStable,
        "log(sum(exp(x))) => logsumexp(x)",
        Roots::Named(&["log"]),
        log_sum_exp,
        &["log(sum{1}(exp(x:[A,B])))", "log(sum{0,1}(exp(x:[A,B])))"],
    ),
    Rule::function(
        "softmax",
        BackwardStable,
        "exp(x) / sum(exp(x)) => softmax(x) along one axis, exp(y - logsumexp(y)) with y = x - max(x) along several",
        Roots::Named(&["div"]),
        softmax,
        &[
            "exp(x:[A,B]) / dimshuffle{0,x}(sum{1}(exp(x:[A,B])))",
            "exp(x:[A]) / dimshuffle{x}(sum{0}(exp(x:[A])))",
            "exp(x:[A,B]) / dimshuffle{x,x}(sum{0,1}(exp(x:[A,B])))",
        ],
    ),
    Rule::function(
        "log-softmax",
        BackwardStable,
        "log(softmax(x)) => log_softmax(x)",
        Roots::Named(&["log"]),
        log_softmax,
        &["log(softmax{1}(x:[A,B]))"],
    ),
    Rule::function(
        "exp-log-softmax",
        BackwardStable,
        "exp(log_softmax(x)) => softmax(x)",
        Roots::Named(&["exp"]),
        exp_log_softmax,
        &["exp(log_softmax{0}(x:[A,B]))"],
    ),
    Rule::function(
        "minus-log-sum-exp",
        BackwardStable,
        "x - logsumexp(x) => log_softmax(x) along one axis",
        Roots::Named(&["sub"]),
        minus_log_sum_exp,
        &["x:[A,B] - dimshuffle{0,x}(logsumexp{1}(x:[A,B]))"],
    ),
    Rule::function(
        "shifted-softmax",
        BackwardStable,
        "softmax(x - max(x)) => softmax(x), and so for log_softmax",
        Roots::Named(&["softmax", "log_softmax"]),
        shifted_softmax,
        &[
            "softmax{1}(x:[3,4] - dimshuffle{0,x}(max{1}(x:[3,4])))",
            "log_softmax{0}(x:[3,4] - dimshuffle{x,0}(max{0}(x:[3,4])))",
        ],
    ),
    Rule::function(
        "shifted-log-sum-exp",
        BackwardStable,
        "max(x) + logsumexp(x - max(x)) => logsumexp(x)",
        Roots::Named(&["add"]),
        shifted_log_sum_exp,
        &["max{1}(x:[3,4]) + logsumexp{1}(x:[3,4] - dimshuffle{0,x}(max{1}(x:[3,4])))"],
    ),
    Rule::function(
        "log-part",
        BackwardStable,
        "log(a part of y) => a part of log(y) if y is exp, sigmoid or softmax",
        Roots::Named(&["log"]),
        log_part,
        &[
            "log(subtensor{0,1;A,2;1,0}(softmax{1}(x:[A,3])))",
            "log(reshape{A*B}(softmax{1}(x:[A,B])))",
            "log(subtensor{1;3;1}(sigmoid(x:[4])))",
        ],
    ),
    Rule::function(
        "log-prod",
        BackwardStable,
        "log(prod(y)) => sum(log(y)) if y is exp, sigmoid or softmax",
        Roots::Named(&["log"]),
        log_prod,
        &["log(prod{1}(exp(x:[A,B])))", "log(prod{0}(sigmoid(x:[A,B])))"],
    ),
];

/// The operand of an operation of this name, which converts no elements.
fn operand_of(graph: &Graph, id: NodeId, name: &str) -> Option<NodeId> {
    let node = graph.node(id);
    let same = node.operands.first().is_some_and(|o| graph.ty(*o).dtype == node.ty.dtype);
    (same && node.op.name() == name).then(|| node.operands[0])
}

/// The axes and operand of a reduction whose result stands, with axes of size 1 in the places of those
/// reduced, as `kept`.
fn reduced(rewriter: &Rewriter<'_>, kept: NodeId, name: &str) -> Option<(Vec<usize>, NodeId)> {
    let (order, reduction) = dimshuffle(rewriter, kept)?;
    let x = operand_of(rewriter.graph(), reduction, name)?;
    let axes = reduced_axes(rewriter.graph().op(reduction))?;
    let mut rest = 0..;
    let places = (0..order.len()).map(|axis| if axes.contains(&axis) { None } else { rest.next() });
    (rewriter.graph().ty(x).rank() == order.len() && order.iter().copied().eq(places)).then_some((axes, x))
}

fn reduced_axes(op: &Op) -> Option<Vec<usize>> {
    let (Op::Sum(Sum { axes })
    | Op::Max(Max { axes })
    | Op::Supremum(Supremum { axes })
    | Op::Logsumexp(Logsumexp { axes })) = op
    else {
        return None;
    };
    Some(axes.clone())
}

/// A reduction's result with axes of size 1 in the places of those reduced.
fn kept(rewriter: &mut Rewriter<'_>, axes: &[usize], reduction: NodeId) -> Option<NodeId> {
    let rank = rewriter.graph().ty(reduction).rank() + axes.len();
    let mut rest = 0..;
    let order = (0..rank).map(|axis| if axes.contains(&axis) { None } else { rest.next() }).collect();
    rewriter.add(Dimshuffle { order }, &[reduction])
}

/// The x and s of x - s where s is the greatest of x along these axes.
fn less_greatest(rewriter: &Rewriter<'_>, id: NodeId, axes: &[usize]) -> Option<(NodeId, NodeId)> {
    let graph = rewriter.graph();
    // Differences of integers may wrap.
    if !matches!(graph.op(id), Op::Sub(_)) || !graph.ty(id).dtype.is_float() {
        return None;
    }
    let [x, shift] = [rewriter.graph().operands(id)[0], rewriter.graph().operands(id)[1]];
    let greatest = reduced(rewriter, shift, "max").or_else(|| reduced(rewriter, shift, "supremum"));
    (greatest? == (axes.to_vec(), x)).then_some((x, shift))
}

fn log_sum_exp(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let sum = graph.operands(id)[0];
    let x = operand_of(graph, operand_of(graph, sum, "sum")?, "exp")?;
    let axes = reduced_axes(graph.op(sum))?;
    rewriter.add(Logsumexp { axes }, &[x])
}

fn softmax(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let [powers, sum] = [rewriter.graph().operands(id)[0], rewriter.graph().operands(id)[1]];
    let x = operand_of(rewriter.graph(), powers, "exp")?;
    let (axes, summed) = reduced(rewriter, sum, "sum")?;
    match axes.as_slice() {
        _ if summed != powers => None,
        [axis] => rewriter.add(Softmax { axis: *axis }, &[x]),
        _ => {
            // Beside a great exponent what others add to the logarithm would be lost.
            let greatest = rewriter.add(Supremum { axes: axes.clone() }, &[x])?;
            let greatest = rewriter.add(ConsiderConstant {}, &[greatest])?;
            let greatest = kept(rewriter, &axes, greatest)?;
            let shifted = rewriter.add(Sub {}, &[x, greatest])?;
            let total = rewriter.add(Logsumexp { axes: axes.clone() }, &[shifted])?;
            let total = kept(rewriter, &axes, total)?;
            let logarithm = rewriter.add(Sub {}, &[shifted, total])?;
            rewriter.add(Exp {}, &[logarithm])
        }
    }
}

fn log_softmax(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let Op::Softmax(Softmax { axis }) = *graph.op(graph.operands(id)[0]) else { return None };
    let x = graph.operands(graph.operands(id)[0])[0];
    rewriter.add(LogSoftmax { axis }, &[x])
}

fn exp_log_softmax(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let Op::LogSoftmax(LogSoftmax { axis }) = *graph.op(graph.operands(id)[0]) else { return None };
    let x = graph.operands(graph.operands(id)[0])[0];
    rewriter.add(Softmax { axis }, &[x])
}

fn minus_log_sum_exp(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let [x, total] = [rewriter.graph().operands(id)[0], rewriter.graph().operands(id)[1]];
    match reduced(rewriter, total, "logsumexp")? {
        (axes, of) if of == x && axes.len() == 1 => rewriter.add(LogSoftmax { axis: axes[0] }, &[x]),
        _ => None,
    }
}

fn shifted_softmax(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let node = rewriter.graph().node(id).clone();
    let (Op::Softmax(Softmax { axis }) | Op::LogSoftmax(LogSoftmax { axis })) = node.op else { return None };
    let (x, _) = less_greatest(rewriter, node.operands[0], &[axis])?;
    rewriter.add(node.op, &[x])
}

fn shifted_log_sum_exp(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let operands = rewriter.graph().node(id).operands.clone();
    [(operands[0], operands[1]), (operands[1], operands[0])].into_iter().find_map(|(total, greatest)| {
        let shifted = operand_of(rewriter.graph(), total, "logsumexp")?;
        let axes = reduced_axes(rewriter.graph().op(total))?;
        let (x, shift) = less_greatest(rewriter, shifted, &axes)?;
        let (_, same) = dimshuffle(rewriter, shift)?;
        if same == greatest { rewriter.add(Logsumexp { axes }, &[x]) } else { None }
    })
}

/// Whether the logarithm of a node is known in another form.
fn is_power(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.op(id), Op::Exp(_) | Op::Sigmoid(_) | Op::Softmax(_))
}

fn log_part(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let part = graph.node(graph.operands(id)[0]).clone();
    let moves = matches!(part.op, Op::Subtensor(_) | Op::Gather(_) | Op::Reshape(_) | Op::Flip(_));
    if !moves || !is_power(graph, part.operands[0]) {
        return None;
    }
    let mut operands = part.operands;
    operands[0] = rewriter.add(Log {}, &operands[..1])?;
    rewriter.add(part.op, &operands)
}

fn log_prod(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let product = graph.operands(id)[0];
    let Op::Prod(prod) = graph.op(product) else { return None };
    let (axes, y) = (prod.axes.clone(), graph.operands(product)[0]);
    if !is_power(graph, y) {
        return None;
    }
    let logarithms = rewriter.add(Log {}, &[y])?;
    rewriter.add(Sum { axes }, &[logarithms])
}
