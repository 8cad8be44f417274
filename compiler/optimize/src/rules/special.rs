//! Operations that lowering has better code for.
//!
//! Downhill: fewer elements that pass through memory. A product that is summed over an axis and broadcast
//! along another is a contraction, whose operands a tile reads once for many results. The gradient of a
//! table of which a few rows were read is added to those rows alone.

use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::{Dimshuffle, Dot, Neg, Op};

use crate::facts::{Class, class, is_zero};
use crate::rewrite::Rewriter;
use crate::rule::Contract::Reassociates;
use crate::rule::{Roots, Rule};
use crate::rules::Group;
use crate::rules::reduce::{scale, scaled};

/// The group.
pub const GROUP: Group =
    Group { name: "special", doc: "Operations that lowering has better code for.", rules: RULES };

const RULES: &[Rule] = &[
    Rule::function(
        "sum-of-products",
        Reassociates,
        "sum(x * y) => dot(x, y) if both have the summed axes and one is broadcast along another",
        Roots::Named(&["sum"]),
        sum_of_products,
        &[
            "sum{2}(x:[A,1,B] * y:[1,C,B])",
            "sum{1}(x:[A,B] * y:[1,B])",
            "sum{0}(x:[A,B] * y:[A,1])",
            "sum{1}(x:[A,B,C,1] * y:[A,B,1,C])",
        ],
    ),
    Rule::function(
        "add-of-scatter",
        Reassociates,
        "x + s * scatter_add(zero, i, y) => scatter_add(x, i, s * y), and so for x - …; s is a number",
        Roots::Named(&["add", "sub"]),
        add_of_scatter,
        &[
            "x:[4,A] + scatter_add{0;0;0}(zero{4,A}, cast{i64}(2c[3]), y:[3,A])",
            "x:[4,A] - scatter_add{0;0;0}(zero{4,A}, cast{i64}(2c[3]), y:[3,A])",
            "-2.5 * scatter_add{0;0;0}(zero{4}, cast{i64}(2c[3]), y:[3]) + x:[4]",
            "x:[4] - 0.5 * -scatter_add{0;0;0}(zero{4}, cast{i64}(2c[3]), y:[3])",
        ],
    ),
];

/// The axes of a product by what becomes of them.
struct Roles {
    /// Kept, and in both operands.
    batch: Vec<usize>,
    /// Kept, and in one operand only.
    free: [Vec<usize>; 2],
    /// Summed, and in both operands.
    summed: Vec<usize>,
}

fn roles(graph: &Graph, operands: [NodeId; 2], axes: &[usize]) -> Option<Roles> {
    let mut roles = Roles { batch: vec![], free: [vec![], vec![]], summed: vec![] };
    for axis in 0..graph.ty(operands[0]).rank() {
        let one = operands.map(|o| graph.ty(o).shape[axis].is_one());
        match (axes.contains(&axis), one) {
            (true, [false, false]) => roles.summed.push(axis),
            (true, _) => return None,
            (false, [false, false]) => roles.batch.push(axis),
            (false, [false, true]) => roles.free[0].push(axis),
            (false, [true, false]) => roles.free[1].push(axis),
            (false, [true, true]) => {}
        }
    }
    Some(roles)
}

fn sum_of_products(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let Op::Sum(sum) = graph.op(id) else { return None };
    let product = graph.operands(id)[0];
    let Op::Mul(_) = graph.op(product) else { return None };
    let operands = [graph.operands(product)[0], graph.operands(product)[1]];
    let roles = roles(graph, operands, &sum.axes)?;
    let dtype = graph.ty(id).dtype;
    let admitted =
        matches!(dtype, DType::F32 | DType::F64) && operands.iter().all(|o| graph.ty(*o).dtype == dtype);
    if !admitted || roles.summed.is_empty() || !is_contraction(graph, operands, &roles) {
        return None;
    }
    let rank = graph.ty(product).rank();
    let shuffled = [0, 1].map(|side| {
        let axes = [&roles.batch, &roles.free[side], &roles.summed].into_iter().flatten();
        rewriter.add(Dimshuffle { order: axes.map(|a| Some(*a)).collect() }, &[operands[side]])
    });
    let [x, y] = [shuffled[0]?, shuffled[1]?];
    let last = |side: usize| {
        let first = roles.batch.len() + roles.free[side].len();
        (first..first + roles.summed.len()).collect()
    };
    let dot = rewriter.add(Dot { batch: roles.batch.len(), left: last(0), right: last(1) }, &[x, y])?;
    let results: Vec<usize> =
        [&roles.batch, &roles.free[0], &roles.free[1]].into_iter().flatten().copied().collect();
    let kept = (0..rank).filter(|axis| !roles.summed.contains(axis));
    let order = kept.map(|axis| results.iter().position(|r| *r == axis)).collect();
    rewriter.add(Dimshuffle { order }, &[dot])
}

/// A matrix product always is; a matrix times a vector, if the matrix is in memory anyway. Otherwise
/// computing and adding the products in one loop is better.
fn is_contraction(graph: &Graph, operands: [NodeId; 2], roles: &Roles) -> bool {
    let in_memory = |id: NodeId| match class(graph, id) {
        Class::Leaf | Class::View | Class::Reduction | Class::Rearrangement => true,
        Class::Elementwise | Class::Cast | Class::Composite => false,
    };
    match [roles.free[0].is_empty(), roles.free[1].is_empty()] {
        [false, false] => true,
        [false, true] => roles.batch.is_empty() && in_memory(operands[0]),
        [true, false] => roles.batch.is_empty() && in_memory(operands[1]),
        [true, true] => false,
    }
}

fn add_of_scatter(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let [first, second] = [graph.operands(id)[0], graph.operands(id)[1]];
    let is_sub = matches!(graph.op(id), Op::Sub(_));
    let found = [(first, second), (second, first)].into_iter().take(if is_sub { 1 } else { 2 });
    let (x, terms) = found.into_iter().find_map(|(x, terms)| {
        let same_type = [x, terms].iter().all(|node| graph.ty(*node) == graph.ty(id));
        let terms = scattered(rewriter, terms).filter(|_| same_type && !is_zero(graph, x))?;
        Some((x, terms))
    })?;
    let mut operands = graph.operands(terms.scatter).to_vec();
    let op = graph.op(terms.scatter).clone();
    let mut updates = operands.pop()?;
    for factor in terms.factors {
        updates = scaled(rewriter, factor, updates)?;
    }
    if terms.is_negative != is_sub {
        updates = rewriter.add(Neg {}, &[updates])?;
    }
    operands[0] = x;
    operands.push(updates);
    rewriter.add(op, &operands)
}

/// What is scattered into nothing, with factors that are one number each.
struct Scattered {
    scatter: NodeId,
    factors: Vec<NodeId>,
    is_negative: bool,
}

/// The terms that a node is, if nothing else uses them.
fn scattered(rewriter: &Rewriter<'_>, mut node: NodeId) -> Option<Scattered> {
    let graph = rewriter.graph();
    let (mut factors, mut is_negative) = (vec![], false);
    while !rewriter.is_shared(node) {
        if let Op::ScatterAdd(_) = graph.op(node) {
            let is_alone = is_zero(graph, graph.operands(node)[0]);
            return is_alone.then_some(Scattered { scatter: node, factors, is_negative });
        } else if let Op::Neg(_) = graph.op(node) {
            is_negative = !is_negative;
            node = graph.operands(node)[0];
        } else {
            let (factor, value) = scale(graph, node)?;
            factors.push(factor);
            node = value;
        }
    }
    None
}
