//! Routines: what is called rather than generated, by one source for evaluator, interpreter and libraries.
//!
//! The source is `tgc-routines`. Here is what a graph or a Plan says of one: its name, its scratch, and how
//! it runs on a row of elements.

use tgc_routines::sort::{self, COUNTS_BYTES, Counts, ITEM_BYTES, Item};
use tgc_routines::{Bf16, F16, F32, F64, I8, I16, I32, I64, Key, U8, U16, U32, U64};
use tgc_scalar::ScalarType;
use tgc_scalar::dtype::DType;

use crate::dim::Dim;

/// What runs on each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Routine {
    /// The elements in order.
    Sort {
        /// The greatest first.
        descending: bool,
    },
    /// The positions of the elements in order, as `i64`.
    Argsort {
        /// The greatest first.
        descending: bool,
    },
}

impl Routine {
    /// Its name, of which that of the function in a library is made.
    pub fn name(self) -> &'static str {
        match self {
            Routine::Sort { .. } => "sort",
            Routine::Argsort { .. } => "argsort",
        }
    }

    /// The part of the runtime's function's name that says the element type: elements of `bool` are those of
    /// `u8`.
    pub fn suffix(self, operand: DType) -> &'static str {
        if operand == DType::Bool { DType::U8.name() } else { operand.name() }
    }

    /// Whether the greatest element comes first.
    pub fn is_descending(self) -> bool {
        match self {
            Routine::Sort { descending } | Routine::Argsort { descending } => descending,
        }
    }

    /// The element type of the result.
    pub fn dtype(self, operand: DType) -> DType {
        match self {
            Routine::Sort { .. } => operand,
            Routine::Argsort { .. } => DType::I64,
        }
    }

    /// Bytes that it needs besides operand and result, for rows of this length.
    pub fn scratch_bytes(self, operand: DType, length: &Dim) -> Dim {
        let each = match self {
            Routine::Sort { .. } => operand.bytes(),
            Routine::Argsort { .. } => 2 * ITEM_BYTES,
        };
        &Dim::Const(COUNTS_BYTES as i64) + &(length * &Dim::Const(each as i64))
    }

    /// The positions of a row's elements in order, given what `rank` says of each for the routine's
    /// direction.
    pub fn positions(self, ranks: &[u128]) -> Vec<usize> {
        let row: Vec<Ranked> = ranks.iter().map(|rank| Ranked(*rank)).collect();
        let mut items: Vec<Item<u128>> = vec![Item::default(); row.len()];
        let (mut spare, mut positions) = (items.clone(), vec![0i64; row.len()]);
        let mut counts: Counts = [0; 256];
        sort::argsort(&row, &mut positions, &mut items, &mut spare, &mut counts, false);
        positions.into_iter().map(|position| position as usize).collect()
    }

    /// The routine on a row of elements given by their bits.
    pub fn run(self, dtype: DType, row: &[u64]) -> Vec<u64> {
        let ranks: Vec<u128> =
            row.iter().map(|bits| rank(dtype.scalar_type(), *bits, self.is_descending())).collect();
        let positions = self.positions(&ranks).into_iter();
        match self {
            Routine::Sort { .. } => positions.map(|at| row[at]).collect(),
            Routine::Argsort { .. } => positions.map(|at| at as u64).collect(),
        }
    }
}

/// An element whose place in the order is known.
#[derive(Clone, Copy)]
struct Ranked(u128);

impl Key for Ranked {
    type Rank = u128;
    const DIGITS: u32 = u128::BITS / 8;

    fn rank(self, _: bool) -> u128 {
        self.0
    }

    fn digit(rank: u128, position: u32) -> u8 {
        (rank >> (8 * position)) as u8
    }
}

/// The place of a scalar in the order of its type. NaNs come last in both directions.
pub fn rank(scalar: ScalarType, bits: u64, descending: bool) -> u128 {
    match scalar {
        ScalarType::I8 => u128::from(I8(bits as u8).rank(descending)),
        ScalarType::I16 => u128::from(I16(bits as u16).rank(descending)),
        ScalarType::I32 => u128::from(I32(bits as u32).rank(descending)),
        ScalarType::I64 => u128::from(I64(bits).rank(descending)),
        ScalarType::Bool | ScalarType::U8 => u128::from(U8(bits as u8).rank(descending)),
        ScalarType::U16 => u128::from(U16(bits as u16).rank(descending)),
        ScalarType::U32 => u128::from(U32(bits as u32).rank(descending)),
        ScalarType::U64 => u128::from(U64(bits).rank(descending)),
        ScalarType::F16 => u128::from(F16(bits as u16).rank(descending)),
        ScalarType::BF16 => u128::from(Bf16(bits as u16).rank(descending)),
        ScalarType::F32 => u128::from(F32(bits as u32).rank(descending)),
        ScalarType::F64 => u128::from(F64(bits).rank(descending)),
    }
}
