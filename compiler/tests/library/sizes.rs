//! Models whose sizes are quotients, remainders, minima and maxima: native code against the evaluator.

use tgc_compiler::{Call, Session};
use tgc_graph::builder::Padding;
use tgc_graph::evaluate::{Sizes, evaluate};
use tgc_graph::prelude::*;

/// Calls the model's only function, natively and by the evaluator, for each of these sizes.
fn agree(m: &Model, cases: &[&[(&str, i64)]]) {
    let module = m.module();
    let function = &module.functions[0];
    let mut session = Session::new(&module).unwrap();
    let names: Vec<&str> = function.graph.scope.symbols.iter().map(|(_, s)| s.name.as_str()).collect();
    for case in cases {
        let known = case.iter().filter(|(name, _)| names.contains(name));
        let named: Vec<(String, i64)> = known.map(|(name, n)| ((*name).to_owned(), *n)).collect();
        let value = |id: tgc_graph::dim::SymbolId| {
            let name = &function.graph.scope.symbols.get(id).name;
            case.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name}")).1
        };
        let inputs: Vec<Array> = function
            .inputs
            .iter()
            .map(|id| {
                let ty = function.graph.ty(*id);
                let shape: Vec<usize> =
                    ty.shape.iter().map(|d| d.evaluate(&value).unwrap() as usize).collect();
                let numbers: Vec<f64> =
                    (0..shape.iter().product::<usize>()).map(|i| i as f64 + 0.5).collect();
                Array::from_slice(shape, &numbers)
            })
            .collect();
        let sizes: Sizes = named.iter().cloned().collect();
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
    let cases: Vec<Vec<(&str, i64)>> = [0, 1, 2, 3, 9, 10, 11, 1000]
        .iter()
        .flat_map(|n| [1, 2, 5, 9].map(|k| vec![("N", *n), ("K", k)]))
        .collect();
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
        .outputs([("outer", outer), ("sums", outer.sum_over([0])), ("total", front.sum() / half.max(1))])
        .finish()
        .unwrap();
    agree(&m, &[&[("N", 0)], &[("N", 1)], &[("N", 2)], &[("N", 7)], &[("N", 64)], &[("N", 333)]]);
}

#[test]
fn an_open_size_is_checked_when_a_call_enters() {
    let m = Model::new("m");
    let x = m.input("x", F64, [m.dim("N").range(0, 1000), 6.into()]);
    let y = x.reshape([-1, 4]) + 1.0;
    let g = grad((y * y).sum(), x);
    m.function("f").inputs([x]).outputs([("y", y), ("g", g)]).finish().unwrap();
    agree(&m, &[&[("N", 0)], &[("N", 2)], &[("N", 8)]]);
    let mut session = Session::new(&m.module()).unwrap();
    let error = session.call("f", &[Array::zeros::<f64>([3, 6])]).unwrap_err().to_string();
    let want = "f: the number of elements of x is 18, the number of elements of Reshape(x) is 16; they must be equal";
    assert_eq!(error, want);
}

#[test]
fn a_place_that_callers_give_is_checked_when_a_call_enters() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(0, 1000), m.dim("K").range(0, 1000));
    let x = m.input("x", F64, [n, 3.into()]);
    let y = x.index(k).sum() + x.index((n - k..,)).sum();
    m.function("f").inputs([x]).outputs([("y", y), ("g", grad(y, x))]).finish().unwrap();
    agree(&m, &[&[("N", 1), ("K", 0)], &[("N", 8), ("K", 7)], &[("N", 100), ("K", 50)]]);
    let mut session = Session::new(&m.module()).unwrap();
    let (sizes, x) = ([("K".to_owned(), 3)], Array::zeros::<f64>([3, 3]));
    let want = "f: a part of x axis 0 is 0, and must be at least 1";
    let named: Sizes = sizes.iter().cloned().collect();
    let function = &m.module().functions[0];
    let evaluated = evaluate(function, &[], std::slice::from_ref(&x), &named).unwrap_err().to_string();
    let call = Call { function: "f", sizes: &sizes, inputs: &[Some(x.clone())], times: 1 };
    let called = session.run(&call).map(|_| ()).unwrap_err().to_string();
    assert_eq!([evaluated, called], [want, want]);
    let interpreted = tgc_plan::interpret::Interpreter::new(session.plan()).call(0, &[3, 3], &[x]);
    assert_eq!(interpreted.unwrap_err().to_string(), want.replace("f:", "function `f`:"));
}

#[test]
fn shapes_whose_difference_is_a_size_are_checked() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(0, 1000), m.dim("K").range(0, 1000));
    let x = m.input("x", F64, [n - k]);
    m.function("f").inputs([x]).outputs([("y", x.cumsum(0) + x.flip([0])), ("s", x.sum())]).finish().unwrap();
    agree(&m, &[&[("N", 0), ("K", 0)], &[("N", 8), ("K", 7)], &[("N", 100), ("K", 50)]]);
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

#[test]
fn shapes_of_equal_products() {
    let m = Model::new("m");
    let [a, b, c, d] = ["A", "B", "C", "D"].map(|name| m.dim(name).range(0, 100));
    let (x, y) = (m.input("x", F64, [a, b]), m.input("y", F64, [c, d]));
    let z = x.reshape([c, d]) * y;
    let w = z.t().reshape([b, a]).sum_over([0]);
    m.function("f").inputs([x, y]).outputs([("z", z), ("w", w), ("g", grad(z.sum(), x))]).finish().unwrap();
    let case = |a, b, c, d| vec![("A", a), ("B", b), ("C", c), ("D", d)];
    let cases = [case(0, 3, 7, 0), case(1, 1, 1, 1), case(6, 4, 3, 8), case(5, 20, 100, 1), case(7, 3, 3, 7)];
    agree(&m, &cases.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let mut session = Session::new(&m.module()).unwrap();
    let inputs = [Array::zeros::<f64>([3, 6]), Array::zeros::<f64>([2, 8])];
    let error = session.call("f", &inputs).unwrap_err().to_string();
    let want = "f: the number of elements of x is 18, the number of elements of Reshape(x) is 16; they must be equal";
    assert_eq!(error, want);
}

#[test]
fn an_axis_split_and_put_together() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(0, 100), m.dim("K").range(1, 10));
    let x = m.input("x", F64, [n * k, 3.into()]);
    let blocks = x.reshape([n, k, 3.into()]);
    let y = m.input("y", F64, [n]);
    let padded = y.pad_constant([(0, 7)], 0.0);
    let rows = n / 4;
    let table = y.index(..rows * 4).reshape([rows, 4.into()]);
    let outputs = [
        ("means", blocks.sum_over([1])),
        ("back", (blocks * 2.0).reshape([-1, 3])),
        ("turned", blocks.t().reshape([-1])),
        ("fours", table.sum_over([1])),
        ("ceil", padded.index(..(n + 7) / 8 * 8).reshape([-1, 8]).sum_over([0])),
    ];
    m.function("f").inputs([x, y]).outputs(outputs).finish().unwrap();
    let cases: Vec<Vec<(&str, i64)>> =
        [0, 1, 3, 4, 8, 9, 100].iter().flat_map(|n| [1, 2, 10].map(|k| vec![("N", *n), ("K", k)])).collect();
    agree(&m, &cases.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

#[test]
fn tensors_are_made_of_sizes() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(0, 100), m.dim("K").range(0, 10));
    let x = m.input("x", F64, [n, k]);
    let outputs = [
        ("up", m.arange(k, n, 1)),
        ("down", m.arange(n, k, -3)),
        ("steps", m.arange(k - 5, n * 2, 7)),
        ("points", m.linspace(-1.0, 2.0, n / 2)),
        ("eye", m.eye(n, k + 1, 1, I64)),
        ("tri", m.tri(n, k * 2, -1, I64)),
        ("repeated", x.repeat(k, 0)),
        ("tiled", x.tile([n.min(3), k])),
        ("full", m.full([n / 3, k.max(2)], 2.5)),
    ];
    m.function("f").inputs([x]).outputs(outputs).finish().unwrap();
    let cases: Vec<Vec<(&str, i64)>> =
        [0, 1, 2, 3, 9, 30].iter().flat_map(|n| [0, 1, 2, 9].map(|k| vec![("N", *n), ("K", k)])).collect();
    agree(&m, &cases.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

#[test]
fn axes_of_any_size_are_moved_padded_and_cut() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(0, 100), m.dim("K").range(0, 10));
    let x = m.input("x", F64, [n, k]);
    let t = m.input("t", F64, [n * 3]);
    let thirds = t.split(3, 0);
    let outputs = [
        ("rolled", x.roll(2, 0)),
        ("rolled_back", x.roll(-3, 1)),
        ("padded", x.pad_constant([(1, 2), (0, 3)], 7.0)),
        ("above", x.diagonal(1)),
        ("below", x.diagonal(-4)),
        ("thirds", thirds[0] - thirds[2]),
        ("front", x.index(..n / 2).sum_over([0])),
        ("inner", x.index((slice(1, -1), ..k.min(n)))),
        ("gradient", grad((x.diagonal(1).sum() + x.roll(1, 0).sqr().sum()) * 2.0, x)),
    ];
    m.function("f").inputs([x, t]).outputs(outputs).finish().unwrap();
    let cases: Vec<Vec<(&str, i64)>> =
        [0, 1, 2, 3, 9, 30].iter().flat_map(|n| [0, 1, 2, 9].map(|k| vec![("N", *n), ("K", k)])).collect();
    agree(&m, &cases.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

#[test]
fn axes_padded_with_their_own_elements() {
    let m = Model::new("m");
    let n = m.dim("N").range(3, 100);
    let x = m.input("x", F64, [n]);
    let outputs = [Padding::Edge, Padding::Reflect, Padding::Symmetric, Padding::Wrap];
    let names = ["edge", "reflect", "symmetric", "wrap"];
    let outputs = outputs.map(|with| x.pad([(2, 1)], with));
    m.function("f").inputs([x]).outputs(names.into_iter().zip(outputs)).finish().unwrap();
    agree(&m, &[&[("N", 3)], &[("N", 4)], &[("N", 100)]]);
}

/// Axes that nobody gave a range: the largest sizes shrink with the rank, so that the library can be built.
#[test]
fn tensors_of_any_rank_need_no_ranges() {
    let m = Model::new("m");
    let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let dims = names.map(|name| m.dim(name));
    let x = m.input("x", F64, dims);
    let centred = x - x.mean_over([0]);
    let weights = softmax(x);
    m.function("f")
        .inputs([x])
        .outputs([("y", (centred.exp() + weights).cumsum(3)), ("norm", (centred * weights).sum_over([2, 5]))])
        .finish()
        .unwrap();
    let shapes = [[1, 2, 1, 3, 1, 2, 1, 2], [2, 1, 2, 1, 2, 1, 2, 1], [0, 1, 2, 3, 2, 1, 2, 3]];
    let cases = shapes.map(|shape| names.into_iter().zip(shape).collect::<Vec<_>>());
    agree(&m, &cases.each_ref().map(Vec::as_slice));
}

#[test]
fn products_of_high_rank_need_no_ranges() {
    let m = Model::new("m");
    let names = ["A", "B", "C", "D", "E"];
    let [a, b, c, d, e] = names.map(|name| m.dim(name));
    let (x, y) = (m.input("x", F64, [a, b, c]), m.input("y", F64, [c, d, e]));
    m.function("f").inputs([x, y]).output("z", tensordot(x, y, 1)).finish().unwrap();
    let cases = [[2, 3, 4, 1, 2], [1, 1, 0, 2, 2]].map(|s| names.into_iter().zip(s).collect::<Vec<_>>());
    agree(&m, &cases.each_ref().map(Vec::as_slice));
}

/// What is kept is read again in other directions and along diagonals, in the nest that writes it or later.
#[test]
fn kept_tensors_are_read_backwards_and_along_diagonals() {
    // Not cheap, and without rounding.
    fn exact(x: Tensor<'_>) -> Tensor<'_> {
        ((x + 1.0) * x + 2.0) * x + 3.0
    }
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(1, 23), m.dim("K").range(0, 9));
    let x = m.input("x", F64, [n, k, 3.into()]);
    let kept = exact(x);
    let backwards = kept.index((.., (..).step(-1)));
    m.function("f")
        .inputs([x])
        .outputs([("kept", kept), ("sums", backwards.cumsum(1)), ("rows", kept.sum_over([0]))])
        .outputs([("all", backwards.cumsum(0).index((..).step(-1)))])
        .finish()
        .unwrap();
    let sizes = [[1, 0], [1, 1], [2, 5], [7, 3], [23, 9]];
    let cases = sizes.map(|[n, k]| vec![("N", n), ("K", k)]);
    agree(&m, &cases.each_ref().map(Vec::as_slice));

    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(1, 23), m.dim("K").range(0, 9));
    let x = m.input("x", F64, [n, k]);
    let kept = exact(x);
    let beside = kept.index((.., (..).step(-1))).t().diagonal(1);
    m.function("f").inputs([x]).outputs([("sums", kept.sum_over([1])), ("beside", beside)]).finish().unwrap();
    agree(&m, &cases.each_ref().map(Vec::as_slice));
}

/// The diagonal of a matrix that lies where one of another shape was kept.
#[test]
fn a_kept_tensor_is_read_along_the_diagonal_of_another_shape() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let x = m.input("x", F64, [n * k + 3, n * 2]);
    let kept = (x * 0.0).exp() + x;
    let beside = kept.reshape([n * 2, n * k + 3]).diagonal(2);
    m.function("f").inputs([x]).outputs([("sums", kept.sum_over([1])), ("beside", beside)]).finish().unwrap();
    agree(&m, &[&[("N", 0), ("K", 2)], &[("N", 1), ("K", 0)], &[("N", 2), ("K", 1)], &[("N", 3), ("K", 5)]]);
}

/// Diagonals of cubes, and next to the main one: along each axis rows keep apart, which no walk through
/// memory shows.
#[test]
fn diagonals_are_places_along_each_axis() {
    let m = Model::new("m");
    let [n, k, l] = ["N", "K", "M"].map(|name| m.dim(name));
    let y = m.input("y", F64, [3.into(), l, n * k + 3]);
    m.function("f").inputs([y]).output("beside", y.set_diagonal(y.sum(), 1)).finish().unwrap();
    let sizes = [[0, 0, 0], [1, 1, 1], [2, 5, 3], [3, 2, 9], [1, 0, 7]];
    let cases = sizes.map(|[n, k, l]| vec![("N", n), ("K", k), ("M", l)]);
    agree(&m, &cases.each_ref().map(Vec::as_slice));

    let m = Model::new("m");
    let n = m.dim("N");
    let x = m.input("x", F64, [n, n, n]);
    // Kept, as it is summed and read again.
    let powers = (x * 0.0).exp() + x;
    let scaled = powers * powers.sum_over([0]);
    m.function("f").inputs([x]).output("cube", scaled.diagonal_of(2, 0, 2)).finish().unwrap();
    agree(&m, &[&[("N", 0)], &[("N", 1)], &[("N", 2)], &[("N", 3)], &[("N", 6)]]);
}

/// Parts that never have an element: what says so is spread over two sizes.
#[test]
fn parts_without_elements_are_read_nowhere() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(0, 9), m.dim("K").range(0, 9));
    let x = m.input("x", F64, [n, k]);
    let part = x.index((k.., n..));
    let turned = part.index((.., (..).step(-1)));
    m.function("f")
        .inputs([x])
        .outputs([("part", part * 2.0), ("below", turned.diagonal(-2) + 1.0), ("sum", part.sum())])
        .finish()
        .unwrap();
    let sizes = [[0, 0], [1, 4], [4, 1], [5, 5], [9, 2]];
    let cases = sizes.map(|[n, k]| vec![("N", n), ("K", k)]);
    agree(&m, &cases.each_ref().map(Vec::as_slice));
}

/// Sizes that are 0 or 1 each, and so is their product: the rows of a sum that goes into one element.
#[test]
fn a_nest_of_one_row_at_most_needs_no_order() {
    let m = Model::new("m");
    let n = m.dim("N").range(0, 9);
    let x = m.input("x", F64, [n, 3.into()]);
    let (a, b) = ((1 - n).max(0), (n / 2 - n + 1).max(0));
    let table = m.full([a, b], 2.5);
    let one = m.full([1, 1], 1.0);
    let sum = one.inc_subtensor((..a, ..b), table * 3.0);
    m.function("f").inputs([x]).outputs([("sum", sum), ("all", x.sum())]).finish().unwrap();
    let cases = [0, 1, 2, 9].map(|n| vec![("N", n)]);
    agree(&m, &cases.each_ref().map(Vec::as_slice));
}
