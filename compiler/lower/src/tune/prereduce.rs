//! Sums of `f32` that are kept in `f64`: the vectors of a tile are added to each other before one of them is
//! widened.
//!
//! To widen a vector and to add its halves takes seven instructions, to add two narrow vectors one. A tile of
//! `n` vectors is a balanced tree of depth log2 n, whose error is that of pairwise summation over so many
//! terms (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 4.2); what follows, in
//! `f64`, adds none that counts.

use tgc_graph::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Inst, Program, ScalarType, Value};

use tgc_plan::machine::Machine;
use tgc_plan::{Block, Prereduction, Reducer, Sink};

/// Moves the widening of what is summed from a block's program into the steps of its reductions.
pub(crate) fn narrow(block: &mut Block) {
    let mut results = block.program.results.clone();
    let mut uses: Vec<&mut usize> = vec![];
    for sink in &mut block.sinks {
        match sink {
            Sink::Reduce { reducer, results: reduced, .. } => {
                if let [result] = reduced.as_mut_slice()
                    && is_wide_sum(reducer)
                    && let Some(value) = widened(&block.program, results[*result])
                {
                    reducer.step = sum(&[DType::F64, DType::F32]);
                    *result = results.len();
                    results.push(value);
                }
                uses.extend(reduced);
            }
            Sink::Accumulate { results, .. }
            | Sink::Scan { results, .. }
            | Sink::ReduceRows { results, .. } => {
                uses.extend(results);
            }
            Sink::Store { result, .. } | Sink::Row { result, .. } | Sink::Scatter { result, .. } => {
                uses.push(result)
            }
        }
    }
    if results.len() > block.program.results.len() {
        block.program = with_results(&block.program, &results, uses);
    }
}

/// How often the tiles of a reduction halve: until one vector of values is left.
pub(crate) fn times(reducer: &Reducer, lanes: u32, machine: &Machine) -> u32 {
    match reducer.step == sum(&[DType::F64, DType::F32]) {
        true => lanes.ilog2().saturating_sub(machine.lanes(4).ilog2()),
        false => 0,
    }
}

/// Halves the tiles of such reductions, once lanes are known.
pub(crate) fn prereduce(block: &mut Block, machine: &Machine) {
    for sink in &mut block.sinks {
        if let Sink::Reduce { reducer, prereduction, .. } = sink {
            let times = times(reducer, block.lanes, machine);
            *prereduction = (times > 0).then(|| Prereduction { times, add: sum(&[DType::F32; 2]) });
        }
    }
}

/// The sum of two elements, in the type of the first.
fn sum(params: &[DType; 2]) -> Program {
    let mut b = Builder::new(params);
    let [first, second] = [0, 1].map(|i| b.param(i));
    let second = b.cast(second, params[0]);
    let sum = b.binary(Binary::Add, first.re(), second.re());
    b.finish(vec![Element::real(params[0], sum)])
}

fn is_wide_sum(reducer: &Reducer) -> bool {
    reducer.step == sum(&[DType::F64; 2])
}

/// What was widened to give an element.
fn widened(program: &Program, element: Element) -> Option<Element> {
    let Inst::Convert(narrow) = program.insts[element.re().0 as usize].0 else { return None };
    (program.scalar_type(narrow) == ScalarType::F32).then(|| Element::real(DType::F32, narrow))
}

/// The program with those of these results that are used.
fn with_results(program: &Program, results: &[Element], uses: Vec<&mut usize>) -> Program {
    let mut b = Builder::new(&program.params);
    let mut renamed: Vec<Value> = vec![];
    for (inst, scalar) in &program.insts {
        renamed.push(b.push(inst.map(&mut |v| renamed[v.0 as usize]), *scalar));
    }
    let mut kept: Vec<usize> = vec![];
    for result in uses {
        let at = kept.iter().position(|kept| *kept == *result).unwrap_or(kept.len());
        if at == kept.len() {
            kept.push(*result);
        }
        *result = at;
    }
    let element = |result: usize| results[result].map(&mut |v| renamed[v.0 as usize]);
    b.finish(kept.into_iter().map(element).collect())
}
