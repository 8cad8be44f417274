//! The models that the programs of `programs/` call.

use tgc_graph::module::Module;
use tgc_graph::prelude::*;

/// An array of an element type that is `F32` or `F64`.
fn real(dtype: DType, shape: &[usize], values: &[f64]) -> Array {
    if let F32 = dtype {
        Array::from_slice(shape, &values.iter().map(|v| *v as f32).collect::<Vec<_>>())
    } else {
        Array::from_slice(shape, values)
    }
}

/// Logistic regression with the loss spelled out; `dtype` is `F32` or `F64`.
pub fn logreg(dtype: DType) -> Module {
    let m = Model::new("logreg");
    let n = m.dim("N");
    let (x, y) = (m.input("x", dtype, [n, 5.into()]), m.input("y", dtype, [n]));
    let weights: Vec<f64> = (0..5).map(|j| 0.1 * f64::from(j).cos()).collect();
    let (w, b) = (m.shared("w", real(dtype, &[5], &weights)), m.shared("b", real(dtype, &[], &[0.0])));
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let prediction = p.gt(0.5);
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    m.function("train")
        .inputs([x, y])
        .outputs([("prediction", prediction), ("xent", xent), ("cost", cost)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()
        .unwrap();
    m.function("predict").inputs([x]).output("prediction", prediction).finish().unwrap();
    m.module()
}

/// The spelled-out loss and its gradient by weights and bias, without updates.
pub fn loss(dtype: DType) -> Module {
    let m = Model::new("loss");
    let n = m.dim("N");
    let (x, y) = (m.input("x", dtype, [n, 2.into()]), m.input("y", dtype, [n]));
    let (w, b) = (m.shared("w", real(dtype, &[2], &[1.0, 0.0])), m.shared("b", real(dtype, &[], &[0.0])));
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let [gw, gb] = grad(xent.sum(), [w, b]);
    m.function("evaluate").inputs([x, y]).outputs([("xent", xent), ("gw", gw), ("gb", gb)]).finish().unwrap();
    m.module()
}

/// An integer that one function adds to and another subtracts from.
pub fn counter() -> Module {
    let m = Model::new("counter");
    let state = m.shared("state", 0i64);
    let inc = m.iscalar("inc");
    m.function("accumulator")
        .inputs([inc])
        .output("before", state)
        .update(state, state + inc)
        .finish()
        .unwrap();
    m.function("decrementor")
        .inputs([inc])
        .output("before", state)
        .update(state, state - inc)
        .finish()
        .unwrap();
    m.module()
}

/// The counter with another step: the same header but for its hash.
pub fn counter_of_another_version() -> Module {
    let m = Model::new("counter");
    let state = m.shared("state", 0i64);
    let inc = m.iscalar("inc");
    let step = inc * 100;
    m.function("accumulator")
        .inputs([inc])
        .output("before", state)
        .update(state, state + step)
        .finish()
        .unwrap();
    m.function("decrementor")
        .inputs([inc])
        .output("before", state)
        .update(state, state - step)
        .finish()
        .unwrap();
    m.module()
}

/// Two vectors that change places, and a third that takes their sum.
pub fn swap() -> Module {
    let m = Model::new("swap");
    let (a, b) = (m.shared("a", [1.0f32, 2.0, 3.0]), m.shared("b", [10.0f32, 20.0, 30.0]));
    let total = m.shared("total", [0.0f32, 0.0, 0.0]);
    m.function("step")
        .output("sum", a + b + total)
        .update(a, b)
        .update(b, a)
        .update(total, a + b)
        .finish()
        .unwrap();
    m.module()
}

/// Something of every kind that a caller can get wrong.
///
/// `apply` has two sizes that must agree by `2N = K + 1`, inputs of two widths, two outputs and an update;
/// `mix` needs workspace that grows with `N`; `fixed` has no sizes.
pub fn guard() -> Module {
    let m = Model::new("guard");
    let (n, k) = (m.dim("N").range(0, 1000), m.dim("K").range(0, 5000));
    let (x, y) = (m.input("x", F64, [n * 2]), m.input("y", F32, [k + 1]));
    let s = m.shared("s", [1.0f64, 2.0, 3.0]);
    let scale = m.dscalar("scale");
    let total = (x * y).sum();
    m.function("apply")
        .inputs([x, y, scale])
        .outputs([("z", (x + y) * scale), ("total", total)])
        .update(s, s + total)
        .finish()
        .unwrap();
    let a = m.input("a", F64, [n, n]);
    let e = exp(a);
    let normal = e / e.sum();
    m.function("mix").inputs([a]).output("mixed", dot(dot(normal, a), normal)).finish().unwrap();
    let u = m.input("u", F64, [3]);
    m.function("fixed").inputs([u]).output("v", u + s).update(s, s + u).finish().unwrap();
    m.module()
}

/// Another model with the sizes and states of [`guard`].
pub fn other_guard() -> Module {
    let m = Model::new("other");
    let (n, k) = (m.dim("N").range(0, 1000), m.dim("K").range(0, 5000));
    let (x, y) = (m.input("x", F64, [n]), m.input("y", F64, [k]));
    let s = m.shared("s", [1.0f64, 2.0, 3.0]);
    m.function("apply").inputs([x, y]).output("z", x.sum() + y.sum() + s.sum()).finish().unwrap();
    m.module()
}

/// A function with all that a call can overlap, `few` with one such output, `many` with so many that a call
/// keeps its arguments in the workspace.
pub fn overlaps(name: &str, outputs: usize) -> Module {
    let m = Model::new(name);
    let (n, k) = (m.dim("N").range(0, 8), m.dim("K").range(0, 8));
    let (a, x, w) = (m.input("a", F64, [n, n]), m.input("x", F32, [k]), m.input("w", F32, [3]));
    let c = m.dscalar("c");
    let (s, t) = (m.shared("s", [1.0f32, 2.0, 3.0]), m.shared("t", [4.0f64, 5.0, 6.0, 7.0]));
    let offset = w.sum() / 3.0;
    let names: Vec<String> = (0..outputs).map(|i| format!("y{i}")).collect();
    let scaled = names.iter().enumerate().map(|(i, name)| (name.as_str(), x * (i as f64 + 2.0) + offset));
    m.function("f")
        .inputs([a, x, c])
        .input_with_default(w, [7.0f32, 7.0, 7.0])
        .output("m", dot(dot(a, a), a) * c + t.sum())
        .outputs(scaled)
        .update(s, s + x.sum())
        .finish()
        .unwrap();
    m.module()
}

/// Loops that are worth handing out to threads: maps, a reduction over rows, and a contraction.
pub fn pool() -> Module {
    let m = Model::new("pool");
    let (n, d) = (m.dim("N"), m.dim("D"));
    let (x, w) = (m.input("x", F32, [n, d]), m.input("w", F32, [d]));
    let s = m.shared("s", 0.0f32);
    let h = sigmoid(dot(x, w));
    let e = exp(-x * x);
    // Long enough to run in stages, whose values wait in a slice of the workspace for each chunk.
    let deep = (0..12).fold(x, |t, k| tanh(t * (0.5 + 0.1 * f64::from(k)) + x));
    m.function("work")
        .inputs([x, w])
        .outputs([
            ("h", h),
            ("e", e),
            ("rows", e.sum_over([1])),
            ("columns", e.sum_over([0])),
            ("deep", deep),
        ])
        .update(s, s + e.mean())
        .finish()
        .unwrap();
    m.module()
}

/// The names of [`echo`]'s inputs, in the order of [`DType::ALL`].
pub const ECHO: [&str; 15] =
    ["p", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "bf16", "f32", "f64", "c64", "c128"];

/// A scalar and a vector of every element type, returned as they came.
pub fn echo() -> Module {
    let m = Model::new("echo");
    let n = m.dim("N");
    let scalars: Vec<Tensor<'_>> =
        DType::ALL.iter().zip(ECHO).map(|(d, name)| m.input(&format!("{name}_in"), *d, ())).collect();
    let vectors: Vec<Tensor<'_>> =
        DType::ALL.iter().zip(ECHO).map(|(d, name)| m.input(&format!("{name}_vec"), *d, [n])).collect();
    let names: Vec<String> = ECHO.iter().map(|name| format!("{name}_out")).collect();
    m.function("scalars")
        .inputs(scalars.iter().copied())
        .outputs(names.iter().map(String::as_str).zip(scalars.iter().copied()))
        .finish()
        .unwrap();
    m.function("vectors")
        .inputs(vectors.iter().copied())
        .outputs(names.iter().map(String::as_str).zip(vectors.iter().copied()))
        .finish()
        .unwrap();
    m.module()
}

/// Reductions, maps, contractions and updates whose sizes may be 0.
pub fn empty() -> Module {
    let m = Model::new("empty");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let (a, b) = (m.input("a", F64, [n, k]), m.input("b", F64, [k, n]));
    let s = m.shared("s", 1.0f64);
    let none = m.shared("none", Array::zeros::<f32>([0, 3]));
    m.function("all")
        .inputs([a, b])
        .outputs([
            ("sum", a.sum()),
            ("mean", a.mean()),
            ("rows", a.sum_over([1])),
            ("product", dot(a, b)),
            ("twice", a + a),
            ("nothing", none * 2.0),
        ])
        .update(s, s + b.sum())
        .finish()
        .unwrap();
    m.module()
}

/// A table whose rows callers name: `find` reads some, `count` adds to some.
pub fn lookup() -> Module {
    let m = Model::new("lookup");
    let n = m.dim("N");
    let table = m.shared("table", [[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let rows = m.input("rows", I64, [n]);
    let found = table.take(rows, 0);
    m.function("find").inputs([rows]).output("found", found).finish().unwrap();
    let counted = table.inc_subtensor(rows, 10.0);
    m.function("count").inputs([rows]).output("before", found).update(table, counted).finish().unwrap();
    m.module()
}
