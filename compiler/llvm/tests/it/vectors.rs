//! What was emitted for AVX2, read: the innermost loops of core cases compute in vectors.
//!
//! Sizes are multiples of every tile, so that no loop is there for what is left over.

use std::collections::BTreeMap;

use tgc_graph::prelude::*;
use tgc_llvm::{Options, Target, assembly};
use tgc_plan::ModelPlan;

use crate::graphs::plan;
use crate::plans::linkage;

/// The instructions of each innermost loop of the kernels.
fn innermost_loops(text: &str) -> Vec<Vec<&str>> {
    let (mut functions, mut current): (Vec<Vec<&str>>, Option<Vec<&str>>) = (vec![], None);
    for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim_end()) {
        match line.strip_suffix(':') {
            Some(label) if !label.starts_with(".L") => {
                functions.extend(current.take());
                let label = label.trim_matches('"');
                current = (label.contains(".kernel") || label.contains(".rows")).then(Vec::new);
            }
            _ => current.iter_mut().for_each(|lines| lines.push(line)),
        }
    }
    functions.extend(current);
    functions.iter().flat_map(|lines| loops_of(lines)).collect()
}

/// Innermost loops: from a label to a jump back to it, with no such jump between.
fn loops_of<'t>(lines: &[&'t str]) -> Vec<Vec<&'t str>> {
    let labels: BTreeMap<&str, usize> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((line.strip_suffix(':')?, at))).collect();
    let back = |at: usize| {
        let (jump, to) = lines[at].trim_start().split_once(char::is_whitespace)?;
        let to = *labels.get(to.trim())?;
        (jump.starts_with('j') && to < at).then_some(to)
    };
    let mut loops = vec![];
    for at in 0..lines.len() {
        let Some(begin) = back(at) else { continue };
        if (begin..at).all(|inside| back(inside).is_none_or(|to| to < begin)) {
            let body = lines[begin..=at].iter().map(|line| line.trim());
            loops.push(body.filter(|line| !line.ends_with(':') && !line.starts_with('.')).collect());
        }
    }
    loops
}

/// Whether an instruction computes with a single element.
fn is_scalar(instruction: &str) -> bool {
    let name = instruction.split_whitespace().next().unwrap_or_default();
    let moves = ["vmov", "vbroadcast", "vinsert", "vextract", "vp", "vunpck"];
    let is_single = name.ends_with("ss") || name.ends_with("sd");
    let divides = ["idiv", "div"].iter().any(|d| name.starts_with(d));
    let of_float = name.starts_with('v') && is_single && !moves.iter().any(|m| name.starts_with(m));
    divides || of_float || name.starts_with("call")
}

/// Whether an instruction names a whole vector register, or memory of that width.
fn is_vector(instruction: &str) -> bool {
    let name = instruction.split_whitespace().next().unwrap_or_default();
    instruction.contains("%ymm") || name.ends_with("psy") || name.ends_with("dqy")
}

/// Whether an instruction reads or writes memory: loops around other loops may do neither.
fn is_access(instruction: &str) -> bool {
    instruction.contains('(') && !instruction.starts_with("lea")
}

/// Compiles a function of this tensor; its plan and its assembly.
fn emitted(
    dtype: DType,
    shape: &[i64],
    make: &dyn for<'m> Fn(Tensor<'m>) -> Tensor<'m>,
) -> (ModelPlan, String) {
    let m = Model::new("m");
    let x = m.input("x", dtype, shape.to_vec());
    m.function("f").inputs([x]).output("y", make(x)).finish().unwrap();
    let plan = plan(&m.module());
    let target = Target::new(Some("x86_64-unknown-linux-gnu"), None, "").unwrap();
    let text = assembly(&plan, &linkage(&plan), &[target], &Options::default()).unwrap();
    (plan, text)
}

/// Compiles a function of this tensor and looks at its loops.
fn look(what: &str, dtype: DType, shape: &[i64], make: &dyn for<'m> Fn(Tensor<'m>) -> Tensor<'m>) {
    let (plan, text) = emitted(dtype, shape, make);
    let loops = innermost_loops(&text);
    assert!(!loops.is_empty(), "{what} of {dtype} has no loop:\n{plan}");
    for body in loops {
        let scalar: Vec<&&str> = body.iter().filter(|line| is_scalar(line)).collect();
        assert!(scalar.is_empty(), "{what} of {dtype} computes {scalar:?} in\n{}\n{plan}", body.join("\n"));
        assert!(
            body.iter().any(|line| is_vector(line)) || !body.iter().any(|line| is_access(line)),
            "{what} of {dtype} has no vectors in\n{}\n{plan}",
            body.join("\n")
        );
    }
}

type Make = (&'static str, for<'m> fn(Tensor<'m>) -> Tensor<'m>);

#[test]
fn elementwise_operations() {
    let of_all: [Make; 9] = [
        ("sum", |x| x + 2),
        ("difference", |x| 3 - x),
        ("matmul", |x| x * x),
        ("negative", |x| -x),
        ("magnitude", |x| abs(x)),
        ("maximum", |x| maximum(x, 1)),
        ("minimum", |x| minimum(x, x * 2)),
        ("comparison", |x| x.gt(1)),
        ("choice", |x| switch(x.lt(1), x, x + 1)),
    ];
    for dtype in [F32, F64, I32, I64, I16] {
        of_all.iter().for_each(|(what, make)| look(what, dtype, &[4096], make));
    }
    let of_floats: [Make; 16] = [
        ("quotient", |x| 1.0 / x),
        ("square root", |x| sqrt(x)),
        ("floor", |x| floor(x)),
        ("exp", |x| exp(x)),
        ("expm1", |x| expm1(x)),
        ("log", |x| log(x)),
        ("log1p", |x| log1p(x)),
        ("tanh", |x| tanh(x)),
        ("sigmoid", |x| sigmoid(x)),
        ("softplus", |x| softplus(x)),
        ("sin", |x| sin(x)),
        ("cos", |x| cos(x)),
        ("erf", |x| erf(x)),
        ("power", |x| x.pow(1.5)),
        ("relu", |x| relu(x)),
        ("a chain", |x| sigmoid(1.5 * x + 0.25) * tanh(0.75 * x) + exp(-x * x)),
    ];
    for dtype in [F32, F64] {
        of_floats.iter().for_each(|(what, make)| look(what, dtype, &[4096], make));
    }
}

#[test]
fn reductions() {
    let of_rows: [Make; 9] = [
        ("sum", |x| x.sum_over([1])),
        ("matmul", |x| x.prod_over([1])),
        ("greatest", |x| x.max_over([1])),
        ("mean", |x| x.mean_over([1])),
        ("variance", |x| x.var_over([1])),
        ("sum of columns", |x| x.sum_over([0])),
        ("greatest of columns", |x| x.max_over([0])),
        ("softmax", |x| x.softmax()),
        ("matrix and vector", |x| dot(x, x.index((0, ..)))),
    ];
    for dtype in [F32, F64] {
        of_rows.iter().for_each(|(what, make)| look(what, dtype, &[64, 1024], make));
    }
}

#[test]
fn long_and_small_programs() {
    let long: Make =
        ("a long expression", |x| (0..12).fold(x, |t, k| tanh(t * (0.5 + 0.1 * f64::from(k)) + x)));
    let small: Make = ("softmax of ten", |x| x.softmax());
    for dtype in [F32, F64] {
        look(long.0, dtype, &[1 << 16], &long.1);
        look(small.0, dtype, &[64, 10], &small.1);
    }
}

/// The longest walk over a row asks for the same place in the next one: a row of 1024 elements further on.
#[test]
fn rows_ask_for_the_next_one() {
    let (plan, text) = emitted(F32, &[1024, 1024], &|x| softmax(x));
    let asking: Vec<Vec<&str>> = innermost_loops(&text)
        .into_iter()
        .filter(|body| body.iter().any(|line| line.starts_with("prefetch")))
        .collect();
    let [body] = asking.as_slice() else { panic!("{} loops ask ahead:\n{plan}", asking.len()) };
    let distance =
        |line: &&str| line.split(char::is_whitespace).nth(1)?.split_once('(')?.0.parse::<i64>().ok();
    let loads = || body.iter().filter(|line| line.starts_with("vmovups") && line.contains(",4), %ymm"));
    let first = loads().filter_map(distance).min();
    let asked = body.iter().find(|line| line.starts_with("prefetch")).and_then(distance);
    assert_eq!(asked.zip(first).map(|(asked, first)| asked - first), Some(4096), "{}", body.join("\n"));
}
