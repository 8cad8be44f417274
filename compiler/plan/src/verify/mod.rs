//! Decides whether a Plan means what it says: after [`verify`], no back end and no run can fail.
//!
//! - Programs are legalized and well typed; reads fit parameters, sinks fit results and reductions.
//! - Row values are defined once, by an earlier block than the first that reads them. Row and total sinks
//!   stand in blocks without axes only, reductions in blocks with axes only. Lanes and rows are powers of
//!   two.
//! - Every access stays in its buffer for every admissible size at which it happens at all.
//! - Iterations that may run together do not disturb one another; the rules are those of the `sharing`
//!   module: **a buffer that a nest writes is read there only in place or, by other blocks, where rows do not
//!   meet.**
//! - A matmul writes nothing that it multiplies; its epilogue obeys the rules of a nest without rows.
//! - Fission cuts a program whose sinks keep no order; values are spilled to bytes that nothing else touches,
//!   a slice a chunk.
//! - Parallel nests reduce nothing over their rows, and rows write different elements.
//! - Inputs and constants are never written, states only if the function lists them as updated. Every output
//!   is stored. The first access to workspace and outputs, in the order of steps and blocks, is a store.
//! - What data says of a place was checked, by an earlier step, against the size of the axis, and has not
//!   changed since. Every such check comes before the first write to an output or a state.
//! - Buffers of the workspace that are in use during one step do not overlap, for any admissible size.
//!
//! What is not shown is refused: the rules are sound but simple, and [`NotProven::Unknown`] says so. That an
//! access stays inside, which no sample of sizes refutes, calls may check instead
//! ([`Body::reaches`](crate::Body::reaches)); [`settle`] says of what they must. Of nests that run in order
//! it is enough that no sample shows iterations that disturb one another. Not checked: that a step computes
//! what the graph says, and that stores to parts of a workspace buffer precede the reads of those parts; the
//! [interpreter](crate::interpret) fills memory with garbage for the latter.

mod admissible;
mod blocks;
mod bounds;
mod error;
mod matmul;
mod memory;
mod order;
mod program;
mod sharing;
mod sweep;

pub use admissible::NotProven;
pub use error::{Site, VerifyError, VerifyErrorKind};
pub use program::ProgramErrorKind;

use std::cell::RefCell;

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;

use crate::{BufferId, Call, FunctionPlan, IndexCheck, ModelPlan, Reach, Step, Storage};
use admissible::Admissible;

/// Checks every rule above; the error is the first one found, in the order of the plan.
///
/// # Errors
///
/// If the plan breaks a rule, or relies on what is neither shown nor checked by calls.
pub fn verify(plan: &ModelPlan) -> Result<(), VerifyError> {
    match undecided(plan).map_err(|(_, error)| error)?.into_iter().flatten().next() {
        None => Ok(()),
        Some((site, _, kind)) => Err(site.error(kind)),
    }
}

/// Checks the same, and changes what is not shown: calls check that accesses stay inside, and nests run in
/// order.
///
/// # Errors
///
/// If the plan breaks a rule.
pub fn settle(plan: &mut ModelPlan) -> Result<(), VerifyError> {
    let undecided = loop {
        match undecided(plan) {
            Ok(undecided) => break undecided,
            Err((None, error)) => return Err(error),
            Err((Some(at), error)) => {
                let mut bodies = plan.variants.iter_mut().flat_map(|variant| &mut variant.bodies);
                order::put_in_order(bodies.nth(at).expect("invariant: bodies are counted"), error)?;
            }
        }
    };
    let bodies = plan.variants.iter_mut().flat_map(|variant| &mut variant.bodies);
    for (body, found) in bodies.zip(undecided) {
        for (_, reach, _) in found {
            if !body.reaches.contains(&reach) {
                body.reaches.push(reach);
            }
        }
    }
    Ok(())
}

/// What is neither shown nor checked by calls: of each body, in order. An error comes with the number of the
/// body.
fn undecided(plan: &ModelPlan) -> Result<Vec<Vec<Undecided>>, (Option<usize>, VerifyError)> {
    let site = Site { model: plan.interface.name.clone(), function: None, step: None, block: None };
    check_states(plan).map_err(|kind| (None, site.clone().error(kind)))?;
    let of = |(at, function): (usize, FunctionPlan<'_>)| {
        let site = Site { function: Some(function.signature.name.clone()), ..site.clone() };
        check_symbols(function).map_err(|kind| (Some(at), site.clone().error(kind)))?;
        let mut checker = Checker::new(plan, function, site);
        match checker.check() {
            Ok(()) => Ok(checker.undecided.into_inner()),
            Err(kind) => Err((Some(at), checker.site.error(kind))),
        }
    };
    plan.functions().enumerate().map(of).collect()
}

/// An access of which it is not shown that it stays inside, where it is, and what is wrong if it does not.
type Undecided = (Site, Reach, VerifyErrorKind);

impl Site {
    fn error(self, kind: VerifyErrorKind) -> VerifyError {
        VerifyError { site: self, kind: Box::new(kind) }
    }
}

/// Checks one function, and remembers where it is.
struct Checker<'p> {
    plan: &'p ModelPlan,
    function: FunctionPlan<'p>,
    sizes: Admissible<'p>,
    site: Site,
    /// Buffers whose elements are known to be inside axes of these sizes.
    checked: Vec<(BufferId, &'p Dim)>,
    /// An output or a state may have changed.
    has_written: bool,
    /// The type of the sum, in the epilogue of a matmul.
    sum: Option<DType>,
    undecided: RefCell<Vec<Undecided>>,
}

impl<'p> Checker<'p> {
    fn new(plan: &'p ModelPlan, function: FunctionPlan<'p>, site: Site) -> Checker<'p> {
        let sizes = Admissible::of(function.signature);
        let (checked, undecided) = (vec![], RefCell::default());
        Checker { plan, function, sizes, site, checked, has_written: false, sum: None, undecided }
    }

    /// What was not shown: an error if a sample refutes it, and else for calls to check.
    fn leave_to_calls(&self, reach: Reach, kind: VerifyErrorKind) -> Result<(), VerifyErrorKind> {
        if self.sizes.refutes(&reach) {
            return Err(kind);
        }
        if !self.function.body.reaches.contains(&reach) {
            self.undecided.borrow_mut().push((self.site.clone(), reach, kind));
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), VerifyErrorKind> {
        self.check_buffers()?;
        let function: FunctionPlan<'p> = self.function;
        for (index, step) in function.body.steps.iter().enumerate() {
            self.site.step = Some(index);
            match step {
                Step::Nest(nest) => {
                    self.check_nest(nest)?;
                    if let Err(kind) = self.check_sharing(nest) {
                        self.check_order(nest, kind)?;
                        self.site.block = None;
                    }
                }
                Step::Matmul(matmul) => self.check_matmul(matmul)?,
                Step::Copy { from, to } => {
                    self.check_buffer(*from)?;
                    self.check_buffer(*to)?;
                    memory::check_copy(function, *from, *to)?;
                }
                Step::Check(check) => self.check_index(check)?,
                Step::Call(call) => self.check_call(call)?,
            }
            self.note_writes(step);
        }
        self.site.step = None;
        self.check_memory()
    }

    /// A step that may fail: nothing that a caller can see has changed yet.
    fn check_index(&mut self, check: &'p IndexCheck) -> Result<(), VerifyErrorKind> {
        self.check_buffer(check.index)?;
        self.check_dim(&check.extent)?;
        let index = self.name(check.index);
        if self.function.buffer(check.index).dtype != DType::I64 {
            return Err(VerifyErrorKind::IndexType { index });
        }
        if self.has_written {
            return Err(VerifyErrorKind::CheckAfterWrite { index });
        }
        self.checked.push((check.index, &check.extent));
        Ok(())
    }

    /// A routine has dense rows to read, as many elements to write elsewhere, and scratch of its own.
    fn check_call(&self, call: &Call) -> Result<(), VerifyErrorKind> {
        [call.from, call.to, call.scratch].into_iter().try_for_each(|buffer| self.check_buffer(buffer))?;
        [&call.rows, &call.length].into_iter().try_for_each(|dim| self.check_dim(dim))?;
        let [from, to, scratch] =
            [call.from, call.to, call.scratch].map(|buffer| self.function.buffer(buffer));
        let elements = &call.rows * &call.length;
        let are_apart = call.from != call.to && call.from != call.scratch && call.to != call.scratch;
        let fits = from.elements() == elements
            && to.elements() == elements
            && !from.dtype.is_complex()
            && to.dtype == call.routine.dtype(from.dtype);
        let has_room = matches!(scratch.storage, Storage::Workspace { .. })
            && scratch.bytes() == call.routine.scratch_bytes(from.dtype, &call.length);
        match are_apart && fits && has_room {
            true => Ok(()),
            false => Err(VerifyErrorKind::Call { routine: call.routine.name(), buffer: from.name.clone() }),
        }
    }

    /// What a step writes is no longer known to be inside anything.
    fn note_writes(&mut self, step: &Step) {
        for touch in step.accesses().into_iter().filter(|touch| touch.kind.writes()) {
            let written = touch.access.buffer;
            self.checked.retain(|(buffer, _)| *buffer != written);
            let place = &self.function.buffer(written).storage;
            self.has_written |= matches!(place, Storage::Output(_) | Storage::State(_));
        }
    }

    fn check_dim(&self, dim: &Dim) -> Result<(), VerifyErrorKind> {
        known_symbols(self.function, dim)
    }

    fn check_buffer(&self, id: BufferId) -> Result<(), VerifyErrorKind> {
        let count = self.function.body.buffers.len();
        if (id.0 as usize) < count { Ok(()) } else { Err(VerifyErrorKind::UnknownBuffer { id: id.0, count }) }
    }

    fn name(&self, id: BufferId) -> String {
        self.function.buffer(id).name.clone()
    }
}

/// States lie one after the other, aligned.
fn check_states(plan: &ModelPlan) -> Result<(), VerifyErrorKind> {
    let mut end = 0;
    for state in &plan.interface.states {
        if state.offset % 64 != 0 || state.offset < end {
            return Err(VerifyErrorKind::StateOffset { name: state.name.clone(), offset: state.offset });
        }
        end = state.offset + state.initial.bytes().len() as u64;
    }
    Ok(())
}

/// The dims that admissible sizes are made from name symbols of the function.
fn check_symbols(function: FunctionPlan<'_>) -> Result<(), VerifyErrorKind> {
    let arguments = function.signature.inputs.iter().chain(&function.signature.outputs);
    let shapes = arguments.flat_map(|a| &a.ty.shape);
    let checks = function.signature.checks.iter().flat_map(|c| [&c.left, &c.right]);
    let reaches = function.body.reaches.iter().flat_map(Reach::dims);
    shapes.chain(checks).chain(reaches).try_for_each(|dim| known_symbols(function, dim))
}

fn known_symbols(function: FunctionPlan<'_>, dim: &Dim) -> Result<(), VerifyErrorKind> {
    let count = function.signature.symbols.len();
    match dim.symbols().into_iter().find(|id| id.0 as usize >= count) {
        Some(id) => Err(VerifyErrorKind::UnknownSymbol { id: id.0, count }),
        None => Ok(()),
    }
}
