//! Deep graphs: no recursion over nodes, and time in proportion to them.

use std::time::Instant;

use tgc_graph::dim::Symbol;
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::{Function, Output};
use tgc_graph::ops::{Add, Exp, Input, Mul, Neg, Sigmoid, Sub};
use tgc_optimize::{Options, optimize};

const LENGTH: usize = 100_000;

fn chain(step: &dyn Fn(&mut Graph, NodeId, NodeId, usize) -> NodeId) -> Function {
    let mut graph = Graph::default();
    let n = tgc_graph::dim::Dim::symbol(graph.scope.symbols.push(Symbol::new("N")));
    let input = |graph: &mut Graph, name: &str| {
        graph.op_node(Input { name: name.into(), dtype: DType::F32, shape: vec![n.clone()] }, &[])
    };
    let (x, y) = (input(&mut graph, "x"), input(&mut graph, "y"));
    let last = (0..LENGTH).fold(x, |value, i| step(&mut graph, value, y, i));
    let outputs = vec![Output { name: "last".to_owned(), node: last }];
    Function { name: "chain".to_owned(), graph, inputs: vec![x, y], outputs, updates: vec![] }
}

/// Generous, since tests share the machine: a pass that is quadratic takes hours.
fn optimized(function: &Function) -> Function {
    let start = Instant::now();
    let (result, report) = optimize(function, &Options::default()).expect("it settles");
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds:.2} s\n{}", report.explain(true));
    assert!(seconds < 60.0, "{seconds} s\n{}", report.explain(true));
    result
}

#[test]
fn a_chain_without_redexes() {
    let f = chain(&|graph, value, y, i| match i % 3 {
        0 => graph.op_node(Mul {}, &[value, y]),
        1 => graph.op_node(Sigmoid {}, &[value]),
        _ => graph.op_node(Exp {}, &[value]),
    });
    assert_eq!(optimized(&f).graph.len(), LENGTH + 2);
}

#[test]
fn a_chain_of_negations_vanishes() {
    let f = chain(&|graph, value, _, _| graph.op_node(Neg {}, &[value]));
    assert_eq!(optimized(&f).graph.len(), 2);
}

#[test]
fn negations_travel_through_a_chain() {
    let f = chain(&|graph, value, y, i| match i % 4 {
        0 => graph.op_node(Neg {}, &[value]),
        1 => graph.op_node(Mul {}, &[value, y]),
        2 => graph.op_node(Sub {}, &[value, y]),
        _ => graph.op_node(Add {}, &[value, value]),
    });
    assert!(optimized(&f).graph.len() <= LENGTH);
}
