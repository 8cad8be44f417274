//! Sizes and arguments for a generated function.

use tgc_graph::array::Array;
use tgc_graph::dtype::{DType, Kind};
use tgc_graph::evaluate::Sizes;
use tgc_graph::generate::Random;
use tgc_graph::module::Function;

/// A call of a function.
pub struct Call {
    /// The values of its symbols, in order.
    pub sizes: Vec<i64>,
    /// The same by name.
    pub named: Sizes,
    /// Its arguments.
    pub inputs: Vec<Array>,
}

/// A call, or none if no choice of sizes meets the function's equations and gives every node few enough
/// elements.
pub fn call(function: &Function, random: &mut Random, odd_values: bool, most: i64) -> Option<Call> {
    let symbols = &function.graph.scope.symbols;
    let sizes = (0..64).find_map(|_| {
        let sizes: Vec<i64> = symbols.iter().map(|(_, s)| size(random, s.min, s.max)).collect();
        is_admissible(function, &sizes, most).then_some(sizes)
    })?;
    let named = symbols.iter().zip(&sizes).map(|((_, s), n)| (s.name.clone(), *n)).collect();
    let inputs = function.inputs.iter().map(|id| {
        let ty = function.graph.ty(*id);
        let shape: Vec<usize> =
            ty.shape.iter().map(|d| d.evaluate(&|id| sizes[id.0 as usize]).unwrap() as usize).collect();
        array(random, ty.dtype, &shape, odd_values)
    });
    let inputs = inputs.collect();
    Some(Call { sizes, named, inputs })
}

/// Whether a call was refused because an index, which is data, names no element.
pub fn is_index_error(error: &impl std::fmt::Display) -> bool {
    error.to_string().contains(", outside axis ")
}

/// 0, 1, 2, odd numbers, numbers about the width of a vector, and large ones.
fn size(random: &mut Random, min: i64, max: i64) -> i64 {
    const LIKELY: [i64; 14] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 65];
    let any = LIKELY[random.below(LIKELY.len())];
    match random.below(8) {
        0 => max,
        1 => min,
        _ => any.clamp(min, max),
    }
}

fn is_admissible(function: &Function, sizes: &[i64], most: i64) -> bool {
    let value = |dim: &tgc_graph::dim::Dim| dim.evaluate(&|id| sizes[id.0 as usize]);
    let graph = &function.graph;
    let equations = graph.scope.equations.known.iter().all(|e| value(&e.left) == value(&e.right));
    let is_small = |id| {
        let elements =
            graph.ty(id).shape.iter().try_fold(1i64, |n, d| value(d).and_then(|s| n.checked_mul(s)));
        elements.is_some_and(|n| n <= most)
    };
    equations && graph.ids().all(is_small)
}

/// Random elements: small numbers, or any bits if odd ones are asked for.
pub fn array(random: &mut Random, dtype: DType, shape: &[usize], odd: bool) -> Array {
    let mut array = Array::zeros_of(dtype, shape);
    for i in 0..array.len() {
        let parts =
            [element(random, dtype, odd), if dtype.parts() == 2 { element(random, dtype, odd) } else { 0 }];
        array.set(i, parts);
    }
    array
}

fn element(random: &mut Random, dtype: DType, odd: bool) -> u64 {
    let small = (random.below(4001) as f64 - 2000.0) / 1000.0;
    let any = random.bits();
    let wild = odd && random.below(4) == 0;
    match dtype.kind() {
        Kind::Bool => any & 1,
        Kind::Integer => {
            let value = if wild { any } else { (small * 3.0) as i64 as u64 };
            value & (u64::MAX >> (64 - 8 * dtype.bytes()))
        }
        Kind::Float | Kind::Complex => {
            let bits = 8 * dtype.bytes() / dtype.parts();
            match (dtype, wild) {
                (DType::F16, false) => u64::from(to_16_bits(small, 10, 15)),
                (DType::BF16, false) => u64::from((small as f32).to_bits() >> 16),
                (_, false) if bits == 32 => u64::from((small as f32).to_bits()),
                (_, false) => small.to_bits(),
                (_, true) => odd_bits(random, any, bits),
            }
        }
    }
}

/// Infinities, NaNs, zeros of both signs, subnormal and extreme numbers.
fn odd_bits(random: &mut Random, any: u64, bits: usize) -> u64 {
    let mask = u64::MAX >> (64 - bits);
    let mantissa = match bits {
        16 => 10,
        32 => 23,
        _ => 52,
    };
    let (sign, exponent) = (1 << (bits - 1), (mask >> 1) & !((1u64 << mantissa) - 1));
    match random.below(6) {
        0 => any & sign,
        1 => exponent | any & sign,
        2 => exponent | 1 << (mantissa - 1),
        3 => any & (sign | ((1 << mantissa) - 1)),
        _ => any & mask,
    }
}

/// Truncates to a format with this many bits of mantissa and this bias; for normal results.
fn to_16_bits(value: f64, mantissa: u32, bias: i64) -> u16 {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1023 + bias;
    let sign = (bits >> 63 << 15) as u16;
    if exponent <= 0 {
        sign
    } else {
        sign | (exponent as u16) << mantissa | (bits >> (52 - mantissa) & ((1 << mantissa) - 1)) as u16
    }
}
