//! The error of every elementary function, expanded, against wide arithmetic, in units of the last place.
//!
//! `cargo test --test accuracy -- --nocapture` prints what was measured.

use tgc_graph::dtype::DType;
use tgc_graph::scalar::{
    Builder, Dd, Element, Inst, Lane, MathFn, Predicate, Program, Value, Wide, run_inst,
};

/// What the documentation of each function promises: for `F32`, for `F64`.
fn bounds(function: MathFn) -> (f64, f64) {
    match function {
        MathFn::Exp => (1.0, 1.0),
        MathFn::Log => (0.8, 0.9),
        MathFn::Log1p => (0.9, 0.9),
        MathFn::Expm1 => (0.8, 0.9),
        MathFn::Sigmoid => (1.0, 1.0),
        MathFn::Softplus => (1.8, 1.8),
    }
}

/// The program of one function of one element.
fn program(function: MathFn, dtype: DType) -> Program {
    let mut b = Builder::new(&[dtype]);
    let x = b.param(0);
    let y = b.math(function, x.re());
    b.finish(vec![Element::real(dtype, y)])
}

/// Runs an expanded program of one parameter on many arguments, an instruction at a time: much faster than
/// [`Program::run`] on each.
fn run_block(program: &Program, arguments: &[u64]) -> Vec<u64> {
    let mut columns: Vec<Vec<u64>> = Vec::with_capacity(program.insts.len());
    for (inst, lane) in &program.insts {
        let operands = inst.operands();
        let column = match (inst, operands.as_slice()) {
            (Inst::Param { .. }, _) => arguments.to_vec(),
            (Inst::Const(bits), _) => vec![*bits; arguments.len()],
            (_, [a]) => {
                let at = |i: usize| [(columns[a.0 as usize][i], program.lane(*a))];
                (0..arguments.len()).map(|i| run_inst(inst, *lane, &at(i)).unwrap()).collect()
            }
            (_, operands) => {
                let mut row = [(0, Lane::Bool); 3];
                let mut at = |i: usize| {
                    for (slot, v) in row.iter_mut().zip(operands) {
                        *slot = (columns[v.0 as usize][i], program.lane(*v));
                    }
                    run_inst(inst, *lane, &row).unwrap()
                };
                (0..arguments.len()).map(&mut at).collect()
            }
        };
        columns.push(column);
    }
    columns.swap_remove(program.results[0].re().0 as usize)
}

/// Fraction bits and least exponent of a normal number.
fn format(lane: Lane) -> (i32, i32) {
    if lane == Lane::F32 { (23, -126) } else { (52, -1022) }
}

/// How far `got` is from the exact value, in units of the last place of that; infinite if their classes
/// differ. An infinity counts as the number that would follow the greatest.
fn error_in_ulp(lane: Lane, got: u64, exact: Dd) -> f64 {
    let Wide::Real(got) = Wide::from_bits(lane, got) else { unreachable!("floats only") };
    if got.hi.is_nan() || exact.hi.is_nan() {
        return if got.hi.is_nan() && exact.hi.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if got == exact {
        let same_sign = got.hi.is_sign_negative() == exact.hi.is_sign_negative();
        return if same_sign { 0.0 } else { f64::INFINITY };
    }
    let limit = Dd::from(if lane == Lane::F32 { 2f64.powi(128) } else { f64::MAX });
    let clip = |v: Dd| if v > limit { limit } else { v };
    let (fraction, least) = format(lane);
    let exponent = match (clip(exact).hi.abs().to_bits() >> 52) as i32 - 1023 {
        e if e < least => least,
        128 if lane == Lane::F32 => 127,
        e => e,
    };
    // In two steps, as the unit itself may be below the range.
    let difference = (clip(got) - clip(exact)).hi.abs() * 2f64.powi(fraction);
    difference / 2f64.powi(exponent)
}

/// Measures a function on arguments, and gives the greatest error and where it is.
fn measure(function: MathFn, dtype: DType, arguments: &mut dyn Iterator<Item = u64>) -> (f64, u64) {
    let lane = dtype.lane();
    let wide = program(function, dtype);
    let expanded = wide.expand();
    let mut worst = (0.0, 0);
    loop {
        let block: Vec<u64> = arguments.take(1024).collect();
        if block.is_empty() {
            return worst;
        }
        for (x, got) in block.iter().zip(run_block(&expanded, &block)) {
            let exact = wide.run_wide(&[[Wide::from_bits(lane, *x); 2]])[0].real();
            let error = error_in_ulp(lane, got, exact);
            if error > worst.0 {
                worst = (error, *x);
            }
        }
    }
}

const SPECIAL: [f64; 30] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
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
    88.72284,
    709.782712893384,
    709.7827128933841,
    -103.97208,
    -745.1332191019411,
    -745.1332191019412,
    -708.4,
    -87.33655,
    1e-8,
    -1e-8,
    1e-16,
    -1e-16,
];

/// Bit patterns at regular distances: a few of all, more of those between 2^-26 and 2^7, where most functions
/// do not come down to a constant or their argument.
fn f32_arguments() -> impl Iterator<Item = u64> {
    let special = SPECIAL.into_iter().flat_map(|x| {
        let x = x as f32;
        [x, x.next_up(), x.next_down()].map(|x| u64::from(x.to_bits()))
    });
    let all = (0..1 << 32).step_by(16411);
    let bend = (101 << 23..134 << 23).step_by(1009).flat_map(|bits| [bits, bits | 1 << 31]);
    special.chain(all).chain(bend)
}

/// Numbers of all magnitudes, more of them where functions bend, by a fixed generator (Steele, Lea and
/// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17).
fn f64_arguments() -> impl Iterator<Item = u64> {
    let random = (1..=40_000u64).flat_map(|i| {
        let z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        let unit = (z >> 11) as f64 / 2f64.powi(53);
        let spread = (unit - 0.5) * 2f64.powi(8 - (z & 63) as i32);
        [f64::from_bits(z), spread, -unit, 1.0 + spread, 1500.0 * unit - 760.0].map(f64::to_bits)
    });
    let special = SPECIAL.into_iter().flat_map(|x| [x, x.next_up(), x.next_down()].map(f64::to_bits));
    special.chain(random)
}

fn check(function: MathFn) {
    let (single, double) = bounds(function);
    let (error, at) = measure(function, DType::F32, &mut f32_arguments());
    println!("{:9} f32 {error:.3} ULP at {:e}", function.name(), f32::from_bits(at as u32));
    assert!(error <= single, "{} f32: {error} at {at:#x}", function.name());
    let (error, at) = measure(function, DType::F64, &mut f64_arguments());
    println!("{:9} f64 {error:.3} ULP at {:e}", function.name(), f64::from_bits(at));
    assert!(error <= double, "{} f64: {error} at {at:#x}", function.name());
}

#[test]
fn exp_is_accurate() {
    check(MathFn::Exp);
}

#[test]
fn log_is_accurate() {
    check(MathFn::Log);
}

#[test]
fn log1p_is_accurate() {
    check(MathFn::Log1p);
}

#[test]
fn expm1_is_accurate() {
    check(MathFn::Expm1);
}

#[test]
fn sigmoid_is_accurate() {
    check(MathFn::Sigmoid);
}

#[test]
fn softplus_is_accurate() {
    check(MathFn::Softplus);
}

/// The block runner is only as good as its agreement with the plain one.
#[test]
fn blocks_run_as_single_elements_do() {
    let arguments: Vec<u64> = f64_arguments().take(500).collect();
    for function in MathFn::ALL {
        let program = program(function, DType::F64).expand();
        let (mut scratch, mut out) = (Vec::new(), Vec::new());
        for (x, got) in arguments.iter().zip(run_block(&program, &arguments)) {
            program.run(&[[*x, 0]], &mut scratch, &mut out);
            assert_eq!(got, out[0]);
        }
    }
}

fn count(program: &Program, matches: impl Fn(&Inst) -> bool) -> usize {
    program.insts.iter().filter(|(inst, _)| matches(inst)).count()
}

fn is_work(inst: &Inst) -> bool {
    !matches!(inst, Inst::Const(_) | Inst::Param { .. })
}

/// Loops pay for every instruction; a change here should be meant.
#[test]
fn functions_cost_what_they_did() {
    let counts = MathFn::ALL.map(|f| {
        let cost = |dtype| count(&program(f, dtype).expand(), is_work);
        (f.name(), cost(DType::F32), cost(DType::F64))
    });
    let want = [
        ("exp", 28, 32),
        ("log", 34, 38),
        ("log1p", 48, 52),
        ("expm1", 39, 43),
        ("sigmoid", 52, 56),
        ("softplus", 51, 60),
    ];
    assert_eq!(counts, want);
}

/// A cross-entropy and its gradient need sigmoid and softplus of z and -z.
#[test]
fn logistic_functions_share_one_exponential() {
    let together = |functions: &[(MathFn, bool)]| {
        let mut b = Builder::new(&[DType::F64]);
        let z = b.param(0);
        let minus = b.neg(z);
        let results = functions.iter().map(|(f, negated)| {
            let x = if *negated { minus } else { z };
            Element::real(DType::F64, b.math(*f, x.re()))
        });
        let results = results.collect();
        b.finish(results).expand()
    };
    let sigmoid = together(&[(MathFn::Sigmoid, false)]);
    let softplus = together(&[(MathFn::Softplus, false)]);
    let both = together(&[(MathFn::Sigmoid, false), (MathFn::Sigmoid, true)]);
    // The negation, a comparison and a select.
    assert_eq!(count(&both, is_work), count(&sigmoid, is_work) + 3);
    let both = together(&[(MathFn::Softplus, false), (MathFn::Softplus, true)]);
    // The negation, a comparison, a select and a sum.
    assert_eq!(count(&both, is_work), count(&softplus, is_work) + 4);
    let all = together(&[
        (MathFn::Sigmoid, false),
        (MathFn::Sigmoid, true),
        (MathFn::Softplus, false),
        (MathFn::Softplus, true),
    ]);
    let exponential = count(&together(&[(MathFn::Exp, false)]), is_work);
    assert!(count(&all, is_work) < count(&sigmoid, is_work) + count(&softplus, is_work) - exponential + 8);
    let is_division = |inst: &Inst| matches!(inst, Inst::Binary(tgc_graph::scalar::Binary::Div, ..));
    assert_eq!(count(&all, is_division), 2);
}

/// The far tail keeps its relative accuracy: log(1 + e^-40) is e^-40.
#[test]
fn softplus_has_a_tail() {
    let softplus = program(MathFn::Softplus, DType::F64).expand();
    let got = f64::from_bits(run_block(&softplus, &[(-40.0f64).to_bits()])[0]);
    assert!((got / (-40.0f64).exp() - 1.0).abs() < 4e-16, "{got:e}");
}

#[test]
fn wide_programs_do_not_round() {
    let mut b = Builder::new(&[DType::F32, DType::I32]);
    let (x, i) = (b.param(0).re(), b.param(1).re());
    let half = b.convert(x, Lane::F16);
    let single = b.convert(half, Lane::F32);
    let difference = b.binary(tgc_graph::scalar::Binary::Sub, single, x);
    let whole = b.convert(half, Lane::I8);
    let is_less = b.compare(Predicate::Lt, single, x);
    let real = b.convert(i, Lane::F64);
    let chosen = b.select(is_less, i, i);
    let results = [
        (DType::F32, difference),
        (DType::I8, whole),
        (DType::Bool, is_less),
        (DType::F64, real),
        (DType::I32, chosen),
    ];
    let program = b.finish(results.map(|(dtype, v)| Element::real(dtype, v)).to_vec());
    let x = Wide::Real(Dd { hi: -1000.1, lo: 1e-15 });
    let i = Wide::Bits(0xffff_ffff);
    let zero = Wide::Real(Dd::default());
    let want = vec![zero, Wide::Bits(0x80), Wide::Bits(0), Wide::Real(Dd::from(-1.0)), i];
    assert_eq!(program.run_wide(&[[x; 2], [i; 2]]), want);
}

#[test]
fn wide_values_round_to_the_nearest_once() {
    // Just above the middle of 1 and the next f16, by less than an f64 or f32 can say.
    let above = Wide::Real(Dd { hi: 1.0 + 2f64.powi(-11), lo: 2f64.powi(-90) });
    assert_eq!(above.to_bits(Lane::F16), 0x3c01);
    let tie = Wide::Real(Dd::from(1.0 + 2f64.powi(-11)));
    assert_eq!(tie.to_bits(Lane::F16), 0x3c00);
    let narrow = Inst::Convert(Value(0));
    assert_eq!(run_inst(&narrow, Lane::F16, &[(tie.to_bits(Lane::F64), Lane::F64)]), Some(0x3c00));
}
