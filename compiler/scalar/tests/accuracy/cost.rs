//! How many instructions functions expand to, and which they share.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Inst, MathFn, Program};

use crate::block::{program, run_block};

fn count(program: &Program, matches: impl Fn(&Inst) -> bool) -> usize {
    program.insts.iter().filter(|(inst, _)| matches(inst)).count()
}

fn is_work(inst: &Inst) -> bool {
    !matches!(inst, Inst::Const(_) | Inst::Param { .. })
}

/// What every element pays for.
fn usual_work(program: &Program) -> usize {
    let rare = program.rare();
    program.insts.iter().zip(rare).filter(|((inst, _), rare)| is_work(inst) && !rare).count()
}

/// Loops pay for every instruction; a change here should be meant.
#[test]
fn functions_cost_what_they_did() {
    let counts = MathFn::ALL.map(|f| {
        let cost = |dtype| usual_work(&program(f, dtype).legalize());
        (f.name(), cost(DType::F32), cost(DType::F64))
    });
    let want = [
        ("exp", 28, 33),
        ("log", 34, 38),
        ("log1p", 48, 52),
        ("expm1", 39, 44),
        ("sigmoid", 46, 51),
        ("logistic_density", 29, 34),
        ("softplus", 45, 55),
        ("exp2", 26, 31),
        ("log2", 45, 49),
        ("log10", 47, 51),
        ("sin", 23, 43),
        ("cos", 26, 44),
        ("tan", 30, 57),
        ("arcsin", 26, 33),
        ("arccos", 24, 31),
        ("arctan", 29, 36),
        ("sinh", 42, 47),
        ("cosh", 35, 40),
        ("tanh", 40, 53),
        ("sech_squared", 26, 31),
        ("arcsinh", 63, 67),
        ("arccosh", 56, 60),
        ("arctanh", 47, 52),
        ("erf", 97, 119),
        ("erfc", 95, 117),
        ("gamma", 254, 274),
        ("gammaln", 278, 297),
        ("psi", 258, 275),
        ("polygamma", 84, 117),
        ("polygamma", 95, 134),
    ];
    assert_eq!(counts, want);
}

/// In `c128` twice the places have their price.
#[test]
fn complex_powers_cost_what_they_did() {
    let cost = |dtype| {
        let mut b = Builder::new(&[dtype, dtype]);
        let (x, y) = (b.param(0), b.param(1));
        let value = b.power(x, y);
        usual_work(&b.finish(vec![value]).legalize())
    };
    assert_eq!([DType::C64, DType::C128].map(cost), [412, 762]);
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
        b.finish(results).legalize()
    };
    let shared = count(&together(&[(MathFn::Sigmoid, false), (MathFn::Softplus, false)]), is_work);
    let sigmoid = together(&[(MathFn::Sigmoid, false)]);
    let softplus = together(&[(MathFn::Softplus, false)]);
    let both = together(&[(MathFn::Sigmoid, false), (MathFn::Sigmoid, true)]);
    // The negation, a comparison and a select.
    assert_eq!(count(&both, is_work), count(&sigmoid, is_work) + 3);
    let both = together(&[(MathFn::Sigmoid, false), (MathFn::LogisticDensity, false)]);
    // The quotient, two products with scales, a negation and what it is for.
    assert_eq!(count(&both, is_work), count(&sigmoid, is_work) + 5);
    let both = together(&[(MathFn::Tanh, false), (MathFn::SechSquared, false)]);
    // A sum, a negation and what it is for.
    assert_eq!(count(&both, is_work), count(&together(&[(MathFn::Tanh, false)]), is_work) + 3);
    let both = together(&[(MathFn::Softplus, false), (MathFn::Softplus, true)]);
    // The negation, a comparison, a select and a sum.
    assert_eq!(count(&both, is_work), count(&softplus, is_work) + 4);
    let all = together(&[
        (MathFn::Sigmoid, false),
        (MathFn::Sigmoid, true),
        (MathFn::Softplus, false),
        (MathFn::Softplus, true),
    ]);
    assert_eq!(count(&all, is_work), shared + 5);
    // An exponential shifts its integer part into the place of the exponent.
    assert_eq!(count(&all, |inst| matches!(inst, Inst::Binary(Binary::Shl, ..))), 1);
    let is_division = |inst: &Inst| matches!(inst, Inst::Binary(Binary::Div, ..));
    assert_eq!(count(&all, is_division), 2);
}

/// The far tail keeps its relative accuracy: log(1 + e^-40) is e^-40.
#[test]
fn softplus_has_a_tail() {
    let softplus = program(MathFn::Softplus, DType::F64).legalize();
    let got = f64::from_bits(run_block(&softplus, &[(-40.0f64).to_bits()])[0]);
    assert!((got / (-40.0f64).exp() - 1.0).abs() < 4e-16, "{got:e}");
}
