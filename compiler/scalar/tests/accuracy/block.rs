//! Running one program on many elements.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Inst, MathFn, Program, ScalarType, run_inst};

/// The program of one function of one element.
pub fn program(function: MathFn, dtype: DType) -> Program {
    let mut b = Builder::new(&[dtype]);
    let x = b.param(0);
    let y = b.math(function, x.re());
    b.finish(vec![Element::real(dtype, y)])
}

/// Runs a legalized program of one parameter on many arguments, an instruction at a time: much faster than
/// [`Program::run`] on each.
pub fn run_block(program: &Program, arguments: &[u64]) -> Vec<u64> {
    let mut columns: Vec<Vec<u64>> = Vec::with_capacity(program.insts.len());
    for (inst, scalar) in &program.insts {
        let operands = inst.operands();
        let column = match (inst, operands.as_slice()) {
            (Inst::Param { .. }, _) => arguments.to_vec(),
            (Inst::Const(bits), _) => vec![*bits; arguments.len()],
            (_, [a]) => {
                let at = |i: usize| [(columns[a.0 as usize][i], program.scalar_type(*a))];
                (0..arguments.len()).map(|i| run_inst(inst, *scalar, &at(i)).unwrap()).collect()
            }
            (_, operands) => {
                let mut row = [(0, ScalarType::Bool); 3];
                let mut at = |i: usize| {
                    for (slot, v) in row.iter_mut().zip(operands) {
                        *slot = (columns[v.0 as usize][i], program.scalar_type(*v));
                    }
                    run_inst(inst, *scalar, &row).unwrap()
                };
                (0..arguments.len()).map(&mut at).collect()
            }
        };
        columns.push(column);
    }
    columns.swap_remove(program.results[0].re().0 as usize)
}

/// The block runner is only as good as its agreement with the plain one.
#[test]
fn blocks_run_as_single_elements_do() {
    let arguments: Vec<u64> = (1..500u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    for function in MathFn::ALL {
        let program = program(function, DType::F64).legalize();
        let (mut scratch, mut out) = (Vec::new(), Vec::new());
        for (x, got) in arguments.iter().zip(run_block(&program, &arguments)) {
            program.run(&[[*x, 0]], &mut scratch, &mut out);
            assert_eq!(got, out[0]);
        }
    }
}
