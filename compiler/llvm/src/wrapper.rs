//! Wrappers: the exported functions. They check every argument, then call the kernel.
//!
//! All checks of sizes and pointers come before the kernel and write nothing. Each failing check leaves for a block of its own, out of the way,
//! that calls a reporter of the runtime. Wrappers are compiled for the baseline of the triple.
//!
//! Narrow integers carry no extension attribute: a callee that assumes nothing about the upper bits is right on every
//! system, whether callers extend (x86-64, Apple) or do not (AAPCS64).

use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::module::Linkage;
use inkwell::types::BasicMetadataTypeEnum;
use inkwell::values::{FunctionValue, IntValue, PointerValue};
use tgc_graph::ty::TensorType;
use tgc_plan::{Argument, FunctionPlan, Interface};
use tgc_runtime::layout::Context as Instance;
use tgc_scalar::stored_scalar;

use crate::ir::{Ir, Val};
use crate::kernel::{is_by_value, scalar_type, touched_states};
use crate::shell::Shell;

/// A function whose wrapper is to be emitted.
pub(crate) struct Wrapper<'b, 'c> {
    pub(crate) shell: &'b Shell<'b, 'c>,
    pub(crate) model: &'b Interface,
    pub(crate) plan: FunctionPlan<'b>,
    pub(crate) hash: u64,
    pub(crate) state_bytes: u64,
    pub(crate) kernel: FunctionValue<'c>,
}

/// A piece of memory that a call touches.
#[derive(Clone, Copy)]
struct Region<'c> {
    name: PointerValue<'c>,
    start: IntValue<'c>,
    bytes: IntValue<'c>,
}

/// The wrapper's body under construction.
struct Checks<'b, 'c> {
    ir: Ir<'b, 'c>,
    context: PointerValue<'c>,
    name: PointerValue<'c>,
}

/// Where an instance keeps what wrappers read.
pub(crate) fn load_slot<'c>(ir: &Ir<'_, 'c>, context: PointerValue<'c>, offset: usize) -> Val<'c> {
    ir.load(ir.shell.pointer_type(), ir.offset(context, ir.int(offset as i64)), 8)
}

impl<'b, 'c> Wrapper<'b, 'c> {
    /// Emits `status name(ctx, sizes…, inputs…, outputs…)`.
    pub(crate) fn build(&self, linked_name: &str) -> FunctionValue<'c> {
        let (shell, plan) = (self.shell, self.plan);
        let mut types: Vec<BasicMetadataTypeEnum> = vec![shell.pointer_type().into()];
        types.extend(
            plan.signature.symbols.iter().map(|_| BasicMetadataTypeEnum::from(shell.context.i64_type())),
        );
        types.extend(plan.signature.inputs.iter().map(|input| match is_by_value(input) {
            true => BasicMetadataTypeEnum::from(scalar_type(shell, input.ty.dtype)),
            false => shell.pointer_type().into(),
        }));
        types
            .extend(plan.signature.outputs.iter().map(|_| BasicMetadataTypeEnum::from(shell.pointer_type())));
        let ty = shell.context.i32_type().fn_type(&types, false);
        let function = shell.function(linked_name, ty, Linkage::External);
        let ir = Ir::new(shell, function);
        let params = function.get_params();
        *ir.sizes.borrow_mut() =
            params[1..=plan.signature.symbols.len()].iter().map(|p| p.into_int_value()).collect();
        let checks =
            Checks { ir, context: params[0].into_pointer_value(), name: shell.text(&plan.signature.name) };
        let args = self.check(&checks, params[1 + plan.signature.symbols.len()..].to_vec());
        self.call_kernel(&checks, &args);
        checks.ir.finish();
        function
    }

    /// All checks, in the order in which a caller would want to hear of failures. Returns inputs and outputs with
    /// defaults in place.
    fn check(&self, checks: &Checks<'b, 'c>, mut args: Vec<Val<'c>>) -> Vec<Val<'c>> {
        checks.instance(self.hash);
        for (id, symbol) in self.plan.signature.symbols.iter() {
            checks.size_in_range(checks.ir.sizes.borrow()[id.0 as usize], symbol);
        }
        for check in &self.plan.signature.checks {
            checks.equal(check);
        }
        let mut inputs = vec![];
        let mut outputs = vec![];
        for (i, arg) in self.plan.signature.inputs.iter().enumerate().filter(|(_, arg)| !is_by_value(arg)) {
            let pointer = self.or_default(checks, arg, args[i]);
            inputs.push(checks.region(arg, pointer));
            args[i] = pointer.into();
        }
        for (arg, pointer) in
            self.plan.signature.outputs.iter().zip(&args[self.plan.signature.inputs.len()..])
        {
            outputs.push(checks.region(arg, pointer.into_pointer_value()));
        }
        self.check_overlaps(checks, &inputs, &outputs);
        checks.workspace(checks.ir.size(&self.plan.body.workspace));
        args
    }

    /// The pointer, or the default's if it is NULL and there is one.
    fn or_default(&self, checks: &Checks<'b, 'c>, arg: &Argument, given: Val<'c>) -> PointerValue<'c> {
        let ir = &checks.ir;
        let pointer = given.into_pointer_value();
        let Some(default) = &arg.default else { return pointer };
        let constant = self.shell.bytes("default", default.bytes(), 64);
        let null = ir.builder.build_is_null(pointer, "").expect("invariant: the builder is positioned");
        ir.select(null.into(), constant.into(), pointer.into()).into_pointer_value()
    }

    fn check_overlaps(&self, checks: &Checks<'b, 'c>, inputs: &[Region<'c>], outputs: &[Region<'c>]) {
        let ir = &checks.ir;
        let mut taken: Vec<Region> = inputs.to_vec();
        if self.state_bytes > 0 && !outputs.is_empty() {
            let bytes = ir.int(self.state_bytes as i64);
            taken.push(checks.block("the instance's state", Instance::STATE, bytes));
        }
        if !outputs.is_empty() {
            taken.push(checks.block("the instance's workspace", Instance::WS, checks.workspace_bytes()));
        }
        for output in outputs {
            for other in &taken {
                checks.apart(output, other);
            }
            taken.push(*output);
        }
        for &state in &self.plan.signature.updates {
            let state = &self.model.states[state];
            let bytes = ir.int(state.initial.bytes().len() as i64);
            let block = load_slot(ir, checks.context, Instance::STATE).into_pointer_value();
            let start = checks.address(ir.offset(block, ir.int(state.offset as i64)));
            let region = Region { name: self.shell.text(&state.name), start, bytes };
            inputs.iter().for_each(|input| checks.apart(&region, input));
        }
    }

    fn call_kernel(&self, checks: &Checks<'b, 'c>, args: &[Val<'c>]) {
        let ir = &checks.ir;
        let mut params: Vec<Val> = ir.sizes.borrow().iter().map(|&size| size.into()).collect();
        params.extend(args);
        let states = touched_states(self.plan);
        if !states.is_empty() {
            let block = load_slot(ir, checks.context, Instance::STATE).into_pointer_value();
            let state = |&i: &usize| Val::from(ir.offset(block, ir.int(self.model.states[i].offset as i64)));
            params.extend(states.iter().map(state));
        }
        params.push(load_slot(ir, checks.context, Instance::WS));
        params.push(checks.context.into());
        let status = ir.call(self.kernel, &params);
        ir.return_value(status.expect("invariant: kernels return a status"));
    }

    /// Emits `int32_t call(void *ctx, const int64_t *dims, void *const *args)`, which takes everything by pointer.
    pub(crate) fn build_packed(&self, wrapper: FunctionValue<'c>) -> FunctionValue<'c> {
        let (shell, plan) = (self.shell, self.plan);
        let pointer = shell.pointer_type();
        let ty = shell.context.i32_type().fn_type(&[pointer.into(); 3], false);
        let function = shell.internal_function(&format!("{}.packed", plan.signature.name), ty);
        let ir = Ir::new(shell, function);
        let params: Vec<PointerValue> = function.get_param_iter().map(|p| p.into_pointer_value()).collect();
        let mut args: Vec<Val> = vec![params[0].into()];
        for i in 0..plan.signature.symbols.len() {
            args.push(ir.load(ir.int_type().into(), ir.offset(params[1], ir.int(8 * i as i64)), 8));
        }
        let checks = Checks { ir, context: params[0], name: shell.text(&plan.signature.name) };
        let ir = &checks.ir;
        for (i, arg) in plan.signature.inputs.iter().chain(&plan.signature.outputs).enumerate() {
            let given = ir.load(pointer, ir.offset(params[2], ir.int(8 * i as i64)), 8);
            args.push(match i < plan.signature.inputs.len() && is_by_value(arg) {
                true => {
                    let from = self.or_default(&checks, arg, given);
                    checks.not_null(from, None, shell.text(&arg.name));
                    ir.load(scalar_type(shell, arg.ty.dtype), from, 1)
                }
                false => given,
            });
        }
        let status = ir.call(wrapper, &args).expect("invariant: wrappers return a status");
        ir.return_value(status);
        checks.ir.finish();
        function
    }
}

impl<'c> Checks<'_, 'c> {
    fn text(&self, text: &str) -> Val<'c> {
        self.ir.shell.text(text).into()
    }

    /// Goes on if the condition holds, else returns what a reporter of the runtime returns.
    fn require(&self, condition: IntValue<'c>, reporter: &str, args: impl FnOnce() -> Vec<Val<'c>>) {
        if condition.get_zero_extended_constant() == Some(1) {
            return;
        }
        let fail: BasicBlock = self.ir.new_block("fail");
        self.ir.continue_if(condition, fail);
        let next = self.ir.here();
        self.ir.position(fail);
        let status =
            self.ir.call(self.ir.runtime(reporter), &args()).expect("invariant: reporters return a status");
        self.ir.return_value(status);
        self.ir.position(next);
    }

    fn address(&self, pointer: PointerValue<'c>) -> IntValue<'c> {
        let int = self.ir.int_type();
        self.ir.builder.build_ptr_to_int(pointer, int, "").expect("invariant: the builder is positioned")
    }

    fn differs(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        self.ir.compare_int(IntPredicate::NE, a, b)
    }

    fn or(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        self.ir.builder.build_or(a, b, "").expect("invariant: the builder is positioned")
    }

    fn instance(&self, hash: u64) {
        let given = self.differs(self.address(self.context), self.ir.int(0));
        self.require(given, "tgc_rt_fail_null", || {
            vec![self.context.into(), self.name.into(), self.text("ctx")]
        });
        let found = self.ir.load(self.ir.int_type().into(), self.context, 8).into_int_value();
        let same = self.ir.compare_int(IntPredicate::EQ, found, self.ir.int(hash as i64));
        self.require(same, "tgc_rt_fail_version", || vec![self.context.into()]);
    }

    fn size_in_range(&self, size: IntValue<'c>, symbol: &tgc_graph::dim::Symbol) {
        let ir = &self.ir;
        let width = ir.int(symbol.max.wrapping_sub(symbol.min));
        let inside = ir.compare_int(IntPredicate::ULE, ir.sub(size, ir.int(symbol.min)), width);
        self.require(inside, "tgc_rt_fail_dim", || {
            let bounds = [ir.int(symbol.min).into(), ir.int(symbol.max).into()];
            vec![
                self.context.into(),
                self.name.into(),
                self.text(&symbol.name),
                size.into(),
                bounds[0],
                bounds[1],
            ]
        });
    }

    fn equal(&self, check: &tgc_plan::Check) {
        let (left, right) = (self.ir.dim(&check.left), self.ir.dim(&check.right));
        let same = self.ir.compare_int(IntPredicate::EQ, left, right);
        self.require(same, "tgc_rt_fail_equal", || {
            let (left_text, right_text) = (self.text(&check.left_name), self.text(&check.right_name));
            vec![self.context.into(), self.name.into(), left_text, left.into(), right_text, right.into()]
        });
    }

    /// Checks that a pointer is not NULL, or that it leads to no bytes.
    fn not_null(&self, pointer: PointerValue<'c>, bytes: Option<IntValue<'c>>, arg: PointerValue<'c>) {
        let mut good = self.differs(self.address(pointer), self.ir.int(0));
        if let Some(bytes) = bytes {
            let empty = self.ir.compare_int(IntPredicate::EQ, bytes, self.ir.int(0));
            good = self.or(good, empty);
        }
        self.require(good, "tgc_rt_fail_null", || vec![self.context.into(), self.name.into(), arg.into()]);
    }

    /// The memory of an array argument, once its pointer and alignment are right.
    fn region(&self, arg: &Argument, pointer: PointerValue<'c>) -> Region<'c> {
        let ir = &self.ir;
        let name = ir.shell.text(&arg.name);
        let bytes = self.bytes(&arg.ty);
        self.not_null(pointer, Some(bytes), name);
        let start = self.address(pointer);
        let align = stored_scalar(arg.ty.dtype).bytes() as i64;
        if align > 1 {
            let rest = ir.and(start, ir.int(align - 1));
            let aligned = ir.compare_int(IntPredicate::EQ, rest, ir.int(0));
            self.require(aligned, "tgc_rt_fail_align", || {
                vec![self.context.into(), self.name.into(), name.into(), ir.int(align).into()]
            });
        }
        Region { name, start, bytes }
    }

    fn bytes(&self, ty: &TensorType) -> IntValue<'c> {
        let elements = ty.elements();
        self.ir.mul(self.ir.dim(&elements), self.ir.int(ty.dtype.bytes() as i64))
    }

    /// A block of the instance.
    fn block(&self, name: &str, offset: usize, bytes: IntValue<'c>) -> Region<'c> {
        let start = self.address(load_slot(&self.ir, self.context, offset).into_pointer_value());
        Region { name: self.ir.shell.text(name), start, bytes }
    }

    fn workspace_bytes(&self) -> IntValue<'c> {
        let address = self.ir.offset(self.context, self.ir.int(Instance::WS_BYTES as i64));
        self.ir.load(self.ir.int_type().into(), address, 8).into_int_value()
    }

    /// Checks that an output shares no byte with another piece of memory.
    ///
    /// `a` starts inside `b` if `a - b < bytes(b)` in unsigned arithmetic, and the reverse; empty pieces meet nothing.
    fn apart(&self, output: &Region<'c>, other: &Region<'c>) {
        let ir = &self.ir;
        let known = |region: &Region<'c>| region.bytes.get_sign_extended_constant();
        if known(output) == Some(0) || known(other) == Some(0) {
            return;
        }
        let outside = |a: &Region<'c>, b: &Region<'c>| {
            let outside = ir.compare_int(IntPredicate::UGE, ir.sub(a.start, b.start), b.bytes);
            match known(a) {
                Some(_) => outside,
                None => self.or(outside, ir.compare_int(IntPredicate::EQ, a.bytes, ir.int(0))),
            }
        };
        let apart = ir.and(outside(output, other), outside(other, output));
        self.require(apart, "tgc_rt_fail_alias", || {
            vec![self.context.into(), self.name.into(), output.name.into(), other.name.into()]
        });
    }

    fn workspace(&self, need: IntValue<'c>) {
        if need.get_sign_extended_constant() == Some(0) {
            return;
        }
        let have = self.workspace_bytes();
        let enough = self.ir.compare_int(IntPredicate::ULE, need, have);
        self.require(enough, "tgc_rt_fail_workspace", || {
            vec![self.context.into(), self.name.into(), need.into(), have.into()]
        });
    }
}
