//! Elementary functions by themselves: what a call of one computes.
//!
//! A program may keep an elementary function as one instruction. It then means what its expansion does, to
//! the bit, so that whether code calls it or writes it out is a question of size and time alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Builder, Element, Inst, MathFn, MathFn2, MathFn4, Program, ScalarType, Value};
use crate::dtype::DType;

/// An elementary function, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Elementary {
    /// Of one value.
    One(MathFn),
    /// Of two values.
    Two(MathFn2),
    /// Of the parts of two complex numbers.
    Four(MathFn4),
}

impl Elementary {
    /// What an instruction computes, if it is an elementary function.
    pub fn of(inst: &Inst) -> Option<Elementary> {
        match *inst {
            Inst::Math(function, _) => Some(Elementary::One(function)),
            Inst::Math2(function, _, _) => Some(Elementary::Two(function)),
            Inst::Math4(function, _) => Some(Elementary::Four(function)),
            Inst::Param { .. }
            | Inst::Const(_)
            | Inst::Unary(..)
            | Inst::Binary(..)
            | Inst::Compare(..)
            | Inst::Select(..)
            | Inst::Rarely(..)
            | Inst::Fma(..)
            | Inst::Convert(_)
            | Inst::Bitcast(_) => None,
        }
    }

    /// A name of its own, in lower case.
    pub fn name(self) -> String {
        match self {
            Elementary::One(MathFn::Polygamma(order)) => format!("polygamma{order}"),
            Elementary::One(function) => function.name().to_owned(),
            Elementary::Two(function) => function.name().to_owned(),
            Elementary::Four(function) => function.name().to_owned(),
        }
    }

    /// Its legalized program on `F32` or `F64` values: a parameter for each, and one result.
    pub fn program(self, scalar: ScalarType) -> Arc<Program> {
        static KNOWN: Mutex<BTreeMap<(Elementary, ScalarType), Arc<Program>>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((self, scalar)).or_insert_with(|| Arc::new(self.build(scalar))).clone()
    }

    fn build(self, scalar: ScalarType) -> Program {
        let dtype = if scalar == ScalarType::F32 { DType::F32 } else { DType::F64 };
        let mut b = Builder::new(&vec![dtype; self.arity()]);
        let x: Vec<Value> = (0..self.arity()).map(|i| b.param(i).re()).collect();
        let inst = match self {
            Elementary::One(function) => Inst::Math(function, x[0]),
            Elementary::Two(function) => Inst::Math2(function, x[0], x[1]),
            Elementary::Four(function) => Inst::Math4(function, [x[0], x[1], x[2], x[3]]),
        };
        let value = b.push(inst, scalar);
        b.finish(vec![Element::real(dtype, value)]).legalize()
    }

    fn arity(self) -> usize {
        match self {
            Elementary::One(_) => 1,
            Elementary::Two(_) => 2,
            Elementary::Four(_) => 4,
        }
    }
}

impl Program {
    /// How many instructions an instruction stands for.
    pub fn work_of(&self, at: usize) -> usize {
        let (inst, scalar) = &self.insts[at];
        Elementary::of(inst).map_or(1, |function| function.program(*scalar).insts.len())
    }

    /// How many instructions it stands for.
    pub fn work(&self) -> usize {
        (0..self.insts.len()).map(|at| self.work_of(at)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a program on one parameter.
    fn run(program: &Program, x: f64) -> u64 {
        let (mut scratch, mut out) = (vec![], vec![]);
        program.run(&[[x.to_bits(), 0]], &mut scratch, &mut out);
        out[0]
    }

    #[test]
    fn a_call_gives_what_its_expansion_gives() {
        for function in MathFn::ALL {
            let mut b = Builder::new(&[DType::F64]);
            let x = b.param(0).re();
            let twice = b.binary(super::super::Binary::Mul, x, x);
            let value = b.math(function, twice);
            let called = b.finish(vec![Element::real(DType::F64, value)]);
            let legalized = called.legalize();
            assert_eq!(called.legalize_but(&|_, _| true), called);
            assert!(called.work() > legalized.insts.len() / 2, "{}", function.name());
            for x in [-0.0, 0.3, -1.7, 12.5, 1e9, f64::INFINITY, f64::NAN] {
                assert_eq!(run(&called, x), run(&legalized, x), "{} at {x}", function.name());
            }
        }
    }
}
