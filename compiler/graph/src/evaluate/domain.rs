//! The two arithmetics of the evaluator.

use tgc_scalar::{Program, ScalarType, Wide};

use crate::routine::rank;

/// An arithmetic that programs run in.
pub trait Domain {
    /// One part of an element.
    type Part: Copy + Default + std::fmt::Debug;

    /// The part with these bits.
    fn from_bits(scalar: ScalarType, bits: u64) -> Self::Part;

    /// The value of an `i64` part.
    fn to_i64(part: Self::Part) -> i64;

    /// The part that holds an `i64`.
    fn from_i64(value: i64) -> Self::Part {
        Self::from_bits(ScalarType::I64, value as u64)
    }

    /// Its place in the order of its type, as `rank` of the routines has it.
    fn rank(scalar: ScalarType, part: Self::Part, descending: bool) -> u128;

    /// Makes a program ready to run many times.
    fn prepare(program: &Program) -> Program;

    /// Runs a prepared program; the results' parts go to `out`, two a result.
    fn run(
        program: &Program,
        params: &[[Self::Part; 2]],
        scratch: &mut Vec<u64>,
        out: &mut Vec<[Self::Part; 2]>,
    );
}

/// Each scalar's own arithmetic, on bits.
#[derive(Clone, Copy, Debug)]
pub struct Narrow;

impl Domain for Narrow {
    type Part = u64;

    fn from_bits(_: ScalarType, bits: u64) -> u64 {
        bits
    }

    fn to_i64(part: u64) -> i64 {
        part as i64
    }

    fn rank(scalar: ScalarType, part: u64, descending: bool) -> u128 {
        rank(scalar, part, descending)
    }

    fn prepare(program: &Program) -> Program {
        program.legalize()
    }

    fn run(program: &Program, params: &[[u64; 2]], scratch: &mut Vec<u64>, out: &mut Vec<[u64; 2]>) {
        let mut parts = vec![];
        program.run(params, scratch, &mut parts);
        pair_up(program, &parts, out);
    }
}

/// Double-double in every floating-point scalar.
#[derive(Clone, Copy, Debug)]
pub struct WideDomain;

impl Domain for WideDomain {
    type Part = Wide;

    fn from_bits(scalar: ScalarType, bits: u64) -> Wide {
        Wide::from_bits(scalar, bits)
    }

    fn to_i64(part: Wide) -> i64 {
        part.to_bits(ScalarType::I64) as i64
    }

    fn rank(scalar: ScalarType, part: Wide, descending: bool) -> u128 {
        match part {
            Wide::Bits(bits) => rank(scalar, bits, descending),
            Wide::Real(value) => {
                let [hi, lo] =
                    [value.hi, value.lo].map(|part| rank(ScalarType::F64, part.to_bits(), descending));
                if value.hi.is_nan() { u128::MAX } else { hi << 64 | lo }
            }
        }
    }

    fn prepare(program: &Program) -> Program {
        program.clone()
    }

    fn run(program: &Program, params: &[[Wide; 2]], _: &mut Vec<u64>, out: &mut Vec<[Wide; 2]>) {
        pair_up(program, &program.run_wide(params), out);
    }
}

fn pair_up<P: Copy>(program: &Program, parts: &[P], out: &mut Vec<[P; 2]>) {
    out.clear();
    let mut rest = parts;
    for element in &program.results {
        let (own, others) = rest.split_at(element.parts().len());
        out.push([own[0], own[own.len() - 1]]);
        rest = others;
    }
}
