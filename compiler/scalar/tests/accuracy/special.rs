//! Gamma, its kin, error functions, powers and rests in double-double, against values of another library.

use tgc_scalar::Dd;

fn parse(parts: &[&str]) -> Dd {
    let part = |i: usize| f64::from_bits(u64::from_str_radix(parts[i], 16).unwrap());
    Dd { hi: part(0), lo: part(1) }
}

fn apply(name: &str, a: Dd, b: Option<Dd>) -> Dd {
    match (name, b) {
        ("erf", None) => a.erf(),
        ("erfc", None) => a.erfc(),
        ("gamma", None) => a.gamma(),
        ("gammaln", None) => a.gammaln(),
        ("psi", None) => a.psi(),
        ("pow", Some(b)) => a.pow(b),
        ("fmod", Some(b)) => a.fmod(b),
        _ => {
            let order = name.strip_prefix("polygamma").and_then(|order| order.parse().ok());
            a.polygamma(order.unwrap_or_else(|| panic!("{name} is not a function of the table")))
        }
    }
}

#[test]
fn agrees_with_the_table() {
    let mut lines = 0;
    let mut worst = (0.0, "");
    for line in include_str!("../data/special.txt").lines().filter(|l| !l.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let a = parse(&words[1..3]);
        let b = (words.len() == 7).then(|| parse(&words[3..5]));
        let want = parse(&words[words.len() - 2..]);
        let got = apply(words[0], a, b);
        let floor = match words[0] {
            "gammaln" | "psi" => 1.0,
            "fmod" => a.hi.abs(),
            _ => 0.0,
        };
        let error = (got - want).hi.abs() / want.hi.abs().max(floor);
        if error > worst.0 {
            worst = (error, line);
        }
        assert!(error < 1e-25, "{line}: {error:e}, got {got:?}");
        lines += 1;
    }
    println!("greatest relative error {:e}: {}", worst.0, worst.1);
    assert!(lines > 250, "{lines} lines");
}

#[test]
fn functions_have_their_limits() {
    let inf = f64::INFINITY;
    let cases: [(&str, f64, f64); 25] = [
        ("erf", inf, 1.0),
        ("erf", -inf, -1.0),
        ("erf", -0.0, -0.0),
        ("erfc", inf, 0.0),
        ("erfc", -inf, 2.0),
        ("erfc", 0.0, 1.0),
        ("gamma", inf, inf),
        ("gamma", -inf, f64::NAN),
        ("gamma", 0.0, inf),
        ("gamma", -0.0, -inf),
        ("gamma", -3.0, f64::NAN),
        ("gamma", 172.0, inf),
        ("gamma", 6.02475106999497e-309, 1.0 / 6.02475106999497e-309),
        ("gamma", -200.5, -0.0),
        ("gammaln", inf, inf),
        ("gammaln", -inf, inf),
        ("gammaln", 0.0, inf),
        ("gammaln", -3.0, inf),
        ("psi", inf, inf),
        ("psi", -inf, f64::NAN),
        ("psi", 0.0, -inf),
        ("psi", -0.0, inf),
        ("psi", -3.0, f64::NAN),
        ("polygamma1", inf, 0.0),
        ("polygamma1", -3.0, inf),
    ];
    for (name, x, want) in cases {
        let got = apply(name, Dd::from(x), None);
        let equal = got.hi == want && got.hi.is_sign_negative() == want.is_sign_negative();
        assert!(equal || got.hi.is_nan() && want.is_nan(), "{name}({x}) = {got:?}, not {want}");
    }
    for name in ["erf", "erfc", "gamma", "gammaln", "psi", "polygamma1", "polygamma2"] {
        assert!(apply(name, Dd::from(f64::NAN), None).hi.is_nan(), "{name}");
    }
}

/// C, annex F.10.4.4, as the host's library has it.
#[test]
fn powers_and_rests_have_the_special_cases_of_c() {
    let edges = [
        0.0,
        -0.0,
        0.5,
        1.0,
        -1.0,
        2.0,
        -2.0,
        3.0,
        -3.0,
        2.5,
        -2.5,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    for x in edges {
        for y in edges {
            let (a, b) = (Dd::from(x), Dd::from(y));
            for (got, want) in [(a.pow(b).hi, x.powf(y)), (a.fmod(b).hi, x % y)] {
                let equal = (got - want).abs() <= want.abs() * 1e-15 || got == want;
                let equal = equal && got.is_sign_negative() == want.is_sign_negative();
                assert!(equal || got.is_nan() && want.is_nan(), "{x}, {y}: {got}, not {want}");
            }
        }
    }
}
