//! Kernels: what a function does once its arguments are checked.
//!
//! A kernel is an internal function that takes the sizes, one value or pointer for each input, output and
//! state that the function touches, the workspace and the context. No two of its pointers lead to memory that
//! one of them writes, so all carry `noalias`. Where a call keeps its arguments in a
//! [frame](tgc_plan::Frame), the workspace and the context are all that is passed, and an argument is loaded
//! where it is used.
//!
//! A kernel of many steps calls functions of some of them each, in which every step is [a function of its
//! own](crate::work), so that steps that do the same [share code](crate::given).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use inkwell::attributes::AttributeLoc;
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum};
use inkwell::values::{FunctionValue, PointerValue};
use tgc_plan::{BufferId, Call, FunctionPlan, Kind, State, Step};
use tgc_scalar::stored_scalar;

use crate::body::{Base, Bases, Body, Passed};
use crate::check;
use crate::entry;
use crate::given::{Given, touched};
use crate::ir::{Ir, Val, basic};
use crate::matmul;
use crate::memory::scalar_memory_type;
use crate::shell::Shell;

/// Emits the kernels of one function.
pub(crate) struct Kernels<'b, 'c> {
    pub(crate) shell: &'b Shell<'b, 'c>,
    pub(crate) plan: FunctionPlan<'b>,
    /// The model's constants.
    constants: &'b [PointerValue<'c>],
    states: &'b [State],
    /// The states that the function reads or updates in any variant, ascending.
    touched: Rc<[usize]>,
    is_framed: bool,
    /// The most bytes of live values of a tile.
    pub(crate) budget: usize,
    /// How many parts have a name.
    parts: Cell<u32>,
    /// The functions of steps that others may call too.
    pub(crate) shared: RefCell<HashMap<Kind, FunctionValue<'c>>>,
}

/// The most steps of one function: LLVM takes a time that grows with the square of a function's loops and
/// values.
const TOGETHER: usize = 24;

/// So many touches of buffers are as good as a step: those of an unrolled loop stand in one block of LLVM's.
const TOUCHES: usize = 24;

/// How many usual steps one is.
fn weight(step: &Step) -> usize {
    step.accesses().len().div_ceil(TOUCHES).max(1)
}

/// Steps in groups that are functions.
fn groups(mut steps: &[Step]) -> impl Iterator<Item = &[Step]> {
    let group = move || {
        let mut total = 0;
        let fits = |step: &&Step| {
            total += weight(step);
            total <= TOGETHER
        };
        let count = steps.iter().take_while(fits).count().max(1);
        let (group, rest) = steps.split_at_checked(count)?;
        steps = rest;
        Some(group)
    };
    std::iter::from_fn(group)
}

impl<'b, 'c> Kernels<'b, 'c> {
    /// Emits a kernel: `status kernel(sizes…, inputs…, outputs…, states…, workspace, context)`, or, with a
    /// frame, `status kernel(workspace, context)`.
    pub(crate) fn build(
        shell: &'b Shell<'b, 'c>,
        plan: FunctionPlan<'b>,
        constants: &'b [PointerValue<'c>],
        states: &'b [State],
        touched: Rc<[usize]>,
        budget: usize,
    ) -> FunctionValue<'c> {
        let is_framed = plan.signature.frame().is_some();
        let (parts, shared) = (Cell::new(0), RefCell::default());
        let kernels = Kernels { shell, plan, constants, states, touched, is_framed, budget, parts, shared };
        let steps = plan.body.steps.as_slice();
        match groups(steps).count() <= 1 {
            true => {
                kernels.build_group("kernel", Some(steps), &|body| kernels.build_steps(body, steps, false))
            }
            false => kernels.build_group("kernel", None, &|body| kernels.call_groups(body, steps)),
        }
    }

    /// Emits `status name(…)`, which is given what the kernel is given and finds the buffers of some steps at
    /// once, or each where it is asked for.
    fn build_group(
        &self,
        name: &str,
        steps: Option<&[Step]>,
        build: &dyn Fn(&Body<'b, 'c>),
    ) -> FunctionValue<'c> {
        let status = self.shell.context.i32_type();
        let function = self.declare(name, &self.param_types(), self.own_params(), Some(basic(status)));
        let buffers = steps.map(touched);
        let body = self.body(function, function.get_params(), buffers.as_deref());
        build(&body);
        body.ir.return_value(status.const_zero().into());
        body.ir.finish();
        function
    }

    /// Emits functions of some steps each, and their calls. What comes next runs if no check failed.
    fn call_groups(&self, body: &Body<'b, 'c>, steps: &'b [Step]) {
        let ir = &body.ir;
        for steps in groups(steps) {
            let group =
                self.build_group(&self.next_name("steps"), None, &|body| self.build_steps(body, steps, true));
            let status = ir.call(group, &body.params).expect("invariant: it returns a status");
            if steps.iter().any(|step| matches!(step, Step::Check(_))) {
                ir.return_if_failed(status);
            }
        }
    }

    /// Emits steps, those with rows in functions of their own if `apart`.
    fn build_steps(&self, body: &Body<'b, 'c>, steps: &'b [Step], apart: bool) {
        for step in steps {
            match step {
                Step::Nest(_) | Step::Matmul(_) if apart => self.build_apart(body, step),
                Step::Nest(_) | Step::Matmul(_) | Step::Copy { .. } | Step::Check(_) | Step::Call(_) => {
                    self.build_step(body, &Given::everything(step), step);
                }
            }
        }
    }

    /// Emits a step where this is given.
    pub(crate) fn build_step(&self, body: &Body<'b, 'c>, given: &Given, step: &Step) {
        match step {
            Step::Nest(_) => self.build_rows(body, given, step),
            Step::Matmul(matmul) => {
                matmul::build_shared(body, matmul);
                self.build_rows(body, given, step);
            }
            Step::Copy { from, to } => build_copy(body, *from, *to),
            Step::Check(check) => check::build_check(body, check),
            Step::Call(call) => build_call(body, call),
        }
    }

    /// A name for a further part of the kernel.
    pub(crate) fn next_name(&self, kind: &str) -> String {
        format!("{kind}{}", self.parts.replace(self.parts.get() + 1))
    }

    /// The types of the sizes, or of what leads to them.
    pub(crate) fn size_types(&self) -> Vec<BasicTypeEnum<'c>> {
        entry::size_types(self.shell, self.plan.signature)
    }

    /// Tells a body the sizes, which come first among what it is given.
    pub(crate) fn set_sizes(&self, ir: &Ir<'_, 'c>, params: &[Val<'c>]) {
        match self.is_framed {
            true => ir.size_words.set(Some(params[0].into_pointer_value())),
            false => {
                let sizes = &params[..self.plan.signature.symbols.len()];
                *ir.sizes.borrow_mut() = sizes.iter().map(|size| size.into_int_value()).collect();
            }
        }
    }

    /// The type of an input as the kernel is given it.
    pub(crate) fn input_type(&self, index: usize) -> BasicTypeEnum<'c> {
        entry::input_type(self.shell, &self.plan.signature.inputs[index])
    }

    /// The parameters of the kernel, the workspace and the context last.
    pub(crate) fn param_types(&self) -> Vec<BasicTypeEnum<'c>> {
        entry::param_types(self.shell, self.plan.signature, self.touched.len())
    }

    /// The range of the kernel's parameters that lead to memory of their own. The context does not: the
    /// runtime reads it while the kernel runs. What a frame says is loaded again after each store: a thousand
    /// addresses fit in no registers.
    pub(crate) fn own_params(&self) -> (usize, usize) {
        match self.is_framed {
            true => (0, 0),
            false => (0, self.param_types().len() - 1),
        }
    }

    /// Declares a part of the kernel, of whose parameters the pointers in a range lead to memory of their
    /// own.
    pub(crate) fn declare(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'c>],
        (first, end): (usize, usize),
        returns: Option<BasicTypeEnum<'c>>,
    ) -> FunctionValue<'c> {
        let params: Vec<BasicMetadataTypeEnum> = types.iter().map(|ty| (*ty).into()).collect();
        let ty = match returns {
            Some(returns) => returns.fn_type(&params, false),
            None => self.shell.context.void_type().fn_type(&params, false),
        };
        let function = self.shell.kernel_function(&self.full_name(name), ty);
        for i in (first..end).filter(|i| types[*i].is_pointer_type()) {
            self.shell.mark(function, AttributeLoc::Param(i as u32), "noalias");
        }
        function
    }

    /// The name of a part of the kernel, with the function in front.
    pub(crate) fn full_name(&self, part: &str) -> String {
        format!("{}.{part}", self.plan.signature.name)
    }

    /// Starts a body that is given what the kernel is given, and finds some buffers, or any where it is asked
    /// for.
    pub(crate) fn body(
        &self,
        function: FunctionValue<'c>,
        params: Vec<Val<'c>>,
        buffers: Option<&[BufferId]>,
    ) -> Body<'b, 'c> {
        let ir = Ir::new(self.shell, function);
        self.set_sizes(&ir, &params);
        let passed = Passed { plan: self.plan, constants: self.constants, touched: self.touched.clone() };
        let bases = match (self.is_framed, buffers) {
            (true, _) => {
                let words = params[0].into_pointer_value();
                Bases::Framed { words, constants: self.constants, states: self.states }
            }
            (false, Some(buffers)) => {
                Bases::Known(buffers.iter().map(|id| (*id, passed.find(&ir, &params, *id))).collect())
            }
            (false, None) => Bases::Passed(passed),
        };
        let chunk = ir.int(0);
        Body { ir, plan: self.plan, bases, chunk, params, budget: self.budget }
    }
}

/// Calls the function of the runtime that is the routine for the operand's element type.
fn build_call(body: &Body<'_, '_>, call: &Call) {
    let ir = &body.ir;
    let memory = |buffer: BufferId| match body.base(buffer) {
        Base::Memory(address) => Val::from(address),
        Base::Value(_) => unreachable!("invariant: a routine's operand has rows"),
    };
    let suffix = call.routine.suffix(body.plan.buffer(call.from).dtype);
    let name = format!("tgc_rt_{}_{suffix}", call.routine.name());
    let descending = ir.context().bool_type().const_int(u64::from(call.routine.is_descending()), false);
    let args = [
        memory(call.from),
        memory(call.to),
        memory(call.scratch),
        ir.dim(&call.rows).into(),
        ir.dim(&call.length).into(),
        descending.into(),
    ];
    ir.call(ir.runtime(&name), &args);
}

fn build_copy(body: &Body<'_, '_>, from: BufferId, to: BufferId) {
    let ir = &body.ir;
    let buffer = body.plan.buffer(from);
    let bytes = ir.dim(&buffer.bytes());
    let align = stored_scalar(buffer.dtype).bytes() as u32;
    let Base::Memory(target) = body.base(to) else { unreachable!("invariant: nothing writes an input") };
    match body.base(from) {
        Base::Memory(source) => {
            ir.builder
                .build_memcpy(target, align, source, align, bytes)
                .expect("invariant: alignments are powers of 2");
        }
        Base::Value(value) => {
            let scalar = stored_scalar(buffer.dtype);
            debug_assert_eq!(scalar_memory_type(ir, scalar, 1).is_int_type(), value.is_int_value());
            ir.store(crate::memory::to_memory(ir, scalar, value, 1), target, scalar.bytes());
        }
    }
}
