//! Every rule against its contract: both sides run under the reference evaluator, on ordinary values and on
//! the ones that break algebra.
//!
//! A rule that is a pattern is instantiated from its own left side with random shapes, constants and element
//! types; a rule that is a function, from its examples. A rule or example that never fires fails the test.

use tgc_graph::array::Array;
use tgc_graph::dtype::{DType, Kind};
use tgc_graph::evaluate::{Sizes, evaluate, evaluate_wide};
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::{Function, Output};
use tgc_graph::ops::{Add, Constant, Elements, Input, Op};
use tgc_scalar::{ScalarType, scalar_from_bits_f64};

use crate::example::{Choices, Role, instance};
use crate::expression::{self, Expression, is_constant_name};
use crate::history::History;
use crate::rewrite::rebuild;
use crate::rule::{Body, Contract, Rule, RuleSet};
use crate::rules::rules;

/// Xorshift (Marsaglia, "Xorshift RNGs", JSS 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// ±2^exponent with a random mantissa.
    fn real(&mut self, exponents: i32) -> f64 {
        let exponent = self.below(2 * exponents as usize) as i32 - exponents;
        let mantissa = 1.0 + (self.next() >> 12) as f64 / (1u64 << 52) as f64;
        let sign = if self.next() & 1 << 40 == 0 { 1.0 } else { -1.0 };
        sign * mantissa * 2.0f64.powi(exponent)
    }
}

/// Which values an input gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// Magnitudes around 1, where the bounds hold.
    Ordinary,
    /// NaN, infinities, zeros and some ordinary ones.
    Special,
    /// Anything at all: denormals and huge values too.
    Edge,
}

struct Chance {
    random: Random,
    dtype: DType,
    sizes: [(&'static str, i64); 3],
    symbolic: bool,
    elementwise: bool,
}

const SHAPES: [[&str; 2]; 4] = [["A", "B"], ["1", "B"], ["A", "1"], ["1", "1"]];

impl Choices for Chance {
    fn dtype(&self) -> DType {
        self.dtype
    }

    fn shape(&mut self, _: &str) -> Vec<String> {
        let shape = if self.elementwise { ["24", "1"] } else { self.random.pick(&SHAPES) };
        shape.map(str::to_owned).to_vec()
    }

    fn role(&mut self, variable: &str) -> Role {
        let exponents = if self.dtype == DType::F16 { 3 } else { 10 };
        let constant = match self.random.below(8) {
            0 => self.random.pick(&[0.0, -0.0, 1.0, -1.0, 1e30, f64::INFINITY]),
            1..=3 => self.random.pick(&[2.0, 0.5, -4.0, 3.0, -0.25]),
            _ => self.random.real(exponents),
        };
        match self.random.below(10) {
            _ if is_constant_name(variable) => Role::Constant(constant),
            0 | 1 if !self.elementwise => Role::Constant(constant),
            2 if !self.elementwise && self.dtype.is_float() => Role::Reciprocal("A"),
            _ => Role::Input,
        }
    }

    fn size(&self, name: &str) -> Option<i64> {
        let size = self.sizes.iter().find(|(known, _)| *known == name).expect("a size of the examples").1;
        (!self.symbolic).then_some(size)
    }
}

fn element(random: &mut Random, dtype: DType, values: Values) -> [u64; 2] {
    let scalar = dtype.scalar_type();
    let mut part = || -> u64 {
        if !scalar.is_float() {
            let bits = if random.below(2) == 0 { random.next() } else { random.below(5) as u64 };
            let shift = 64 - scalar.bits();
            return if scalar == ScalarType::Bool { bits & 1 } else { bits << shift >> shift };
        }
        let exponents = match (values, dtype) {
            (Values::Edge, DType::F16) => 24,
            (Values::Edge, DType::F64) => 1070,
            (Values::Edge, _) => 148,
            (_, DType::F16) => 3,
            (_, _) => 20,
        };
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0];
        let value = match values {
            Values::Special if random.below(3) > 0 => random.pick(&special),
            Values::Edge if random.below(4) == 0 => random.pick(&special),
            Values::Edge if random.below(3) == 0 => random.real(10),
            _ => random.real(exponents),
        };
        bits_of(dtype.to_real(), value)
    };
    let re = part();
    [re, if dtype.parts() == 2 { part() } else { 0 }]
}

fn bits_of(dtype: DType, value: f64) -> u64 {
    Constant::splat(dtype, vec![], value).as_splat().expect("a splat")[0]
}

fn inputs(function: &Function, chance: &mut Chance, values: Values) -> Vec<Array> {
    let graph = &function.graph;
    let named =
        |id| chance.sizes.iter().find(|(n, _)| *n == graph.scope.symbols.get(id).name).map_or(0, |s| s.1);
    let shapes: Vec<Vec<usize>> = function
        .inputs
        .iter()
        .map(|id| graph.ty(*id).shape.iter().map(|d| d.evaluate(&named).expect("small") as usize).collect())
        .collect();
    let mut arrays = vec![];
    for (id, shape) in function.inputs.iter().zip(shapes) {
        let mut array = Array::zeros_of(graph.ty(*id).dtype, shape);
        for i in 0..array.len() {
            array.set(i, element(&mut chance.random, array.dtype(), values));
        }
        arrays.push(array);
    }
    arrays
}

/// The rule applied once; `None` if it does not fire.
fn rewritten(function: &Function, set: &RuleSet) -> Option<Function> {
    let roots: Vec<NodeId> = function.roots().into_iter().chain(function.inputs.iter().copied()).collect();
    let (graph, new, changes) =
        rebuild(&function.graph, &roots, set, &mut History::default(), false).expect("types are kept");
    let place = |id| new[roots.iter().position(|r| *r == id).expect("a root")];
    (changes.fired[0] > 0).then(|| function.with_graph(graph, &place))
}

/// Runs a function of one output on these inputs.
fn run(function: &Function, inputs: &[Array], sizes: &Sizes) -> Array {
    evaluate(function, &[], inputs, sizes).expect("it runs").outputs.remove(0)
}

/// The values in arithmetic that does not round, as sums of two numbers.
fn run_wide(function: &Function, inputs: &[Array], sizes: &Sizes) -> Vec<(f64, f64)> {
    let value = evaluate_wide(function, &[], inputs, sizes).expect("it runs").outputs.remove(0);
    value.elements.iter().map(|parts| (parts[0].real().hi, parts[0].real().lo)).collect()
}

/// The same expression with every term made positive: what rounding errors are relative to.
fn magnitudes(function: &Function) -> Function {
    let mut graph = function.graph.successor();
    let mut renamed: Vec<NodeId> = vec![];
    for id in function.graph.ids() {
        let node = function.graph.node(id);
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        renamed.push(match &node.op {
            Op::Sub(_) => graph.op_node(Add {}, &operands),
            Op::Neg(_) => operands[0],
            // The terms are products of the base; what sign the exponent has matters.
            Op::Pow(_) => {
                let exponent = graph.op_node(function.graph.op(node.operands[1]).clone(), &[]);
                graph.op_node(node.op.clone(), &[operands[0], exponent])
            }
            Op::Constant(constant) => {
                let value = constant.as_f64().expect("real splats").abs();
                let positive = Constant::splat(constant.dtype, constant.shape.clone(), value);
                graph.op_node(Constant { weak: constant.weak, ..positive }, &[])
            }
            op => graph.op_node(op.clone(), &operands),
        });
    }
    function.with_graph(graph, &|id| renamed[id.index()])
}

fn absolute(array: &Array) -> Array {
    let mut result = array.clone();
    let sign = 1u64 << (array.dtype().scalar_type().bits() - 1);
    (0..array.len()).for_each(|i| result.set(i, array.get(i).map(|bits| bits & !sign)));
    result
}

fn real(array: &Array, i: usize) -> f64 {
    scalar_from_bits_f64(array.dtype().scalar_type(), array.get(i)[0])
}

/// Half the distance between 1 and the next number.
fn roundoff(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 2.0f64.powi(-11),
        DType::BF16 => 2.0f64.powi(-8),
        DType::F32 => 2.0f64.powi(-24),
        _ => 2.0f64.powi(-53),
    }
}

/// The distance of neighbouring numbers around a value.
fn ulp(dtype: DType, value: f64) -> f64 {
    let least = match dtype {
        DType::F16 => -14,
        DType::F64 => -1022,
        _ => -126,
    };
    let exponent = if value == 0.0 { least } else { (value.abs().log2().floor() as i32).max(least) };
    2.0 * roundoff(dtype) * 2.0f64.powi(exponent.max(-1000)) * 2.0f64.powi(exponent.min(-1000) + 1000)
}

fn same_bits(dtype: DType, a: [u64; 2], b: [u64; 2]) -> bool {
    let scalar = dtype.scalar_type();
    let nan = |bits: u64| scalar.is_float() && scalar_from_bits_f64(scalar, bits).is_nan();
    (0..dtype.parts()).all(|i| a[i] == b[i] || nan(a[i]) && nan(b[i]))
}

fn class(value: f64) -> u8 {
    match value {
        v if v.is_nan() => 0,
        f64::INFINITY => 1,
        f64::NEG_INFINITY => 2,
        _ => 3,
    }
}

struct Trial<'a> {
    rule: &'a Rule,
    left: &'a Function,
    right: &'a Function,
    inputs: Vec<Array>,
    sizes: Sizes,
    values: Values,
}

impl Trial<'_> {
    fn fail(&self, i: usize, left: &Array, right: &Array, why: &str) -> ! {
        let (left_text, right_text) =
            (tgc_graph::text::dump_function(self.left, &[]), tgc_graph::text::dump_function(self.right, &[]));
        panic!(
            "{} ({}) at element {i}: {why}\nleft {left:?}\nright {right:?}\ninputs {:?}\n{left_text}\n{right_text}",
            self.rule.name,
            self.rule.contract.name(),
            self.inputs
        )
    }

    fn check(&self) {
        let (left, right) =
            (run(self.left, &self.inputs, &self.sizes), run(self.right, &self.inputs, &self.sizes));
        assert_eq!((left.dtype(), left.shape()), (right.dtype(), right.shape()), "{}", self.rule.name);
        let dtype = left.dtype();
        if dtype.kind() < Kind::Float || self.rule.contract == Contract::Exact {
            if self.rule.contract == Contract::FastMath {
                return;
            }
            for i in 0..left.len() {
                if !same_bits(dtype, left.get(i), right.get(i)) {
                    self.fail(i, &left, &right, "other bits");
                }
            }
            return;
        }
        if dtype.is_complex() {
            return;
        }
        match (self.rule.contract, self.values) {
            (Contract::Exact, _) => {}
            (Contract::Structural | Contract::Reassociates, Values::Ordinary) => {
                self.check_bound(&left, &right, 16.0)
            }
            (Contract::Reassociates, Values::Special) => {
                for i in 0..left.len() {
                    if class(real(&left, i)) != class(real(&right, i)) {
                        self.fail(i, &left, &right, "another class");
                    }
                }
            }
            (Contract::Approx, _) => self.check_accuracy(&left, &right),
            (Contract::BackwardStable, _) => self.check_backward_error(&left, &right),
            (Contract::FastMath, Values::Ordinary) => {}
            (Contract::Structural | Contract::Reassociates | Contract::FastMath, _) => {}
        }
    }

    fn check_bound(&self, left: &Array, right: &Array, k: f64) {
        let inputs: Vec<Array> = self.inputs.iter().map(absolute).collect();
        let scale = run_wide(&magnitudes(self.left), &inputs, &self.sizes);
        let wide = run_wide(self.left, &self.inputs, &self.sizes);
        for i in 0..left.len() {
            let error = (real(right, i) - wide[i].0 - wide[i].1).abs();
            let terms: usize = self.inputs.iter().map(Array::len).sum::<usize>() + 8;
            let bound = k * terms as f64 * roundoff(left.dtype()) * scale[i].0 + ulp(left.dtype(), 0.0);
            let overflow = !real(left, i).is_finite() || scale[i].0 > 1e30;
            if !overflow && (error.is_nan() || error > bound) {
                self.fail(i, left, right, &format!("error {error:e} beyond {bound:e}"));
            }
        }
    }

    /// Every value on the left side's way to its result, by node.
    fn steps(&self) -> Vec<Array> {
        let graph = self.left.graph.clone();
        let outputs = graph.ids().map(|node| Output { name: format!("o{}", node.0), node }).collect();
        let all = Function { graph, outputs, ..self.left.clone() };
        evaluate(&all, &[], &self.inputs, &self.sizes).expect("it runs").outputs
    }

    /// Those of floating-point numbers.
    fn float_steps(&self) -> Vec<Array> {
        self.steps().into_iter().filter(|array| array.dtype().is_float()).collect()
    }

    fn check_accuracy(&self, left: &Array, right: &Array) {
        let wide = run_wide(self.left, &self.inputs, &self.sizes);
        // Wide arithmetic rounds less but has the range of doubles; beyond it the right side must do.
        let wide_right = run_wide(self.right, &self.inputs, &self.sizes);
        let steps = self.float_steps();
        let passes = |i: usize, like: &dyn Fn(f64) -> bool| {
            steps.iter().any(|array| like(real(array, if array.len() == 1 { 0 } else { i })))
        };
        for i in 0..left.len() {
            let (l, r) = (real(left, i), real(right, i));
            if l.is_finite() && !r.is_finite() {
                self.fail(i, left, right, "no longer finite");
            }
            if l.is_nan() && !r.is_nan() && !passes(i, &|v| v.is_infinite()) {
                self.fail(i, left, right, "the NaN is lost");
            }
            let (hi, lo) =
                if passes(i, &|v| v.is_infinite() || v.abs() < 1e-290) { wide_right[i] } else { wide[i] };
            if !hi.is_finite() || !r.is_finite() {
                continue;
            }
            let error = |value: f64| ((value - hi) - lo).abs();
            let bound = 4.0 * ulp(left.dtype(), hi);
            if error(r) > bound && (!l.is_finite() || error(r) > error(l)) {
                self.fail(i, left, right, &format!("error {:e} where {bound:e} is admitted", error(r)));
            }
        }
    }
}

impl Trial<'_> {
    fn check_backward_error(&self, left: &Array, right: &Array) {
        let out_of_range = |value: f64| value.is_infinite() || value.abs() < 1e-290;
        let out_of_range = |array: &Array| (0..array.len()).any(|i| out_of_range(real(array, i)));
        let out_of_range = self.float_steps().iter().any(out_of_range);
        let undefined = |array: &Array| (0..array.len()).any(|i| matches!(class(real(array, i)), 0 | 1));
        let promised = !self.inputs.iter().any(undefined);
        for i in 0..left.len() {
            let (l, r) = (real(left, i), real(right, i));
            if l.is_finite() && !r.is_finite() && promised {
                self.fail(i, left, right, "no longer finite");
            }
            if l.is_nan() && !r.is_nan() && !out_of_range {
                self.fail(i, left, right, "the NaN is lost");
            }
        }
        // The last place of an integer is not that of the float which it becomes.
        if self.values == Values::Special || self.inputs.iter().any(|array| !array.dtype().is_float()) {
            return;
        }
        // Wide arithmetic rounds less but has the range of doubles; beyond it the right side must do.
        let judge = if out_of_range { self.right } else { self.left };
        let wide = run_wide(judge, &self.inputs, &self.sizes);
        let moves = self.moves(judge, &wide);
        let slips = self.slips();
        for i in 0..left.len() {
            let (r, (hi, lo)) = (real(right, i), wide[i]);
            if !hi.is_finite() || !r.is_finite() {
                continue;
            }
            let error = ((r - hi) - lo).abs();
            let bound = 8.0 * (slips[i] + moves[i] + ulp(left.dtype(), hi));
            if error > bound {
                self.fail(i, left, right, &format!("error {error:e} where {bound:e} is admitted"));
            }
        }
    }

    /// By element of the result, the sum of what moving each constant and each element of an input by one
    /// unit in its last place changes.
    fn moves(&self, function: &Function, wide: &[(f64, f64)]) -> Vec<f64> {
        let mut sums = vec![0.0; wide.len()];
        let mut add = |moved| add_changes(&mut sums, moved, wide);
        for id in function.graph.ids().filter(|id| matches!(function.graph.op(*id), Op::Constant(_))) {
            add(run_wide(&with_moved_constant(function, id), &self.inputs, &self.sizes));
        }
        for which in 0..self.inputs.len() {
            for element in 0..self.inputs[which].len() {
                let mut inputs = self.inputs.clone();
                let [bits, rest] = inputs[which].get(element);
                inputs[which].set(element, [bits ^ 1, rest]);
                add(run_wide(function, &inputs, &self.sizes));
            }
        }
        sums
    }
}

impl Trial<'_> {
    /// By element of the result, the sum of what rounding each element of each step of the left side by one
    /// unit in its last place changes: the error that it may have. The one that it has can be small by
    /// chance.
    fn slips(&self) -> Vec<f64> {
        let steps = self.steps();
        let (function, slipping) = with_slips(self.left);
        let zeros =
            slipping.iter().map(|node| Array::zeros_of(steps[*node].dtype(), steps[*node].shape().to_vec()));
        let mut inputs: Vec<Array> = self.inputs.iter().cloned().chain(zeros).collect();
        let wide = run_wide(&function, &inputs, &self.sizes);
        let mut sums = vec![0.0; wide.len()];
        for (node, which) in slipping.iter().zip(self.inputs.len()..) {
            let step = &steps[*node];
            for element in (0..step.len()).filter(|element| real(step, *element).is_finite()) {
                let unit = bits_of(step.dtype(), ulp(step.dtype(), real(step, element)));
                inputs[which].set(element, [unit, 0]);
                add_changes(&mut sums, run_wide(&function, &inputs, &self.sizes), &wide);
                inputs[which].set(element, [0, 0]);
            }
        }
        sums
    }
}

/// Adds by how much values differ, where that is a number.
fn add_changes(sums: &mut [f64], moved: Vec<(f64, f64)>, wide: &[(f64, f64)]) {
    for ((sum, new), old) in sums.iter_mut().zip(moved).zip(wide) {
        let change = ((new.0 - old.0) + (new.1 - old.1)).abs();
        *sum += if change.is_finite() { change } else { 0.0 };
    }
}

/// The function with a further input for each step that rounds, which is added to it; and which nodes those
/// are. The result is no step.
fn with_slips(function: &Function) -> (Function, Vec<usize>) {
    let (mut graph, mut renamed) = (function.graph.successor(), vec![]);
    let (mut inputs, mut slipping) = (vec![], vec![]);
    let root = function.outputs[0].node;
    for id in function.graph.ids() {
        let node = function.graph.node(id);
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        let mut value = graph.op_node(node.op.clone(), &operands);
        if !operands.is_empty() && id != root && node.ty.dtype.is_float() {
            let input = Input {
                name: format!("slip{}", id.0).into(),
                dtype: node.ty.dtype,
                shape: node.ty.shape.clone(),
            };
            inputs.push(graph.op_node(input, &[]));
            slipping.push(id.index());
            value = graph.plus(value, inputs[inputs.len() - 1]);
        }
        renamed.push(value);
    }
    let mut slipped = function.with_graph(graph, &|id| renamed[id.index()]);
    slipped.inputs.extend(inputs);
    (slipped, slipping)
}

/// The function with the last bit of a constant flipped.
fn with_moved_constant(function: &Function, which: NodeId) -> Function {
    let mut graph = function.graph.successor();
    let mut renamed: Vec<NodeId> = vec![];
    for id in function.graph.ids() {
        let node = function.graph.node(id);
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        let op = match &node.op {
            Op::Constant(constant) if id == which && constant.dtype.is_float() => {
                let [bits, rest] = constant.as_splat().expect("real splats");
                Constant { elements: Elements::Splat([bits ^ 1, rest]), ..constant.clone() }.into()
            }
            op => op.clone(),
        };
        renamed.push(graph.op_node(op, &operands));
    }
    function.with_graph(graph, &|id| renamed[id.index()])
}

/// What the instances of a rule are made from.
fn left_sides(rule: &Rule) -> Vec<Expression> {
    let parse = |text: &str| expression::parse(text).expect("examples are in the language").0;
    match rule.body {
        Body::Pattern => vec![parse(rule.algebra)],
        Body::Function { examples, .. } => examples.iter().map(|e| parse(e)).collect(),
    }
}

const SIZES: [[i64; 3]; 5] = [[3, 2, 4], [1, 3, 2], [0, 2, 3], [2, 0, 1], [5, 1, 0]];

fn try_rule(rule: &'static Rule, expression: &Expression, rounds: usize, seed: u64) -> usize {
    let set = RuleSet::new([rule]);
    let mut fired = 0;
    for dtype in DType::ALL {
        for round in 0..rounds {
            let [a, b, c] = SIZES[round % SIZES.len()];
            let mut chance = Chance {
                random: Random(seed ^ (round as u64 + 1) << 20 ^ (dtype as u64 + 1) << 40 | 1),
                dtype,
                sizes: [("A", a), ("B", b), ("C", c)],
                symbolic: round % 2 == 0,
                elementwise: rule.contract == Contract::Approx,
            };
            (0..8).for_each(|_| chance.random.0 = chance.random.next());
            let Some(left) = instance(expression, &mut chance) else { continue };
            let Some(right) = rewritten(&left, &set) else { continue };
            fired += 1;
            let sizes: Sizes = chance.sizes.iter().map(|(name, size)| (name.to_string(), *size)).collect();
            for values in [Values::Ordinary, Values::Special, Values::Edge] {
                let inputs = inputs(&left, &mut chance, values);
                Trial { rule, left: &left, right: &right, inputs, sizes: sizes.clone(), values }.check();
            }
        }
    }
    fired
}

/// What an example of a rule is tried with: no other rule has a say in it (FNV-1a, Fowler, Noll and Vo).
fn seed(name: &str, example: usize) -> u64 {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    name.bytes().chain([example as u8]).fold(0xcbf2_9ce4_8422_2325, hash)
}

fn check_contract(contract: Contract, rounds: usize) {
    let mut tried = 0;
    for rule in rules().filter(|rule| rule.contract == contract) {
        for (j, expression) in left_sides(rule).iter().enumerate() {
            let fired = try_rule(rule, expression, rounds, seed(rule.name, j));
            assert!(fired > 0, "{}: the rule does not fire at {expression:?}", rule.name);
            tried += 1;
        }
    }
    assert!(tried > 0, "no rule has the contract {}", contract.name());
}

#[test]
fn exact_rules_keep_every_bit() {
    check_contract(Contract::Exact, 40);
}

#[test]
fn structural_rules_keep_finite_values() {
    check_contract(Contract::Structural, 20);
}

#[test]
fn reassociating_rules_keep_bounds_and_classes() {
    check_contract(Contract::Reassociates, 160);
}

#[test]
fn approximating_rules_are_no_less_accurate() {
    check_contract(Contract::Approx, 20);
}

#[test]
fn backward_stable_rules_are_as_accurate_as_their_inputs() {
    check_contract(Contract::BackwardStable, 120);
}

#[test]
fn fast_rules_fire_and_keep_types() {
    check_contract(Contract::FastMath, 20);
}

#[test]
fn names_are_unique_and_patterns_have_a_root() {
    let mut names: Vec<&str> = rules().map(|r| r.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for rule in RuleSet::new(rules()).rules {
        assert!(rule.equation.is_none_or(|e| e.root().is_some()), "{}", rule.rule.name);
    }
}

#[test]
fn operand_order_does_not_depend_on_numbering() {
    let build = |swap: bool| {
        let mut graph = Graph::default();
        let mut input = |name: &str| {
            let op = Input { name: name.into(), dtype: DType::F32, shape: vec![3.into()] };
            graph.op_node(op, &[])
        };
        let (first, second) = if swap { ("b", "a") } else { ("a", "b") };
        let (x, y) = (input(first), input(second));
        let sum = graph.plus(x, y);
        let (graph, new, _) =
            rebuild(&graph, &[sum], RuleSet::none(), &mut History::default(), false).expect("well-typed");
        let operands = graph.operands(new[0]).to_vec();
        operands.iter().map(|o| format!("{:?}", graph.op(*o))).collect::<Vec<_>>()
    };
    assert_eq!(build(false), build(true));
}

/// The trials can tell: rules under a contract that they break are found out.
#[test]
fn false_claims_are_found_out() {
    static FALSE: [Rule; 7] = [
        Rule::new("loses-minus-zero", Contract::Exact, "x + 0 => x"),
        Rule::new("loses-nan", Contract::Reassociates, "x - x => x * 0 + 1"),
        Rule::new("loses-inf", Contract::Reassociates, "x + y - y => x"),
        Rule::new("cancels", Contract::Approx, "sigmoid(-x) => 1 - sigmoid(x)"),
        Rule::new("cancels-without-need", Contract::BackwardStable, "log1p(x) => log(1 + x)"),
        Rule::new("overflows", Contract::BackwardStable, "softplus(x) => log(1 + exp(x))"),
        Rule::new("loses-the-domain", Contract::Approx, "exp(log(x)) => x"),
    ];
    for rule in &FALSE {
        let expression = &left_sides(rule)[0];
        let outcome = std::panic::catch_unwind(|| try_rule(rule, expression, 40, 7));
        assert!(outcome.is_err(), "{} passed as {}", rule.name, rule.contract.name());
    }
}
