//! How far elementary functions, as they are compiled, are from exact values, in units of the last place
//! (ULP).
//!
//! `f32` functions of one value are measured on all 2^32 inputs, against the compiled `f64` function of the
//! same name. Its error, measured here too, is a few parts in 2^53 of the unit's base, a 2^-26th of the unit
//! that errors of `f32` are counted in. `f64` functions are measured on points of all magnitudes, on more of
//! them where functions bend, and on hard cases, against double-double arithmetic, whose own error is below a
//! 2^-30th of their unit.
//!
//! A measurement is a list of [`Row`]s; `docs/accuracy.md` holds it as a table that [`table`] reads and
//! writes.

pub mod complex;
mod functions;
mod gradients;
mod native;
mod points;
pub mod table;
mod ulp;

use functions::Shape;
pub use functions::{Function, functions};
pub use gradients::gradients;
use native::Native;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Of the `f32` inputs of functions of one value, every so many-th.
    pub stride: u64,
    /// How many rounds of generated points: each has some points of every kind.
    pub rounds: u64,
}

impl Effort {
    /// All inputs, and twenty million points.
    pub const FULL: Effort = Effort { stride: 1, rounds: 4_000_000 };

    /// A part of these.
    pub const SAMPLE: Effort = Effort { stride: 1009, rounds: 8_000 };
}

/// The greatest error that was met, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// In ULP; infinite for a result of the wrong class.
    pub error: f64,
    /// The arguments.
    pub at: Vec<f64>,
    /// Of how many points.
    pub points: u64,
}

impl Worst {
    fn none() -> Worst {
        Worst { error: -1.0, at: vec![], points: 0 }
    }

    fn note(&mut self, error: f64, at: impl FnOnce() -> Vec<f64>) {
        // NaN would be a defect of the measurement, and counts as the worst.
        if error > self.error || error.is_nan() && self.error != f64::INFINITY {
            (self.error, self.at) = (if error.is_nan() { f64::INFINITY } else { error }, at());
        }
    }
}

/// What was measured of one function.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The function's name.
    pub name: String,
    /// What is promised, in ULP.
    pub bound: f64,
    /// In `f32`, or `complex64`.
    pub single: Worst,
    /// In `f64`, or `complex128`.
    pub double: Worst,
}

/// Measures a function of real numbers.
pub fn measure(function: &Function, effort: &Effort) -> Row {
    let mut native = Native::new(function);
    let (single, double) = match function.shape {
        Shape::One { exact, .. } => {
            let single = native::every_single(&mut native, function, effort.stride);
            let points = points::of_one(function.name, effort.rounds).map(|x| [x]);
            (single, native::doubles(&mut native, function, points, &|x: [f64; 1]| exact(x[0].into())))
        }
        Shape::Two { exact, .. } => {
            let exact = |x: [f64; 2]| exact(x[0].into(), x[1].into());
            let single = native::singles(&mut native, function, points::of_two(effort.rounds), &exact);
            (single, native::doubles(&mut native, function, points::of_two(effort.rounds), &exact))
        }
    };
    Row { name: function.name.to_owned(), bound: function.bound, single, double }
}
