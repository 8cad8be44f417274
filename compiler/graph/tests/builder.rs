//! The builder: types, solved sizes, and every complaint that it can make.

use tgc_graph::prelude::*;

fn logreg(m: &Model) {
    let n = m.dim("N").range(1, 65536).hint(400);
    let x = m.input("x", F64, [n, 5.into()]);
    let y = m.input("y", F64, [n]);
    let w = m.shared("w", Array::zeros::<f64>([5]));
    let b = m.shared("b", 0f64);
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let prediction = p.gt(0.5);
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    m.function("train")
        .inputs([x, y])
        .outputs([("prediction", prediction), ("xent", xent)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()
        .unwrap();
    m.function("predict").inputs([x]).output("prediction", prediction).finish().unwrap();
}

#[test]
fn the_tutorial_model_is_well_typed() {
    let m = Model::new("logreg");
    logreg(&m);
    let module = m.module();
    let train = module.function("train").unwrap();
    let types: Vec<String> = train
        .roots()
        .iter()
        .map(|id| train.graph.ty(*id).display(&train.graph.scope.symbols).to_string())
        .collect();
    assert_eq!(types, ["bool[N]", "f64[N]", "f64[5]", "f64[]"]);
    assert_eq!(module.sizes().len(), 1);
    assert_eq!(module.sizes()[0].max, 65536);
}

#[test]
fn unnamed_sizes_are_solved() {
    let m = Model::new("m");
    let [x, y] = m.dmatrices(["x", "y"]);
    let v = m.constant([1.0, 2.0, 3.0]);
    m.function("f").inputs([x, y]).output("z", dot(x + y, v)).finish().unwrap();
    let module = m.module();
    let f = &module.functions[0];
    let names: Vec<&str> = f.graph.scope.symbols.iter().map(|(_, s)| s.name.as_str()).collect();
    assert_eq!(names, ["x_0"], "x_1 and y_1 are 3, y_0 is x_0");
}

#[test]
fn an_unsolvable_equation_becomes_a_check() {
    let m = Model::new("m");
    let n = m.dim("N");
    let x = m.input("x", F32, [n * 2]);
    let y = m.input("y", F32, [m.dim("K") + 1]);
    m.function("f").inputs([x, y]).output("z", x + y).finish().unwrap();
    let module = m.module();
    let checks = &module.functions[0].graph.scope.equations.known;
    assert_eq!(checks.len(), 1);
    assert_eq!((checks[0].left_name.as_str(), checks[0].right_name.as_str()), ("x axis 0", "y axis 0"));
}

#[test]
fn literals_are_weak() {
    let m = Model::new("m");
    let x = m.fscalar("x");
    let i = m.iscalar("i");
    let dtype = |t: Tensor<'_>| t.ty().unwrap().dtype;
    assert_eq!(dtype(x + 0.1), F32);
    assert_eq!(dtype(2 * i), I32);
    assert_eq!(dtype(i * 0.5), F64);
    assert_eq!(dtype(x + 1), F32);
    assert_eq!(dtype(i / i), F64);
    assert_eq!(dtype(exp(m.wscalar("s"))), F32);
}

#[test]
fn pp_writes_the_tutorials_strings() {
    let m = Model::new("m");
    let [x, y] = m.dscalars(["x", "y"]);
    let a = m.dmatrix("a");
    let v = m.dvector("v");
    assert_eq!(pp(x + y), "(x + y)");
    assert_eq!(pp(-x * 2), "((-x) * TensorConstant{2})");
    assert_eq!(pp(dot(a, v)), "(a \\dot v)");
    assert_eq!(pp(1.0 / (1.0 + exp(-x))), "(TensorConstant{1.0} / (TensorConstant{1.0} + exp((-x))))");
    assert_eq!(pp(x.cast(F32)), "float32(x)");
    assert_eq!(pp(grad(x * y, x)), "(fill((x * y), TensorConstant{1.0}) * y)");
}

/// The messages of a model that does not finish, without their places.
fn complaints(build: impl FnOnce(&Model) -> Result<(), tgc_graph::builder::BuildError>) -> String {
    let m = Model::new("m");
    let error = build(&m).expect_err("the model is wrong");
    for problem in &error.diagnostics {
        assert!(problem.origin.file.ends_with("builder.rs") && problem.origin.line > 0, "{problem:?}");
    }
    error.diagnostics.iter().map(|p| p.message.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = complaints(|m| {
        let x = m.input("x", F32, [3, 4]);
        let y = m.input("y", F32, [3, 5]);
        let bad = x + y;
        let flag = -m.input("p", Bool, [2]);
        m.function("f").inputs([x, y]).output("z", bad).output("q", flag).finish()
    });
    assert_eq!(
        text,
        "axis 1 of `x` (f32[3,4]) and axis 1 of `y` (f32[3,5]) must have one size; give both the same size, \
         or insert an axis of size 1 with dimshuffle to broadcast\n\
         `-` is not defined on bool, the element type of `p` (bool[2]); cast to an integer type first"
    );
}

#[test]
fn functions_are_checked() {
    type Build = fn(&Model) -> Result<(), tgc_graph::builder::BuildError>;
    let cases: [(&str, Build); 10] = [
        ("function f: `y` (f64[]) is needed but is not among the inputs; add it", |m| {
            let [x, y] = m.dscalars(["x", "y"]);
            m.function("f").inputs([x]).output("z", x + y).finish()
        }),
        (
            "function f: nothing depends on the argument `y` (f64[]); leave it out, or say allow_unused()",
            |m| {
                let [x, y] = m.dscalars(["x", "y"]);
                m.function("f").inputs([x, y]).output("z", x + 1).finish()
            },
        ),
        ("function f: `x` (f64[]) is given as an argument twice", |m| {
            let x = m.dscalar("x");
            m.function("f").inputs([x, x]).output("z", x + 1).finish()
        }),
        (
            "function f: the update of `s` (i64[]) is `(s + 0.5)` (f64[]); cast it to i64, the variable's element type",
            |m| {
                let s = m.shared("s", 0i64);
                m.function("f").update(s, s + 0.5).finish()
            },
        ),
        ("function f: `s` is updated twice; keep one update", |m| {
            let s = m.shared("s", 0i64);
            m.function("f").update(s, s + 1).update(s, s + 2).finish()
        }),
        ("function f: it has neither outputs nor updates; add one", |m| m.function("f").finish()),
        ("the model has two inputs or shared variables named `x`; rename one", |m| {
            let (x, s) = (m.dscalar("x"), m.shared("x", 1.0f64));
            m.function("f").inputs([x]).output("z", x + s).finish()
        }),
        ("the model has two inputs or shared variables named `x`; rename one", |m| {
            let [x, _] = m.dscalars(["x", "x"]);
            m.function("f").inputs([x]).output("z", x + 1.0).finish()
        }),
        (
            "`x` does not depend on `y` (f64[]); differentiate by what it is computed from, or allow_disconnected()",
            |m| {
                let [x, y] = m.dscalars(["x", "y"]);
                m.function("f").inputs([x, y]).output("g", grad(x, y)).finish()
            },
        ),
        (
            "the cost `v` (f64[v_0]) of a gradient is not a real 0-d tensor; reduce it first, for instance with sum or mean",
            |m| {
                let v = m.dvector("v");
                m.function("f").inputs([v]).output("g", grad(v, v)).finish()
            },
        ),
    ];
    for (want, build) in cases {
        assert_eq!(complaints(build), want);
    }
}

#[test]
fn conflicting_sizes_name_both() {
    let text = complaints(|m| {
        let x = m.dvector("x");
        let (a, b) = (m.constant([1.0, 2.0]), m.constant([1.0, 2.0, 3.0]));
        m.function("f").inputs([x]).output("z", (x + a).sum() + (x + b).sum()).finish()
    });
    assert_eq!(
        text,
        "x axis 0 and [1.0 2.0 3.0] axis 0 must have one size, but one is 2 and the other 3; \
         make them agree, or insert an axis of size 1 to broadcast"
    );
}

#[test]
fn every_constructor_of_the_table_makes_its_type() {
    let m = Model::new("m");
    let shown = |t: Tensor<'_>| t.ty().unwrap().display(&m.symbols()).to_string();
    assert_eq!(shown(m.bscalar("a")), "i8[]");
    assert_eq!(shown(m.wvector("b")), "i16[b_0]");
    assert_eq!(shown(m.crow("c")), "c64[1,c_1]");
    assert_eq!(shown(m.zcol("d")), "c128[d_0,1]");
    assert_eq!(shown(m.ltensor4("e")), "i64[e_0,e_1,e_2,e_3]");
    assert_eq!(m.ftensor3s(["f", "g"]).map(|t| t.rank()), [3, 3]);
}

#[test]
fn a_deep_chain_overflows_no_stack() {
    let m = Model::new("m");
    let x = m.dscalar("x");
    let mut y = x;
    for _ in 0..100_000 {
        y = y + 1.0;
    }
    m.function("f").inputs([x]).output("y", y).finish().unwrap();
    assert!(pp(y).len() > 100_000);
}

/// Four axes of 2^20 would be 2^80 elements: what nobody chose is lowered, what the author chose is not.
#[test]
fn largest_sizes_that_nobody_chose_fit() {
    let m = Model::new("m");
    let n = m.dim("N").range(0, 1 << 24);
    let x = m.input("x", F64, ["a", "b", "c"].map(|name| m.dim(name)));
    let y = m.input("y", F64, [n, m.dim("d"), m.dim("e")]);
    m.function("f").inputs([x, y]).outputs([("p", x + 1.0), ("q", y * 2.0)]).finish().unwrap();
    let module = m.module();
    tgc_graph::verify::verify(&module).unwrap();
    let most = |name: &str| {
        let symbols = &module.functions[0].graph.scope.symbols;
        symbols.get(symbols.find(name).unwrap()).max
    };
    assert_eq!(
        ["a", "b", "c", "N", "d", "e"].map(most),
        [1 << 19, 1 << 19, 1 << 19, 1 << 24, 1 << 17, 1 << 17]
    );
}

/// A size of two functions has a range in each, which holds what that one needs; and a range outlives the
/// solution.
#[test]
fn ranges_are_the_functions_own_and_kept() {
    let m = Model::new("m");
    let n = m.dim("N");
    let x = m.input("x", F64, [n]);
    m.function("f").inputs([x]).output("y", x.index(3..)).finish().unwrap();
    let y = m.input("y", F64, [n, n, n]);
    m.function("g").inputs([y]).output("z", y.index(4)).finish().unwrap();
    tgc_graph::verify::verify(&m.module()).unwrap();
    let symbol = |f: usize| m.module().functions[f].graph.scope.symbols.iter().next().unwrap().1.clone();
    assert_eq!([symbol(0), symbol(1)].map(|n| (n.min, n.max)), [(0, 1 << 20), (5, 1 << 19)]);
    assert_eq!(m.module().sizes().iter().map(|n| (n.min, n.max)).collect::<Vec<_>>(), [(0, 1 << 20)]);

    let m = Model::new("m");
    let k = m.dim("K").range(1, 1 << 30);
    let (a, b) = (m.input("a", F32, [k]), m.fvector("b"));
    m.function("f").inputs([a, b]).output("c", a + b).finish().unwrap();
    assert_eq!(m.module().functions[0].graph.scope.symbols.iter().next().unwrap().1.max, 1 << 30);
}

/// What a function of a model of this name, over arguments and a size of these names, is refused for.
fn name_problem(model: &str, function: &str, size: &str, input: &str, output: &str) -> String {
    let m = Model::new(model);
    let x = m.input(input, F64, [m.dim(size)]);
    let error = m.function(function).inputs([x]).output(output, -x).finish().unwrap_err().to_string();
    assert!(m.module().functions.is_empty(), "{error}");
    assert!(
        error.starts_with("compiler/graph/tests/builder.rs:") || error.starts_with("tests/builder.rs:"),
        "{error}"
    );
    error.split_once(": ").unwrap().1.to_owned()
}

#[test]
fn what_no_header_can_hold_is_refused_at_once() {
    for (problem, want) in [
        (
            name_problem("R", "f", "N", "x", "y"),
            "the model cannot be named `R`: system headers define `R_OK`",
        ),
        (
            name_problem("m", "save", "N", "x", "y"),
            "the function cannot be named `save`: every emitted library",
        ),
        (name_problem("m", "f", "int", "x", "y"), "the size of function `f` cannot be named `int`"),
        (name_problem("m", "f", "N", "a b", "y"), "the input of function `f` cannot be named `a b`"),
        (
            name_problem("m", "f", "N", "x", "x"),
            "the output of function `f` cannot be named `x`: the input `x`",
        ),
        (
            name_problem("m", "f", "N", "N", "y"),
            "the input of function `f` cannot be named `N`: the size `N`",
        ),
    ] {
        assert!(problem.starts_with(want), "{problem}");
    }
}

#[test]
fn messages_show_tensors_as_they_were_written() {
    let m = Model::new("m");
    let (x, y) = (m.input("x", F64, [3]), m.input("y", F64, [2, 4]));
    let error = m.function("f").inputs([x, y]).output("z", x + y).finish().unwrap_err().to_string();
    assert!(
        error.contains("axis 0 of `x` (f64[3]) and axis 1 of `y` (f64[2,4]) must have one size"),
        "{error}"
    );
}

#[test]
fn sizes_are_numbers_of_any_usual_type() {
    let m = Model::new("m");
    let rows = [1.0, 2.0, 3.0].len();
    let x = m.input("x", F32, [rows, 2usize]);
    let y = m.input("y", F32, [Size::from(3u32), Size::from(2i32)]);
    m.function("f").inputs([x, y]).output("z", x + y).finish().unwrap();
    let huge = m.input("huge", F32, [usize::MAX]);
    assert!(m.function("g").inputs([huge]).output("z", huge).finish().is_err());
}
