//! Functions: defaults of arguments, replaced expressions.

use tgc_graph::evaluate::{Sizes, evaluate};
use tgc_graph::prelude::*;
use tgc_graph::{text, wire};

fn diagnostics(result: Result<(), tgc_graph::builder::BuildError>) -> String {
    result.unwrap_err().diagnostics.iter().map(|p| p.message.clone()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_default_is_part_of_the_file() {
    let m = Model::new("m");
    let x = m.input("x", F32, [2]);
    let scale = m.input("scale", F32, [2]);
    let rate = m.fscalar("rate");
    m.function("f")
        .inputs([x])
        .input_with_default(scale, [1.0f32, 2.0])
        .input_with_default(rate, 0.5f32)
        .output("y", x * scale * rate)
        .finish()
        .unwrap();
    let module = m.module();
    let function = &module.functions[0];
    let defaults: Vec<Option<Array>> = function.inputs.iter().map(|id| function.default_of(*id)).collect();
    assert_eq!(defaults, [None, Some([1.0f32, 2.0].into()), Some(0.5f32.into())]);
    tgc_graph::verify::verify(&module).unwrap();
    assert_eq!(module, text::parse(&text::print(&module)).unwrap());
    assert_eq!(module, wire::decode(&wire::encode(&module)).unwrap());
    let arguments = [[3.0f32, 4.0].into(), [1.0f32, 2.0].into(), Array::from(0.5f32)];
    let outcome = evaluate(function, &[], &arguments, &Sizes::new()).unwrap();
    assert_eq!(outcome.outputs[0], Array::from([1.5f32, 4.0]));
}

#[test]
fn a_default_has_the_type_of_its_argument() {
    let m = Model::new("m");
    let x = m.fvector("x");
    let y = m.fscalar("y");
    let function =
        |value: Array| m.function("f").inputs([x]).input_with_default(y, value).output("z", x * y).finish();
    assert_eq!(
        diagnostics(function(0.5f64.into())),
        "function f: the default of `y` (f32[]) is f64[]; give a value of the argument's type"
    );
    let symbolic = m.function("g").input_with_default(x, [1.0f32]).output("z", x * 2.0).finish();
    assert_eq!(
        diagnostics(symbolic),
        "function g: `x` (f32[x_0]) has a default of the shape [1]; give the argument that static shape"
    );
}

#[test]
fn givens_replace_at_once() {
    let m = Model::new("m");
    let [x, y] = m.dscalars(["x", "y"]);
    let square = x * x;
    // x and y change places: what replaces is not itself replaced.
    m.function("f").inputs([x, y]).given(x, y).given(y, x).output("z", x - 2.0 * y).finish().unwrap();
    m.function("g").inputs([y]).given(square, y).output("z", square + 1.0).finish().unwrap();
    let module = m.module();
    let call = |i: usize, arguments: &[f64]| {
        let arguments: Vec<Array> = arguments.iter().map(|v| Array::from(*v)).collect();
        evaluate(&module.functions[i], &[], &arguments, &Sizes::new()).unwrap().outputs[0].clone()
    };
    assert_eq!(call(0, &[3.0, 10.0]), Array::from(10.0 - 6.0));
    assert_eq!(call(1, &[5.0]), Array::from(6.0));
}

#[test]
fn givens_replace_inside_gradients_and_updates() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let w = m.shared("w", [1.0, 2.0]);
    let data = m.shared("data", [3.0, 4.0]);
    let cost = (x * w).sum();
    m.function("step").given(x, data).output("cost", cost).update(w, w - grad(cost, w)).finish().unwrap();
    let module = m.module();
    let outcome = evaluate(&module.functions[0], &module.shared, &[], &Sizes::new()).unwrap();
    assert_eq!(outcome.outputs[0], Array::from(11.0));
    assert_eq!(outcome.updates, [(0, Array::from([-2.0, -2.0]))]);
}

#[test]
fn a_given_fits_what_it_replaces() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let row = m.constant([[1.0, 2.0]]);
    let one = m.constant([1.0]);
    let two = m.constant([1.0, 2.0]);
    let function = |by| m.function("f").inputs([x]).given(x, by).output("z", x * 2.0).allow_unused().finish();
    assert!(
        diagnostics(function(row))
            .contains("is given for `x` (f64[x_0]); give a tensor of its element type and rank")
    );
    assert!(diagnostics(function(one)).contains("only one of them has the static size 1 along axis 0"));
    function(two).unwrap();
    let twice = m.function("g").given(x, two).given(x, two).output("z", x * 2.0).finish();
    assert_eq!(diagnostics(twice), "function g: `x` (f64[x_0]) is given twice; keep one");
}

#[test]
fn functions_have_ranges_of_their_own() {
    let m = Model::new("m");
    let n = m.dim("N");
    let x = m.input("x", F64, [n]);
    m.function("all").inputs([x]).output("y", x * 2.0).finish().unwrap();
    m.function("fourth").inputs([x]).output("y", x.index(3)).finish().unwrap();
    let module = m.module();
    tgc_graph::verify::verify(&module).unwrap();
    let ranges: Vec<i64> =
        module.functions.iter().flat_map(|f| f.graph.scope.symbols.iter()).map(|(_, s)| s.min).collect();
    assert_eq!(ranges, [0, 4]);
    assert_eq!(module.sizes().iter().map(|size| size.min).collect::<Vec<_>>(), [0]);
}
