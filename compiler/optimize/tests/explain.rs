//! What a report tells: which rules made each node, from which line of the author's, and how long they took.

use tgc_graph::graph::NodeId;
use tgc_graph::prelude::*;
use tgc_optimize::{Options, Report, optimize};

/// log(1 / (1 + e^-z)), its gradient, and an output that no rule touches.
fn explained(options: &Options) -> (tgc_graph::module::Function, Report, u32) {
    let m = Model::new("explained");
    let z = m.dvector("z");
    let line = line!() + 1;
    let loss = log(1.0 / (1.0 + exp(-z)));
    m.function("f")
        .inputs([z])
        .outputs([("loss", loss), ("slope", grad(loss.sum(), z)), ("sine", sin(z))])
        .finish()
        .expect("well-typed");
    let module = m.module();
    let (function, report) = optimize(&module.functions[0], options).expect("it settles");
    (function, report, line)
}

fn node(function: &tgc_graph::module::Function, op: &str) -> NodeId {
    function.graph.ids().find(|id| function.graph.op(*id).name() == op).expect("the operation is there")
}

#[test]
fn a_node_tells_its_rules_and_the_authors_line() {
    let (function, report, line) = explained(&Options::default());
    let softplus = node(&function, "softplus");
    assert_eq!(report.history.of(softplus), ["log-sigmoid"]);
    let origin = &function.graph.node(softplus).origin;
    assert_eq!((&*origin.file, origin.line), (file!(), line));
    assert!(report.history.of(node(&function, "sigmoid")).contains(&"differentiate"));
    assert!(report.history.of(node(&function, "sin")).is_empty());
    let text = report.explain_nodes(&function);
    assert!(text.contains(&format!("softplus from {origin}: log-sigmoid\n")), "{text}");
    assert_eq!(text.lines().count(), 1 + function.graph.len());
}

#[test]
fn times_are_measured_when_asked_for() {
    let (_, report, _) = explained(&Options { timed: true, ..Options::default() });
    let fired = || report.stages.iter().flat_map(|stage| &stage.fired);
    assert!(fired().any(|fired| !fired.time.is_zero()));
    for stage in &report.stages {
        let rules: std::time::Duration = stage.fired.iter().map(|fired| fired.time).sum();
        assert!(rules <= stage.time, "{}", report.explain(true));
    }
    let (_, report, _) = explained(&Options::default());
    assert!(report.stages.iter().flat_map(|stage| &stage.fired).all(|fired| fired.time.is_zero()));
}
