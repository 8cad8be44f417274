//! What holds of real numbers only is not done to complex ones.

use num_complex::Complex;
use tgc_graph::evaluate::{Sizes, evaluate};
use tgc_graph::prelude::*;
use tgc_optimize::{Options, optimize_module};

type Build = for<'m> fn(Tensor<'m>, Tensor<'m>) -> Tensor<'m>;

const EXPRESSIONS: [(&str, Build); 12] = [
    ("the magnitude of a square", |a, _| a.sqr().abs()),
    ("the magnitude of an exponential", |a, _| a.exp().abs()),
    ("the logarithm of an exponential", |a, _| (a * 3.0).exp().log()),
    ("the root of a square", |a, _| a.sqr().sqrt()),
    ("a product of roots", |a, b| a.sqrt() * b.sqrt()),
    ("a product of exponentials", |a, b| a.exp() * b.exp()),
    ("a power of a power", |a, _| a.pow(2.0).pow(0.5)),
    ("a square as a power", |a, _| a.pow(2)),
    ("logistic", |a, _| 1.0 / (1.0 + exp(-a))),
    ("the sum of exponentials' logarithm", |a, b| log(a.exp() + b.exp())),
    ("the real part of a power", |a, b| a.pow(b).real().abs()),
    ("a gradient", |a, b| grad((a.exp() * b.log()).abs().sum(), a)),
];

#[test]
fn complex_expressions_keep_their_values() {
    let a = [Complex::new(-1.5, 2.0), Complex::new(0.5, -1.25), Complex::new(-2.0, -0.5)];
    let b = [Complex::new(0.75, -1.0), Complex::new(-0.25, -2.5), Complex::new(1.0, 1.0)];
    for (name, build) in EXPRESSIONS {
        let m = Model::new("m");
        let (x, y) = (m.input("a", C128, [3]), m.input("b", C128, [3]));
        let value = build(x, y);
        m.function("f")
            .inputs([x, y])
            .allow_unused()
            .output("y", stack([value.real(), value.imag()], 0))
            .finish()
            .unwrap();
        let module = m.module();
        let options = Options { verify: true, ..Options::default() };
        let (optimized, _) = optimize_module(&module, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
        let [plain, fast] = [&module, &optimized].map(|module| {
            let outcome = evaluate(&module.functions[0], &[], &[a.into(), b.into()], &Sizes::new()).unwrap();
            outcome.outputs[0].to_vec::<f64>().unwrap()
        });
        for (plain, fast) in plain.iter().zip(&fast) {
            assert!((plain - fast).abs() <= 1e-12 * (1.0 + plain.abs()), "{name}: {fast}, not {plain}");
        }
    }
}
