//! The error of complex functions against the same programs in wide arithmetic, in units of the last place of
//! the result's magnitude.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Dd, Element, Program, ScalarType, Wide, scalar_from_bits_f64};

use crate::points;
use crate::ulp::Format;

type Function = fn(&mut Builder, &[Element]) -> Element;

/// Each function with its number of operands and its bound.
const FUNCTIONS: [(&str, usize, Function, f64); 8] = [
    ("exp", 1, |b, x| b.exp(x[0]), 3.0),
    ("log", 1, |b, x| b.log(x[0]), 3.0),
    ("sqrt", 1, |b, x| b.sqrt(x[0]), 2.0),
    ("abs", 1, |b, x| b.abs(x[0]), 1.2),
    ("sgn", 1, |b, x| b.sign(x[0]), 3.0),
    ("angle", 1, |b, x| b.angle(x[0]), 2.0),
    ("mul", 2, |b, x| b.mul(x[0], x[1]), 2.0),
    ("pow", 2, |b, x| b.power(x[0], x[1]), 2.0),
];

fn program(function: Function, operands: usize, dtype: DType) -> Program {
    let mut b = Builder::new(&vec![dtype; operands]);
    let x: Vec<Element> = (0..operands).map(|i| b.param(i)).collect();
    let value = function(&mut b, &x);
    b.finish(vec![value])
}

/// The distance of a result from the exact one, in units of the last place of its length.
fn error(scalar: ScalarType, got: &[u64], exact: &[Wide]) -> f64 {
    let exact: Vec<Dd> = exact.iter().map(|part| part.real()).collect();
    let length = exact.iter().map(|part| part.hi.abs()).fold(0.0, f64::max);
    let part = |(got, exact): (&u64, Dd)| {
        let got = scalar_from_bits_f64(scalar, *got);
        let is_other_zero =
            got == 0.0 && exact.hi == 0.0 && got.is_sign_negative() != exact.hi.is_sign_negative();
        if is_other_zero { f64::INFINITY } else { Format::of(scalar).error(got, exact, length) }
    };
    got.iter().zip(exact).map(part).fold(0.0, f64::hypot)
}

#[test]
fn complex_functions_are_accurate() {
    for (name, operands, function, bound) in FUNCTIONS {
        for dtype in [DType::C64, DType::C128] {
            let scalar = dtype.scalar_type();
            let wide = program(function, operands, dtype);
            let narrow = wide.legalize();
            let (mut scratch, mut out) = (vec![], vec![]);
            let mut worst = (0.0, &[][..]);
            let points = match name {
                "pow" => points::of_complex_powers(3000, if scalar == ScalarType::F32 { 23.0 } else { 42.0 }),
                _ => points::of_complex_pairs(3000),
            };
            for point in &points {
                let bits = |part: f64| {
                    if scalar == ScalarType::F32 {
                        u64::from((part as f32).to_bits())
                    } else {
                        part.to_bits()
                    }
                };
                let params = point.map(|z| z.map(bits));
                narrow.run(&params[..operands], &mut scratch, &mut out);
                let params = params.map(|parts| parts.map(|part| Wide::from_bits(scalar, part)));
                let exact = wide.run_wide(&params[..operands]);
                let error = error(scalar, &out, &exact);
                if error > worst.0 {
                    worst = (error, &point[..operands]);
                }
            }
            println!("{name} {dtype} {:.3} ULP at {:?}", worst.0, worst.1);
            assert!(worst.0 <= bound, "{name} {dtype}: {} at {:?}", worst.0, worst.1);
        }
    }
}
