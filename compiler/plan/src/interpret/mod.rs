//! Runs the first variant of a [`ModelPlan`] literally: the judge of native code, bit for bit (any NaN equals
//! any NaN).
//!
//! Every element goes through [`Program::run`](tgc_scalar::Program::run), every reduction through its
//! accumulators in the order that [`Body`](crate::Body) defines. Memory is real: one workspace block
//! addressed by the plan's offsets, states changed in place. What a step has not written yet is
//! [`GARBAGE`], so that a read of it shows in the results. The interpreter expects a
//! [verified](crate::verify::verify) plan; on another it panics rather than touch memory outside a buffer.

mod matmul;
mod memory;
mod nest;

use tgc_graph::array::Array;
use tgc_graph::dim::{Dim, SymbolId, Symbols};
use tgc_graph::ty::TensorType;

use crate::{Call, FunctionPlan, IndexCheck, ModelPlan, Signature, Step};
use memory::Memory;

/// What fresh workspace and outputs are filled with.
pub const GARBAGE: u8 = 0xA5;

/// An instance of a model: its states, and the means to call its functions.
#[derive(Clone, Debug)]
pub struct Interpreter<'p> {
    plan: &'p ModelPlan,
    states: Vec<Array>,
}

/// Why a call was refused. States are then as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// A function index out of range.
    #[error("found function {index}, expected less than {count}: model `{model}` has no more")]
    NoFunction {
        /// The model's name.
        model: String,
        /// The index asked for.
        index: usize,
        /// How many functions there are.
        count: usize,
    },
    /// Another number of sizes than the function has symbols.
    #[error("function `{function}`: found {found} sizes, expected {expected} ({names})")]
    SizeCount {
        /// The function's name.
        function: String,
        /// Sizes given.
        found: usize,
        /// Sizes wanted.
        expected: usize,
        /// Their names.
        names: String,
    },
    /// A size outside its symbol's range.
    #[error("function `{function}`: found size {name} = {found}, expected {min}..={max}")]
    SizeRange {
        /// The function's name.
        function: String,
        /// The symbol's name.
        name: String,
        /// Its value.
        found: i64,
        /// Smallest admissible value.
        min: i64,
        /// Largest admissible value.
        max: i64,
    },
    /// Another number of inputs than the function has.
    #[error("function `{function}`: found {found} inputs, expected {expected} ({names})")]
    InputCount {
        /// The function's name.
        function: String,
        /// Inputs given.
        found: usize,
        /// Inputs wanted.
        expected: usize,
        /// Their names.
        names: String,
    },
    /// An input of another element type or shape.
    #[error("function `{function}`, input `{input}`: found {found}, expected {expected}")]
    InputType {
        /// The function's name.
        function: String,
        /// The input's name.
        input: String,
        /// Its type.
        found: String,
        /// The type wanted.
        expected: String,
    },
    /// Sizes that must agree do not.
    #[error(
        "function `{function}`: found {left_name} = {left} and {right_name} = {right}, expected equal sizes"
    )]
    Check {
        /// The function's name.
        function: String,
        /// What the left size is.
        left_name: String,
        /// Its value.
        left: i64,
        /// What the right size is.
        right_name: String,
        /// Its value.
        right: i64,
    },
    /// A size that must be larger.
    #[error("function `{function}`: {what} is {size}, and must be at least {least}")]
    Least {
        /// The function's name.
        function: String,
        /// What the size is.
        what: String,
        /// Its value.
        size: i64,
        /// The least that it can be.
        least: i64,
    },
    /// An access would lead outside of something.
    #[error(
        "function `{function}`: at these sizes element {element} of {of} is asked for, which has {elements}; give others"
    )]
    Reach {
        /// The function's name.
        function: String,
        /// Of what.
        of: String,
        /// The element.
        element: i64,
        /// How many there are.
        elements: i64,
    },
    /// An element of an index tensor that names no place.
    #[error(
        "function `{function}`: {index} has the element {given}, outside axis {axis} of {data}, whose size is {extent}{place}"
    )]
    Index {
        /// The function's name.
        function: String,
        /// What the index tensor is.
        index: String,
        /// The element.
        given: i64,
        /// The indexed tensor.
        data: String,
        /// Its axis.
        axis: usize,
        /// The axis's size.
        extent: i64,
        /// ` (model.rs:7)`, or nothing.
        place: String,
    },
    /// A byte count beyond 63 bits.
    #[error("function `{function}`: {what} needs more bytes than 63 bits count; give smaller sizes")]
    TooLarge {
        /// The function's name.
        function: String,
        /// A buffer's name, or the workspace.
        what: String,
    },
    /// A state set to a value of another type.
    #[error("state `{state}`: found {found}, expected {expected}")]
    StateType {
        /// The state's name.
        state: String,
        /// The type given.
        found: String,
        /// The type wanted.
        expected: String,
    },
}

impl<'p> Interpreter<'p> {
    /// A new instance: every state has its initial value.
    pub fn new(plan: &'p ModelPlan) -> Interpreter<'p> {
        Interpreter { plan, states: plan.interface.states.iter().map(|s| s.initial.clone()).collect() }
    }

    /// The value of the model's state of this index.
    pub fn state(&self, index: usize) -> &Array {
        &self.states[index]
    }

    /// Replaces the value of the model's state of this index by another of the same type.
    pub fn set_state(&mut self, index: usize, value: Array) -> Result<(), CallError> {
        let old = &self.states[index];
        if type_of(old) != type_of(&value) {
            return Err(CallError::StateType {
                state: self.plan.interface.states[index].name.clone(),
                found: type_of(&value),
                expected: type_of(old),
            });
        }
        self.states[index] = value;
        Ok(())
    }

    /// Runs the model's function of this index. `sizes` are the values of its symbols in order; the result
    /// is one array for each output.
    pub fn call(
        &mut self,
        function: usize,
        sizes: &[i64],
        inputs: &[Array],
    ) -> Result<Vec<Array>, CallError> {
        let plan = self.plan;
        let count = plan.interface.functions.len();
        if function >= count {
            return Err(CallError::NoFunction { model: plan.interface.name.clone(), index: function, count });
        }
        let function = plan.function(function);
        check_sizes(function.signature, sizes)?;
        let sizes = Sizes(sizes);
        check_inputs(function.signature, &sizes, inputs)?;
        check_equations(function.signature, &sizes)?;
        check_reaches(function, &sizes)?;

        let mut memory = Memory::new(plan, function, &sizes, inputs, &self.states)?;
        for step in &function.body.steps {
            match step {
                Step::Nest(nest) => nest::run(nest, &mut memory, &sizes),
                Step::Matmul(matmul) => matmul::run(matmul, &mut memory, &sizes),
                Step::Copy { from, to } => memory.copy(*from, *to),
                Step::Check(check) => check_index(function, check, &memory, &sizes)?,
                Step::Call(call) => run_routine(function, call, &mut memory, &sizes),
            }
        }
        for (index, state) in self.states.iter_mut().enumerate() {
            memory.read_state(index, state);
        }
        Ok((0..function.signature.outputs.len()).map(|index| memory.output(index)).collect())
    }
}

/// Runs a routine on row after row.
fn run_routine(function: FunctionPlan<'_>, call: &Call, memory: &mut Memory, sizes: &Sizes) {
    let (rows, length) = (sizes.value(&call.rows), sizes.value(&call.length));
    let dtype = function.buffer(call.from).dtype;
    for first in (0..rows).map(|row| row * length) {
        let row: Vec<u64> = (first..first + length).map(|at| memory.load(call.from, at)[0]).collect();
        for (at, bits) in (first..).zip(call.routine.run(dtype, &row)) {
            memory.store(call.to, at, [bits; 2]);
        }
    }
}

/// Looks for an index that is outside its axis.
fn check_index(
    function: FunctionPlan<'_>,
    check: &IndexCheck,
    memory: &Memory,
    sizes: &Sizes,
) -> Result<(), CallError> {
    let extent = sizes.value(&check.extent);
    let count = memory.elements(check.index);
    let indices = (0..count).map(|i| memory.load(check.index, i)[0] as i64);
    match indices.into_iter().find(|index| !(-extent..extent).contains(index)) {
        None => Ok(()),
        Some(given) => Err(CallError::Index {
            function: function.signature.name.clone(),
            index: check.index_name.clone(),
            given,
            data: check.data_name.clone(),
            axis: check.axis,
            extent,
            place: check.in_brackets(),
        }),
    }
}

/// The values of a function's symbols.
#[derive(Clone, Copy)]
struct Sizes<'a>(&'a [i64]);

impl Sizes<'_> {
    fn of(&self, id: SymbolId) -> i64 {
        self.0[id.0 as usize]
    }

    /// A dim's value; every dim of a plan is at most as large as a byte count that [`Memory::new`] or
    /// [`check_inputs`] has seen to fit.
    fn value(&self, dim: &Dim) -> i64 {
        dim.evaluate(&|id| self.of(id)).expect("invariant: the sizes of a verified plan fit in 63 bits")
    }
}

fn check_sizes(function: &Signature, sizes: &[i64]) -> Result<(), CallError> {
    if sizes.len() != function.symbols.len() {
        let names: Vec<&str> = function.symbols.iter().map(|(_, s)| s.name.as_str()).collect();
        return Err(CallError::SizeCount {
            function: function.name.clone(),
            found: sizes.len(),
            expected: function.symbols.len(),
            names: names.join(", "),
        });
    }
    for ((_, symbol), &found) in function.symbols.iter().zip(sizes) {
        if !(symbol.min..=symbol.max).contains(&found) {
            return Err(CallError::SizeRange {
                function: function.name.clone(),
                name: symbol.name.clone(),
                found,
                min: symbol.min,
                max: symbol.max,
            });
        }
    }
    Ok(())
}

fn check_inputs(function: &Signature, sizes: &Sizes, inputs: &[Array]) -> Result<(), CallError> {
    if inputs.len() != function.inputs.len() {
        let names: Vec<&str> = function.inputs.iter().map(|i| i.name.as_str()).collect();
        return Err(CallError::InputCount {
            function: function.name.clone(),
            found: inputs.len(),
            expected: function.inputs.len(),
            names: names.join(", "),
        });
    }
    for (argument, input) in function.inputs.iter().zip(inputs) {
        let fits = argument.ty.rank() == input.shape().len()
            && argument.ty.dtype == input.dtype()
            && argument
                .ty
                .shape
                .iter()
                .zip(input.shape())
                .all(|(dim, &size)| dim.evaluate(&|id| sizes.of(id)) == i64::try_from(size).ok());
        if !fits {
            return Err(CallError::InputType {
                function: function.name.clone(),
                input: argument.name.clone(),
                found: type_of(input),
                expected: expected_type(&argument.ty, &function.symbols, sizes),
            });
        }
    }
    Ok(())
}

fn check_equations(function: &Signature, sizes: &Sizes) -> Result<(), CallError> {
    for check in &function.checks {
        let value = |dim: &Dim, what: &str| {
            dim.evaluate(&|id| sizes.of(id))
                .ok_or_else(|| CallError::TooLarge { function: function.name.clone(), what: what.to_owned() })
        };
        let left = value(&check.left, &check.left_name)?;
        let right = value(&check.right, &check.right_name)?;
        if left != right {
            let (function, left_name) = (function.name.clone(), check.left_name.clone());
            return Err(match check.least() {
                Some(least) => CallError::Least { function, what: left_name, size: left, least },
                None => {
                    let right_name = check.right_name.clone();
                    CallError::Check { function, left_name, left, right_name, right }
                }
            });
        }
    }
    Ok(())
}

fn check_reaches(function: FunctionPlan<'_>, sizes: &Sizes) -> Result<(), CallError> {
    let name = || function.signature.name.clone();
    for reach in &function.body.reaches {
        let too_large = || CallError::TooLarge { function: name(), what: reach.of.clone() };
        let ends = reach.ends(&|id| sizes.of(id)).ok_or_else(too_large)?;
        if let Some(element) = ends.outside() {
            let of = reach.of.clone();
            return Err(CallError::Reach { function: name(), of, element, elements: ends.elements });
        }
    }
    Ok(())
}

fn type_of(array: &Array) -> String {
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    format!("{}[{}]", array.dtype(), sizes.join(","))
}

/// `f32[N,784] with N = 400`.
fn expected_type(ty: &TensorType, symbols: &Symbols, sizes: &Sizes) -> String {
    let mut ids: Vec<SymbolId> = ty.shape.iter().flat_map(Dim::symbols).collect();
    ids.sort();
    ids.dedup();
    let values: Vec<String> =
        ids.iter().map(|&id| format!("{} = {}", symbols.get(id).name, sizes.of(id))).collect();
    let with = if values.is_empty() { "" } else { " with " };
    format!("{}{with}{}", ty.display(symbols), values.join(", "))
}
