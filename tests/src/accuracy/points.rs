//! Where functions are measured: the tests of the graph crate's programs use this file too.

use std::f64::consts::{FRAC_PI_2, PI};

use tgc_scalar::Dd;

/// Numbers that functions treat in a way of their own, and some near to where they do.
const SPECIAL: [f64; 41] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    1e-310,
    1e-40,
    -3e-39,
    88.72284,
    709.782712893384,
    709.7827128933841,
    -103.97208,
    -745.1332191019411,
    -745.1332191019412,
    -708.4,
    -87.33655,
    1e-8,
    -1e-16,
    1.461632144968362,
    -16777215.0,
    9007199254740991.0,
    9007199254740993.0,
    2.5,
    -2.5,
    1e300,
];

/// A fixed generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
fn mix(i: u64) -> u64 {
    let z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(z: u64) -> f64 {
    (z >> 11) as f64 / 2f64.powi(53)
}

/// A number and its neighbours.
fn around(x: f64) -> [f64; 3] {
    [x, x.next_up(), x.next_down()]
}

/// Points for functions of one value: hard cases first, then any number, numbers around 0 of all small
/// magnitudes, numbers between -1 and 0, around 1, and as large as exponentials take them.
pub(super) fn of_one(name: &str, rounds: u64) -> impl Iterator<Item = f64> {
    let random = (1..=rounds).flat_map(|i| {
        let z = mix(i);
        let unit = unit(z);
        let spread = (unit - 0.5) * 2f64.powi(8 - (z & 63) as i32);
        [f64::from_bits(z), spread, -unit, 1.0 + spread, 1500.0 * unit - 760.0]
    });
    hard(name).chain(random)
}

/// What is hard for every function, and for this one.
pub(super) fn hard(name: &str) -> impl Iterator<Item = f64> {
    let own = match name {
        "sin" | "cos" | "tan" => near_quarter_turns(),
        "psi" => near_zeros_of_psi(),
        _ => vec![],
    };
    seams().chain(own)
}

/// What is special, powers of two, halves of small integers, and halves of multiples of log 2 (where
/// exponentials change from one power of two to the next), all with their neighbours.
fn seams() -> impl Iterator<Item = f64> {
    let powers = (-1074..1024).map(|k| 2f64.powi(k / 2) * 2f64.powi(k - k / 2)).flat_map(|x| [x, -x]);
    let halves = (-400..400).map(|k| f64::from(k) / 2.0);
    let seams = (-2160..2060).map(|k| f64::from(k) * std::f64::consts::LN_2 / 2.0);
    SPECIAL.into_iter().chain(powers).chain(halves).chain(seams).flat_map(around)
}

/// The nearest numbers to multiples of π/2, arguments nearer to one than all others (J.-M. Muller,
/// "Elementary Functions", 3rd edition 2016, section 11.2), and where one way of reduction takes over from
/// another.
fn near_quarter_turns() -> Vec<f64> {
    let multiples = (1..20_000).chain((20..60).map(|i| (1i64 << i) / 7)).map(|n| n as f64 * FRAC_PI_2);
    let hardest = [6_381_956_970_095_103.0 * 2f64.powi(797), 5_319_372_648_326_541.0 * 2f64.powi(-44)];
    let seams = (15..1024).flat_map(|i| [2f64.powi(i), -2f64.powi(i), 2f64.powi(i) * 1.375]);
    multiples.chain(hardest).chain(seams).flat_map(around).collect()
}

/// Below 0, ψ(x) = ψ(1-x) - π cot πx has a zero in each unit interval, where two numbers cancel of which one
/// grows like log |x|, and poles on both its sides.
fn near_zeros_of_psi() -> Vec<f64> {
    let zero = |n: f64| {
        let from_pole = |rest: f64| PI.atan2((Dd::from(n + 1.0) - Dd::from(rest)).psi().hi) / PI;
        (0..4).fold(0.5, |rest, _| from_pole(rest)) - n
    };
    let far = (84..416).map(|i| (f64::from(i) / 8.0).exp2().floor());
    let intervals = (0..1500).map(f64::from).chain(far);
    let points = intervals.flat_map(|n| [zero(n), -n - 0.5, 1e-3 - n, 1e-5 - n, -1e-3 - n, zero(n) + 0.01]);
    points.flat_map(around).collect()
}

/// Points for functions of two values: all pairs of special numbers, then numbers of any magnitude (of `f64`
/// and of `f32`), of like magnitudes, small ones, near 1 and far exponents, powers across the range, and
/// integers.
pub(super) fn of_two(rounds: u64) -> impl Iterator<Item = [f64; 2]> {
    let close = |x: f64| [x, x.next_up(), x.next_down(), f64::from((x as f32).next_up())];
    let all: Vec<f64> = SPECIAL.into_iter().flat_map(close).collect();
    let pairs = all.clone().into_iter().flat_map(move |x| all.clone().into_iter().map(move |y| [x, y]));
    let random = (1..=rounds).flat_map(|i| {
        let (a, b) = (mix(2 * i), mix(2 * i + 1));
        let (u, v) = (unit(a) - 0.5, unit(b) - 0.5);
        let any = [f64::from_bits(a), f64::from_bits(b)];
        let single = [a, b].map(|z| f64::from(f32::from_bits((z >> 20) as u32)));
        let scale = 2f64.powi((a & 127) as i32 - 64);
        let alike = [u * scale, v * scale * 2f64.powi((b & 15) as i32 - 8)];
        let power = [(u * 200.0).exp2(), v * 2f64.powi(12 - (b & 15) as i32)];
        let near_one = [1.0 + u * 2f64.powi(-(a as i32 & 31)), v * 2f64.powi((b & 31) as i32)];
        let base = (u * 40.0).exp2();
        let across = [base, 1500.0 * v / base.ln()];
        let small = [u * 4.0, v * 40.0];
        [any, single, alike, small, power, near_one, across, [v * 1e6, (u * 40.0).floor() - 20.0]]
    });
    pairs.chain(random)
}

/// Complex numbers of all magnitudes, on the axes, and close to the unit circle.
fn of_complex(rounds: u64) -> Vec<[f64; 2]> {
    let mut points = vec![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -2.0], [1e-30, 1.0], [3.0, -1e-30]];
    let mut unit = uniform(7);
    for i in 0..rounds {
        let (angle, radius) = (unit() * 6.3, (unit() * 12.0 - 6.0).exp2());
        points.push([radius * angle.cos(), radius * angle.sin()]);
        let radius = 1.0 + (unit() - 0.5) * (-40.0 * unit()).exp2();
        points.push([radius * angle.cos(), radius * angle.sin()]);
        let spread = (unit() * 60.0 - 30.0).exp2();
        points.push(if i % 2 == 0 { [spread, unit()] } else { [unit() - 0.5, spread] });
        let near = (-50.0 * unit()).exp2();
        points.push([1.0 + near * (unit() - 0.5), near * (unit() - 0.5)]);
    }
    points
}

/// Numbers between 0 and 1 by a linear congruence.
fn uniform(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 2f64.powi(53)
    }
}

/// Those numbers, each with another one that is not large.
pub(super) fn of_complex_pairs(rounds: u64) -> Vec<[[f64; 2]; 2]> {
    let numbers = of_complex(rounds);
    let others = numbers.iter().rev().map(|z| z.map(|part| part.clamp(-9.0, 9.0)));
    numbers.iter().copied().zip(others).map(|(z, w)| [z, w]).collect()
}

/// Bases and exponents of complex powers: those pairs; with exponents that make of them a number of any
/// length, also next to overflow and underflow, and of any angle up to 2^`turns`; bases near to the negative
/// axis, on the axes and of any magnitude; small integers and halves.
pub(super) fn of_complex_powers(rounds: u64, turns: f64) -> Vec<[[f64; 2]; 2]> {
    let mut pairs = of_complex_pairs(rounds);
    let mut unit = uniform(11);
    for i in 0..pairs.len() {
        let sign = if unit() < 0.5 { -1.0 } else { 1.0 };
        let length = (unit() * 2000.0 - 1000.0).exp2();
        let z = match i % 16 {
            1 => [-length, sign * length * (-60.0 * unit()).exp2()],
            2 => [sign * length, 0.0],
            3 => [-0.0, sign * length],
            4 => [length, length * unit()],
            5 => [(unit() * 9.0).floor() - 4.0, (unit() * 9.0).floor() - 4.0],
            _ => pairs[i][0],
        };
        let log = [z[0].hypot(z[1]).ln(), z[1].atan2(z[0])];
        let target = match i / 16 % 4 {
            0 => [709.0 + 1.5 * unit(), sign * unit() * 7.0],
            1 => [-700.0 - 50.0 * unit(), sign * unit() * 7.0],
            2 => [unit() * 1400.0 - 700.0, sign * (unit() * turns).exp2()],
            _ => [unit() - 0.5, sign * (unit() * turns).exp2()],
        };
        let square = log[0] * log[0] + log[1] * log[1];
        let quotient = |a: f64, b: f64| (a * log[0] + b * log[1]) / square;
        let w = match i % 32 {
            21 => [(unit() * 80.0).floor() / 2.0 - 20.0, 0.0],
            2 | 18 if log[0] != 0.0 => [target[0] / log[0], 0.0],
            _ => [quotient(target[0], target[1]), quotient(target[1], -target[0])],
        };
        if square > 0.0 {
            pairs.push([z, w]);
        }
    }
    pairs
}
