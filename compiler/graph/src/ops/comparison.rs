//! What all comparisons share: element types, and integers whose common type would be a float.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Predicate, ScalarType, Value};

use crate::infer::{Reason, TypeError};

/// Types for an order: every real type, with `bool` as the result.
pub fn ordered(common: DType) -> Result<(DType, DType), TypeError> {
    if common.is_complex() {
        return Err(TypeError::new(
            Reason::ElementType { dtype: common },
            "complex numbers have no order: {0} and {1} cannot be compared so",
            "compare their absolute values or their real parts, or use eq or neq",
        ));
    }
    Ok((common, DType::Bool))
}

/// Compares two real elements of one type.
pub fn compare(b: &mut Builder, predicate: Predicate, x: &[Element]) -> Element {
    Element::real(DType::Bool, b.compare(predicate, x[0].re(), x[1].re()))
}

/// Compares an `i64` with a `u64` or the reverse, whose common type `f64` does not hold all values of either.
pub fn mixed_signs(b: &mut Builder, predicate: Predicate, x: &[Element]) -> Option<Element> {
    let value = match [x[0].dtype, x[1].dtype] {
        [DType::I64, DType::U64] => signed_with_unsigned(b, predicate, x[0].re(), x[1].re()),
        [DType::U64, DType::I64] => signed_with_unsigned(b, mirrored(predicate), x[1].re(), x[0].re()),
        _ => return None,
    };
    Some(Element::real(DType::Bool, value))
}

/// An unsigned value that is negative as a signed one is above every signed value.
fn signed_with_unsigned(b: &mut Builder, predicate: Predicate, signed: Value, unsigned: Value) -> Value {
    let zero = b.int(ScalarType::I64, 0);
    let wrapped = b.convert(unsigned, ScalarType::I64);
    let above = b.compare(Predicate::Lt, wrapped, zero);
    let if_above = matches!(predicate, Predicate::Ne | Predicate::Lt | Predicate::Le);
    let if_above = b.bits(ScalarType::Bool, u64::from(if_above));
    let otherwise = b.compare(predicate, signed, wrapped);
    b.select(above, if_above, otherwise)
}

/// The predicate with its operands exchanged.
fn mirrored(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::Eq | Predicate::Ne => predicate,
        Predicate::Lt => Predicate::Gt,
        Predicate::Le => Predicate::Ge,
        Predicate::Gt => Predicate::Lt,
        Predicate::Ge => Predicate::Le,
    }
}
