//! Wrappers: the exported functions. They check every argument, then call the kernel.
//!
//! All checks of sizes and pointers come before the kernel and write nothing. Each failing check leaves for a
//! block of its own, out of the way, that calls a reporter of the runtime. Wrappers are compiled for the
//! baseline of the triple.
//!
//! A function with many arguments has another form of wrapper ([`framed`](crate::framed)).
//!
//! Narrow integers carry no extension attribute: a callee that assumes nothing about the upper bits is right
//! on every system, whether callers extend (x86-64, Apple) or do not (AAPCS64).

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::module::Linkage;
use inkwell::types::BasicMetadataTypeEnum;
use inkwell::values::{FunctionValue, IntValue, PointerValue};
use tgc_abi::{CTX_BYTES, Context as Instance};
use tgc_graph::dim::Dim;
use tgc_graph::ty::TensorType;
use tgc_plan::size::Size;
use tgc_plan::{Argument, Reach};
use tgc_scalar::stored_scalar;

use crate::body::load_slot;
use crate::body::scalar_type;
use crate::describe::Describe;
use crate::entry::Entry;
use crate::ir::{Ir, Val};
use crate::shell::Shell;

/// A function whose wrapper is to be emitted.
pub(crate) struct Wrapper<'b, 'c> {
    pub(crate) describe: &'b Describe<'b, 'c>,
    pub(crate) entry: Entry<'b>,
    /// One for each variant, the best last.
    pub(crate) kernels: Vec<FunctionValue<'c>>,
}

/// A piece of memory that a call touches.
#[derive(Clone)]
struct Region<'c> {
    /// What messages call it: `x`, or `the instance's state`.
    name: PointerValue<'c>,
    start: IntValue<'c>,
    bytes: IntValue<'c>,
    /// How many elements it has, if those may be none.
    elements: Option<Dim>,
}

/// The wrapper's body under construction.
pub(crate) struct Checks<'b, 'c> {
    pub(crate) ir: Ir<'b, 'c>,
    pub(crate) context: PointerValue<'c>,
    pub(crate) name: PointerValue<'c>,
}

/// The name of the function that takes everything by pointer, and calls what the exported one is.
pub(crate) fn packed_name(function: &str) -> String {
    format!("{function}.packed")
}

impl<'b, 'c> Wrapper<'b, 'c> {
    /// Emits the exported function and the one that takes everything by pointer; returns the latter.
    pub(crate) fn build(&self) -> FunctionValue<'c> {
        match self.entry.signature.frame() {
            Some(frame) => self.build_framed(&frame),
            None => self.build_packed(self.build_direct()),
        }
    }

    pub(crate) fn shell(&self) -> &'b Shell<'b, 'c> {
        self.describe.shell
    }

    /// Starts the exported function `status name(ctx, sizes…, inputs…, outputs…)`; returns its parameters but
    /// the first.
    pub(crate) fn begin_exported(&self) -> (Checks<'b, 'c>, Vec<Val<'c>>) {
        let (shell, entry) = (self.shell(), &self.entry);
        let mut types: Vec<BasicMetadataTypeEnum> = vec![shell.pointer_type().into()];
        types.extend(
            entry.signature.symbols.iter().map(|_| BasicMetadataTypeEnum::from(shell.context.i64_type())),
        );
        types.extend(entry.signature.inputs.iter().map(|input| match input.is_by_value() {
            true => BasicMetadataTypeEnum::from(scalar_type(shell, input.ty.dtype)),
            false => shell.pointer_type().into(),
        }));
        types.extend(
            entry.signature.outputs.iter().map(|_| BasicMetadataTypeEnum::from(shell.pointer_type())),
        );
        let ty = shell.context.i32_type().fn_type(&types, false);
        let function =
            shell.function(&self.describe.linkage.name(&entry.signature.name), ty, Linkage::External);
        let params = function.get_params();
        let checks = self.checks(function, params[0].into_pointer_value());
        (checks, params[1..].to_vec())
    }

    /// Starts the function `status packed(void *ctx, const int64_t *sizes, void *const *args)`; returns its
    /// last two parameters.
    pub(crate) fn begin_packed(&self) -> (Checks<'b, 'c>, [PointerValue<'c>; 2]) {
        let shell = self.shell();
        let ty = shell.context.i32_type().fn_type(&[shell.pointer_type().into(); 3], false);
        let function = shell.internal_function(&packed_name(&self.entry.signature.name), ty);
        let params: Vec<PointerValue> = function.get_param_iter().map(|p| p.into_pointer_value()).collect();
        (self.checks(function, params[0]), [params[1], params[2]])
    }

    pub(crate) fn checks(&self, function: FunctionValue<'c>, context: PointerValue<'c>) -> Checks<'b, 'c> {
        Checks {
            ir: Ir::new(self.shell(), function),
            context,
            name: self.shell().text(&self.entry.signature.name),
        }
    }

    /// Emits the exported function.
    fn build_direct(&self) -> FunctionValue<'c> {
        let (checks, params) = self.begin_exported();
        let (sizes, args) = params.split_at(self.entry.signature.symbols.len());
        *checks.ir.sizes.borrow_mut() = sizes.iter().map(|p| p.into_int_value()).collect();
        let args = self.check(&checks, args.to_vec());
        let sizes = checks.ir.sizes.borrow().clone();
        self.call_kernel(&checks, sizes.into_iter().map(Val::from).chain(args).collect());
        let function = checks.ir.function;
        checks.ir.finish();
        function
    }

    /// All checks, in the order in which a caller would want to hear of failures. Returns inputs and outputs
    /// with defaults in place.
    fn check(&self, checks: &Checks<'b, 'c>, mut args: Vec<Val<'c>>) -> Vec<Val<'c>> {
        checks.instance(self.describe.linkage.hash);
        for (id, symbol) in self.entry.signature.symbols.iter() {
            checks.size_in_range(checks.ir.sizes.borrow()[id.0 as usize], symbol);
        }
        for check in &self.entry.signature.checks {
            checks.equal(check);
        }
        self.entry.reaches.iter().for_each(|reach| checks.inside(reach));
        let mut inputs = vec![];
        let mut outputs = vec![];
        for (i, arg) in self.entry.signature.inputs.iter().enumerate().filter(|(_, arg)| !arg.is_by_value()) {
            let pointer = self.or_default(checks, arg, args[i]);
            inputs.push(checks.region(arg, pointer));
            args[i] = pointer.into();
        }
        for (arg, pointer) in
            self.entry.signature.outputs.iter().zip(&args[self.entry.signature.inputs.len()..])
        {
            outputs.push(checks.region(arg, pointer.into_pointer_value()));
        }
        self.check_overlaps(checks, &inputs, &outputs);
        checks.workspace(checks.ir.size(&self.entry.workspace));
        args
    }

    /// The pointer, or the default's if it is NULL and there is one.
    pub(crate) fn or_default(
        &self,
        checks: &Checks<'b, 'c>,
        arg: &Argument,
        given: Val<'c>,
    ) -> PointerValue<'c> {
        let ir = &checks.ir;
        let pointer = given.into_pointer_value();
        let Some(default) = &arg.default else { return pointer };
        let constant = self.shell().bytes("default", default.bytes(), 64);
        let null = ir.builder.build_is_null(pointer, "").expect("invariant: the builder is positioned");
        ir.select(null.into(), constant.into(), pointer.into()).into_pointer_value()
    }

    /// Inputs overlap inputs alone, and states that are not updated; outputs overlap nothing.
    fn check_overlaps(&self, checks: &Checks<'b, 'c>, inputs: &[Region<'c>], outputs: &[Region<'c>]) {
        let bytes = checks.workspace_bytes();
        let workspace = checks.block("the instance's workspace", offset_of!(Instance, ws), bytes);
        let uses_workspace = self.entry.workspace != Size::Const(0);
        let arrays = self.entry.signature.inputs.iter().filter(|arg| !arg.is_by_value());
        for (input, arg) in inputs.iter().zip(arrays) {
            let what = format!("input {}", arg.name);
            let states = self.entry.signature.updates.iter().map(|&state| self.state(checks, state));
            let taken: Vec<Region> =
                uses_workspace.then(|| workspace.clone()).into_iter().chain(states).collect();
            checks.all_apart(&what, input, &taken);
        }
        let mut taken: Vec<Region> = inputs.to_vec();
        for (output, arg) in outputs.iter().zip(&self.entry.signature.outputs) {
            let what = format!("output {}", arg.name);
            let blocks = self.blocks(checks).into_iter().chain([workspace.clone()]);
            checks.all_apart(&what, output, &taken.iter().cloned().chain(blocks).collect::<Vec<_>>());
            taken.push(output.clone());
        }
    }

    /// The instance itself, and its state if there is any.
    fn blocks(&self, checks: &Checks<'b, 'c>) -> Vec<Region<'c>> {
        let ir = &checks.ir;
        let (name, start) = (self.shell().text("the instance"), checks.address(checks.context));
        let mut blocks = vec![Region { name, start, bytes: ir.int(CTX_BYTES as i64), elements: None }];
        let state_bytes = self.describe.model.state_bytes();
        if state_bytes > 0 {
            let bytes = ir.int(state_bytes as i64);
            blocks.push(checks.block("the instance's state", offset_of!(Instance, state), bytes));
        }
        blocks
    }

    /// A state that the call updates.
    fn state(&self, checks: &Checks<'b, 'c>, state: usize) -> Region<'c> {
        let (ir, state) = (&checks.ir, &self.describe.model.states[state]);
        let block = load_slot(ir, checks.context, offset_of!(Instance, state)).into_pointer_value();
        Region {
            name: self.shell().text(&format!("{}, which the call updates", state.name)),
            start: checks.address(ir.offset(block, ir.int(state.offset as i64))),
            bytes: ir.int(state.initial.bytes().len() as i64),
            elements: None,
        }
    }

    /// Calls the kernel with the sizes and arguments of the call.
    fn call_kernel(&self, checks: &Checks<'b, 'c>, mut params: Vec<Val<'c>>) {
        let ir = &checks.ir;
        let states = &self.entry.states;
        if !states.is_empty() {
            let block = load_slot(ir, checks.context, offset_of!(Instance, state)).into_pointer_value();
            let offset = |i: usize| ir.int(self.describe.model.states[i].offset as i64);
            params.extend(states.iter().map(|&i| Val::from(ir.offset(block, offset(i)))));
        }
        params.push(load_slot(ir, checks.context, offset_of!(Instance, ws)));
        params.push(checks.context.into());
        self.return_kernel(checks, &params);
    }

    /// Returns what the kernel of the instance's variant returns.
    pub(crate) fn return_kernel(&self, checks: &Checks<'b, 'c>, params: &[Val<'c>]) {
        let ir = &checks.ir;
        let run = |kernel: FunctionValue<'c>| {
            ir.return_value(ir.call(kernel, params).expect("invariant: kernels return a status"));
        };
        if self.kernels.len() > 1 {
            let variant = ir.offset(checks.context, ir.int(offset_of!(Instance, variant) as i64));
            let variant = ir.load(ir.int_type().into(), variant, 8).into_int_value();
            for (index, kernel) in self.kernels.iter().enumerate().skip(1).rev() {
                let other = ir.new_block("other");
                ir.continue_if(ir.compare_int(IntPredicate::EQ, variant, ir.int(index as i64)), other);
                run(*kernel);
                ir.position(other);
            }
        }
        run(self.kernels[0]);
    }

    /// Emits the function that takes everything by pointer.
    fn build_packed(&self, wrapper: FunctionValue<'c>) -> FunctionValue<'c> {
        let (checks, [sizes, args]) = self.begin_packed();
        let (ir, entry) = (&checks.ir, &self.entry);
        let mut params: Vec<Val> = vec![checks.context.into()];
        params.extend((0..entry.signature.symbols.len()).map(|i| ir.word(sizes, i)));
        for (i, arg) in entry.signature.inputs.iter().chain(&entry.signature.outputs).enumerate() {
            params.push(self.packed_argument(&checks, arg, i, args));
        }
        let status = ir.call(wrapper, &params).expect("invariant: wrappers return a status");
        ir.return_value(status);
        let function = ir.function;
        checks.ir.finish();
        function
    }

    /// The value of an argument that is given by pointer.
    pub(crate) fn packed_argument(
        &self,
        checks: &Checks<'b, 'c>,
        arg: &Argument,
        index: usize,
        args: PointerValue<'c>,
    ) -> Val<'c> {
        let (ir, shell) = (&checks.ir, self.shell());
        let given = ir.load(shell.pointer_type(), ir.word_address(args, index), 8);
        if index >= self.entry.signature.inputs.len() || !arg.is_by_value() {
            return given;
        }
        let from = self.or_default(checks, arg, given);
        checks.not_null(from, None, shell.text(&arg.name));
        ir.load(scalar_type(shell, arg.ty.dtype), from, 1)
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

    pub(crate) fn instance(&self, hash: u64) {
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

    pub(crate) fn equal(&self, check: &tgc_plan::Check) {
        let (left, right) = (self.ir.dim(&check.left), self.ir.dim(&check.right));
        let same = self.ir.compare_int(IntPredicate::EQ, left, right);
        if let Some(least) = check.least() {
            return self.require(same, "tgc_rt_fail_least", || {
                let what = self.text(&check.left_name);
                vec![self.context.into(), self.name.into(), what, left.into(), self.ir.int(least).into()]
            });
        }
        self.require(same, "tgc_rt_fail_equal", || {
            let (left_text, right_text) = (self.text(&check.left_name), self.text(&check.right_name));
            vec![self.context.into(), self.name.into(), left_text, left.into(), right_text, right.into()]
        });
    }

    /// Checks that an access stays inside, unless a loop around it is empty.
    pub(crate) fn inside(&self, reach: &Reach) {
        let (ir, zero) = (&self.ir, self.ir.int(0));
        let choose = |predicate, a: IntValue<'c>, b: IntValue<'c>| {
            ir.select(ir.compare_int(predicate, a, b).into(), a.into(), b.into()).into_int_value()
        };
        let elements = ir.dim(&reach.elements);
        let (mut first, mut is_empty) = (ir.dim(&reach.offset), ir.compare_int(IntPredicate::NE, zero, zero));
        let mut last = first;
        for (stride, extent) in &reach.loops {
            let extent = ir.dim(extent);
            is_empty = self.or(is_empty, ir.compare_int(IntPredicate::SLT, extent, ir.int(1)));
            let span = ir.mul(ir.dim(stride), ir.sub(extent, ir.int(1)));
            first = ir.add(first, choose(IntPredicate::SLT, span, zero));
            last = ir.add(last, choose(IntPredicate::SGT, span, zero));
        }
        let begins_before = ir.compare_int(IntPredicate::SLT, first, zero);
        let outer = ir.select(begins_before.into(), first.into(), last.into()).into_int_value();
        let is_inside = self.or(is_empty, ir.compare_int(IntPredicate::ULT, outer, elements));
        self.require(is_inside, "tgc_rt_fail_reach", || {
            vec![self.context.into(), self.name.into(), outer.into(), self.text(&reach.of), elements.into()]
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
        let elements = arg.ty.elements();
        let elements = elements.as_const().is_none().then_some(elements);
        Region { name, start, bytes, elements }
    }

    pub(crate) fn bytes(&self, ty: &TensorType) -> IntValue<'c> {
        let elements = ty.elements();
        self.ir.mul(self.ir.dim(&elements), self.ir.int(ty.dtype.bytes() as i64))
    }

    /// A block of the instance. One without bytes is at NULL, where no other memory is.
    fn block(&self, name: &str, offset: usize, bytes: IntValue<'c>) -> Region<'c> {
        let start = self.address(load_slot(&self.ir, self.context, offset).into_pointer_value());
        Region { name: self.ir.shell.text(name), start, bytes, elements: None }
    }

    fn workspace_bytes(&self) -> IntValue<'c> {
        let address = self.ir.offset(self.context, self.ir.int(offset_of!(Instance, ws_bytes) as i64));
        self.ir.load(self.ir.int_type().into(), address, 8).into_int_value()
    }

    /// Checks that a piece of memory, which messages call `what`, shares no byte with others.
    fn all_apart(&self, what: &str, region: &Region<'c>, others: &[Region<'c>]) {
        let ir = &self.ir;
        let has_bytes = match &region.elements {
            None => ir.compare_int(IntPredicate::NE, region.bytes, ir.int(0)),
            Some(elements) => ir.compare_int(IntPredicate::NE, ir.dim(elements), ir.int(0)),
        };
        ir.when(has_bytes, &mut || others.iter().for_each(|other| self.apart(what, region, other)));
    }

    /// The same for one other, and a piece of memory that has bytes.
    ///
    /// They meet if `a - b` lies between `-bytes(a)` and `bytes(b)`, both excluded, which is one comparison
    /// of unsigned numbers: of what is `bytes(a) - 1` larger.
    fn apart(&self, what: &str, a: &Region<'c>, b: &Region<'c>) {
        let ir = &self.ir;
        if b.bytes.get_sign_extended_constant() == Some(0) {
            return;
        }
        let before = ir.sub(a.bytes, ir.int(1));
        let distance = ir.add(ir.sub(a.start, b.start), before);
        let mut apart = ir.compare_int(IntPredicate::UGE, distance, ir.add(before, b.bytes));
        if b.elements.is_some() && b.elements != a.elements {
            apart = self.or(apart, ir.compare_int(IntPredicate::EQ, b.bytes, ir.int(0)));
        }
        self.require(apart, "tgc_rt_fail_alias", || {
            vec![self.context.into(), self.name.into(), self.text(what), b.name.into()]
        });
    }

    pub(crate) fn workspace(&self, need: IntValue<'c>) {
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
