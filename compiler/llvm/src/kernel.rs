//! Kernels: what a function does once its arguments are checked.
//!
//! A kernel is an internal function that takes the sizes, one value or pointer for each input, output and state that the
//! function touches, the workspace and the context. No two of its pointers lead to memory that one of them writes, so all
//! carry `noalias`. Where a call keeps its arguments in a [frame](tgc_plan::Frame), the workspace and the context are all that
//! is passed, and an argument is loaded where it is used. A nest that may run on several threads is a function of its own over a range of rows; its task unpacks
//! a frame of the same parameters.

use std::cell::Cell;

use inkwell::IntPredicate;
use inkwell::attributes::AttributeLoc;
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum};
use inkwell::values::{FunctionValue, IntValue, PointerValue};
use tgc_graph::dtype::DType;
use tgc_plan::{BufferId, FunctionPlan, MAX_CHUNKS, Nest, Parallel, Place, Product, State, Step};
use tgc_runtime::layout::Context as Instance;
use tgc_scalar::{ScalarType, stored_scalar};

use crate::check;
use crate::ir::{Ir, Val, basic};
use crate::memory::{from_memory, scalar_memory_type};
use crate::nest;
use crate::product;
use crate::shell::Shell;
use crate::wrapper::load_slot;

/// Where a buffer is.
#[derive(Clone, Copy)]
pub(crate) enum Base<'c> {
    /// A 0-d input that arrived by value.
    Value(Val<'c>),
    /// Its first element.
    Memory(PointerValue<'c>),
}

/// Where the buffers of a body are.
enum Bases<'b, 'c> {
    /// In parameters, or at a known distance from one: by buffer.
    Known(Vec<Base<'c>>),
    /// Where the words of the frame say, which are the start of the workspace.
    Framed { words: PointerValue<'c>, constants: &'b [PointerValue<'c>], states: &'b [State] },
}

/// A kernel, or a part of one, under construction.
pub(crate) struct Body<'b, 'c> {
    pub(crate) ir: Ir<'b, 'c>,
    pub(crate) plan: FunctionPlan<'b>,
    /// Where buffers are.
    bases: Bases<'b, 'c>,
    /// The number of the chunk whose rows it runs.
    pub(crate) chunk: IntValue<'c>,
    /// The parameters as they came, to pass on.
    params: Vec<Val<'c>>,
}

impl<'c> Body<'_, 'c> {
    /// The instance.
    pub(crate) fn context(&self) -> Val<'c> {
        *self.params.last().expect("invariant: the context comes last")
    }
}

impl<'b, 'c> Body<'b, 'c> {
    /// Where a buffer is.
    pub(crate) fn base(&self, buffer: BufferId) -> Base<'c> {
        match &self.bases {
            Bases::Known(bases) => bases[buffer.0 as usize],
            Bases::Framed { words, constants, states } => match &self.plan.buffer(buffer).place {
                Place::Input(i) if self.plan.signature.inputs[*i].is_by_value() => {
                    let dtype = self.plan.signature.inputs[*i].ty.dtype;
                    let value = self.argument(*words, *i, scalar_type(self.ir.shell, dtype));
                    Base::Value(from_memory(&self.ir, stored_scalar(dtype), value))
                }
                Place::Input(i) => Base::Memory(self.array(*words, *i)),
                Place::Output(i) => Base::Memory(self.array(*words, self.plan.signature.inputs.len() + i)),
                Place::State(i) => {
                    let context = self.context().into_pointer_value();
                    let block = load_slot(&self.ir, context, Instance::STATE).into_pointer_value();
                    Base::Memory(self.ir.offset(block, self.ir.int(states[*i].offset as i64)))
                }
                Place::Constant(i) => Base::Memory(constants[*i]),
                Place::Workspace { offset } => Base::Memory(self.ir.offset(*words, self.ir.size(offset))),
            },
        }
    }

    /// What the frame holds of an input, or of an output behind all inputs.
    fn argument(&self, words: PointerValue<'c>, index: usize, ty: BasicTypeEnum<'c>) -> Val<'c> {
        let word = self.plan.signature.symbols.len() + index;
        self.ir.load(ty, self.ir.word_address(words, word), 8)
    }

    fn array(&self, words: PointerValue<'c>, index: usize) -> PointerValue<'c> {
        self.argument(words, index, self.ir.shell.pointer_type()).into_pointer_value()
    }

    /// The body of a function that is given all it needs: it knows no buffers.
    pub(crate) fn apart(&self, function: FunctionValue<'c>) -> Body<'b, 'c> {
        let ir = Ir::new(self.ir.shell, function);
        let chunk = ir.int(0);
        Body { ir, plan: self.plan, bases: Bases::Known(vec![]), chunk, params: vec![] }
    }
}

/// Rows of a step: those of a chunk, with its number, or all.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'c> {
    pub(crate) begin: IntValue<'c>,
    pub(crate) end: IntValue<'c>,
    pub(crate) chunk: IntValue<'c>,
}

/// A step whose rows may be shared out to threads.
#[derive(Clone, Copy)]
enum Work<'p> {
    Nest(&'p Nest),
    Product(&'p Product),
}

impl<'p> Work<'p> {
    fn extent<'c>(self, ir: &Ir<'_, 'c>) -> IntValue<'c> {
        match self {
            Work::Nest(nest) => nest::extent(ir, nest),
            Work::Product(product) => ir.dim(product.extents()[0]),
        }
    }

    fn parallel(self) -> Option<&'p Parallel> {
        match self {
            Work::Nest(nest) => nest.parallel.as_ref(),
            Work::Product(product) => product.parallel.as_ref(),
        }
    }

    /// How many chunks so many rows make, and how many rows each has but the last ones.
    fn chunks<'c>(
        self,
        ir: &Ir<'_, 'c>,
        parallel: &Parallel,
        extent: IntValue<'c>,
    ) -> (IntValue<'c>, IntValue<'c>) {
        let together = match self {
            Work::Nest(nest) => nest.rows,
            Work::Product(product) => product.tile.rows,
        };
        let round_up_div = |a: IntValue<'c>, b: IntValue<'c>| ir.udiv(ir.add(a, ir.sub(b, ir.int(1))), b);
        let wanted = round_up_div(extent, ir.int(parallel.rows_per_chunk.max(1)));
        let count = ir.min(wanted, ir.int(MAX_CHUNKS));
        let rows = round_up_div(extent, ir.max(count, ir.int(1)));
        let (whole, _) = ir.split(ir.add(rows, ir.int(i64::from(together) - 1)), together);
        (count, whole)
    }

    fn build<'c>(self, body: &Body<'_, 'c>, rows: Rows<'c>) {
        match self {
            Work::Nest(nest) => nest::build_rows(body, nest, rows.begin, rows.end),
            Work::Product(product) => product::build_rows(body, product, rows),
        }
    }
}

/// Emits the kernels of one function.
pub(crate) struct Kernels<'b, 'c> {
    shell: &'b Shell<'b, 'c>,
    plan: FunctionPlan<'b>,
    /// The model's constants.
    constants: &'b [PointerValue<'c>],
    states: &'b [State],
    parts: Cell<u32>,
}

/// The type in which a scalar of this element type is passed: its bits, Bool as a byte.
pub(crate) fn scalar_type<'c>(shell: &Shell<'_, 'c>, dtype: DType) -> BasicTypeEnum<'c> {
    match stored_scalar(dtype) {
        ScalarType::F32 => basic(shell.context.f32_type()),
        ScalarType::F64 => basic(shell.context.f64_type()),
        scalar => basic(crate::ir::int_of_bits(shell.context, scalar.bits())),
    }
}

/// The states that a function reads or updates, ascending.
pub(crate) fn touched_states(plan: FunctionPlan<'_>) -> Vec<usize> {
    let mut states: Vec<usize> =
        plan.signature.reads.iter().chain(&plan.signature.updates).copied().collect();
    states.extend(plan.body.buffers.iter().filter_map(|buffer| match buffer.place {
        Place::State(state) => Some(state),
        Place::Input(_) | Place::Output(_) | Place::Constant(_) | Place::Workspace { .. } => None,
    }));
    states.sort_unstable();
    states.dedup();
    states
}

impl<'b, 'c> Kernels<'b, 'c> {
    /// Emits a kernel: `status kernel(sizes…, inputs…, outputs…, states…, workspace, context)`, or, with a frame,
    /// `status kernel(workspace, context)`.
    pub(crate) fn build(
        shell: &'b Shell<'b, 'c>,
        plan: FunctionPlan<'b>,
        constants: &'b [PointerValue<'c>],
        states: &'b [State],
    ) -> FunctionValue<'c> {
        let kernels = Kernels { shell, plan, constants, states, parts: Cell::new(0) };
        let status = shell.context.i32_type();
        let function = kernels.declare(&format!("{}.kernel", plan.signature.name), 0, Some(basic(status)));
        let body = kernels.body(function, 0);
        for step in &plan.body.steps {
            match step {
                Step::Nest(nest) => kernels.build_work(&body, Work::Nest(nest)),
                Step::Product(product) => {
                    product::build_shared(&body, product);
                    kernels.build_work(&body, Work::Product(product));
                }
                Step::Copy { from, to } => build_copy(&body, *from, *to),
                Step::Check(check) => check::build_check(&body, check),
            }
        }
        body.ir.return_value(status.const_zero().into());
        body.ir.finish();
        function
    }

    fn is_framed(&self) -> bool {
        self.plan.signature.frame().is_some()
    }

    /// The parameters of every part, the workspace and the context last.
    fn param_types(&self) -> Vec<BasicTypeEnum<'c>> {
        let pointer = self.shell.pointer_type();
        if self.is_framed() {
            return vec![pointer; 2];
        }
        let mut types = vec![basic(self.shell.context.i64_type()); self.plan.signature.symbols.len()];
        types.extend(self.plan.signature.inputs.iter().map(|input| match input.is_by_value() {
            true => scalar_type(self.shell, input.ty.dtype),
            false => pointer,
        }));
        let pointers = self.plan.signature.outputs.len() + touched_states(self.plan).len() + 2;
        types.extend(std::iter::repeat_n(pointer, pointers));
        types
    }

    /// A part, with some more sizes in front of the parameters.
    fn declare(&self, name: &str, ranges: usize, returns: Option<BasicTypeEnum<'c>>) -> FunctionValue<'c> {
        let mut types: Vec<BasicMetadataTypeEnum> = vec![self.shell.context.i64_type().into(); ranges];
        types.extend(self.param_types().into_iter().map(BasicMetadataTypeEnum::from));
        let ty = match returns {
            Some(returns) => returns.fn_type(&types, false),
            None => self.shell.context.void_type().fn_type(&types, false),
        };
        let function = self.shell.kernel_function(name, ty);
        for (i, ty) in types.iter().enumerate() {
            // The context is read by the runtime while the kernel runs. What a frame says is loaded again after each store:
            // a thousand addresses fit in no registers.
            if ty.is_pointer_type() && i + 1 < types.len() && !self.is_framed() {
                self.shell.mark(function, AttributeLoc::Param(i as u32), "noalias");
            }
        }
        function
    }

    /// Starts the body of a part.
    fn body(&self, function: FunctionValue<'c>, ranges: usize) -> Body<'b, 'c> {
        let ir = Ir::new(self.shell, function);
        let params: Vec<Val> = function.get_param_iter().skip(ranges).collect();
        let plan = self.plan;
        let chunk = ir.int(0);
        if self.is_framed() {
            let words = params[0].into_pointer_value();
            ir.size_words.set(Some(words));
            let bases = Bases::Framed { words, constants: self.constants, states: self.states };
            return Body { ir, plan, bases, chunk, params };
        }
        let (symbols, inputs) = (plan.signature.symbols.len(), plan.signature.inputs.len());
        *ir.sizes.borrow_mut() = params[..symbols].iter().map(|p| p.into_int_value()).collect();
        let states = touched_states(plan);
        let outputs_end = symbols + inputs + plan.signature.outputs.len();
        let workspace = params[outputs_end + states.len()].into_pointer_value();
        let base = |place: &Place| match place {
            Place::Input(i) if plan.signature.inputs[*i].is_by_value() => {
                let scalar = stored_scalar(plan.signature.inputs[*i].ty.dtype);
                Base::Value(from_memory(&ir, scalar, params[symbols + i]))
            }
            Place::Input(i) => Base::Memory(params[symbols + i].into_pointer_value()),
            Place::Output(i) => Base::Memory(params[symbols + inputs + i].into_pointer_value()),
            Place::State(state) => {
                let at =
                    states.iter().position(|s| s == state).expect("invariant: touched states are listed");
                Base::Memory(params[outputs_end + at].into_pointer_value())
            }
            Place::Constant(i) => Base::Memory(self.constants[*i]),
            Place::Workspace { offset } => Base::Memory(ir.offset(workspace, ir.size(offset))),
        };
        let bases = Bases::Known(plan.body.buffers.iter().map(|buffer| base(&buffer.place)).collect());
        Body { ir, plan, bases, chunk, params }
    }

    fn build_work(&self, body: &Body<'b, 'c>, work: Work<'b>) {
        let ir = &body.ir;
        let extent = work.extent(ir);
        let rows = Rows { begin: ir.int(0), end: extent, chunk: ir.int(0) };
        let Some(parallel) = work.parallel() else { return work.build(body, rows) };
        let part = self.parts.replace(self.parts.get() + 1);
        let range = self.build_range(work, part);
        let (chunks, _) = work.chunks(ir, parallel, extent);
        if chunks.get_sign_extended_constant().is_some_and(|chunks| chunks <= 1) {
            return self.call_range(ir, range, rows, &body.params);
        }
        let task = self.build_task(work, parallel, range, part);
        let (many, few, done) = (ir.new_block("parallel"), ir.new_block("serial"), ir.new_block("joined"));
        ir.branch(ir.compare_int(IntPredicate::SGT, chunks, ir.int(1)), many, few);
        ir.position(many);
        let frame = self.build_frame(body);
        let context = body.context();
        let count = ir
            .builder
            .build_int_truncate(chunks, ir.context().i32_type(), "")
            .expect("invariant: an integer");
        let task = task.as_global_value().as_pointer_value();
        let args = [context, count.into(), task.into(), frame.into()];
        let ran = ir.call(ir.runtime("tgc_rt_parallel"), &args).expect("invariant: it says whether it ran");
        ir.branch(ran.into_int_value(), done, few);
        ir.position(few);
        self.call_range(ir, range, rows, &body.params);
        ir.jump(done);
        ir.position(done);
    }

    /// Emits `void part(begin, end, chunk, …)`: the rows of a step in a range.
    fn build_range(&self, work: Work<'_>, part: u32) -> FunctionValue<'c> {
        let function = self.declare(&format!("{}.rows{part}", self.plan.signature.name), 3, None);
        let mut body = self.body(function, 3);
        let param = |i| function.get_nth_param(i).expect("invariant: the range comes first").into_int_value();
        body.chunk = param(2);
        work.build(&body, Rows { begin: param(0), end: param(1), chunk: param(2) });
        body.ir.return_void();
        body.ir.finish();
        function
    }

    fn call_range(&self, ir: &Ir<'_, 'c>, range: FunctionValue<'c>, rows: Rows<'c>, params: &[Val<'c>]) {
        let Rows { begin, end, chunk } = rows;
        let range_args = [begin, end, chunk].map(Val::from);
        let args: Vec<Val> = range_args.into_iter().chain(params.iter().copied()).collect();
        ir.call(range, &args);
    }

    /// Stores the parameters where a task finds them, eight bytes each.
    fn build_frame(&self, body: &Body<'b, 'c>) -> PointerValue<'c> {
        let ir = &body.ir;
        let bytes = 8 * body.params.len() as u32;
        let frame = ir.take_scratch(bytes);
        for (i, param) in body.params.iter().enumerate() {
            ir.store(*param, ir.offset(frame, ir.int(8 * i as i64)), 8);
        }
        ir.give_scratch(bytes, frame);
        frame
    }

    /// Emits `void task(frame, chunk)`.
    fn build_task(
        &self,
        work: Work<'_>,
        parallel: &Parallel,
        range: FunctionValue<'c>,
        part: u32,
    ) -> FunctionValue<'c> {
        let context = self.shell.context;
        let params = [self.shell.pointer_type().into(), context.i32_type().into()];
        let ty = context.void_type().fn_type(&params, false);
        let function = self.shell.internal_function(&format!("{}.task{part}", self.plan.signature.name), ty);
        let ir = Ir::new(self.shell, function);
        let frame = function.get_nth_param(0).expect("invariant: the frame comes first").into_pointer_value();
        let chunk = function.get_nth_param(1).expect("invariant: the chunk comes second").into_int_value();
        let load = |(i, ty)| ir.load(ty, ir.offset(frame, ir.int(8 * i as i64)), 8);
        let params: Vec<Val> = self.param_types().into_iter().enumerate().map(load).collect();
        match self.is_framed() {
            true => ir.size_words.set(Some(params[0].into_pointer_value())),
            false => {
                let sizes = &params[..self.plan.signature.symbols.len()];
                *ir.sizes.borrow_mut() = sizes.iter().map(|p| p.into_int_value()).collect();
            }
        }
        let extent = work.extent(&ir);
        let (_, rows) = work.chunks(&ir, parallel, extent);
        let chunk = ir.builder.build_int_z_extend(chunk, ir.int_type(), "").expect("invariant: an integer");
        let begin = ir.min(ir.mul(chunk, rows), extent);
        let end = ir.min(ir.add(begin, rows), extent);
        self.call_range(&ir, range, Rows { begin, end, chunk }, &params);
        ir.return_void();
        ir.finish();
        function
    }
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
