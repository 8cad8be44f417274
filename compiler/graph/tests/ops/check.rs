//! What tests of operations share.

use std::collections::BTreeSet;

use tgc_graph::builder::BuildError;
use tgc_graph::dtype::DType;
use tgc_graph::evaluate::{Sizes, Value, evaluate};
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::{Function, Module, Output};
use tgc_graph::ops::Op;
use tgc_graph::prelude::*;
use tgc_graph::verify_grad::verify_grad;
use tgc_graph::{text, verify, wire};
use tgc_scalar::Wide;

/// The value of a graph without inputs.
pub fn value(build: impl FnOnce(&mut Graph) -> NodeId) -> Array {
    let mut graph = Graph::default();
    let node = build(&mut graph);
    let outputs = vec![Output { name: "y".into(), node }];
    let function = Function { name: "f".into(), graph, inputs: vec![], outputs, updates: vec![] };
    evaluate(&function, &[], &[], &Sizes::new()).unwrap().outputs.remove(0)
}

/// The value of an expression without inputs.
#[track_caller]
pub fn expression(build: impl for<'m> FnOnce(&'m Model) -> Tensor<'m>) -> Array {
    build(&Model::new("m")).eval().unwrap()
}

/// Holds all elements of an `f64` array to values within some units of the last place of theirs.
#[track_caller]
pub fn close(got: &Array, want: &[f64], ulps: f64) {
    let got: Vec<f64> = got.to_vec().unwrap();
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let same = got == want || got.is_nan() && want.is_nan();
        let near = (got - want).abs() <= ulps * f64::EPSILON * want.abs();
        assert!(same || near, "element {i} is {got:e}, not {want:e}");
    }
}

/// An array of this type and shape with the elements 0, 1, 2, …, or false, true, false, ….
pub fn counting(dtype: DType, shape: &[usize]) -> Array {
    let count: usize = shape.iter().product();
    let elements: Vec<i64> = (0..count as i64).collect();
    let m = Model::new("m");
    let x = m.constant(Array::from_slice(shape, &elements));
    match dtype {
        Bool => {
            let odd: Vec<bool> = elements.iter().map(|i| i % 2 == 1).collect();
            Array::from_slice(shape, &odd)
        }
        _ => x.cast(dtype).eval().unwrap(),
    }
}

/// Holds a lifted operation to the operation on each slice of a leading axis of size 3, whichever operands
/// have it.
pub fn lifts(op: impl Into<Op>, shapes: &[&[usize]]) {
    lifts_typed(op, &shapes.iter().map(|shape| (F64, *shape)).collect::<Vec<_>>());
}

/// [`lifts`] with operands of these element types, `F64` or `I64`, whose elements are between -11 and 11.
pub fn lifts_typed(op: impl Into<Op>, shapes: &[(DType, &[usize])]) {
    let (op, lead) = (op.into(), 3);
    let whole = |k: usize| {
        let (dtype, shape) = shapes[k];
        let shape = [&[lead], shape].concat();
        let count: usize = shape.iter().product();
        let elements = (0..count).map(|i| ((i * 7 + k * 13) % 23) as i64 - 11);
        match dtype {
            I64 => Array::from_slice(shape, &elements.collect::<Vec<i64>>()),
            _ => Array::from_slice(shape, &elements.map(|i| i as f64).collect::<Vec<f64>>()),
        }
    };
    let part = |k: usize, i: usize| {
        let bytes = whole(k).bytes().len() / lead;
        let (dtype, shape) = shapes[k];
        Array::from_bytes(dtype, shape, &whole(k).bytes()[i * bytes..][..bytes]).unwrap()
    };
    for pattern in 1..1 << shapes.len() {
        let batched: Vec<bool> = (0..shapes.len()).map(|k| pattern >> k & 1 == 1).collect();
        let lifted = value(|graph| {
            let operand = |k: usize| if batched[k] { whole(k) } else { part(k, 0) };
            let operands: Vec<NodeId> = (0..shapes.len()).map(|k| graph.constant(operand(k))).collect();
            op.definition().lift(graph, &operands, &batched, &(lead as i64).into())
        });
        let mut looped = vec![];
        for i in 0..lead {
            let slice = value(|graph| {
                let operand = |k: usize| part(k, if batched[k] { i } else { 0 });
                let operands: Vec<NodeId> = (0..shapes.len()).map(|k| graph.constant(operand(k))).collect();
                graph.op_node(op.clone(), &operands)
            });
            assert_eq!(lifted.shape(), [&[lead], slice.shape()].concat(), "{op:?} with {batched:?}");
            looped.extend_from_slice(slice.bytes());
        }
        assert_eq!(lifted.bytes(), looped, "{op:?} with {batched:?}");
    }
}

/// Holds the gradient by inputs of these shapes to differences, at values between -2 and 2.
pub fn gradient_matches(
    what: &str,
    shapes: &[&[usize]],
    build: impl for<'m> Fn(&'m Model, &[Tensor<'m>]) -> Tensor<'m>,
) {
    let m = Model::new("m");
    let input = |k: usize| {
        let sizes: Vec<i64> = shapes[k].iter().map(|n| *n as i64).collect();
        let elements: Vec<f64> = (0..shapes[k].iter().product())
            .map(|i: usize| ((i * 5 + k * 3) as f64 * 0.77 + 0.3).sin() * 2.0)
            .collect();
        (m.input(&format!("x{k}"), F64, sizes), Array::from_slice(shapes[k], &elements))
    };
    let (inputs, point): (Vec<Tensor<'_>>, Vec<Array>) = (0..shapes.len()).map(input).unzip();
    let value = build(&m, &inputs);
    let checked = verify_grad(value, inputs.into_iter().zip(point));
    assert_eq!(checked, Ok(()), "{what}");
}

/// Holds the text form and the file form of a model to the model.
pub fn round_trips(m: &Model) {
    let module = m.module();
    assert_eq!(verify::verify(&module), Ok(()));
    let printed = text::print(&module);
    assert!(text::parse(&printed).unwrap_or_else(|e| panic!("{e}\n{printed}")) == module, "{printed}");
    assert!(wire::decode(&wire::encode(&module)).unwrap() == module, "{printed}");
}

/// What a value in double-double arithmetic is in its own type.
pub fn rounded(wide: &Value<Wide>) -> Array {
    let mut array = Array::zeros_of(wide.dtype, wide.shape.clone());
    for (i, parts) in wide.elements.iter().enumerate() {
        array.set(i, parts.map(|part| part.to_bits(wide.dtype.scalar_type())));
    }
    array
}

/// The names of the operations in a function that gives these values.
pub fn names<'m>(m: &'m Model, values: impl IntoIterator<Item = Tensor<'m>>) -> BTreeSet<&'static str> {
    let numbered = values.into_iter().enumerate();
    let function = numbered.fold(m.function("f"), |function, (i, y)| function.output(&format!("y{i}"), y));
    function.allow_unused().finish().unwrap();
    names_of(&m.module())
}

/// The names of the operations in the functions of a model.
pub fn names_of(module: &Module) -> BTreeSet<&'static str> {
    let graphs = module.functions.iter().map(|function| &function.graph);
    graphs.flat_map(|graph| graph.ids().map(|id| graph.op(id).name())).collect()
}

/// What is wrong with an expression, given the model that it is in and its inputs.
pub fn complaint(build: impl for<'m> FnOnce(&'m Model) -> Tensor<'m>) -> String {
    let m = Model::new("m");
    let value = build(&m);
    let error: BuildError = match m.function("f").output("y", value).finish() {
        Ok(()) => panic!("the expression is well-typed: {}", pp(value)),
        Err(error) => error,
    };
    let missing = |message: &str| message.contains("is not among the inputs");
    let messages: Vec<String> =
        error.diagnostics.into_iter().map(|p| p.message).filter(|message| !missing(message)).collect();
    messages.join("\n")
}
