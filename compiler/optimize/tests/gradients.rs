//! What gradients look like once optimized: as a person would write them.

use tgc_graph::array::Array;
use tgc_graph::evaluate::{Sizes, evaluate};
use tgc_graph::module::Function;
use tgc_graph::pp::expression;
use tgc_graph::prelude::*;
use tgc_optimize::{Options, optimize};

fn optimized(model: &Model) -> Function {
    let module = model.module();
    let function = module.function("f").expect("the function exists");
    optimize(function, &Options { verify: true, ..Options::default() }).expect("the pipeline settles").0
}

fn shown(function: &Function) -> String {
    expression(&function.graph, function.outputs[0].node)
}

#[test]
fn the_gradient_of_a_square_is_twice_its_base() {
    let m = Model::new("square");
    let x = m.dscalar("x");
    m.function("f").inputs([x]).output("g", grad(x.pow(2), x)).finish().expect("well-typed");
    assert_eq!(shown(&optimized(&m)), "(TensorConstant{2.0} * x)");
}

#[test]
fn powers_lose_one_factor_with_each_gradient() {
    let m = Model::new("fifth");
    let x = m.dscalar("x");
    let third = grad(grad(grad(x.pow(5), x), x), x);
    m.function("f").inputs([x]).output("g", third).finish().expect("well-typed");
    let f = optimized(&m);
    assert_eq!(shown(&f), "(TensorConstant{60.0} * sqr(x))");
    let out = evaluate(&f, &[], &[Array::from(2.0)], &Sizes::new()).expect("it runs");
    assert_eq!(out.outputs[0], Array::from(240.0));
}
