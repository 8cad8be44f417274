//! The optimized Plan against the evaluator in wide arithmetic.
//!
//! An element may be off by eight times what the plain evaluator is off by, or what the true value changes by
//! when inputs move by a unit in their last place, plus four such units of its own, plus half a unit of 1,
//! which is about the size of all numbers here: sums of them may cancel. Both are measured at several points
//! nearby, since one error alone may be small by luck, and since a comparison that decides between two
//! branches may go either way.
//!
//! Infinities and NaNs: where the plain evaluation has one and the Plan has not, the true value judges alone;
//! where the Plan has one, the plain evaluation or the true value has it too. Which sign a zero has is not
//! promised where terms are added in another order (a sum of -0 alone is 0 if it starts from 0): where some
//! node is zero, either infinity will do. Functions that make zeros of their own, gradients above all, are
//! passed over where some node is not finite: such a zero may vanish together with what it is divided or
//! multiplied by.

use tgc_compiler::{Fp, stages};
use tgc_graph::array::Array;
use tgc_graph::dtype::DType;
use tgc_graph::evaluate::{Sizes, Value, evaluate, evaluate_wide};
use tgc_graph::generate::{self, Options, Random};
use tgc_graph::module::{Function, Module, Output, SharedVariable};
use tgc_graph::ops::Op;
use tgc_plan::interpret::Interpreter;
use tgc_scalar::{Wide, scalar_from_bits_f64};

use crate::{for_each_seed, values};

/// How many points are looked at besides the call's own.
const NEARBY: usize = 5;

/// A result of a function in two arithmetics: for each output and update its elements, parts in a row.
struct Judged {
    plain: Vec<Vec<f64>>,
    wide: Vec<Vec<Wide>>,
}

fn judge(
    function: &Function,
    shared: &[SharedVariable],
    inputs: &[Array],
    sizes: &Sizes,
) -> Result<Judged, String> {
    let plain = evaluate(function, shared, inputs, sizes).map_err(|e| e.to_string())?;
    let wide = evaluate_wide(function, shared, inputs, sizes).map_err(|e| e.to_string())?;
    let plain = plain.outputs.iter().chain(plain.updates.iter().map(|(_, array)| array)).map(reals).collect();
    let parts = |v: &Value<Wide>| {
        let count = v.dtype.parts();
        v.elements.iter().flat_map(|parts| parts[..count].to_vec()).collect()
    };
    let wide = wide.outputs.iter().chain(wide.updates.iter().map(|(_, value)| value)).map(parts).collect();
    Ok(Judged { plain, wide })
}

fn reals(array: &Array) -> Vec<f64> {
    let (scalar, parts) = (array.dtype().scalar_type(), array.dtype().parts());
    let element = |i: usize| {
        array.get(i)[..parts].iter().map(|bits| scalar_from_bits_f64(scalar, *bits)).collect::<Vec<_>>()
    };
    (0..array.len()).flat_map(element).collect()
}

/// `plan - wide`, exact where that matters.
fn difference(value: f64, wide: Wide, dtype: DType) -> f64 {
    match wide {
        Wide::Real(dd) if dd.hi.is_finite() => (value - dd.hi) - dd.lo,
        Wide::Real(dd) => value - dd.hi,
        Wide::Bits(bits) => value - scalar_from_bits_f64(dtype.scalar_type(), bits),
    }
}

fn nearest(wide: Wide, dtype: DType) -> f64 {
    match wide {
        Wide::Real(dd) => dd.hi,
        Wide::Bits(bits) => scalar_from_bits_f64(dtype.scalar_type(), bits),
    }
}

/// A unit in the last place, relative; the smallest normal number; the largest number.
fn format(dtype: DType) -> [f64; 3] {
    match dtype {
        DType::F16 => [2f64.powi(-10), 2f64.powi(-14), 65504.0],
        DType::BF16 => [2f64.powi(-7), f64::from(f32::MIN_POSITIVE), 3.38e38],
        DType::F32 | DType::C64 => {
            [f64::from(f32::EPSILON), f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX)]
        }
        DType::F64 | DType::C128 => [f64::EPSILON, f64::MIN_POSITIVE, f64::MAX],
        _ => [0.0, 0.0, f64::INFINITY],
    }
}

/// Every floating-point element one unit up or down, or as it was.
fn moved(array: &Array, random: &mut Random) -> Array {
    let mut moved = array.clone();
    if array.dtype().scalar_type().is_float() {
        for i in 0..array.len() {
            let mut parts = array.get(i);
            for part in &mut parts[..array.dtype().parts()] {
                // Bits of floats are ordered by magnitude. Zero stays: a unit beside it is no perturbation of
                // a sum.
                let is_zero = scalar_from_bits_f64(array.dtype().scalar_type(), *part) == 0.0;
                let step = random.below(3) as u64;
                *part = if is_zero { *part } else { (*part + step).wrapping_sub(1) };
            }
            moved.set(i, parts);
        }
    }
    moved
}

/// What all nodes of a function are like.
struct Nodes {
    /// Every element is finite.
    are_finite: bool,
    /// Some floating-point element is zero.
    have_zero: bool,
}

fn look_at_nodes(
    function: &Function,
    shared: &[SharedVariable],
    call: &values::Call,
) -> Result<Nodes, String> {
    let mut all = function.clone();
    all.outputs =
        function.graph.ids().map(|node| Output { name: format!("n{}", node.index()), node }).collect();
    let wide = evaluate_wide(&all, shared, &call.inputs, &call.named).map_err(|e| e.to_string())?;
    let is_finite =
        |v: &Value<Wide>| v.elements.iter().flatten().all(|part| nearest(*part, v.dtype).is_finite());
    let is_zero = |part: &Wide| matches!(part, Wide::Real(dd) if dd.hi == 0.0);
    let has_zero = |v: &Value<Wide>| {
        let parts = v.dtype.parts();
        v.elements.iter().any(|element| element[..parts].iter().any(is_zero))
    };
    Ok(Nodes { are_finite: wide.outputs.iter().all(is_finite), have_zero: wide.outputs.iter().any(has_zero) })
}

pub fn check(seed: u64, module: &Module) -> Result<(), String> {
    let plan = stages::host_plan(module, Fp::Strict).map_err(|error| error.to_string())?;
    let mut random = Random(seed ^ 0xacc);
    for (index, function) in module.functions.iter().enumerate() {
        let Some(call) = values::call(function, &mut random, false, 3000) else { continue };
        let place = format!("{} with sizes {:?}", function.name, call.sizes);
        let here = match judge(function, &module.shared, &call.inputs, &call.named) {
            Err(error) if values::is_index_error(&error) => {
                let refused = Interpreter::new(&plan).call(index, &call.sizes, &call.inputs);
                refused
                    .err()
                    .filter(values::is_index_error)
                    .ok_or(format!("{place}: only evaluated: {error}"))?;
                continue;
            }
            here => here?,
        };
        let has_zeros =
            function.graph.ids().any(|id| matches!(function.graph.op(id), Op::Zero(_) | Op::Grad(_)));
        let nodes = match look_at_nodes(function, &module.shared, &call) {
            Err(error) if values::is_index_error(&error) => Nodes { are_finite: false, have_zero: true },
            nodes => nodes?,
        };
        if has_zeros && !nodes.are_finite {
            continue;
        }
        let mut nearby = vec![];
        for _ in 0..NEARBY {
            let inputs: Vec<Array> = call.inputs.iter().map(|a| moved(a, &mut random)).collect();
            let mut shared = module.shared.clone();
            shared.iter_mut().for_each(|s| s.initial = moved(&s.initial, &mut random));
            nearby.push(judge(function, &shared, &inputs, &call.named)?);
        }
        let mut interpreter = Interpreter::new(&plan);
        let mut results = interpreter
            .call(index, &call.sizes, &call.inputs)
            .map_err(|error| format!("{place}: {error}"))?;
        results.extend(function.updates.iter().map(|u| interpreter.state(u.shared).clone()));
        for (r, result) in results.iter().enumerate() {
            let name = match function.outputs.get(r) {
                Some(output) => output.name.clone(),
                None => format!("update {}", r - function.outputs.len()),
            };
            for (i, got) in reals(result).into_iter().enumerate() {
                element(got, result.dtype(), (r, i), &nodes, &here, &nearby)
                    .map_err(|text| format!("{place}, {name} ({}) part {i}: {text}", result.dtype()))?;
            }
        }
    }
    Ok(())
}

fn element(
    got: f64,
    dtype: DType,
    (r, i): (usize, usize),
    nodes: &Nodes,
    here: &Judged,
    nearby: &[Judged],
) -> Result<(), String> {
    let (plain, wide) = (here.plain[r][i], here.wide[r][i]);
    let truth = nearest(wide, dtype);
    let [unit, tiny, huge] = format(dtype);
    let fail = |why: &str| Err(format!("{got:e}, plainly {plain:e}, truly {truth:e}: {why}"));
    if !got.is_finite() {
        let is_like = |other: f64| match got.is_nan() {
            true => other.is_nan(),
            false => other == got || nodes.have_zero && other == -got,
        };
        let all = std::iter::once(here).chain(nearby);
        let overflows = !got.is_nan() && got * truth > 0.0 && truth.abs() >= huge * (1.0 - 16.0 * unit);
        let is_known =
            all.into_iter().any(|j| is_like(j.plain[r][i]) || is_like(nearest(j.wide[r][i], dtype)));
        return if is_known || overflows { Ok(()) } else { fail("the Plan alone is not finite") };
    }
    if !truth.is_finite() {
        // A sum that the evaluator's wide arithmetic cannot hold; the plain one then judges.
        let same = plain.is_finite() && (got - plain).abs() <= 64.0 * unit * plain.abs() + tiny;
        let may_overflow = !plain.is_finite() && truth.is_infinite();
        return if same || may_overflow { Ok(()) } else { fail("the true value is not finite") };
    }
    let own = |j: &Judged| {
        let error = difference(j.plain[r][i], j.wide[r][i], dtype).abs();
        if error.is_finite() { error } else { 0.0 }
    };
    let movement = |j: &Judged| {
        let change = difference(nearest(j.wide[r][i], dtype), wide, dtype).abs();
        if change.is_finite() { change } else { 0.0 }
    };
    let own_error = nearby.iter().map(own).fold(own(here), f64::max);
    let change = nearby.iter().map(movement).fold(0.0, f64::max);
    let allowed = 8.0 * (own_error + change) + 4.0 * unit * truth.abs() + 0.5 * unit + tiny;
    let error = difference(got, wide, dtype).abs();
    if error <= allowed {
        return Ok(());
    }
    fail(&format!("off by {error:e}, allowed {allowed:e} (plain error {own_error:e}, change {change:e})"))
}

#[test]
fn plain_modules() {
    for_each_seed(150, |seed| check(seed, &generate::module(seed, 20)));
}

#[test]
fn gradients() {
    for_each_seed(150, |seed| {
        check(seed, &generate::module_with(seed, &Options { grads: true, ..Options::plain(24) }))
    });
}

#[test]
fn every_element_type() {
    for_each_seed(150, |seed| {
        let options = Options { all_dtypes: true, grads: true, odd_sizes: true, ..Options::plain(20) };
        check(seed, &generate::module_with(seed, &options))
    });
}
