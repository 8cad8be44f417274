//! Steps whose rows may be shared out to threads, or are emitted apart from the rest of the kernel.
//!
//! The rows of such a step in a range are a function. A task calls it for the rows of a chunk, with what it
//! finds in a frame.

use inkwell::IntPredicate;
use inkwell::values::{FunctionValue, IntValue, PointerValue};
use tgc_plan::{MAX_CHUNKS, Matmul, Nest, Parallel, Step};

use crate::body::Body;
use crate::given::Given;
use crate::ir::{Ir, Val};
use crate::kernel::Kernels;
use crate::matmul::{self, Rows};
use crate::nest;

/// A step that runs row by row.
#[derive(Clone, Copy)]
pub(crate) enum Work<'p> {
    Nest(&'p Nest),
    Matmul(&'p Matmul),
}

impl<'p> Work<'p> {
    fn of(step: &'p Step) -> Work<'p> {
        match step {
            Step::Nest(nest) => Work::Nest(nest),
            Step::Matmul(matmul) => Work::Matmul(matmul),
            Step::Copy { .. } | Step::Check(_) | Step::Call(_) => {
                unreachable!("invariant: copies, checks and calls have no rows")
            }
        }
    }

    fn extent<'c>(self, ir: &Ir<'_, 'c>) -> IntValue<'c> {
        match self {
            Work::Nest(nest) => nest::extent(ir, nest),
            Work::Matmul(matmul) => ir.dim(matmul.extents()[0]),
        }
    }

    fn parallel(self) -> Option<&'p Parallel> {
        match self {
            Work::Nest(nest) => nest.parallel.as_ref(),
            Work::Matmul(matmul) => matmul.parallel.as_ref(),
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
            Work::Matmul(matmul) => matmul.tile.mr,
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
            Work::Matmul(matmul) => matmul::build_rows(body, matmul, rows),
        }
    }
}

impl<'b, 'c> Kernels<'b, 'c> {
    /// Emits the call of a step's function, and the function if no step before had one of this kind.
    pub(crate) fn build_apart(&self, body: &Body<'b, 'c>, step: &Step) {
        let (given, form, kind) = Given::to(self.plan, step);
        let known = kind.as_ref().and_then(|kind| self.shared.borrow().get(kind).copied());
        let function = known.unwrap_or_else(|| self.build_function(&given, &form));
        body.ir.call(function, &self.args(body, &given));
        if let Some(kind) = kind {
            self.shared.borrow_mut().insert(kind, function);
        }
    }

    fn build_function(&self, given: &Given, step: &Step) -> FunctionValue<'c> {
        let function = self.declare_part("step", 0, given);
        let part = self.part(function, 0, given);
        self.build_step(&part, given, step);
        part.ir.return_void();
        part.ir.finish();
        function
    }

    /// Emits the rows of a step, in a function of their own if threads may share them. It is given what the
    /// body is given.
    pub(crate) fn build_rows(&self, body: &Body<'b, 'c>, given: &Given, step: &Step) {
        let (ir, work) = (&body.ir, Work::of(step));
        let rows = Rows { begin: ir.int(0), end: work.extent(ir), chunk: ir.int(0) };
        match work.parallel() {
            None => work.build(body, rows),
            Some(parallel) => self.share_out(body, (work, parallel), given, rows),
        }
    }

    /// Emits a function of rows and its call, by a pool where there are several chunks.
    fn share_out(
        &self,
        body: &Body<'b, 'c>,
        (work, parallel): (Work<'_>, &Parallel),
        given: &Given,
        rows: Rows<'c>,
    ) {
        let (ir, args) = (&body.ir, &body.params);
        let range = self.build_range(work, given);
        let (chunks, _) = work.chunks(ir, parallel, rows.end);
        if chunks.get_sign_extended_constant().is_some_and(|chunks| chunks <= 1) {
            return call_range(ir, range, rows, args);
        }
        let task = self.build_task((work, parallel), range, given);
        let (many, few, done) = (ir.new_block("parallel"), ir.new_block("serial"), ir.new_block("joined"));
        ir.branch(ir.compare_int(IntPredicate::SGT, chunks, ir.int(1)), many, few);
        ir.position(many);
        let frame = build_frame(ir, args);
        let context = body.context();
        let count = ir
            .builder
            .build_int_truncate(chunks, ir.context().i32_type(), "")
            .expect("invariant: an integer");
        let task = task.as_global_value().as_pointer_value();
        let call = [context, count.into(), task.into(), frame.into()];
        let ran = ir.call(ir.runtime("tgc_rt_parallel"), &call).expect("invariant: it says whether it ran");
        ir.branch(ran.into_int_value(), done, few);
        ir.position(few);
        call_range(ir, range, rows, args);
        ir.jump(done);
        ir.position(done);
    }

    /// Emits `void rows(begin, end, chunk, …)`: the rows of a step in a range.
    fn build_range(&self, work: Work<'_>, given: &Given) -> FunctionValue<'c> {
        let function = self.declare_part("rows", 3, given);
        let mut body = self.part(function, 3, given);
        let param = |i| function.get_nth_param(i).expect("invariant: the range comes first").into_int_value();
        body.chunk = param(2);
        work.build(&body, Rows { begin: param(0), end: param(1), chunk: param(2) });
        body.ir.return_void();
        body.ir.finish();
        function
    }

    /// Emits `void task(frame, chunk)`.
    fn build_task(
        &self,
        (work, parallel): (Work<'_>, &Parallel),
        range: FunctionValue<'c>,
        given: &Given,
    ) -> FunctionValue<'c> {
        let context = self.shell.context;
        let params = [self.shell.pointer_type().into(), context.i32_type().into()];
        let ty = context.void_type().fn_type(&params, false);
        let function = self.shell.internal_function(&self.next_name("task"), ty);
        let ir = Ir::new(self.shell, function);
        let frame = function.get_nth_param(0).expect("invariant: the frame comes first").into_pointer_value();
        let chunk = function.get_nth_param(1).expect("invariant: the chunk comes second").into_int_value();
        let load = |(i, ty)| ir.load(ty, ir.offset(frame, ir.int(8 * i as i64)), 8);
        let args: Vec<Val> = self.types(given).into_iter().enumerate().map(load).collect();
        self.set_sizes(&ir, &args);
        let extent = work.extent(&ir);
        let (_, rows) = work.chunks(&ir, parallel, extent);
        let chunk = ir.builder.build_int_z_extend(chunk, ir.int_type(), "").expect("invariant: an integer");
        let begin = ir.min(ir.mul(chunk, rows), extent);
        let end = ir.min(ir.add(begin, rows), extent);
        call_range(&ir, range, Rows { begin, end, chunk }, &args);
        ir.return_void();
        ir.finish();
        function
    }
}

fn call_range<'c>(ir: &Ir<'_, 'c>, range: FunctionValue<'c>, rows: Rows<'c>, args: &[Val<'c>]) {
    let Rows { begin, end, chunk } = rows;
    let range_args = [begin, end, chunk].map(Val::from);
    let args: Vec<Val> = range_args.into_iter().chain(args.iter().copied()).collect();
    ir.call(range, &args);
}

/// Stores arguments where a task finds them, eight bytes each.
fn build_frame<'c>(ir: &Ir<'_, 'c>, args: &[Val<'c>]) -> PointerValue<'c> {
    let bytes = 8 * args.len() as u32;
    let frame = ir.take_scratch(bytes);
    for (i, arg) in args.iter().enumerate() {
        ir.store(*arg, ir.offset(frame, ir.int(8 * i as i64)), 8);
    }
    ir.give_scratch(bytes, frame);
    frame
}
