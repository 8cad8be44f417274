//! Double-double arithmetic against values of another library, and its special cases.

use std::f64::consts::{FRAC_PI_2, PI};

use tgc_scalar::Dd;

fn parse(parts: &[&str]) -> Dd {
    let part = |i: usize| f64::from_bits(u64::from_str_radix(parts[i], 16).unwrap());
    Dd { hi: part(0), lo: part(1) }
}

fn apply(name: &str, a: Dd, b: Option<Dd>) -> Dd {
    match (name, b) {
        ("exp", None) => a.exp(),
        ("expm1", None) => a.expm1(),
        ("log", None) => a.log(),
        ("log1p", None) => a.log1p(),
        ("sigmoid", None) => a.sigmoid(),
        ("softplus", None) => a.softplus(),
        ("sqrt", None) => a.sqrt(),
        ("exp2", None) => a.exp2(),
        ("log2", None) => a.log2(),
        ("log10", None) => a.log10(),
        ("sin", None) => a.sin(),
        ("cos", None) => a.cos(),
        ("tan", None) => a.tan(),
        ("arcsin", None) => a.arcsin(),
        ("arccos", None) => a.arccos(),
        ("arctan", None) => a.arctan(),
        ("sinh", None) => a.sinh(),
        ("cosh", None) => a.cosh(),
        ("tanh", None) => a.tanh(),
        ("arcsinh", None) => a.arcsinh(),
        ("arccosh", None) => a.arccosh(),
        ("arctanh", None) => a.arctanh(),
        ("add", Some(b)) => a + b,
        ("sub", Some(b)) => a - b,
        ("mul", Some(b)) => a * b,
        ("div", Some(b)) => a / b,
        ("arctan2", Some(b)) => a.arctan2(b),
        _ => panic!("{name} is not a function of the table"),
    }
}

#[test]
fn agrees_with_the_table() {
    let mut lines = 0;
    let mut worst = (0.0, "");
    for line in include_str!("../data/dd.txt").lines().filter(|l| !l.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let a = parse(&words[1..3]);
        let b = (words.len() == 7).then(|| parse(&words[3..5]));
        let want = parse(&words[words.len() - 2..]);
        let got = apply(words[0], a, b);
        let error = ((got - want) / want).hi.abs();
        let error = if want.hi == 0.0 { got.hi.abs() } else { error };
        if error > worst.0 {
            worst = (error, line);
        }
        assert!(error < 1e-29, "{line}: {error:e}");
        lines += 1;
    }
    println!("greatest relative error {:e}: {}", worst.0, worst.1);
    assert!(lines > 600, "{lines} lines");
}

#[test]
fn what_is_not_finite_is_what_f64_gives() {
    let edges =
        [0.0, -0.0, 1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, f64::MIN, 5e-324];
    let same = |got: Dd, want: f64| {
        let equal = got.hi.to_bits() == want.to_bits() || got.hi.is_nan() && want.is_nan();
        equal && (want.is_finite() || got.lo == 0.0)
    };
    for x in edges {
        for y in edges {
            let (a, b) = (Dd::from(x), Dd::from(y));
            assert!(same(a + b, x + y), "{x} + {y} = {:?}", a + b);
            assert!(same(a - b, x - y), "{x} - {y} = {:?}", a - b);
            assert!(same(a * b, x * y), "{x} * {y} = {:?}", a * b);
            assert!(same(a / b, x / y), "{x} / {y} = {:?}", a / b);
            assert_eq!(a.partial_cmp(&b), x.partial_cmp(&y));
        }
        // The root of the greatest number lies between two f64, nearly in the middle.
        let root = if x == f64::MAX { Dd::from(x.sqrt()) } else { Dd::from(x).sqrt() };
        assert!(same(root, x.sqrt()), "sqrt {x}: {root:?}");
    }
}

#[test]
fn functions_have_their_limits() {
    let inf = f64::INFINITY;
    let cases: [(&str, f64, f64); 63] = [
        ("exp", inf, inf),
        ("exp", -inf, 0.0),
        ("exp", 710.0, inf),
        ("exp", -746.0, 0.0),
        ("exp", 0.0, 1.0),
        ("expm1", inf, inf),
        ("expm1", -inf, -1.0),
        ("expm1", -0.0, -0.0),
        ("expm1", 5e-324, 5e-324),
        ("log", inf, inf),
        ("log", 0.0, -inf),
        ("log", -0.0, -inf),
        ("log", -1.0, f64::NAN),
        ("log", 1.0, 0.0),
        ("log1p", inf, inf),
        ("log1p", -1.0, -inf),
        ("log1p", -2.0, f64::NAN),
        ("log1p", -0.0, -0.0),
        ("log1p", -5e-324, -5e-324),
        ("sigmoid", inf, 1.0),
        ("sigmoid", -inf, 0.0),
        ("sigmoid", 0.0, 0.5),
        ("softplus", inf, inf),
        ("softplus", -inf, 0.0),
        ("softplus", 1e300, 1e300),
        ("sqrt", -1.0, f64::NAN),
        ("exp2", 10.0, 1024.0),
        ("exp2", -1074.0, 5e-324),
        ("exp2", 1024.0, inf),
        ("exp2", -inf, 0.0),
        ("log2", 5e-324, -1074.0),
        ("log2", 0.0, -inf),
        ("log10", 1e22, 22.0),
        ("log10", -1.0, f64::NAN),
        ("sin", -0.0, -0.0),
        ("sin", 5e-324, 5e-324),
        ("sin", inf, f64::NAN),
        ("cos", 0.0, 1.0),
        ("cos", -inf, f64::NAN),
        ("tan", -0.0, -0.0),
        ("tan", inf, f64::NAN),
        ("arcsin", 1.0, FRAC_PI_2),
        ("arcsin", -0.0, -0.0),
        ("arcsin", 1.1, f64::NAN),
        ("arccos", 1.0, 0.0),
        ("arccos", -1.0, PI),
        ("arccos", -1.1, f64::NAN),
        ("arctan", -inf, -FRAC_PI_2),
        ("arctan", -0.0, -0.0),
        ("sinh", -inf, -inf),
        ("sinh", -0.0, -0.0),
        ("sinh", 711.0, inf),
        ("cosh", -inf, inf),
        ("cosh", 0.0, 1.0),
        ("tanh", -inf, -1.0),
        ("tanh", -0.0, -0.0),
        ("tanh", 5e-324, 5e-324),
        ("arcsinh", -inf, -inf),
        ("arcsinh", -0.0, -0.0),
        ("arccosh", inf, inf),
        ("arccosh", 1.0, 0.0),
        ("arctanh", -1.0, -inf),
        ("arctanh", 1.1, f64::NAN),
    ];
    for (name, x, want) in cases {
        let got = apply(name, Dd::from(x), None);
        let equal = got.hi.to_bits() == want.to_bits() || got.hi.is_nan() && want.is_nan();
        assert!(equal, "{name}({x}) = {got:?}, not {want}");
    }
    let names = cases.map(|(name, _, _)| name);
    for name in names {
        assert!(apply(name, Dd::from(f64::NAN), None).hi.is_nan(), "{name}");
    }
}

#[test]
fn integers_come_and_go() {
    for value in [0, 1, -1, i128::from(u64::MAX), i128::from(i64::MIN), (1 << 53) + 1, -(1 << 60) - 1] {
        assert_eq!(Dd::from(value).trunc(), value);
    }
    let below = Dd { hi: 3.0, lo: -1e-20 };
    assert_eq!((below.trunc(), (-below).trunc(), Dd::from(-0.5).trunc()), (2, -2, 0));
}

/// C99, F.9.1.4.
#[test]
fn angles_have_their_quadrants() {
    let inf = f64::INFINITY;
    for y in [0.0, -0.0, 1.0, -1.0, inf, -inf, 5e-324, f64::MAX, f64::NAN] {
        for x in [0.0, -0.0, 1.0, -1.0, inf, -inf, -5e-324, f64::MIN, f64::NAN] {
            let (got, want) = (Dd::from(y).arctan2(Dd::from(x)), y.atan2(x));
            let same_sign = got.hi.is_sign_negative() == want.is_sign_negative();
            let close = got.hi == want && same_sign || got.hi.is_nan() && want.is_nan();
            assert!(close, "angle of ({x}, {y}) is {got:?}, not {want}");
        }
    }
}
