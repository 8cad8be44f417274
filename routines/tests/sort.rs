//! Rows in order, as the standard library's stable sort has them.

use std::cmp::Ordering;

use tgc_routines::sort::{Counts, Item, argsort, sort};
use tgc_routines::{Bf16, F16, F32, F64, I8, I64, Key, U8, U16};

/// Numbers without a pattern (xorshift; Marsaglia, Journal of Statistical Software 8(14), 2003).
fn random(seed: u64, length: usize) -> Vec<u64> {
    let mut state = seed.wrapping_mul(2) + 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..length).map(step).collect()
}

/// Sorts and argsorts, in both directions, and compares with a stable sort by the given order.
fn check<K: Key + Default + PartialEq + std::fmt::Debug>(row: &[K], order: impl Fn(&K, &K, bool) -> Ordering)
where
    K::Rank: Default,
{
    let mut counts: Counts = [0; 256];
    for descending in [false, true] {
        let mut expected: Vec<usize> = (0..row.len()).collect();
        expected.sort_by(|a, b| order(&row[*a], &row[*b], descending));
        let (mut sorted, mut spare) = (row.to_vec(), vec![K::default(); row.len()]);
        sort(&mut sorted, &mut spare, &mut counts, descending);
        let expected_row: Vec<K> = expected.iter().map(|at| row[*at]).collect();
        assert_eq!(sorted, expected_row, "{} elements, descending {descending}", row.len());
        let mut positions = vec![0; row.len()];
        let mut items: Vec<Item<K::Rank>> = vec![Item::default(); row.len()];
        let mut spare = items.clone();
        argsort(row, &mut positions, &mut items, &mut spare, &mut counts, descending);
        let expected: Vec<i64> = expected.into_iter().map(|at| at as i64).collect();
        assert_eq!(positions, expected, "{} elements, descending {descending}", row.len());
    }
}

/// NaNs last, zeros equal.
fn floats(a: f64, b: f64, descending: bool) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if descending => b.partial_cmp(&a).unwrap(),
        (false, false) => a.partial_cmp(&b).unwrap(),
    }
}

fn integers<T: Ord>(a: T, b: T, descending: bool) -> Ordering {
    if descending { b.cmp(&a) } else { a.cmp(&b) }
}

fn lengths() -> impl Iterator<Item = usize> {
    (0..70).chain([255, 256, 257, 1000, 5000])
}

#[test]
fn floats_of_every_kind() {
    for length in lengths() {
        let bits = random(length as u64 + 1, length);
        let singles: Vec<F32> = bits.iter().map(|b| F32(*b as u32)).collect();
        let value = |k: &F32| f64::from(f32::from_bits(k.0));
        check(&singles, |a, b, d| floats(value(a), value(b), d));
        let doubles: Vec<F64> = bits.iter().map(|b| F64(*b)).collect();
        check(&doubles, |a, b, d| floats(f64::from_bits(a.0), f64::from_bits(b.0), d));
        let brains: Vec<Bf16> = bits.iter().map(|b| Bf16(*b as u16)).collect();
        let value = |k: &Bf16| f64::from(f32::from_bits(u32::from(k.0) << 16));
        check(&brains, |a, b, d| floats(value(a), value(b), d));
    }
}

#[test]
fn halves_in_their_order() {
    let value = |k: &F16| {
        let (sign, exponent, fraction) = (k.0 >> 15, k.0 >> 10 & 31, f64::from(k.0 & 1023));
        let magnitude = match exponent {
            31 if fraction == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            0 => fraction * 2f64.powi(-24),
            _ => (fraction + 1024.0) * 2f64.powi(i32::from(exponent) - 25),
        };
        if sign == 1 { -magnitude } else { magnitude }
    };
    let all: Vec<F16> = random(7, 1 << 16).iter().map(|b| F16(*b as u16)).collect();
    check(&all, |a, b, d| floats(value(a), value(b), d));
}

#[test]
fn infinities_zeros_and_nans() {
    let specials =
        [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN, 5e-324, -5e-324, 1.0, f64::MAX];
    for length in lengths() {
        let row: Vec<F64> = random(length as u64, length)
            .iter()
            .map(|b| F64(specials[(*b % 10) as usize].to_bits()))
            .collect();
        check(&row, |a, b, d| floats(f64::from_bits(a.0), f64::from_bits(b.0), d));
    }
}

#[test]
fn integers_of_every_width() {
    for length in lengths() {
        let bits = random(length as u64 + 100, length);
        check(&bits.iter().map(|b| U8((*b & 1) as u8)).collect::<Vec<_>>(), |a, b, d| integers(a.0, b.0, d));
        check(&bits.iter().map(|b| U8(*b as u8)).collect::<Vec<_>>(), |a, b, d| integers(a.0, b.0, d));
        check(&bits.iter().map(|b| U16(*b as u16)).collect::<Vec<_>>(), |a, b, d| integers(a.0, b.0, d));
        check(&bits.iter().map(|b| I8(*b as u8)).collect::<Vec<_>>(), |a, b, d| {
            integers(a.0 as i8, b.0 as i8, d)
        });
        check(&bits.iter().map(|b| I64(*b)).collect::<Vec<_>>(), |a, b, d| {
            integers(a.0 as i64, b.0 as i64, d)
        });
    }
}
