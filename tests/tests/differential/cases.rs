//! Native code computes what NumPy and mpmath do: the value cases of `tgc-graph`, with their constants as
//! arguments.

use tgc_compiler::Session;
use tgc_graph::array::{Array, element_to_text};
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::{Function, Module};
use tgc_graph::ops::{Constant, Elements, Input, Op};
use tgc_graph::text;
use tgc_scalar::scalar_from_bits_f64;

/// Compiles all cases of a file and holds them to their values within some units of the last place.
fn check(text: &str, ulps: f64) {
    let cases = text::parse(text).unwrap_or_else(|e| panic!("{e}"));
    let (names, opened): (Vec<&str>, Vec<Case>) =
        cases.functions.iter().enumerate().map(|(i, f)| (f.name.as_str(), Case::new(i, f))).unzip();
    let functions = opened.iter().map(|case| case.function.clone()).collect();
    let mut session = Session::new(&Module { functions, ..cases.clone() }).unwrap_or_else(|e| panic!("{e}"));
    let mut wrong = vec![];
    for (name, case) in names.into_iter().zip(&opened) {
        let outputs = session.call(&case.function.name, &case.arguments);
        let got = outputs.unwrap_or_else(|e| panic!("{name}: {e}")).remove(0);
        wrong.extend(differs(&got, &case.want, ulps).map(|problem| format!("{name}: {problem}")));
    }
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), opened.len(), wrong.join("\n"));
}

/// A case whose constants are arguments, so that nothing is computed at compile time.
struct Case {
    function: Function,
    arguments: Vec<Array>,
    want: Array,
}

impl Case {
    fn new(number: usize, function: &Function) -> Case {
        let output = |name: &str| function.outputs.iter().position(|o| o.name == name).expect("an output");
        let [got, want] = ["got", "want"].map(output);
        let mut graph = function.graph.successor();
        let (mut ids, mut inputs, mut arguments): (Vec<NodeId>, _, _) = (vec![], vec![], vec![]);
        let used = function.graph.reachable(&[function.outputs[got].node]);
        for id in function.graph.ids() {
            let operands: Vec<NodeId> = function.graph.operands(id).iter().map(|o| ids[o.index()]).collect();
            let constant = value(&function.graph, id).filter(|_| used[id.index()]);
            let op = match &constant {
                Some(array) => Op::from(Input {
                    name: format!("x{}", inputs.len()).into(),
                    dtype: array.dtype(),
                    shape: function.graph.ty(id).shape.clone(),
                }),
                None => function.graph.op(id).clone(),
            };
            ids.push(graph.op_node(op, &operands));
            if let Some(array) = constant {
                inputs.push(ids[id.index()]);
                arguments.push(array);
            }
        }
        let mut output = function.outputs[got].clone();
        output.node = ids[output.node.index()];
        let want = value(&function.graph, function.outputs[want].node).expect("a constant");
        let name = format!("case{number}");
        Case {
            function: Function { name, graph, inputs, outputs: vec![output], updates: vec![] },
            arguments,
            want,
        }
    }
}

/// The value of a constant that is no literal.
fn value(graph: &Graph, id: NodeId) -> Option<Array> {
    let Op::Constant(Constant { dtype, shape, elements, weak: false }) = graph.op(id) else { return None };
    let shape: Option<Vec<usize>> = shape.iter().map(|d| usize::try_from(d.as_const()?).ok()).collect();
    match elements {
        Elements::Splat(parts) => Some(Array::splat(*dtype, shape?, *parts)),
        Elements::Data(id) => graph.scope.data.get(*id).cloned(),
    }
}

/// The first element that is further off than that, of complex numbers in units of their magnitude.
fn differs(got: &Array, want: &Array, ulps: f64) -> Option<String> {
    let dtype = want.dtype();
    if (got.dtype(), got.shape()) != (dtype, want.shape()) {
        return Some(format!("{}{:?}, not {dtype}{:?}", got.dtype(), got.shape(), want.shape()));
    }
    let epsilon = match dtype.to_real() {
        DType::F16 => 2f64.powi(-10),
        DType::BF16 => 2f64.powi(-7),
        DType::F32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let is_off = |i: &usize| {
        let parts = |array: &Array| array.get(*i).map(|part| scalar_from_bits_f64(dtype.scalar_type(), part));
        let (g, w) = (parts(got), parts(want));
        let tolerance = ulps * epsilon * w[0].hypot(if dtype.is_complex() { w[1] } else { 0.0 });
        (0..dtype.parts()).any(|k| {
            let same = got.get(*i)[k] == want.get(*i)[k] || g[k].is_nan() && w[k].is_nan();
            !same && !(ulps > 0.0 && (g[k] == w[k] || (g[k] - w[k]).abs() <= tolerance))
        })
    };
    let first = (0..want.len()).find(is_off)?;
    let [got, want] = [got, want].map(|array| element_to_text(dtype, array.get(first)));
    Some(format!("element {first} is {got}, not {want}"))
}

#[test]
fn arithmetic() {
    check(include_str!("../../../compiler/graph/tests/data/values/arithmetic.tgc"), 0.0);
}

#[test]
fn functions() {
    check(include_str!("../../../compiler/graph/tests/data/values/functions.tgc"), 8.0);
}

#[test]
fn shapes() {
    check(include_str!("../../../compiler/graph/tests/data/values/shape.tgc"), 0.0);
}

#[test]
fn products() {
    check(include_str!("../../../compiler/graph/tests/data/values/products.tgc"), 4.0);
}
