//! Replaces the shorthand of programs by plain instructions: elementary functions by their polynomials,
//! 16-bit floats by integer conversions to and from `F32`.

use super::{Builder, Element, Elementary, Inst, Program, ScalarType, Value, half, math};
use crate::dtype::DType;

impl Program {
    /// The same program without elementary functions and without 16-bit floats. A parameter or result of
    /// type `f16` or `bf16` is then a `U16` scalar that holds its bits.
    pub fn legalize(&self) -> Program {
        self.legalize_but(&|_, _| false)
    }

    /// The same, but for the elementary functions on these scalars that are to be called.
    pub fn legalize_but(&self, is_called: &dyn Fn(Elementary, ScalarType) -> bool) -> Program {
        let mut b = Builder::new(&self.params);
        let mut values: Vec<Value> = Vec::with_capacity(self.insts.len());
        for (inst, scalar) in &self.insts {
            let value = match Elementary::of(inst).filter(|function| is_called(*function, *scalar)) {
                Some(_) => b.push(inst.map(&mut |v| values[v.0 as usize]), *scalar),
                None => self.legalize_inst(&mut b, &values, inst, *scalar),
            };
            values.push(value);
        }
        let results: Vec<Element> =
            self.results.iter().map(|e| e.map(&mut |v| values[v.0 as usize])).collect();
        b.finish(results)
    }

    fn legalize_inst(&self, b: &mut Builder, values: &[Value], inst: &Inst, scalar: ScalarType) -> Value {
        let stored =
            if matches!(scalar, ScalarType::F16 | ScalarType::BF16) { ScalarType::U16 } else { scalar };
        match *inst {
            Inst::Math(function, a) => math::build(b, function, values[a.0 as usize]),
            Inst::Math2(function, a, c) => {
                math::build2(b, function, [values[a.0 as usize], values[c.0 as usize]])
            }
            Inst::Math4(function, parts) => math::build4(b, function, parts.map(|v| values[v.0 as usize])),
            Inst::Convert(a) => half::build_convert(b, values[a.0 as usize], self.scalar_type(a), scalar),
            Inst::Param { .. }
            | Inst::Const(_)
            | Inst::Unary(..)
            | Inst::Binary(..)
            | Inst::Compare(..)
            | Inst::Select(..)
            | Inst::Rarely(..)
            | Inst::Fma(..)
            | Inst::Bitcast(_) => b.push(inst.map(&mut |v| values[v.0 as usize]), stored),
        }
    }
}

/// The scalar of an element type's parts in a legalized program.
pub const fn stored_scalar(dtype: DType) -> ScalarType {
    if matches!(dtype, DType::F16 | DType::BF16) { ScalarType::U16 } else { dtype.scalar_type() }
}
