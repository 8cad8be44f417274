//! Replaces the shorthand of programs by plain instructions: elementary functions by their polynomials,
//! 16-bit floats by integer conversions to and from `F32`.

use super::{Builder, Element, Inst, Lane, Program, Value, half, math};
use crate::dtype::DType;

impl Program {
    /// The same program without elementary functions and without 16-bit float lanes. A parameter or result of
    /// type `f16` or `bf16` is then a `U16` lane that holds its bits.
    pub fn expand(&self) -> Program {
        let mut b = Builder::new(&self.params);
        let mut values: Vec<Value> = Vec::with_capacity(self.insts.len());
        for (inst, lane) in &self.insts {
            let value = self.expand_inst(&mut b, &values, inst, *lane);
            values.push(value);
        }
        let results: Vec<Element> =
            self.results.iter().map(|e| e.map(&mut |v| values[v.0 as usize])).collect();
        b.finish(results)
    }

    fn expand_inst(&self, b: &mut Builder, values: &[Value], inst: &Inst, lane: Lane) -> Value {
        let stored = if matches!(lane, Lane::F16 | Lane::BF16) { Lane::U16 } else { lane };
        match *inst {
            Inst::Math(function, a) => math::build(b, function, values[a.0 as usize]),
            Inst::Math2(function, a, c) => {
                math::build2(b, function, [values[a.0 as usize], values[c.0 as usize]])
            }
            Inst::Math4(function, parts) => math::build4(b, function, parts.map(|v| values[v.0 as usize])),
            Inst::Convert(a) => half::build_convert(b, values[a.0 as usize], self.lane(a), lane),
            _ => b.push(inst.map(&mut |v| values[v.0 as usize]), stored),
        }
    }
}

/// The lane of an element type's parts in an expanded program.
pub const fn stored_lane(dtype: DType) -> Lane {
    match dtype {
        DType::F16 | DType::BF16 => Lane::U16,
        other => other.lane(),
    }
}
