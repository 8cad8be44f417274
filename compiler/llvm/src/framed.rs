//! Wrappers of functions with many arguments: a call puts them into the words of its
//! [frame](tgc_plan::Frame), where loops of the runtime check them. Code grows with the number of arguments,
//! and the stack does not.

use std::mem::offset_of;

use inkwell::values::{FunctionValue, PointerValue};
use tgc_abi::{ArrayDesc, CallDesc, Context as Instance};
use tgc_plan::{Argument, Frame};
use tgc_scalar::stored_scalar;

use crate::body::load_slot;
use crate::ir::Val;
use crate::wrapper::{Checks, Wrapper};

impl<'b, 'c> Wrapper<'b, 'c> {
    /// Emits the exported function and the one that takes everything by pointer; returns the latter.
    pub(crate) fn build_framed(&self, frame: &Frame) -> FunctionValue<'c> {
        let checked = self.build_checked(frame);
        let (checks, params) = self.begin_exported();
        self.fill(checks, checked, &|checks, words| {
            for (i, param) in params.iter().enumerate() {
                checks.ir.store_in_order(*param, checks.ir.word_address(words, i), 8);
            }
        });
        let (checks, [sizes, args]) = self.begin_packed();
        self.fill(checks, checked, &|checks, words| self.unpack(checks, words, sizes, args))
    }

    /// A function that stores sizes and arguments, as they come, where the checked one finds them.
    ///
    /// What lies in the workspace is the instance's to write, also in a call that is refused.
    fn fill(
        &self,
        checks: Checks<'b, 'c>,
        checked: FunctionValue<'c>,
        store: &dyn Fn(&Checks<'b, 'c>, PointerValue<'c>),
    ) -> FunctionValue<'c> {
        checks.instance(self.describe.linkage.hash);
        let ir = &checks.ir;
        store(&checks, self.words(&checks));
        let status = ir.call(checked, &[checks.context.into()]).expect("invariant: it returns a status");
        ir.return_value(status);
        let function = ir.function;
        checks.ir.finish();
        function
    }

    /// Copies sizes and pointers into the frame, and loads what is passed by value.
    fn unpack(
        &self,
        checks: &Checks<'b, 'c>,
        words: PointerValue<'c>,
        sizes: PointerValue<'c>,
        args: PointerValue<'c>,
    ) {
        let (ir, signature) = (&checks.ir, self.entry.signature);
        let first = signature.symbols.len();
        ir.copy_words(words, sizes, first);
        let count = signature.inputs.len() + signature.outputs.len();
        ir.copy_words(ir.word_address(words, first), args, count);
        for (i, input) in signature.inputs.iter().enumerate().filter(|(_, input)| input.is_by_value()) {
            let value = self.packed_argument(checks, input, i, args);
            ir.store_in_order(value, ir.word_address(words, first + i), 8);
        }
    }

    fn words(&self, checks: &Checks<'b, 'c>) -> PointerValue<'c> {
        load_slot(&checks.ir, checks.context, offset_of!(Instance, ws)).into_pointer_value()
    }

    /// Emits `status checked(ctx)`, which checks what lies in the frame and calls the kernel.
    fn build_checked(&self, frame: &Frame) -> FunctionValue<'c> {
        let (shell, entry) = (self.shell(), &self.entry);
        let ty = shell.context.i32_type().fn_type(&[shell.pointer_type().into()], false);
        let function = shell.internal_function(&format!("{}.checked", entry.signature.name), ty);
        let context = function.get_first_param().expect("invariant: one parameter").into_pointer_value();
        let checks = self.checks(function, context);
        let (ir, words, desc) = (&checks.ir, self.words(&checks), self.call_desc(frame));
        ir.size_words.set(Some(words));
        self.require_ok(&checks, "tgc_rt_check_sizes", desc);
        entry.signature.checks.iter().for_each(|check| checks.equal(check));
        entry.reaches.iter().for_each(|reach| checks.inside(reach));
        self.store_bytes(&checks, words, frame);
        self.require_ok(&checks, "tgc_rt_check_arrays", desc);
        checks.workspace(ir.size(&entry.workspace));
        self.return_kernel(&checks, &[words.into(), context.into()]);
        checks.ir.finish();
        function
    }

    /// Goes on if a check of the runtime finds nothing.
    fn require_ok(&self, checks: &Checks<'b, 'c>, check: &str, desc: PointerValue<'c>) {
        let ir = &checks.ir;
        let args = [checks.context.into(), desc.into()];
        let status = ir.call(ir.runtime(check), &args).expect("invariant: checks return a status");
        ir.return_if_failed(status);
    }

    /// The arrays with the words that hold their addresses: inputs, then outputs.
    fn arrays(&self) -> impl Iterator<Item = (usize, &'b Argument)> {
        let entry = &self.entry;
        let first = entry.signature.symbols.len();
        let inputs = entry.signature.inputs.iter().enumerate().filter(|(_, input)| !input.is_by_value());
        let outputs = entry
            .signature
            .outputs
            .iter()
            .enumerate()
            .map(|(i, output)| (entry.signature.inputs.len() + i, output));
        inputs.chain(outputs).map(move |(i, arg)| (first + i, arg))
    }

    /// Puts defaults in place and stores how many bytes each array has.
    fn store_bytes(&self, checks: &Checks<'b, 'c>, words: PointerValue<'c>, frame: &Frame) {
        let (ir, pointer) = (&checks.ir, self.shell().pointer_type());
        for (index, (word, arg)) in self.arrays().enumerate() {
            if arg.default.is_some() {
                let place = ir.word_address(words, word);
                let given = ir.load(pointer, place, 8);
                ir.store_in_order(self.or_default(checks, arg, given).into(), place, 8);
            }
            let bytes = checks.bytes(&arg.ty);
            ir.store_in_order(bytes.into(), ir.word_address(words, frame.parameters + index), 8);
        }
    }

    /// `CallDesc`.
    fn call_desc(&self, frame: &Frame) -> PointerValue<'c> {
        let (describe, entry) = (self.describe, &self.entry);
        let count = |n: usize| describe.u64(n as u64);
        let arrays: Vec<Val> = self
            .arrays()
            .map(|(word, arg)| {
                let align = count(stored_scalar(arg.ty.dtype).bytes());
                let fields = [("name", describe.text(&arg.name)), ("align", align), ("word", count(word))];
                describe.record(&ArrayDesc::TABLE, &fields)
            })
            .collect();
        let updates: Vec<Val> = entry.signature.updates.iter().map(|&state| count(state)).collect();
        let sizes = entry.signature.symbols.iter().map(|(_, symbol)| symbol);
        let fields = [
            ("name", describe.text(&entry.signature.name)),
            ("sizes", describe.dims(sizes)),
            ("size_count", count(entry.signature.symbols.len())),
            ("arrays", describe.table("array_descs", &arrays)),
            ("array_count", count(frame.arrays)),
            ("input_count", count(frame.arrays - frame.outputs)),
            ("updates", describe.table("updates", &updates)),
            ("update_count", count(updates.len())),
            ("bytes_word", count(frame.parameters)),
        ];
        self.shell().constant("call_desc", &describe.record(&CallDesc::TABLE, &fields), 8)
    }
}
