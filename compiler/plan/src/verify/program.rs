//! Checks scalar programs: operands before uses, lanes that fit, no 16-bit floats left.

use tgc_graph::dtype::DType;
use tgc_scalar::{Binary, Inst, Program, ScalarType, Unary, Value, stored_scalar};

/// What is wrong with a value of a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("%{value}: {problem}")]
pub struct ProgramErrorKind {
    /// The index of the instruction; of the result, when there are more results than instructions.
    pub value: usize,
    /// What was found and what was expected.
    pub problem: &'static str,
}

/// Checks a legalized program with these types of parameters.
pub(super) fn check(program: &Program) -> Result<(), ProgramErrorKind> {
    for (value, (inst, scalar)) in program.insts.iter().enumerate() {
        check_inst(program, value, inst, *scalar).map_err(|problem| ProgramErrorKind { value, problem })?;
    }
    for element in &program.results {
        for part in element.parts() {
            let value = part.0 as usize;
            let fail = |problem| Err(ProgramErrorKind { value, problem });
            match program.insts.get(value) {
                None => return fail("a result names no instruction"),
                Some((_, scalar)) if *scalar != stored_scalar(element.dtype) => {
                    return fail("a result's scalar differs from its element type");
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Element types of the results.
pub(super) fn result_types(program: &Program) -> Vec<DType> {
    program.results.iter().map(|element| element.dtype).collect()
}

fn check_inst(program: &Program, at: usize, inst: &Inst, scalar: ScalarType) -> Result<(), &'static str> {
    if matches!(scalar, ScalarType::F16 | ScalarType::BF16) {
        return Err("found a 16-bit float scalar, expected a legalized program");
    }
    let operands = inst.operands();
    if operands.iter().any(|v| v.0 as usize >= at) {
        return Err("an operand comes after its use");
    }
    let of = |v: Value| program.scalar_type(v);
    let same =
        |values: &[Value]| require(values.iter().all(|&v| of(v) == scalar), "operands of another scalar");
    match *inst {
        Inst::Param { index, part } => {
            let Some(dtype) = program.params.get(index as usize) else {
                return Err("names no parameter");
            };
            require((part as usize) < dtype.parts(), "names no part of its parameter")?;
            require(stored_scalar(*dtype) == scalar, "its scalar differs from its parameter's")
        }
        Inst::Const(bits) => {
            let limit = if scalar == ScalarType::Bool { 1 } else { u64::MAX >> (64 - scalar.bits()) };
            require(bits <= limit, "the constant is wider than its scalar")
        }
        Inst::Unary(op, a) => {
            same(&[a])?;
            let (good, problem) = match op {
                Unary::Neg | Unary::Abs => (scalar != ScalarType::Bool, "expected a number, found bool"),
                Unary::Sqrt => (scalar.is_float(), "expected a float for a square root"),
                Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round => {
                    (scalar.is_float(), "expected a float to round")
                }
                Unary::Not => (!scalar.is_float(), "expected an integer or bool for not"),
            };
            require(good, problem)
        }
        Inst::Binary(op, a, b) => {
            same(&[a, b])?;
            check_binary(op, scalar)
        }
        Inst::Compare(_, a, b) => {
            require(scalar == ScalarType::Bool, "a comparison gives bool")?;
            require(of(a) == of(b), "compares values of different lanes")
        }
        Inst::Select(condition, a, b) | Inst::Rarely(condition, a, b) => {
            require(of(condition) == ScalarType::Bool, "selects by a value that is not bool")?;
            same(&[a, b])
        }
        Inst::Fma(a, b, c) => {
            require(scalar.is_float(), "expected a float for fma")?;
            same(&[a, b, c])
        }
        Inst::Convert(_) => Ok(()),
        Inst::Bitcast(a) => {
            require(of(a).bytes() == scalar.bytes(), "bitcasts to another width")?;
            require(scalar != ScalarType::Bool || of(a) == ScalarType::Bool, "bitcasts to bool")
        }
        Inst::Math(..) | Inst::Math2(..) => {
            same(&operands)?;
            let good = matches!(scalar, ScalarType::F32 | ScalarType::F64);
            require(good, "expected a float for an elementary function")
        }
        Inst::Math4(..) => {
            same(&operands)?;
            require(scalar == ScalarType::F64, "expected f64 for a part of a complex function")
        }
    }
}

fn check_binary(op: Binary, scalar: ScalarType) -> Result<(), &'static str> {
    match op {
        Binary::Add | Binary::Mul => Ok(()),
        Binary::Sub => require(scalar != ScalarType::Bool, "expected numbers to subtract, found bool"),
        Binary::Div => require(scalar != ScalarType::Bool, "expected numbers to divide, found bool"),
        Binary::Rem => require(scalar.is_integer(), "expected integers for a remainder"),
        Binary::And | Binary::Or | Binary::Xor => {
            require(!scalar.is_float(), "expected integers or bool for a bitwise operation")
        }
        Binary::Shl | Binary::Shr => require(scalar.is_integer(), "expected an integer to shift"),
    }
}

fn require(holds: bool, problem: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(problem) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tgc_scalar::{Element, MathFn, MathFn4, Predicate};

    fn refuse(params: &[DType], insts: &[(Inst, ScalarType)], result: DType, want: &str) {
        let last = Value(insts.len() as u32 - 1);
        let results = vec![Element::real(result, last)];
        let program = Program { params: params.to_vec(), insts: insts.to_vec(), results };
        assert_eq!(check(&program).unwrap_err().to_string(), want);
    }

    #[test]
    fn every_broken_instruction_is_refused() {
        use DType as D;
        use Inst::*;
        use ScalarType::*;
        let x = |scalar| (Param { index: 0, part: 0 }, scalar);
        let (a, b) = (Value(0), Value(1));
        refuse(&[D::F32], &[(Param { index: 1, part: 0 }, F32)], D::F32, "%0: names no parameter");
        refuse(
            &[D::F32],
            &[(Param { index: 0, part: 1 }, F32)],
            D::F32,
            "%0: names no part of its parameter",
        );
        refuse(&[D::F32], &[x(F64)], D::F64, "%0: its scalar differs from its parameter's");
        refuse(&[D::F32], &[x(F32)], D::F64, "%0: a result's scalar differs from its element type");
        refuse(&[], &[(Const(2), Bool)], D::Bool, "%0: the constant is wider than its scalar");
        refuse(
            &[D::F32],
            &[x(F32), (Unary(super::Unary::Neg, b), F32)],
            D::F32,
            "%1: an operand comes after its use",
        );
        let integer = [D::I32];
        let remainder = [x(F32), (Binary(super::Binary::Rem, a, a), F32)];
        refuse(&[D::F32], &remainder, D::F32, "%1: expected integers for a remainder");
        let mixed = [x(I32), (Const(1), I64), (Binary(super::Binary::Add, a, b), I64)];
        refuse(&integer, &mixed, D::I64, "%2: operands of another scalar");
        let compare = [x(I32), (Compare(Predicate::Lt, a, a), I32)];
        refuse(&integer, &compare, D::I32, "%1: a comparison gives bool");
        refuse(
            &integer,
            &[x(I32), (Select(a, a, a), I32)],
            D::I32,
            "%1: selects by a value that is not bool",
        );
        refuse(&integer, &[x(I32), (Fma(a, a, a), I32)], D::I32, "%1: expected a float for fma");
        refuse(&integer, &[x(I32), (Bitcast(a), U64)], D::U64, "%1: bitcasts to another width");
        let no_float = "%1: expected a float for an elementary function";
        refuse(&integer, &[x(I32), (Math(MathFn::Exp, a), I32)], D::I32, no_float);
        let power = (Math4(MathFn4::PowReal, [a; 4]), F32);
        refuse(&[D::F32], &[x(F32), power], D::F32, "%1: expected f64 for a part of a complex function");
        let half = "%0: found a 16-bit float scalar, expected a legalized program";
        refuse(&[D::F16], &[x(F16)], D::F16, half);
    }

    #[test]
    fn legalized_halves_are_accepted() {
        assert_eq!(check(&Program::identity(DType::BF16).legalize()), Ok(()));
        assert_eq!(check(&Program::identity(DType::C64)), Ok(()));
    }
}
