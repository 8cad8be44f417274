//! Builds programs: merges equal instructions and folds constants as it goes, both without changing a bit.

use std::collections::HashMap;

use super::{Binary, Inst, MathFn, MathFn2, MathFn4, Predicate, Program, ScalarType, Unary, Value, run_inst};
use crate::dtype::DType;

/// The value(s) of one tensor element: one scalar, or two for complex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Element {
    /// Element type.
    pub dtype: DType,
    parts: [Value; 2],
}

impl Element {
    /// A real element.
    pub fn real(dtype: DType, value: Value) -> Element {
        debug_assert_eq!(dtype.parts(), 1);
        Element { dtype, parts: [value, value] }
    }

    /// A complex element.
    pub fn complex(dtype: DType, re: Value, im: Value) -> Element {
        debug_assert_eq!(dtype.parts(), 2);
        Element { dtype, parts: [re, im] }
    }

    /// Its values: one, or real then imaginary.
    pub fn parts(&self) -> &[Value] {
        &self.parts[..self.dtype.parts()]
    }

    /// The value of a real element, the real part of a complex one.
    pub fn re(&self) -> Value {
        self.parts[0]
    }

    /// The imaginary part of a complex element.
    pub fn im(&self) -> Option<Value> {
        (self.dtype.parts() == 2).then_some(self.parts[1])
    }

    /// Both parts of a complex element; a real one's value twice.
    pub(super) fn both(&self) -> [Value; 2] {
        self.parts
    }

    /// The same element with every value replaced.
    pub fn map(&self, f: &mut dyn FnMut(Value) -> Value) -> Element {
        let re = f(self.parts[0]);
        let im = if self.dtype.parts() == 2 { f(self.parts[1]) } else { re };
        Element { dtype: self.dtype, parts: [re, im] }
    }
}

/// A program under construction.
#[derive(Debug, Default)]
pub struct Builder {
    params: Vec<DType>,
    insts: Vec<(Inst, ScalarType)>,
    known: HashMap<(Inst, ScalarType), Value>,
}

impl Builder {
    /// Starts a program with these parameters.
    pub fn new(params: &[DType]) -> Builder {
        Builder { params: params.to_vec(), ..Builder::default() }
    }

    /// Adds a parameter and returns its element.
    pub fn add_param(&mut self, dtype: DType) -> Element {
        self.params.push(dtype);
        self.param(self.params.len() - 1)
    }

    /// The element of parameter `index`.
    pub fn param(&mut self, index: usize) -> Element {
        let dtype = self.params[index];
        let mut part = |part| self.push(Inst::Param { index: index as u16, part }, dtype.scalar_type());
        let re = part(0);
        match dtype.parts() {
            1 => Element::real(dtype, re),
            _ => Element::complex(dtype, re, part(1)),
        }
    }

    /// The scalar of a value.
    pub fn scalar_type(&self, value: Value) -> ScalarType {
        self.insts[value.0 as usize].1
    }

    /// The bits of a value that is a constant.
    pub fn as_const(&self, value: Value) -> Option<u64> {
        if let Inst::Const(bits) = self.insts[value.0 as usize].0 { Some(bits) } else { None }
    }

    /// Ends the program; instructions that no result needs are dropped.
    pub fn finish(self, results: Vec<Element>) -> Program {
        let mut live = vec![false; self.insts.len()];
        for element in &results {
            for value in element.parts() {
                live[value.0 as usize] = true;
            }
        }
        for i in (0..self.insts.len()).rev() {
            if live[i] {
                for operand in self.insts[i].0.operands() {
                    live[operand.0 as usize] = true;
                }
            }
        }
        let mut renamed = vec![Value(0); self.insts.len()];
        let mut insts = Vec::new();
        for (i, (inst, scalar)) in self.insts.iter().enumerate() {
            if live[i] {
                renamed[i] = Value(insts.len() as u32);
                insts.push((inst.map(&mut |v| renamed[v.0 as usize]), *scalar));
            }
        }
        let results = results.iter().map(|e| e.map(&mut |v| renamed[v.0 as usize])).collect();
        Program { params: self.params, insts, results }
    }

    /// Adds an instruction, or finds the equal one that exists, or folds it.
    pub fn push(&mut self, inst: Inst, scalar: ScalarType) -> Value {
        if let Some(same) = self.simplify(inst, scalar) {
            return same;
        }
        let inst = self.fold(inst, scalar).map_or(inst, Inst::Const);
        if let Some(&value) = self.known.get(&(inst, scalar)) {
            return value;
        }
        let value = Value(self.insts.len() as u32);
        self.insts.push((inst, scalar));
        self.known.insert((inst, scalar), value);
        value
    }

    /// Identities that keep every bit of every result.
    fn simplify(&mut self, inst: Inst, scalar: ScalarType) -> Option<Value> {
        let operand = |v: Value| self.insts[v.0 as usize].0;
        if let Inst::Convert(a) | Inst::Bitcast(a) = inst {
            return (self.scalar_type(a) == scalar).then_some(a);
        }
        if let Inst::Select(_, a, b) | Inst::Rarely(_, a, b) = inst {
            return (a == b).then_some(a);
        }
        let Inst::Unary(op, a) = inst else { return None };
        let Inst::Unary(inner, x) = operand(a) else { return None };
        match (op, inner) {
            (Unary::Neg, Unary::Neg) => Some(x),
            (Unary::Abs, Unary::Neg | Unary::Abs) => Some(self.push(Inst::Unary(Unary::Abs, x), scalar)),
            _ => None,
        }
    }

    fn fold(&self, inst: Inst, scalar: ScalarType) -> Option<u64> {
        // Elementary functions stay: their value is what their expansion gives on the target.
        if matches!(
            inst,
            Inst::Param { .. } | Inst::Const(_) | Inst::Math(..) | Inst::Math2(..) | Inst::Math4(..)
        ) {
            return None;
        }
        let operands = inst.operands();
        let bits: Option<Vec<(u64, ScalarType)>> =
            operands.iter().map(|v| Some((self.as_const(*v)?, self.scalar_type(*v)))).collect();
        run_inst(&inst, scalar, &bits?)
    }

    /// A constant by its bits.
    pub fn bits(&mut self, scalar: ScalarType, bits: u64) -> Value {
        self.push(Inst::Const(bits), scalar)
    }

    /// A floating-point constant, rounded to the scalar.
    pub fn float(&mut self, scalar: ScalarType, value: f64) -> Value {
        let wide = self.bits(ScalarType::F64, value.to_bits());
        self.convert(wide, scalar)
    }

    /// An integer constant, wrapped to the scalar.
    pub fn int(&mut self, scalar: ScalarType, value: i64) -> Value {
        let wide = self.bits(ScalarType::I64, value as u64);
        self.convert(wide, scalar)
    }

    /// One operand.
    pub fn unary(&mut self, op: Unary, a: Value) -> Value {
        self.push(Inst::Unary(op, a), self.scalar_type(a))
    }

    /// Two operands of one scalar.
    pub fn binary(&mut self, op: Binary, a: Value, b: Value) -> Value {
        debug_assert_eq!(self.scalar_type(a), self.scalar_type(b), "operands of {op:?}");
        self.push(Inst::Binary(op, a, b), self.scalar_type(a))
    }

    /// A comparison.
    pub fn compare(&mut self, predicate: Predicate, a: Value, b: Value) -> Value {
        debug_assert_eq!(self.scalar_type(a), self.scalar_type(b), "operands of {predicate:?}");
        self.push(Inst::Compare(predicate, a, b), ScalarType::Bool)
    }

    /// `if c { a } else { b }`.
    pub fn select(&mut self, c: Value, a: Value, b: Value) -> Value {
        debug_assert_eq!(self.scalar_type(a), self.scalar_type(b), "branches of a select");
        self.push(Inst::Select(c, a, b), self.scalar_type(a))
    }

    /// The same as [`Builder::select`], where the condition rarely holds.
    pub fn rarely(&mut self, c: Value, a: Value, b: Value) -> Value {
        debug_assert_eq!(self.scalar_type(a), self.scalar_type(b), "branches of a select");
        self.push(Inst::Rarely(c, a, b), self.scalar_type(a))
    }

    /// a*b + c, rounded once.
    pub fn fma(&mut self, a: Value, b: Value, c: Value) -> Value {
        self.push(Inst::Fma(a, b, c), self.scalar_type(a))
    }

    /// By value to another scalar.
    pub fn convert(&mut self, a: Value, scalar: ScalarType) -> Value {
        self.push(Inst::Convert(a), scalar)
    }

    /// The same bits in another scalar.
    pub fn bitcast(&mut self, a: Value, scalar: ScalarType) -> Value {
        debug_assert_eq!(self.scalar_type(a).bytes(), scalar.bytes());
        self.push(Inst::Bitcast(a), scalar)
    }

    /// An elementary function.
    pub fn math(&mut self, function: MathFn, a: Value) -> Value {
        self.push(Inst::Math(function, a), self.scalar_type(a))
    }

    /// An elementary function of two values.
    pub fn math2(&mut self, function: MathFn2, a: Value, b: Value) -> Value {
        debug_assert_eq!(self.scalar_type(a), self.scalar_type(b), "operands of {function:?}");
        self.push(Inst::Math2(function, a, b), self.scalar_type(a))
    }

    /// A part of an elementary function of two complex numbers, both C128.
    pub(super) fn math4(&mut self, function: MathFn4, a: Element, b: Element) -> Value {
        let ([re, im], [other_re, other_im]) = (a.both(), b.both());
        self.push(Inst::Math4(function, [re, im, other_re, other_im]), self.scalar_type(re))
    }

    /// Copies a program in, with these elements for its parameters; returns its results.
    pub fn inline(&mut self, program: &Program, args: &[Element]) -> Vec<Element> {
        let mut renamed: Vec<Value> = Vec::with_capacity(program.insts.len());
        for (inst, scalar) in &program.insts {
            let value = if let Inst::Param { index, part } = *inst {
                args[index as usize].parts()[part as usize]
            } else {
                self.push(inst.map(&mut |v| renamed[v.0 as usize]), *scalar)
            };
            renamed.push(value);
        }
        program.results.iter().map(|e| e.map(&mut |v| renamed[v.0 as usize])).collect()
    }

    /// An element converted to another element type, by the rules of `cast`: a complex element loses its
    /// imaginary part on the way to a real type, and is true if either part is.
    pub fn cast(&mut self, element: Element, dtype: DType) -> Element {
        if element.dtype == dtype {
            return element;
        }
        let scalar = dtype.scalar_type();
        match (element.dtype.parts(), dtype.parts()) {
            (2, 1) if dtype == DType::Bool => {
                let re = self.convert(element.parts[0], scalar);
                let im = self.convert(element.parts[1], scalar);
                Element::real(dtype, self.binary(Binary::Or, re, im))
            }
            (_, 1) => Element::real(dtype, self.convert(element.re(), scalar)),
            (1, _) => {
                let re = self.convert(element.re(), scalar);
                let im = self.bits(scalar, 0);
                Element::complex(dtype, re, im)
            }
            (_, _) => element_of(dtype, element.parts().iter().map(|v| self.convert(*v, scalar)).collect()),
        }
    }
}

pub(super) fn element_of(dtype: DType, parts: Vec<Value>) -> Element {
    match parts.as_slice() {
        [value] => Element::real(dtype, *value),
        [re, im] => Element::complex(dtype, *re, *im),
        _ => unreachable!("an element has one or two parts"),
    }
}
