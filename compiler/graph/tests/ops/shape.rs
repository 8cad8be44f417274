//! Shape and build operations.

use tgc_graph::evaluate::{Sizes, evaluate};
use tgc_graph::graph::Graph;
use tgc_graph::module::{Function, Output};
use tgc_graph::ops;
use tgc_graph::prelude::*;

/// The value of a graph without inputs.
fn value(build: impl FnOnce(&mut Graph) -> tgc_graph::graph::NodeId) -> Array {
    let mut graph = Graph::default();
    let node = build(&mut graph);
    let outputs = vec![Output { name: "y".into(), node }];
    let function = Function { name: "f".into(), graph, inputs: vec![], outputs, updates: vec![] };
    evaluate(&function, &[], &[], &Sizes::new()).unwrap().outputs.remove(0)
}

#[test]
fn iota_counts() {
    assert_eq!(value(|graph| graph.iota(4.into())), [0i64, 1, 2, 3].into());
    assert_eq!(value(|graph| graph.iota(0.into())), Array::zeros::<i64>([0]));
    let lifted = value(|graph| {
        let op: ops::Op = ops::Iota { size: 3.into() }.into();
        op.definition().lift(graph, &[], &[], &2.into())
    });
    assert_eq!(lifted, [[0i64, 1, 2], [0, 1, 2]].into());
}
