//! The few ways in which this crate makes LLVM instructions, over values of any width.
//!
//! A value of width 1 is a scalar, of width `w > 1` a vector of `w` lanes; every function here takes both.
//! Loops are bottom-tested, with the counter as a phi. Slots are allocas of the entry block that a later pass
//! turns into phis; they must be read and written as a whole. Scratch is memory that stays memory.

use std::cell::{Cell, RefCell};

use inkwell::basic_block::BasicBlock;
use inkwell::builder::Builder;
use inkwell::context::{AsContextRef, Context};
use inkwell::intrinsics::Intrinsic;
use inkwell::llvm_sys::core::{
    LLVMGetMDKindIDInContext, LLVMMDNodeInContext2, LLVMMDStringInContext2, LLVMMetadataAsValue,
    LLVMSetMetadata,
};
use inkwell::llvm_sys::debuginfo::{LLVMMetadataReplaceAllUsesWith, LLVMTemporaryMDNode};
use inkwell::types::{BasicType, BasicTypeEnum, IntType};
use inkwell::values::{
    AsValueRef, BasicMetadataValueEnum, BasicValue, BasicValueEnum, FunctionValue, InstructionOpcode,
    InstructionValue, IntValue, PointerValue,
};
use inkwell::{FloatPredicate, IntPredicate};
use tgc_graph::dim::{Atom, Dim};
use tgc_plan::size::Size;

use crate::shell::Shell;

/// A value of any width.
pub(crate) type Val<'c> = BasicValueEnum<'c>;

/// Why no builder call fails: each has an insertion point, and operands are of the types that the callee
/// names.
const POSITIONED: &str = "invariant: the builder is positioned and the operands fit";

/// A function under construction.
pub(crate) struct Ir<'a, 'c> {
    pub(crate) shell: &'a Shell<'a, 'c>,
    pub(crate) function: FunctionValue<'c>,
    pub(crate) builder: Builder<'c>,
    /// Stands at the end of the entry block, which holds nothing but allocas until the function is finished.
    entry: Builder<'c>,
    start: BasicBlock<'c>,
    /// The function's sizes by symbol.
    pub(crate) sizes: RefCell<Vec<IntValue<'c>>>,
    /// Where they lie instead, eight bytes each, if they are to be loaded where they are used.
    pub(crate) size_words: Cell<Option<PointerValue<'c>>>,
    /// Scratch that is not in use, with its bytes.
    scratch: RefCell<Vec<(u32, PointerValue<'c>)>>,
}

impl<'a, 'c> Ir<'a, 'c> {
    /// Starts the body of a function.
    pub(crate) fn new(shell: &'a Shell<'_, 'c>, function: FunctionValue<'c>) -> Ir<'a, 'c> {
        let (entry, builder) = (shell.context.create_builder(), shell.context.create_builder());
        entry.position_at_end(shell.context.append_basic_block(function, "entry"));
        let start = shell.context.append_basic_block(function, "start");
        builder.position_at_end(start);
        let (sizes, size_words, scratch) = (RefCell::default(), Cell::new(None), RefCell::default());
        Ir { shell, function, builder, entry, start, sizes, size_words, scratch }
    }

    /// Ends the entry block. Call once, last.
    pub(crate) fn finish(self) {
        self.entry.build_unconditional_branch(self.start).expect(POSITIONED);
    }

    pub(crate) fn context(&self) -> &'c Context {
        self.shell.context
    }

    // Control flow.

    pub(crate) fn new_block(&self, name: &str) -> BasicBlock<'c> {
        self.context().append_basic_block(self.function, name)
    }

    pub(crate) fn position(&self, block: BasicBlock<'c>) {
        self.builder.position_at_end(block);
    }

    pub(crate) fn here(&self) -> BasicBlock<'c> {
        self.builder.get_insert_block().expect(POSITIONED)
    }

    pub(crate) fn jump(&self, to: BasicBlock<'c>) {
        self.builder.build_unconditional_branch(to).expect(POSITIONED);
    }

    pub(crate) fn branch(
        &self,
        condition: IntValue<'c>,
        then: BasicBlock<'c>,
        otherwise: BasicBlock<'c>,
    ) -> InstructionValue<'c> {
        self.builder.build_conditional_branch(condition, then, otherwise).expect(POSITIONED)
    }

    /// Goes on in a new block if the condition holds, else leaves for `otherwise`.
    pub(crate) fn continue_if(&self, condition: IntValue<'c>, otherwise: BasicBlock<'c>) {
        let next = self.new_block("");
        self.branch(condition, next, otherwise);
        self.position(next);
    }

    pub(crate) fn return_value(&self, value: Val<'c>) {
        self.builder.build_return(Some(&value)).expect(POSITIONED);
    }

    /// Returns a status that is not 0, else goes on.
    pub(crate) fn return_if_failed(&self, status: Val<'c>) {
        let (failed, passed) = (self.new_block("failed"), self.new_block("passed"));
        let zero = self.context().i32_type().const_zero();
        self.branch(self.compare_int(IntPredicate::EQ, status.into_int_value(), zero), passed, failed);
        self.position(failed);
        self.return_value(status);
        self.position(passed);
    }

    pub(crate) fn return_void(&self) {
        self.builder.build_return(None).expect(POSITIONED);
    }

    /// Runs `body` with `begin`, `begin + step`, … below `end`. What is known to run once or never is no
    /// loop.
    pub(crate) fn for_range(
        &self,
        begin: IntValue<'c>,
        end: IntValue<'c>,
        step: i64,
        body: &mut dyn FnMut(IntValue<'c>),
    ) {
        let known = begin.get_sign_extended_constant().zip(end.get_sign_extended_constant());
        match known {
            Some((begin, end)) if begin >= end => return,
            Some((from, to)) if from + step >= to => return body(begin),
            Some(_) | None => {}
        }
        let (before, head, exit) = (self.here(), self.new_block("loop"), self.new_block("done"));
        match known {
            Some(_) => self.jump(head),
            None => {
                self.branch(self.compare_int(IntPredicate::SLT, begin, end), head, exit);
            }
        }
        self.position(head);
        let phi = self.builder.build_phi(self.context().i64_type(), "i").expect(POSITIONED);
        let index = phi.as_basic_value().into_int_value();
        body(index);
        let next = self.builder.build_int_nsw_add(index, self.int(step), "").expect(POSITIONED);
        phi.add_incoming(&[(&begin, before), (&next, self.here())]);
        let latch = self.branch(self.compare_int(IntPredicate::SLT, next, end), head, exit);
        forbid_unrolling(self.context(), latch);
        self.position(exit);
    }

    /// Runs `body` on so many indices at a time while there are as many, then on one at a time: with the
    /// first of each and their number.
    pub(crate) fn for_narrower(
        &self,
        begin: IntValue<'c>,
        end: IntValue<'c>,
        narrow: Option<u32>,
        body: &mut dyn FnMut(IntValue<'c>, u32),
    ) {
        let first = match narrow {
            None => begin,
            Some(width) => {
                let whole = self.add(begin, self.round_down(self.sub(end, begin), width));
                self.for_range(begin, whole, i64::from(width), &mut |at| body(at, width));
                whole
            }
        };
        self.for_range(first, end, 1, &mut |at| body(at, 1));
    }

    /// Runs `body` on whole blocks of a size, then on what is left: with the first index of each and its
    /// length.
    pub(crate) fn for_blocks(
        &self,
        extent: IntValue<'c>,
        size: i64,
        body: &mut dyn FnMut(IntValue<'c>, IntValue<'c>),
    ) {
        let known = extent.get_sign_extended_constant();
        if known.is_some_and(|n| 0 < n && n <= size) {
            return body(self.int(0), extent);
        }
        let all_whole = known.is_some_and(|n| n % size == 0);
        self.for_range(self.int(0), extent, size, &mut |first| {
            let count = match all_whole {
                true => self.int(size),
                false => self.min(self.sub(extent, first), self.int(size)),
            };
            body(first, count);
        });
    }

    /// Runs one of two bodies; what a known condition rules out is not emitted.
    pub(crate) fn either(
        &self,
        condition: IntValue<'c>,
        then: &mut dyn FnMut(),
        otherwise: &mut dyn FnMut(),
    ) {
        match condition.get_zero_extended_constant() {
            Some(0) => return otherwise(),
            Some(_) => return then(),
            None => {}
        }
        let (yes, no, done) = (self.new_block("then"), self.new_block("else"), self.new_block("joined"));
        self.branch(condition, yes, no);
        self.position(yes);
        then();
        self.jump(done);
        self.position(no);
        otherwise();
        self.jump(done);
        self.position(done);
    }

    /// Runs a body if a condition holds.
    pub(crate) fn when(&self, condition: IntValue<'c>, body: &mut dyn FnMut()) {
        self.either(condition, body, &mut || {});
    }

    // Calls.

    pub(crate) fn call(&self, function: FunctionValue<'c>, args: &[Val<'c>]) -> Option<Val<'c>> {
        let args: Vec<BasicMetadataValueEnum> = args.iter().map(|&a| a.into()).collect();
        let call = self.builder.build_call(function, &args, "").expect(POSITIONED);
        call.try_as_basic_value().basic()
    }

    /// Calls an LLVM intrinsic that is overloaded on the type of its first argument.
    pub(crate) fn intrinsic(&self, name: &str, args: &[Val<'c>]) -> Val<'c> {
        let intrinsic = Intrinsic::find(name).expect("invariant: LLVM knows the intrinsic");
        let function = intrinsic
            .get_declaration(self.shell.module, &[args[0].get_type()])
            .expect("invariant: the type fits the intrinsic");
        self.call(function, args).expect("invariant: the intrinsic returns a value")
    }

    /// Asks for the cache line some bytes behind an address, whether or not there is memory.
    pub(crate) fn prefetch(&self, base: PointerValue<'c>, bytes: IntValue<'c>) {
        let address = self.moved(base, bytes);
        let intrinsic = Intrinsic::find("llvm.prefetch").expect("invariant: LLVM knows the intrinsic");
        let function = intrinsic
            .get_declaration(self.shell.module, &[address.get_type().into()])
            .expect("invariant: it takes any pointer");
        let number = |n| Val::from(self.context().i32_type().const_int(n, false));
        let (read, keep, data) = (number(0), number(3), number(1));
        self.call(function, &[address.into(), read, keep, data]);
    }

    /// A function of the runtime.
    pub(crate) fn runtime(&self, name: &str) -> FunctionValue<'c> {
        self.shell.module.get_function(name).expect("invariant: the runtime defines the function")
    }

    // Integers of 64 bits: sizes, indices, addresses.

    pub(crate) fn int_type(&self) -> IntType<'c> {
        self.context().i64_type()
    }

    pub(crate) fn int(&self, value: i64) -> IntValue<'c> {
        self.int_type().const_int(value as u64, true)
    }

    pub(crate) fn add(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        match (a.get_sign_extended_constant(), b.get_sign_extended_constant()) {
            (Some(0), _) => b,
            (_, Some(0)) => a,
            _ => self.builder.build_int_add(a, b, "").expect(POSITIONED),
        }
    }

    pub(crate) fn sub(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        self.builder.build_int_sub(a, b, "").expect(POSITIONED)
    }

    pub(crate) fn mul(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        match (a.get_sign_extended_constant(), b.get_sign_extended_constant()) {
            (Some(1), _) => b,
            (_, Some(1)) => a,
            _ => self.builder.build_int_mul(a, b, "").expect(POSITIONED),
        }
    }

    pub(crate) fn and(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        self.builder.build_and(a, b, "").expect(POSITIONED)
    }

    /// The largest multiple of a number that is not above a non-negative value, and what is left.
    pub(crate) fn split(&self, a: IntValue<'c>, by: u32) -> (IntValue<'c>, IntValue<'c>) {
        let by = self.int(i64::from(by));
        let rest = self.builder.build_int_unsigned_rem(a, by, "").expect(POSITIONED);
        (self.sub(a, rest), rest)
    }

    pub(crate) fn udiv(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        self.builder.build_int_unsigned_div(a, b, "").expect(POSITIONED)
    }

    /// The largest multiple of a power of two that is not above a non-negative value.
    pub(crate) fn round_down(&self, a: IntValue<'c>, power: u32) -> IntValue<'c> {
        self.and(a, self.int(-i64::from(power)))
    }

    /// The smallest multiple of a power of two that is not below a value.
    pub(crate) fn round_up(&self, a: IntValue<'c>, power: u32) -> IntValue<'c> {
        self.round_down(self.add(a, self.int(i64::from(power) - 1)), power)
    }

    pub(crate) fn compare_int(
        &self,
        predicate: IntPredicate,
        a: IntValue<'c>,
        b: IntValue<'c>,
    ) -> IntValue<'c> {
        self.builder.build_int_compare(predicate, a, b, "").expect(POSITIONED)
    }

    pub(crate) fn min(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        let less = self.compare_int(IntPredicate::ULT, a, b);
        self.select(less.into(), a.into(), b.into()).into_int_value()
    }

    pub(crate) fn max(&self, a: IntValue<'c>, b: IntValue<'c>) -> IntValue<'c> {
        let more = self.compare_int(IntPredicate::UGT, a, b);
        self.select(more.into(), a.into(), b.into()).into_int_value()
    }

    /// The value of a dim; its terms fit, since every size is in its range.
    pub(crate) fn dim(&self, dim: &Dim) -> IntValue<'c> {
        let mut sum = self.int(0);
        for (monomial, coefficient) in dim.terms().iter() {
            let mut product = self.int(*coefficient);
            for (atom, exponent) in monomial {
                let value = self.atom(atom);
                for _ in 0..*exponent {
                    product = self.mul(product, value);
                }
            }
            sum = self.add(sum, product);
        }
        sum
    }

    fn atom(&self, atom: &Atom) -> IntValue<'c> {
        let choose = |predicate| {
            let values = atom.operands().iter().map(|operand| self.dim(operand));
            let better = |a, b| {
                let first = self.compare_int(predicate, a, b);
                self.select(first.into(), a.into(), b.into()).into_int_value()
            };
            values.reduce(better).expect("invariant: a minimum or maximum has operands")
        };
        match atom {
            Atom::Symbol(symbol) => match self.size_words.get() {
                Some(words) => self.word(words, symbol.0 as usize).into_int_value(),
                None => self.sizes.borrow()[symbol.0 as usize],
            },
            Atom::FloorDiv(operands) => self.floor_div(operands).0,
            Atom::Mod(operands) => self.floor_div(operands).1,
            Atom::Min(_) => choose(IntPredicate::SLT),
            Atom::Max(_) => choose(IntPredicate::SGT),
        }
    }

    /// Quotient rounded down and what is left, by a divisor of at least 1. The complement of a negative
    /// dividend is not negative, and its quotient is the complement of the one that is asked for.
    fn floor_div(&self, [a, b]: &[Dim; 2]) -> (IntValue<'c>, IntValue<'c>) {
        let (a, b) = (self.dim(a), self.dim(b));
        let sign = self.builder.build_right_shift(a, self.int(63), true, "").expect(POSITIONED);
        let complement = |value| self.builder.build_xor(value, sign, "").expect(POSITIONED);
        let quotient = self.builder.build_int_unsigned_div(complement(a), b, "").expect(POSITIONED);
        let quotient = complement(quotient);
        (quotient, self.sub(a, self.mul(quotient, b)))
    }

    /// The value of a size in bytes.
    pub(crate) fn size(&self, size: &Size) -> IntValue<'c> {
        match size {
            Size::Const(bytes) => self.int(*bytes as i64),
            Size::Whole(dim) => self.dim(dim),
            Size::Align64(dim, times) => {
                let rounded = self.round_up(self.dim(dim), Size::ALIGN as u32);
                self.mul(rounded, self.int(*times as i64))
            }
            Size::Sum(terms) => terms.iter().fold(self.int(0), |sum, term| self.add(sum, self.size(term))),
            Size::Max(terms) => {
                terms.iter().map(|term| self.size(term)).reduce(|a, b| self.max(a, b)).unwrap_or(self.int(0))
            }
        }
    }

    // Memory.

    /// The address a size behind another. Terms are added one by one, the sums of sizes that many buffers
    /// have in common first, so that only what they differ by is computed for each.
    pub(crate) fn behind(&self, base: PointerValue<'c>, size: &Size) -> PointerValue<'c> {
        match size {
            Size::Sum(terms) => terms.iter().fold(base, |at, term| self.behind(at, term)),
            Size::Whole(dim) => {
                let each = dim.to_terms().into_iter().rev().map(|term| self.dim(&Dim::from_terms([term])));
                each.fold(base, |at, term| self.moved(at, term))
            }
            Size::Const(_) | Size::Align64(..) | Size::Max(_) => self.offset(base, self.size(size)),
        }
    }

    /// The address some bytes from another, whether or not there is memory.
    fn moved(&self, base: PointerValue<'c>, bytes: IntValue<'c>) -> PointerValue<'c> {
        let byte = self.context().i8_type();
        // SAFETY: Making the instruction reads no memory, and this one does not promise an address inside an
        // object.
        unsafe { self.builder.build_gep(byte, base, &[bytes], "").expect(POSITIONED) }
    }

    /// Memory of a type that is only read and written as a whole.
    pub(crate) fn slot(&self, ty: BasicTypeEnum<'c>) -> PointerValue<'c> {
        self.entry.build_alloca(ty, "").expect(POSITIONED)
    }

    /// Memory of this many bytes, aligned to 16 as every stack is; give it back with its bytes.
    pub(crate) fn take_scratch(&self, bytes: u32) -> PointerValue<'c> {
        let mut free = self.scratch.borrow_mut();
        if let Some(at) = free.iter().position(|(size, _)| *size == bytes) {
            return free.remove(at).1;
        }
        let memory = self.slot(self.context().i8_type().array_type(bytes).into());
        let instruction = memory.as_instruction().expect("invariant: an alloca is an instruction");
        instruction.set_alignment(16).expect("invariant: an alloca has an alignment");
        memory
    }

    /// Ends the use of scratch.
    pub(crate) fn give_scratch(&self, bytes: u32, memory: PointerValue<'c>) {
        self.scratch.borrow_mut().push((bytes, memory));
    }

    /// The address of element `index` of an array of this type.
    pub(crate) fn element(
        &self,
        base: PointerValue<'c>,
        ty: BasicTypeEnum<'c>,
        index: IntValue<'c>,
    ) -> PointerValue<'c> {
        if index.get_sign_extended_constant() == Some(0) {
            return base;
        }
        // SAFETY: Making the instruction reads no memory. The Plan's accesses stay inside their buffers,
        // which is what the instruction's own rule asks for when the code runs.
        unsafe { self.builder.build_in_bounds_gep(ty, base, &[index], "").expect(POSITIONED) }
    }

    /// The value of a word of eight bytes.
    pub(crate) fn word(&self, words: PointerValue<'c>, index: usize) -> Val<'c> {
        self.load(self.int_type().into(), self.word_address(words, index), 8)
    }

    /// The address of a word of eight bytes.
    pub(crate) fn word_address(&self, words: PointerValue<'c>, index: usize) -> PointerValue<'c> {
        self.offset(words, self.int(8 * index as i64))
    }

    /// The address some bytes behind another.
    pub(crate) fn offset(&self, base: PointerValue<'c>, bytes: IntValue<'c>) -> PointerValue<'c> {
        self.element(base, self.context().i8_type().into(), bytes)
    }

    pub(crate) fn load(&self, ty: BasicTypeEnum<'c>, from: PointerValue<'c>, align: usize) -> Val<'c> {
        let value = self.builder.build_load(ty, from, "").expect(POSITIONED);
        let instruction = value.as_instruction_value().expect("invariant: a load is an instruction");
        instruction.set_alignment(align as u32).expect("invariant: a load has an alignment");
        value
    }

    pub(crate) fn store(&self, value: Val<'c>, to: PointerValue<'c>, align: usize) {
        self.build_store(value, to, align);
    }

    fn build_store(&self, value: Val<'c>, to: PointerValue<'c>, align: usize) -> InstructionValue<'c> {
        let instruction = self.builder.build_store(to, value).expect(POSITIONED);
        instruction.set_alignment(align as u32).expect("invariant: a store has an alignment");
        instruction
    }

    /// The same, after every store before it. LLVM's scheduler holds all stores of a block against each other
    /// that it may reorder, which for a thousand of them takes longer than all else.
    pub(crate) fn store_in_order(&self, value: Val<'c>, to: PointerValue<'c>, align: usize) {
        let instruction = self.build_store(value, to, align);
        instruction.set_volatile(true).expect("invariant: a store can be volatile");
    }

    /// Copies words of eight bytes each.
    pub(crate) fn copy_words(&self, to: PointerValue<'c>, from: PointerValue<'c>, count: usize) {
        let bytes = self.int(8 * count as i64);
        self.builder.build_memcpy(to, 8, from, 8, bytes).expect("invariant: alignments are powers of 2");
    }

    /// Loads a slot.
    pub(crate) fn get(&self, ty: BasicTypeEnum<'c>, slot: PointerValue<'c>) -> Val<'c> {
        self.builder.build_load(ty, slot, "").expect(POSITIONED)
    }

    /// Stores a slot.
    pub(crate) fn set(&self, slot: PointerValue<'c>, value: Val<'c>) {
        self.builder.build_store(slot, value).expect(POSITIONED);
    }

    // Values of any width.

    pub(crate) fn binary(&self, op: InstructionOpcode, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.builder.build_binop(op, a, b, "").expect(POSITIONED)
    }

    pub(crate) fn cast(&self, op: InstructionOpcode, value: Val<'c>, ty: BasicTypeEnum<'c>) -> Val<'c> {
        self.builder.build_cast(op, value, ty, "").expect(POSITIONED)
    }

    pub(crate) fn compare(&self, predicate: IntPredicate, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        match (a, b) {
            (Val::VectorValue(a), Val::VectorValue(b)) => {
                self.builder.build_int_compare(predicate, a, b, "").expect(POSITIONED).into()
            }
            _ => self.compare_int(predicate, a.into_int_value(), b.into_int_value()).into(),
        }
    }

    pub(crate) fn compare_float(&self, predicate: FloatPredicate, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        match (a, b) {
            (Val::VectorValue(a), Val::VectorValue(b)) => {
                self.builder.build_float_compare(predicate, a, b, "").expect(POSITIONED).into()
            }
            _ => {
                let (a, b) = (a.into_float_value(), b.into_float_value());
                self.builder.build_float_compare(predicate, a, b, "").expect(POSITIONED).into()
            }
        }
    }

    pub(crate) fn select(&self, condition: Val<'c>, then: Val<'c>, otherwise: Val<'c>) -> Val<'c> {
        if let Val::VectorValue(c) = condition {
            self.builder.build_select(c, then, otherwise, "").expect(POSITIONED)
        } else {
            self.builder.build_select(condition.into_int_value(), then, otherwise, "").expect(POSITIONED)
        }
    }

    pub(crate) fn negate(&self, value: Val<'c>) -> Val<'c> {
        if let Val::VectorValue(v) = value {
            self.builder.build_float_neg(v, "").expect(POSITIONED).into()
        } else {
            self.builder.build_float_neg(value.into_float_value(), "").expect(POSITIONED).into()
        }
    }

    // Vectors.

    /// The type of this many lanes.
    pub(crate) fn widen(&self, ty: BasicTypeEnum<'c>, width: u32) -> BasicTypeEnum<'c> {
        match (width, ty) {
            (1, _) => ty,
            (_, BasicTypeEnum::IntType(ty)) => ty.vec_type(width).into(),
            (_, BasicTypeEnum::FloatType(ty)) => ty.vec_type(width).into(),
            (_, _) => unreachable!("invariant: lanes are integers or floats"),
        }
    }

    /// The same scalar in every lane.
    pub(crate) fn splat(&self, scalar: Val<'c>, width: u32) -> Val<'c> {
        if width == 1 {
            return scalar;
        }
        let ty = self.widen(scalar.get_type(), width).into_vector_type();
        let first = self
            .builder
            .build_insert_element(ty.get_poison(), scalar, self.context().i32_type().const_zero(), "")
            .expect(POSITIONED);
        self.shuffle(first.into(), first.into(), &vec![0; width as usize])
    }

    /// Lanes of two vectors, by their index in `a` followed by `b`; one lane is a scalar.
    pub(crate) fn shuffle(&self, a: Val<'c>, b: Val<'c>, lanes: &[u32]) -> Val<'c> {
        if let [lane] = lanes {
            return self.extract(a, *lane);
        }
        let int = self.context().i32_type();
        let mask: Vec<_> = lanes.iter().map(|&lane| int.const_int(u64::from(lane), false)).collect();
        let mask = inkwell::types::VectorType::const_vector(&mask);
        let (a, b) = (a.into_vector_value(), b.into_vector_value());
        self.builder.build_shuffle_vector(a, b, mask, "").expect(POSITIONED).into()
    }

    /// A vector with `width` lanes of another in place of its own from `first` on; a scalar has one lane.
    pub(crate) fn insert(&self, vector: Val<'c>, new: Val<'c>, first: u32, width: u32) -> Val<'c> {
        let Val::VectorValue(old) = vector else { return new };
        let Val::VectorValue(_) = new else {
            let lane = self.context().i32_type().const_int(u64::from(first), false);
            return self.builder.build_insert_element(old, new, lane, "").expect(POSITIONED).into();
        };
        let all = old.get_type().get_size();
        let is_new = |lane: &u32| (first..first + width).contains(lane);
        let moved = |lane: u32| if is_new(&lane) { lane - first } else { 0 };
        let wide = self.shuffle(new, new, &(0..all).map(moved).collect::<Vec<_>>());
        let chosen = |lane: u32| if is_new(&lane) { all + lane } else { lane };
        self.shuffle(vector, wide, &(0..all).map(chosen).collect::<Vec<_>>())
    }

    /// One lane.
    pub(crate) fn extract(&self, vector: Val<'c>, lane: u32) -> Val<'c> {
        match vector {
            Val::VectorValue(v) => {
                let lane = self.context().i32_type().const_int(u64::from(lane), false);
                self.builder.build_extract_element(v, lane, "").expect(POSITIONED)
            }
            scalar @ Val::ArrayValue(_)
            | scalar @ Val::IntValue(_)
            | scalar @ Val::FloatValue(_)
            | scalar @ Val::PointerValue(_)
            | scalar @ Val::StructValue(_)
            | scalar @ Val::ScalableVectorValue(_) => scalar,
        }
    }

    /// A vector of scalars, or the only one.
    pub(crate) fn gather(&self, scalars: &[Val<'c>]) -> Val<'c> {
        if let [scalar] = scalars {
            return *scalar;
        }
        let ty = self.widen(scalars[0].get_type(), scalars.len() as u32).into_vector_type();
        let int = self.context().i32_type();
        let mut vector = ty.get_poison();
        for (lane, scalar) in scalars.iter().enumerate() {
            let lane = int.const_int(lane as u64, false);
            vector = self.builder.build_insert_element(vector, *scalar, lane, "").expect(POSITIONED);
        }
        vector.into()
    }
}

/// The type of as many bits as an integer lane has.
pub(crate) fn int_of_bits(context: &Context, bits: u32) -> IntType<'_> {
    match bits {
        1 => context.bool_type(),
        8 => context.i8_type(),
        16 => context.i16_type(),
        32 => context.i32_type(),
        _ => context.i64_type(),
    }
}

/// The type of a value, as a basic type.
pub(crate) fn basic<'c>(ty: impl BasicType<'c>) -> BasicTypeEnum<'c> {
    ty.as_basic_type_enum()
}

/// Whether a value is the same in every function.
pub(crate) fn is_constant(value: Val<'_>) -> bool {
    match value {
        Val::ArrayValue(value) => value.is_const(),
        Val::IntValue(value) => value.is_const(),
        Val::FloatValue(value) => value.is_const(),
        Val::PointerValue(value) => value.is_const(),
        Val::StructValue(value) => value.is_const(),
        Val::VectorValue(value) => value.is_const(),
        Val::ScalableVectorValue(value) => value.is_const(),
    }
}

/// Marks the branch at the end of a loop: the Plan has chosen how much of it runs together.
fn forbid_unrolling(context: &Context, latch: InstructionValue<'_>) {
    const KIND: &str = "llvm.loop";
    const DISABLE: &str = "llvm.loop.unroll.disable";
    // SAFETY: Context and instruction are alive, the texts have the lengths that are stated, and the
    // temporary node is used once more by the call that replaces and frees it. A loop's node must name itself
    // first, which inkwell's safe interface cannot express.
    unsafe {
        let raw = context.as_ctx_ref();
        let disable = LLVMMDStringInContext2(raw, DISABLE.as_ptr().cast(), DISABLE.len());
        let disable = LLVMMDNodeInContext2(raw, [disable].as_mut_ptr(), 1);
        let itself = LLVMTemporaryMDNode(raw, std::ptr::null_mut(), 0);
        let node = LLVMMDNodeInContext2(raw, [itself, disable].as_mut_ptr(), 2);
        LLVMMetadataReplaceAllUsesWith(itself, node);
        let kind = LLVMGetMDKindIDInContext(raw, KIND.as_ptr().cast(), KIND.len() as u32);
        LLVMSetMetadata(latch.as_value_ref(), kind, LLVMMetadataAsValue(raw, node));
    }
}
