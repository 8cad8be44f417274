//! Every scalar instruction on every scalar, in vectors and one by one, on the values where it could go
//! wrong.

use tgc_graph::array::Array;
use tgc_graph::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, MathFn, MathFn2, Predicate, Program, Unary, Value};

use tgc_plan::ModelPlan;

use crate::check::check_baseline;
use crate::plans::*;

const LANES: [DType; 11] = [
    DType::Bool,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::F32,
    DType::F64,
];

/// The values of a type at which instructions change their behaviour.
fn edges(dtype: DType) -> Vec<u64> {
    let f32s = |v: f64| u64::from((v as f32).to_bits());
    match dtype {
        DType::Bool => vec![0, 1],
        DType::F32 | DType::F64 => {
            let mut values = vec![];
            for exponent in [0, 7, 8, 15, 16, 31, 32, 63, 64] {
                let power = f64::from(exponent).exp2();
                values.extend([power, power - 0.5, power - 1.0, power + 0.5, power * (1.0 - f64::EPSILON)]);
                values.push(power * (1.0 - f64::from(f32::EPSILON)));
            }
            values.extend([
                0.0,
                0.1,
                1e-300,
                1e-40,
                5e-324,
                1e30,
                1e300,
                f64::INFINITY,
                f64::NAN,
                f64::MAX,
                3.7,
            ]);
            let both = values.iter().flat_map(|v| [*v, -*v]);
            match dtype {
                DType::F32 => both.map(f32s).collect(),
                _ => both.map(f64::to_bits).collect(),
            }
        }
        _ => {
            let bits = 8 * dtype.bytes() as u32;
            let mask = u64::MAX >> (64 - bits);
            let top = 1u64 << (bits - 1);
            let mut values = vec![0, 1, 2, 3, 100, top - 1, top, top + 1, mask, mask - 1, mask / 3];
            // Integers that floats must round: to even, up, and past a power of two.
            values.extend([
                (1 << 24) + 1,
                (1 << 24) + 3,
                (1 << 53) + 1,
                (1 << 53) + 3,
                (1 << 40) - 1,
                u64::MAX << 9,
            ]);
            values.into_iter().map(|v| v & mask).collect()
        }
    }
}

/// An array of these bits.
fn array(dtype: DType, bits: &[u64]) -> Array {
    let mut array = Array::zeros_of(dtype, [bits.len()]);
    for (i, bits) in bits.iter().enumerate() {
        array.set(i, [*bits, 0]);
    }
    array
}

/// Functions to run, with their inputs.
#[derive(Default)]
struct Suite {
    functions: Vec<Fun>,
    inputs: Vec<Vec<Array>>,
}

impl Suite {
    /// Adds a program with all combinations of edge values of its parameters.
    fn add(&mut self, program: Program) {
        let mut columns: Vec<Vec<u64>> = vec![vec![]; program.params.len()];
        let mut edges: Vec<Vec<u64>> = program.params.iter().map(|p| edges(*p)).collect();
        if edges.len() == 3 {
            edges.iter_mut().for_each(|e| *e = e.iter().copied().step_by(5).collect());
        }
        let combinations: usize = edges.iter().map(Vec::len).product();
        // Whole vectors and some single elements.
        let count = combinations.max(33) | 1;
        for i in 0..count {
            let mut rest = i % combinations;
            for (column, edges) in columns.iter_mut().zip(&edges) {
                column.push(edges[rest % edges.len()]);
                rest /= edges.len();
            }
        }
        self.inputs.push(program.params.iter().zip(&columns).map(|(p, c)| array(*p, c)).collect());
        let mut f = Fun::new(&format!("f{}", self.functions.len()), &[]);
        let dims = [n(count as i64)];
        let step = [(inner(0), n(1))];
        let inputs = program.params.iter().enumerate().map(|(i, p)| f.input(&format!("x{i}"), *p, &dims));
        let reads: Vec<_> = inputs.map(|buffer| read(buffer, &step)).collect();
        for lanes in [1, 8] {
            let y = f.output(&format!("y{lanes}"), program.results[0].dtype, &dims);
            let (reads, program, sinks) = (reads.clone(), program.clone(), vec![store(0, y, &step)]);
            f.nest(None, 1, &[], vec![block(&dims, lanes, reads, program, sinks)]);
        }
        self.functions.push(f);
    }

    fn one(&mut self, params: &[DType], result: DType, body: impl FnOnce(&mut Builder, &[Value]) -> Value) {
        self.add(program(params, |b, e| {
            let values: Vec<Value> = e.iter().map(|e| e.re()).collect();
            vec![Element::real(result, body(b, &values))]
        }));
    }

    fn into_plan(self) -> (ModelPlan, Vec<Vec<Array>>) {
        assert!(!self.functions.is_empty());
        (model(self.functions, vec![]), self.inputs)
    }

    #[track_caller]
    fn check(self) {
        let (plan, inputs) = self.into_plan();
        let calls: Vec<_> = inputs.into_iter().enumerate().map(|(i, x)| (i, &[] as &[i64], x)).collect();
        check_baseline(&plan, &calls);
    }
}

/// Every instruction on every scalar, as a model each.
pub fn plans() -> Vec<ModelPlan> {
    let suites = [
        unary_suite(),
        binary_suite(),
        compare_select_fma_suite(),
        convert_suite(),
        bitcast_suite(),
        call_suite(),
    ];
    suites.map(|suite| suite.into_plan().0).into()
}

#[test]
fn unary() {
    unary_suite().check();
}

fn unary_suite() -> Suite {
    let mut suite = Suite::default();
    for d in LANES {
        let float = d.is_float();
        let all = [
            Unary::Neg,
            Unary::Abs,
            Unary::Sqrt,
            Unary::Not,
            Unary::Floor,
            Unary::Ceil,
            Unary::Trunc,
            Unary::Round,
        ];
        for op in all {
            let defined = match op {
                Unary::Neg | Unary::Abs => d != DType::Bool,
                Unary::Sqrt | Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round => float,
                Unary::Not => !float,
            };
            if defined {
                suite.one(&[d], d, |b, v| b.unary(op, v[0]));
            }
        }
    }
    suite
}

#[test]
fn binary() {
    binary_suite().check();
}

fn binary_suite() -> Suite {
    let mut suite = Suite::default();
    for d in LANES {
        let (float, bool) = (d.is_float(), d == DType::Bool);
        for op in [
            Binary::Add,
            Binary::Sub,
            Binary::Mul,
            Binary::Div,
            Binary::Rem,
            Binary::And,
            Binary::Or,
            Binary::Xor,
            Binary::Shl,
            Binary::Shr,
        ] {
            let defined = match op {
                Binary::Add | Binary::Mul => true,
                Binary::Sub | Binary::Div => !bool,
                Binary::Rem | Binary::Shl | Binary::Shr => !bool && !float,
                _ => !float,
            };
            if defined {
                suite.one(&[d, d], d, |b, v| b.binary(op, v[0], v[1]));
            }
        }
        for shift in [0, 1, 5, 8 * d.bytes() as i64 - 1, 8 * d.bytes() as i64] {
            for op in [Binary::Shl, Binary::Shr] {
                if !float && !bool {
                    suite.one(&[d], d, |b, v| {
                        let shift = b.int(d.scalar_type(), shift);
                        b.binary(op, v[0], shift)
                    });
                }
            }
        }
    }
    suite
}

#[test]
fn compare_select_fma() {
    compare_select_fma_suite().check();
}

fn compare_select_fma_suite() -> Suite {
    use Predicate::{Eq, Ge, Gt, Le, Lt, Ne};
    let mut suite = Suite::default();
    for d in LANES {
        for predicate in [Eq, Ne, Lt, Le, Gt, Ge] {
            suite.one(&[d, d], DType::Bool, |b, v| b.compare(predicate, v[0], v[1]));
        }
        suite.one(&[DType::Bool, d, d], d, |b, v| b.select(v[0], v[1], v[2]));
        if d.is_float() {
            suite.one(&[d, d, d], d, |b, v| b.fma(v[0], v[1], v[2]));
        }
    }
    suite
}

/// Elementary functions that are called, not written out.
#[test]
fn call() {
    call_suite().check();
}

fn call_suite() -> Suite {
    let mut suite = Suite::default();
    for d in [DType::F32, DType::F64] {
        for function in MathFn::ALL {
            suite.one(&[d], d, |b, v| b.math(function, v[0]));
        }
        for function in MathFn2::ALL {
            suite.one(&[d, d], d, |b, v| b.math2(function, v[0], v[1]));
        }
    }
    suite
}

#[test]
fn convert() {
    convert_suite().check();
}

fn convert_suite() -> Suite {
    let mut suite = Suite::default();
    for from in LANES {
        for to in LANES {
            suite.one(&[from], to, |b, v| b.convert(v[0], to.scalar_type()));
        }
    }
    suite
}

#[test]
fn bitcast() {
    bitcast_suite().check();
}

fn bitcast_suite() -> Suite {
    let mut suite = Suite::default();
    for from in LANES {
        for to in LANES {
            if from.bytes() == to.bytes() && from != DType::Bool && to != DType::Bool {
                suite.one(&[from], to, |b, v| b.bitcast(v[0], to.scalar_type()));
            }
        }
    }
    suite
}

#[test]
fn constants_keep_their_bits() {
    let mut suite = Suite::default();
    for d in LANES {
        for bits in edges(d) {
            suite.one(&[DType::Bool, d], d, |b, v| {
                let constant = b.bits(d.scalar_type(), bits);
                b.select(v[0], constant, v[1])
            });
        }
    }
    suite.check();
}
