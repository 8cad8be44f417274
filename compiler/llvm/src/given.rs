//! What a function that holds a part of a kernel is given.
//!
//! Where a step begins in its buffers is all that its function needs to know of them. So steps that do the
//! same at other places, those of one [kind](tgc_plan::Kind), share a function. A step that touches very many
//! buffers is given what the kernel is given, and so is one of few steps, for which that needs fewer
//! registers and less of the stack.

use std::borrow::Cow;
use std::collections::BTreeSet;

use inkwell::types::BasicTypeEnum;
use inkwell::values::FunctionValue;
use tgc_graph::dim::Dim;
use tgc_plan::{BufferId, Form, FunctionPlan, Kind, MemoryAccess, Step, Storage};
use tgc_scalar::stored_scalar;

use crate::body::{Base, Bases, Body};
use crate::ir::{Ir, Val, basic};
use crate::kernel::Kernels;
use crate::memory::{element_address, from_memory, to_memory};

/// The most buffers whose places are passed one by one.
const MOST_BUFFERS: usize = 24;

/// What the function of a step is given beside its rows.
pub(crate) enum Given {
    /// Sizes, or where they lie, then where in each of these buffers the step begins, then the context.
    Starts(Vec<(BufferId, Dim)>),
    /// The parameters of the kernel, to find these buffers.
    Everything(Vec<BufferId>),
}

impl Given {
    /// What the function of a step is given, the step as it has it, and which others may call it, if any may.
    pub(crate) fn to<'p>(plan: FunctionPlan<'_>, step: &'p Step) -> (Given, Cow<'p, Step>, Option<Kind>) {
        match Given::everything(step) {
            Given::Everything(buffers) if buffers.len() <= MOST_BUFFERS => {
                let form = plan.form(step);
                let kind = plan.kind(&form);
                let Form { step, starts } = form;
                (Given::Starts(starts), Cow::Owned(step), Some(kind))
            }
            given @ (Given::Everything(_) | Given::Starts(_)) => (given, Cow::Borrowed(step), None),
        }
    }

    /// What the function of a step is given that is its own.
    pub(crate) fn everything(step: &Step) -> Given {
        Given::Everything(touched(std::slice::from_ref(step)))
    }
}

/// The buffers that steps touch, each once, in the order in which they name them.
pub(crate) fn touched(steps: &[Step]) -> Vec<BufferId> {
    let mut seen = BTreeSet::new();
    let touches = steps.iter().flat_map(Step::accesses);
    touches.map(|access| MemoryAccess::buffer(&access)).filter(|buffer| seen.insert(*buffer)).collect()
}

impl<'b, 'c> Kernels<'b, 'c> {
    /// The types of what is given.
    pub(crate) fn types(&self, given: &Given) -> Vec<BasicTypeEnum<'c>> {
        let pointer = self.shell.pointer_type();
        let place = |(buffer, _): &(BufferId, Dim)| match self.plan.buffer(*buffer).storage {
            Storage::Input(i) => self.input_type(i),
            Storage::Output(_) | Storage::State(_) | Storage::Constant(_) | Storage::Workspace { .. } => {
                pointer
            }
        };
        match given {
            Given::Everything(_) => self.param_types(),
            Given::Starts(starts) => {
                let sizes = self.size_types().into_iter();
                sizes.chain(starts.iter().map(place)).chain([pointer]).collect()
            }
        }
    }

    /// What a body gives.
    pub(crate) fn args(&self, body: &Body<'b, 'c>, given: &Given) -> Vec<Val<'c>> {
        let (ir, params) = (&body.ir, &body.params);
        let place = |(buffer, start): &(BufferId, Dim)| {
            let dtype = body.plan.buffer(*buffer).dtype;
            match body.base(*buffer) {
                Base::Memory(base) => element_address(ir, dtype, base, ir.dim(start)).into(),
                Base::Value(value) => to_memory(ir, stored_scalar(dtype), value, 1),
            }
        };
        match given {
            Given::Everything(_) => params.clone(),
            Given::Starts(starts) => {
                let sizes = params[..self.size_types().len()].iter().copied();
                sizes.chain(starts.iter().map(place)).chain([body.context()]).collect()
            }
        }
    }

    /// Declares a function that is given this behind some numbers.
    pub(crate) fn declare_part(&self, name: &str, numbers: usize, given: &Given) -> FunctionValue<'c> {
        let mut types = vec![basic(self.shell.context.i64_type()); numbers];
        types.extend(self.types(given));
        let (first, end) = match given {
            Given::Everything(_) => self.own_params(),
            Given::Starts(starts) => {
                let first = self.size_types().len();
                (first, first + starts.len())
            }
        };
        self.declare(&self.next_name(name), &types, (numbers + first, numbers + end), None)
    }

    /// Starts the body of such a function.
    pub(crate) fn part(&self, function: FunctionValue<'c>, numbers: usize, given: &Given) -> Body<'b, 'c> {
        let params: Vec<Val> = function.get_param_iter().skip(numbers).collect();
        let starts = match given {
            Given::Everything(buffers) => return self.body(function, params, Some(buffers)),
            Given::Starts(starts) => starts,
        };
        let ir = Ir::new(self.shell, function);
        self.set_sizes(&ir, &params);
        let base = |((buffer, _), param): (&(BufferId, Dim), &Val<'c>)| {
            let base = match param {
                Val::PointerValue(start) => Base::Memory(*start),
                value @ Val::ArrayValue(_)
                | value @ Val::IntValue(_)
                | value @ Val::FloatValue(_)
                | value @ Val::StructValue(_)
                | value @ Val::VectorValue(_)
                | value @ Val::ScalableVectorValue(_) => {
                    let scalar = stored_scalar(self.plan.buffer(*buffer).dtype);
                    Base::Value(from_memory(&ir, scalar, *value))
                }
            };
            (*buffer, base)
        };
        let places = &params[self.size_types().len()..];
        let bases = Bases::Known(starts.iter().zip(places).map(base).collect());
        let chunk = ir.int(0);
        Body { ir, plan: self.plan, bases, chunk, params, budget: self.budget }
    }
}
