//! A model compiled into this process: the code of a library, called with arrays.
//!
//! What runs is what [`build()`](crate::build()) would put into an archive for this machine, entered through
//! the same checks. The sizes of a call follow from the shapes of its inputs.

use std::time::{Duration, Instant};

use tgc_abi::Status;
use tgc_graph::array::Array;
use tgc_graph::dim::{Dim, SymbolId, Symbols};
use tgc_graph::module::Module;
use tgc_llvm::{ArgumentMemory, Instance, Jit, JitError, Targets};
use tgc_plan::{Argument, ModelPlan, Signature};

use crate::error::Error;
use crate::freeze::freeze;
use crate::library::{Exports, Options, machines};
use crate::stages;

/// A compiled model and its state.
///
/// ```
/// use tgc_compiler::Session;
/// use tgc_graph::prelude::*;
///
/// let m = Model::new("affine");
/// let x = m.input("x", F32, [m.dim("N")]);
/// let w = m.shared("w", 2.0f32);
/// m.function("apply").inputs([x]).output("y", x * w + 1.0).finish()?;
///
/// let mut session = Session::new(&m.module())?;
/// let y = session.call("apply", &[[1.0f32, 2.0].into()])?;
/// assert_eq!(y, [[3.0f32, 5.0].into()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session {
    plan: ModelPlan,
    jit: Jit,
    /// The state between calls.
    states: Vec<Array>,
}

/// A call in full.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The function's name.
    pub function: &'a str,
    /// Sizes that follow from no input, by name. Others may be given too, and must then agree.
    pub sizes: &'a [(String, i64)],
    /// A value for each input; none for those that have a default.
    pub inputs: &'a [Option<Array>],
    /// How many times to call; each call begins with the state that the one before left.
    pub times: usize,
}

/// What a [`Call`] gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The outputs of the last call, in order.
    pub outputs: Vec<Array>,
    /// How long each call took.
    pub durations: Vec<Duration>,
}

impl Session {
    /// Compiles a model for this machine.
    ///
    /// # Errors
    ///
    /// Those of [`build()`](crate::build()), and a processor without the features that kernels use by
    /// default.
    pub fn new(module: &Module) -> Result<Session, Error> {
        Session::with(module, &Options::default())
    }

    /// The same as these options say of frozen variables, of arithmetic and of processors, of which it is the
    /// best that this machine can run; others concern libraries alone.
    ///
    /// # Errors
    ///
    /// As for [`Session::new`].
    pub fn with(module: &Module, options: &Options) -> Result<Session, Error> {
        let targets = Targets::new(None, &options.cpus, "")?.on_this_machine()?;
        let (module, frozen) = freeze(module, &options.freeze)?;
        let mut plan = stages::plan_with(&module, &machines(&targets), options.fp, &|_| ())?;
        plan.interface.frozen = frozen;
        let linkage = Exports::new(&plan, &targets, None, "")?.linkage;
        let jit = Jit::with(&plan, &linkage, &targets.each()[0])?;
        let states = plan.interface.states.iter().map(|s| s.initial.clone()).collect();
        Ok(Session { plan, jit, states })
    }

    /// The plan that was compiled; tells names and types of functions and states.
    pub fn plan(&self) -> &ModelPlan {
        &self.plan
    }

    /// Calls a function with a value for each input and returns its outputs.
    ///
    /// # Errors
    ///
    /// If there is no such function, an input does not fit it, or the call itself refuses. The state is then
    /// as it was.
    pub fn call(&mut self, function: &str, inputs: &[Array]) -> Result<Vec<Array>, Error> {
        let inputs: Vec<Option<Array>> = inputs.iter().cloned().map(Some).collect();
        let call = Call { function, sizes: &[], inputs: &inputs, times: 1 };
        Ok(self.run(&call)?.outputs)
    }

    /// Calls a function, maybe many times, over one instance.
    ///
    /// # Errors
    ///
    /// As for [`Session::call`]; after an error in a later call the state is the one before the first.
    pub fn run(&mut self, call: &Call<'_>) -> Result<Outcome, Error> {
        let index = self.plan.interface.functions.iter().position(|f| f.name == call.function);
        let index = index.ok_or_else(|| Error::unknown("function", call.function, self.function_names()))?;
        let function = &self.plan.interface.functions[index];
        check_inputs(function, call.inputs)?;
        let sizes = infer_sizes(function, call)?;
        let mut outputs = new_outputs(function, &sizes)?;
        let mut durations = vec![];
        let mut instance = self.instance(&self.instance_sizes(function, &sizes))?;
        for _ in 0..call.times {
            let mut arguments = arguments(call.inputs, &mut outputs);
            let start = Instant::now();
            let result = instance.call(index, &sizes, &mut arguments);
            durations.push(start.elapsed());
            result.map_err(failed)?;
        }
        let states = take_states(&self.states, &mut instance);
        drop(instance);
        self.states = states;
        Ok(Outcome { outputs, durations })
    }

    /// The value of a shared variable.
    pub fn state(&self, name: &str) -> Option<&Array> {
        let index = self.plan.interface.states.iter().position(|s| s.name == name)?;
        Some(&self.states[index])
    }

    /// Replaces the value of a shared variable.
    ///
    /// # Errors
    ///
    /// If there is none of this name, or the value has another type or shape.
    pub fn set_state(&mut self, name: &str, value: Array) -> Result<(), Error> {
        let names = self.plan.interface.states.iter().map(|s| s.name.clone()).collect();
        let index = self.plan.interface.states.iter().position(|s| s.name == name);
        let index = index.ok_or_else(|| Error::unknown("state", name, names))?;
        let old = &self.states[index];
        if (old.dtype(), old.shape()) != (value.dtype(), value.shape()) {
            let types = [old, &value].map(type_text);
            let message = format!("state `{name}` is {}, and the new value is {}", types[0], types[1]);
            return Err(Error::Call(format!("{message}; convert the value")));
        }
        if !value.is_valid() {
            return Err(odd_bool(&format!("the new value of state `{name}`")));
        }
        self.states[index] = value;
        Ok(())
    }

    /// Restores the initial values.
    pub fn reset(&mut self) {
        self.states = self.plan.interface.states.iter().map(|s| s.initial.clone()).collect();
    }

    /// The state as a safetensors file, the bytes that the library's `NAME_save` writes.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub fn save(&self) -> Result<Vec<u8>, Error> {
        self.instance(&self.least_sizes())?.save().map_err(failed)
    }

    /// Takes the state from such an image.
    ///
    /// # Errors
    ///
    /// If it is not this model's; the state is then as it was.
    pub fn load(&mut self, image: &[u8]) -> Result<(), Error> {
        let mut instance = self.instance(&self.least_sizes())?;
        instance.load(image).map_err(failed)?;
        let states = take_states(&self.states, &mut instance);
        drop(instance);
        self.states = states;
        Ok(())
    }

    /// An instance that holds this session's state.
    fn instance(&self, sizes: &[i64]) -> Result<Instance<'_>, Error> {
        let mut instance = self.jit.instance(sizes).map_err(failed)?;
        for (i, state) in self.states.iter().enumerate() {
            instance.state(i).copy_from_slice(state.bytes());
        }
        Ok(instance)
    }

    /// Workspace for one call alone: the function's own sizes, the least of the others.
    fn instance_sizes(&self, function: &Signature, sizes: &[i64]) -> Vec<i64> {
        let own = |name: &str| function.symbols.find(name).map(|id| sizes[id.0 as usize]);
        self.plan.interface.sizes.iter().map(|size| own(&size.name).unwrap_or(size.min)).collect()
    }

    fn least_sizes(&self) -> Vec<i64> {
        self.plan.interface.sizes.iter().map(|size| size.min).collect()
    }

    fn function_names(&self) -> Vec<String> {
        self.plan.interface.functions.iter().map(|f| f.name.clone()).collect()
    }
}

fn failed(failure: JitError) -> Error {
    let status = usize::try_from(failure.status).ok().and_then(|number| Status::NAMES.get(number));
    match status {
        Some(status) => Error::Refused { status, line: failure.line },
        None => Error::Call(failure.line),
    }
}

/// A size that the library would refuse too.
fn refused(line: String) -> Error {
    Error::Refused { status: Status::NAMES[Status::Dim as usize], line }
}

fn take_states(old: &[Array], instance: &mut Instance<'_>) -> Vec<Array> {
    let mut states = old.to_vec();
    for (i, state) in states.iter_mut().enumerate() {
        if state.bytes() != instance.state(i) {
            state.bytes_mut().copy_from_slice(instance.state(i));
        }
    }
    states
}

fn type_text(array: &Array) -> String {
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    format!("{}[{}]", array.dtype(), sizes.join(","))
}

/// Element types and ranks; sizes are compared when they are inferred.
fn check_inputs(function: &Signature, inputs: &[Option<Array>]) -> Result<(), Error> {
    let (name, expected) = (&function.name, function.inputs.len());
    if inputs.len() != expected {
        let given = inputs.len();
        return Err(Error::Call(format!("{name}: takes {expected} inputs and got {given}")));
    }
    for (argument, value) in function.inputs.iter().zip(inputs) {
        let wanted = argument.ty.display(&function.symbols);
        let Some(value) = value else {
            if argument.default.is_none() {
                let text = format!(
                    "{name}: the input `{}`, which is {wanted}, has no value; give it one",
                    argument.name
                );
                return Err(Error::Call(text));
            }
            continue;
        };
        if value.dtype() != argument.ty.dtype || value.shape().len() != argument.ty.rank() {
            let (found, input) = (type_text(value), &argument.name);
            let remedy = match (argument.ty.dtype, argument.ty.rank()) {
                (dtype, _) if dtype != value.dtype() => format!("convert its elements to {dtype}"),
                (_, 0) => "give a single number".to_owned(),
                (_, 1) => "give it one axis".to_owned(),
                (_, rank) => format!("give it {rank} axes"),
            };
            let text = format!("{name}: the input `{input}` is {wanted}, and the value is {found}; {remedy}");
            return Err(Error::Call(text));
        }
        if !value.is_valid() {
            return Err(odd_bool(&format!("{name}: the input `{}`", argument.name)));
        }
    }
    Ok(())
}

/// Code relies on what [`Array::is_valid`] says.
fn odd_bool(what: &str) -> Error {
    Error::Call(format!("{what} has a bool whose byte is neither 0 nor 1; make it of `true` and `false`"))
}

/// The value of each symbol: given, or solved from an axis that depends on it alone.
fn infer_sizes(function: &Signature, call: &Call<'_>) -> Result<Vec<i64>, Error> {
    let mut known: Vec<Option<i64>> = vec![None; function.symbols.len()];
    for (name, value) in call.sizes {
        let names = || function.symbols.iter().map(|(_, s)| s.name.clone()).collect();
        let id = function.symbols.find(name).ok_or_else(|| Error::unknown("size", name, names()))?;
        known[id.0 as usize] = Some(*value);
    }
    let axes: Vec<(&Argument, usize, i64)> = function
        .inputs
        .iter()
        .zip(call.inputs)
        .filter_map(|(argument, value)| Some((argument, value.as_ref()?)))
        .flat_map(|(a, value)| value.shape().iter().enumerate().map(move |(axis, n)| (a, axis, *n as i64)))
        .collect();
    // Each round solves at least one symbol, or nothing more can be solved.
    for _ in 0..known.len() {
        for (argument, axis, value) in &axes {
            if let Some((id, size)) = solve(&argument.ty.shape[*axis], *value, &known, &function.symbols) {
                known[id.0 as usize] = Some(size);
            }
        }
    }
    let mut sizes = vec![];
    for ((id, symbol), value) in function.symbols.iter().zip(&known) {
        let (name, size) = (&function.name, &symbol.name);
        let value = value.ok_or_else(|| unsolved(function, id, &known, &axes))?;
        if value < symbol.min || value > symbol.max {
            let range = format!("{}..{}", symbol.min, symbol.max);
            return Err(refused(format!("{name}: {size}={value}, allowed {range}")));
        }
        sizes.push(value);
    }
    for (argument, axis, value) in axes {
        let dim = &argument.ty.shape[axis];
        if evaluate(dim, &sizes) != Some(value) {
            let text = dim.display(&function.symbols);
            let wanted = match (dim.as_const(), evaluate(dim, &sizes)) {
                (Some(_), _) => String::new(),
                (None, Some(n)) => format!(", which is {n}"),
                (None, None) => ", which is too large".to_owned(),
            };
            return Err(refused(format!(
                "{}: axis {axis} of `{}` has size {value}, and must have {text}{wanted}",
                function.name, argument.name
            )));
        }
    }
    Ok(sizes)
}

/// Why a size has no value: an axis that it gives has a length that no value makes, or it follows from none.
fn unsolved(
    function: &Signature,
    id: SymbolId,
    known: &[Option<i64>],
    axes: &[(&Argument, usize, i64)],
) -> Error {
    let (name, size) = (&function.name, &function.symbols.get(id).name);
    for (argument, axis, value) in axes {
        let dim = &argument.ty.shape[*axis];
        let Some(near) = nearest(dim, *value, id, known, &function.symbols) else { continue };
        let near: Vec<String> = near.iter().map(i64::to_string).collect();
        return refused(format!(
            "{name}: axis {axis} of `{}` has size {value}, and must have {}, which a whole number {size} makes \
             {}; change the input",
            argument.name,
            dim.display(&function.symbols),
            near.join(" or ")
        ));
    }
    Error::Call(format!("{name}: the size {size} follows from no input; give it as {size}=…"))
}

/// The admissible lengths about one that no value of a size makes; none where the length depends on others.
fn nearest(
    dim: &Dim,
    value: i64,
    size: SymbolId,
    known: &[Option<i64>],
    symbols: &Symbols,
) -> Option<Vec<i64>> {
    let (id, slope, constant) = linear(dim, known, symbols)?;
    let below = value.checked_sub(value.checked_sub(constant)?.checked_rem_euclid(slope)?)?;
    let about = [below, below.checked_add(slope.checked_abs()?)?];
    (id == size).then(|| about.into_iter().filter(|length| *length >= 0).collect())
}

fn evaluate(dim: &Dim, sizes: &[i64]) -> Option<i64> {
    dim.evaluate(&|id| sizes[id.0 as usize])
}

/// Solves `dim = value` if exactly one of its symbols is unknown and it is linear in that one.
fn solve(dim: &Dim, value: i64, known: &[Option<i64>], symbols: &Symbols) -> Option<(SymbolId, i64)> {
    let (id, slope, constant) = linear(dim, known, symbols)?;
    let rest = value.checked_sub(constant)?;
    (rest.checked_rem(slope)? == 0).then(|| (id, rest / slope))
}

/// The only symbol of a dim that is not known, its factor, and what is added.
fn linear(dim: &Dim, known: &[Option<i64>], symbols: &Symbols) -> Option<(SymbolId, i64, i64)> {
    let number = |id: SymbolId| known[id.0 as usize].map_or_else(|| Dim::symbol(id), Dim::Const);
    dim.substitute(symbols, &mut { number }).as_linear()
}

fn new_outputs(function: &Signature, sizes: &[i64]) -> Result<Vec<Array>, Error> {
    let new = |argument: &Argument| {
        let shape: Option<Vec<usize>> =
            argument.ty.shape.iter().map(|d| usize::try_from(evaluate(d, sizes)?).ok()).collect();
        let bytes = shape
            .as_ref()
            .and_then(|s| s.iter().try_fold(argument.ty.dtype.bytes(), |product, n| product.checked_mul(*n)));
        match (shape, bytes) {
            (Some(shape), Some(_)) => Ok(Array::zeros_of(argument.ty.dtype, shape)),
            (None | Some(_), _) => Err(Error::Call(format!(
                "{}: the output `{}` has no admissible size for these inputs",
                function.name, argument.name
            ))),
        }
    };
    function.outputs.iter().map(new).collect()
}

fn arguments<'a>(inputs: &'a [Option<Array>], outputs: &'a mut [Array]) -> Vec<ArgumentMemory<'a>> {
    let input = |value: &'a Option<Array>| match value {
        Some(array) => ArgumentMemory::Input(array.bytes()),
        None => ArgumentMemory::Null,
    };
    let output = |array: &'a mut Array| ArgumentMemory::Output(array.bytes_mut());
    inputs.iter().map(input).chain(outputs.iter_mut().map(output)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_solved_where_one_is_unknown() {
        let (n, k) = (Dim::symbol(SymbolId(0)), Dim::symbol(SymbolId(1)));
        let solve = |dim: &Dim, value, known: &[Option<i64>]| solve(dim, value, known, &Symbols::default());
        let double = &(&n * &Dim::Const(2)) + &Dim::Const(1);
        assert_eq!(solve(&n, 5, &[None, None]), Some((SymbolId(0), 5)));
        assert_eq!(solve(&double, 9, &[None, None]), Some((SymbolId(0), 4)));
        assert_eq!(solve(&double, 8, &[None, None]), None);
        assert_eq!(solve(&(&n + &k), 9, &[None, None]), None);
        assert_eq!(solve(&(&n * &k), 12, &[Some(3), None]), Some((SymbolId(1), 4)));
        assert_eq!(solve(&(&n * &n), 9, &[None, None]), None);
        assert_eq!(solve(&Dim::Const(3), 4, &[]), None);
        let half = n.floor_div(&Dim::Const(2), &Symbols::default());
        assert_eq!(solve(&half, 1, &[None, None]), None);
        assert_eq!(solve(&(&half + &k), 4, &[Some(3), None]), Some((SymbolId(1), 3)));
    }
}
