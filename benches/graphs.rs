//! Graphs to compile: a chain, in which every node uses the one before, and a mesh, in which every node uses
//! two of the hundred before.

use tgc_graph::module::Module;
use tgc_graph::prelude::*;

/// Every node uses the one before it and the input.
pub fn chain(nodes: usize) -> Module {
    build(nodes, |at, _| (at - 1, 0))
}

/// Every node uses the one before it and one of the hundred before.
pub fn mesh(nodes: usize) -> Module {
    build(nodes, |at, random| (at - 1, at - 1 - random % at.min(100)))
}

/// A model of so many nodes that no rule can shorten to nothing.
fn build(nodes: usize, operands: impl Fn(usize, usize) -> (usize, usize)) -> Module {
    let m = Model::new("scale");
    let n = m.dim("N");
    let x = m.input("x", F32, [n]);
    let mut values = vec![x, exp(x)];
    // A small deterministic generator: the graph is the same in every run.
    let mut state = 1u64;
    while values.len() < nodes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (last, other) = operands(values.len(), (state >> 33) as usize);
        let (last, other) = (values[last], values[other]);
        values.push(if values.len() % 3 == 0 { sigmoid(last) } else { last * other });
    }
    m.function("f")
        .inputs([x])
        .output("y", values[nodes - 1].sum())
        .finish()
        .expect("the model is well-formed");
    m.module()
}
