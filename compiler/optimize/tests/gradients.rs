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

fn values(function: &Function, inputs: &[Array]) -> Vec<f64> {
    let outputs = evaluate(function, &[], inputs, &Sizes::new()).expect("it runs").outputs;
    outputs[0].to_vec().expect("doubles")
}

fn of(model: &Model, inputs: Vec<Tensor<'_>>, output: Tensor<'_>) -> Function {
    model.function("f").inputs(inputs).output("out", output).finish().expect("well-typed");
    optimized(model)
}

fn count(function: &Function, op: &str) -> usize {
    function.graph.ids().filter(|id| function.graph.op(*id).name() == op).count()
}

#[test]
fn the_jacobian_of_a_square_is_a_diagonal() {
    let m = Model::new("jacobian");
    let x = m.dvector("x");
    let f = of(&m, vec![x], jacobian(x.pow(2), x));
    assert_eq!(values(&f, &[Array::from([4.0, 4.0])]), [8.0, 0.0, 0.0, 8.0]);
}

#[test]
fn the_jacobian_of_a_product_with_a_matrix_is_the_matrix() {
    let m = Model::new("jacobian");
    let (w, x) = (m.dmatrix("w"), m.dvector("x"));
    let f = of(&m, vec![w, x], jacobian(dot(w, x), x));
    let inputs = [Array::from([[1.0, 2.0], [3.0, 4.0]]), Array::from([5.0, 6.0])];
    assert_eq!(values(&f, &inputs), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn the_hessian_of_a_product_and_an_exponential() {
    let m = Model::new("hessian");
    let v = m.dvector("v");
    let cost = v.index(0) * v.index(1) * v.index(2) + exp(v.index(0));
    let f = of(&m, vec![v], hessian(cost, v));
    let e = 1f64.exp();
    let got = values(&f, &[Array::from([1.0, 2.0, 3.0])]);
    for (got, want) in got.iter().zip([e, 3.0, 2.0, 3.0, 0.0, 1.0, 2.0, 1.0, 0.0]) {
        assert!((got - want).abs() <= 1e-15 * want, "{got} instead of {want}");
    }
}

#[test]
fn products_from_the_right_and_from_the_left() {
    let m = Model::new("products");
    let [x, v] = m.dvectors(["x", "v"]);
    let w = m.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let y = dot(w, x * x);
    let along = of(&m, vec![x, v], rop(y, x, v));
    assert_eq!(values(&along, &[Array::from([1.0, 10.0]), Array::from([1.0, 0.5])]), [22.0, 46.0, 70.0]);
    let n = Model::new("products");
    let [x, u] = n.dvectors(["x", "u"]);
    let w = n.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let back = of(&n, vec![x, u], lop(dot(w, x * x), x, u));
    assert_eq!(values(&back, &[Array::from([1.0, 10.0]), Array::from([1.0, 0.0, 2.0])]), [22.0, 280.0]);
}

/// The sigmoid, whose logarithm a rule replaces by a softplus of z, which does not go through it.
#[test]
fn the_gradient_by_a_value_that_a_rule_bypasses() {
    let m = Model::new("bypassed");
    let z = m.dvector("z");
    let p = 1.0 / (1.0 + exp(-z));
    let cost = -log(p).sum();
    m.function("f")
        .inputs([z])
        .outputs([("by_p", grad(cost, p)), ("by_z", grad(cost, z)), ("cost", cost)])
        .finish()
        .expect("well-typed");
    let f = optimized(&m);
    let outputs = evaluate(&f, &[], &[Array::from([0.0, -2.0])], &Sizes::new()).expect("it runs").outputs;
    let by_p: Vec<f64> = outputs[0].to_vec().expect("doubles");
    let by_z: Vec<f64> = outputs[1].to_vec().expect("doubles");
    let grown = 1.0 + 2f64.exp();
    assert!((by_p[0] + 2.0).abs() < 1e-15 && (by_p[1] + grown).abs() < 1e-14, "{by_p:?}");
    assert!((by_z[0] + 0.5).abs() < 1e-15 && (by_z[1] + 1.0 - 1.0 / grown).abs() < 1e-15, "{by_z:?}");
    // The cost itself loses nothing to the pin.
    assert_eq!((count(&f, "softplus"), count(&f, "log"), count(&f, "pin")), (1, 0, 0));
}

/// x² of which both occurrences count, although x * x and x ** 2 become one node.
#[test]
fn the_gradient_by_an_intermediate_square() {
    let m = Model::new("square");
    let x = m.dscalar("x");
    let square = x.pow(2);
    let f = of(&m, vec![x], grad(square * square + square, square));
    assert_eq!(values(&f, &[Array::from(3.0)]), [19.0]);
}
