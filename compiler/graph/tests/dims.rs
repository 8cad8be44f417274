//! Sizes: normal forms keep values, bounds hold, and what prints and encodes comes back.

use proptest::prelude::*;
use tgc_graph::dim::{Dim, Symbol, SymbolId, Symbols};
use tgc_graph::module::Module;
use tgc_graph::text::{parse, print};
use tgc_graph::wire::{decode, encode};

/// An expression as a user writes it.
#[derive(Clone, Debug)]
enum Expression {
    Number(i64),
    Symbol(u32),
    Add(Box<[Expression; 2]>),
    Sub(Box<[Expression; 2]>),
    Mul(Box<[Expression; 2]>),
    FloorDiv(Box<[Expression; 2]>),
    Mod(Box<[Expression; 2]>),
    Min(Box<[Expression; 2]>),
    Max(Box<[Expression; 2]>),
}

use Expression::*;

const RANGES: [(&str, i64, i64); 3] = [("N", 0, 40), ("K", 1, 9), ("M", 3, 100)];

fn symbols() -> Symbols {
    let mut symbols = Symbols::default();
    for (name, min, max) in RANGES {
        symbols.push(Symbol { name: name.to_owned(), min, max, hint: None });
    }
    symbols
}

impl Expression {
    fn dim(&self, symbols: &Symbols) -> Dim {
        let both = |operands: &[Expression; 2]| [operands[0].dim(symbols), operands[1].dim(symbols)];
        let infix = |operands: &[Expression; 2], op: fn(&Dim, &Dim) -> Dim| {
            let [a, b] = both(operands);
            op(&a, &b)
        };
        let call = |operands: &[Expression; 2], op: fn(&Dim, &Dim, &Symbols) -> Dim| {
            let [a, b] = both(operands);
            op(&a, &b, symbols)
        };
        match self {
            Number(n) => Dim::Const(*n),
            Symbol(id) => Dim::symbol(SymbolId(*id)),
            Add(o) => infix(o, |a, b| a + b),
            Sub(o) => infix(o, |a, b| a - b),
            Mul(o) => infix(o, |a, b| a * b),
            FloorDiv(o) => call(o, Dim::floor_div),
            Mod(o) => call(o, Dim::modulo),
            Min(o) => call(o, Dim::min),
            Max(o) => call(o, Dim::max),
        }
    }

    /// The value, if all divisors are at least 1 and nothing is large.
    fn value(&self, sizes: &[i64]) -> Option<i64> {
        let op = |operands: &[Expression; 2], op: fn(i64, i64) -> Option<i64>| {
            let value = op(operands[0].value(sizes)?, operands[1].value(sizes)?)?;
            (value.abs() < 1 << 40).then_some(value)
        };
        match self {
            Number(n) => Some(*n),
            Symbol(id) => Some(sizes[*id as usize]),
            Add(o) => op(o, |a, b| Some(a + b)),
            Sub(o) => op(o, |a, b| Some(a - b)),
            Mul(o) => op(o, i64::checked_mul),
            FloorDiv(o) => op(o, |a, b| (b >= 1).then(|| a.div_euclid(b))),
            Mod(o) => op(o, |a, b| (b >= 1).then(|| a.rem_euclid(b))),
            Min(o) => op(o, |a, b| Some(a.min(b))),
            Max(o) => op(o, |a, b| Some(a.max(b))),
        }
    }
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![(-7i64..20).prop_map(Number), (0u32..3).prop_map(Symbol)];
    leaf.prop_recursive(5, 24, 2, |inner| {
        let both = (inner.clone(), inner).prop_map(|(a, b)| Box::new([a, b]));
        prop_oneof![
            both.clone().prop_map(Add),
            both.clone().prop_map(Sub),
            both.clone().prop_map(Mul),
            both.clone().prop_map(FloorDiv),
            both.clone().prop_map(Mod),
            both.clone().prop_map(Min),
            both.prop_map(Max),
        ]
    })
}

fn sizes() -> impl Strategy<Value = [i64; 3]> {
    let end = |range: usize| {
        let (_, min, max) = RANGES[range];
        prop_oneof![min..=max, Just(min), Just(max)]
    };
    [end(0), end(1), end(2)]
}

/// A module whose function has a size among its attributes, and no use for it.
fn module(dim: &Dim) -> String {
    let table = symbols();
    let mut text = "tgc 1 model \"m\"\n\nfunction \"f\"\n".to_owned();
    for (name, min, max) in RANGES {
        text += &format!("  size {name} {min}..{max}\n");
    }
    text + &format!("  %0 = size {} : i64[]\n  output \"y\" = %0\nend\n", dim.display(&table))
}

fn size_of(module: &Module) -> Dim {
    let graph = &module.functions[0].graph;
    match graph.op(graph.ids().next().unwrap()) {
        tgc_graph::ops::Op::SizeValue(value) => value.size.clone(),
        other => panic!("{}", other.name()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn simplification_keeps_values_within_bounds(written in expression(), all in prop::collection::vec(sizes(), 8)) {
        let table = symbols();
        let dim = written.dim(&table);
        let bounds = dim.bounds(&table);
        for sizes in all {
            let Some(value) = written.value(&sizes) else { continue };
            let simplified = dim.evaluate(&|id| sizes[id.0 as usize]);
            prop_assert_eq!(simplified, Some(value), "{} at {:?}", dim.display(&table), sizes);
            let value = i128::from(value);
            prop_assert!(bounds.min <= value && value <= bounds.max, "{bounds:?} of {dim:?}: {value}");
        }
    }

    #[test]
    fn a_normal_form_stays_itself(written in expression()) {
        let table = symbols();
        let dim = written.dim(&table);
        prop_assert_eq!(dim.simplified(&table), dim);
    }

    #[test]
    fn what_prints_and_encodes_comes_back(written in expression()) {
        let table = symbols();
        let dim = written.dim(&table);
        let text = module(&dim);
        let read = parse(&text).unwrap_or_else(|e| panic!("{e}"));
        prop_assert_eq!(size_of(&read), dim.clone(), "{}", text);
        prop_assert_eq!(&print(&read), &text);
        if tgc_graph::verify::verify(&read).is_ok() {
            let bytes = encode(&read);
            let back = decode(&bytes).unwrap_or_else(|e| panic!("{e}: {text}"));
            prop_assert!(back == read);
            prop_assert_eq!(encode(&back), bytes);
        }
    }
}
