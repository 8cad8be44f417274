//! Models whose sizes are quotients, remainders, minima and maxima: native code against the evaluator.

use tgc_compiler::{Call, Session};
use tgc_graph::evaluate::{Sizes, evaluate};
use tgc_graph::prelude::*;

/// Calls the model's only function, natively and by the evaluator, for each of these sizes.
fn agree(m: &Model, cases: &[&[(&str, i64)]]) {
    let module = m.module();
    let function = &module.functions[0];
    let mut session = Session::new(&module).unwrap();
    let names: Vec<&str> = function.graph.symbols.iter().map(|(_, s)| s.name.as_str()).collect();
    for case in cases {
        let named: Vec<(&str, i64)> = case.iter().filter(|(name, _)| names.contains(name)).copied().collect();
        let value = |id: tgc_graph::dim::SymbolId| {
            let name = &function.graph.symbols.get(id).name;
            case.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name}")).1
        };
        let inputs: Vec<Array> = function.inputs.iter().map(|id| {
            let ty = function.graph.ty(*id);
            let shape: Vec<usize> = ty.shape.iter().map(|d| d.evaluate(&value).unwrap() as usize).collect();
            let numbers: Vec<f64> = (0..shape.iter().product::<usize>()).map(|i| i as f64 + 0.5).collect();
            Array::from_slice(&shape, &numbers)
        }).collect();
        let sizes: Sizes = named.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        let want = evaluate(function, &[], &inputs, &sizes).unwrap().outputs;
        let given: Vec<Option<Array>> = inputs.into_iter().map(Some).collect();
        let call = Call { function: &function.name, sizes: &named, inputs: &given, times: 1 };
        let got = session.run(&call).unwrap_or_else(|e| panic!("{case:?}: {e}")).outputs;
        assert_eq!(got, want, "{case:?}");
    }
}

#[test]
fn sizes_as_values_divide_and_compare() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(0, 1000), m.dim("K").range(1, 9));
    let x = m.input("x", F64, [n, k]);
    let outputs = [
        ("quotient", n / 3),
        ("rest", n % 3),
        ("by_symbol", (n + 5) / k),
        ("rest_by_symbol", (n * 3 + 1) % k),
        ("below", (n - 10) / k),
        ("rest_below", (n - 10) % k),
        ("smaller", (n - 10).min(k - 5)),
        ("larger", (n / 2 - 10).max(k - n)),
        ("nested", ((n - 7).max(0) * k / 4 + n % 5) % (k + 1)),
    ];
    let outputs = outputs.map(|(name, size)| (name, size.value(&m)));
    m.function("f").inputs([x]).output("sum", x.sum()).outputs(outputs).finish().unwrap();
    let cases: Vec<Vec<(&str, i64)>> =
        [0, 1, 2, 3, 9, 10, 11, 1000].iter().flat_map(|n| [1, 2, 5, 9].map(|k| vec![("N", *n), ("K", k)])).collect();
    agree(&m, &cases.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

#[test]
fn axes_have_sizes_that_divide() {
    let m = Model::new("m");
    let n = m.dim("N").range(0, 1000);
    let x = m.input("x", F64, [n]);
    let half = n / 2;
    let [front, back] = x.split([half, n - half], 0);
    let numbers = m.arange(0, n, 3).cast(F64);
    let outer = numbers.reshape([(n + 2) / 3, 1.into()]) * front.reshape([1.into(), half]);
    m.function("f")
        .inputs([x])
        .outputs([("front", front.exp()), ("back", back * 2.0), ("numbers", numbers * numbers)])
        .outputs([("outer", outer), ("sums", outer.sum_over(0)), ("total", front.sum() / half.max(1))])
        .finish()
        .unwrap();
    agree(&m, &[&[("N", 0)], &[("N", 1)], &[("N", 2)], &[("N", 7)], &[("N", 64)], &[("N", 333)]]);
}

#[test]
fn an_open_size_is_checked_when_a_call_enters() {
    let m = Model::new("m");
    let x = m.input("x", F64, [m.dim("N").range(0, 1000), 6.into()]);
    m.function("f").inputs([x]).output("y", x.reshape([-1, 4]) + 1.0).finish().unwrap();
    agree(&m, &[&[("N", 0)], &[("N", 2)], &[("N", 8)]]);
    let mut session = Session::new(&m.module()).unwrap();
    let error = session.call("f", &[Array::zeros::<f64>([3, 6])]).unwrap_err().to_string();
    assert_eq!(error, "");
}

#[test]
fn parts_that_make_the_whole() {
    let m = Model::new("m");
    let n = m.dim("N").range(0, 1000);
    let x = m.input("x", F64, [n]);
    let (few, rest) = (n.min(3), (n - 3).max(0));
    let (a, b) = (m.arange(0, few, 1).cast(F64), m.arange(0, rest, 1).cast(F64));
    let whole = concatenate([a, b], 0);
    m.function("f").inputs([x]).outputs([("whole", whole), ("sum", whole + x)]).finish().unwrap();
    agree(&m, &[&[("N", 0)], &[("N", 2)], &[("N", 3)], &[("N", 8)], &[("N", 100)]]);
}
