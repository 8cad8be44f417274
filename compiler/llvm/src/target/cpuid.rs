//! Code that asks an x86-64 processor for its features.
//!
//! The check is compiled for the baseline and runs before anything else of an instance. It follows the
//! manuals of Intel ("Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2, CPUID, and
//! volume 1, chapters 14 and 15): the features' bits, and XGETBV for whether the system saves the wide
//! registers.

use inkwell::IntPredicate;
use inkwell::context::Context;
use inkwell::values::{FunctionValue, InstructionOpcode, IntValue};

use super::x86_64::FEATURES;
use crate::ir::Ir;
use crate::shell::Shell;

/// A feature: its name, and where CPUID reports it.
pub(super) struct Feature {
    pub name: &'static str,
    pub word: Word,
    pub bit: u32,
}

/// A register of CPUID.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// ECX of leaf 1.
    Leaf1C,
    /// EBX of leaf 7.
    Leaf7B,
    /// ECX of leaf 0x80000001.
    Extended,
    /// Part of x86-64 itself.
    Always,
}

/// The registers of the processor that say what it has, and what the system saves of it.
struct Registers<'c> {
    words: [(Word, IntValue<'c>); 3],
    saved: IntValue<'c>,
}

/// Emits `uint64_t runnable(void)`: bit `i` says that the processor has all features of set `i`.
pub(super) fn build_runnable<'c>(shell: &Shell<'_, 'c>, sets: &[&[&str]]) -> FunctionValue<'c> {
    let function = shell.internal_function("runnable", shell.context.i64_type().fn_type(&[], false));
    let ir = Ir::new(shell, function);
    let registers = registers(&ir);
    let bit = |(index, features): (usize, &&[&str])| {
        let has =
            ir.cast(InstructionOpcode::ZExt, has_all(&ir, &registers, features).into(), ir.int_type().into());
        ir.mul(has.into_int_value(), ir.int(1 << index))
    };
    let bits = sets.iter().enumerate().map(bit).fold(ir.int(0), |all, bit| ir.add(all, bit));
    ir.return_value(bits.into());
    ir.finish();
    function
}

/// A register is 0 where its leaf does not exist, so that it means what the manuals say.
fn registers<'c>(ir: &Ir<'_, 'c>) -> Registers<'c> {
    let existing = |word: IntValue<'c>, first: u32, leaf: u32| {
        let exists = ir.compare_int(IntPredicate::UGE, cpuid(ir, first).0, number(ir, leaf));
        ir.select(exists.into(), word.into(), number(ir, 0).into()).into_int_value()
    };
    let leaf_1 = cpuid(ir, 1).2;
    let leaf_7 = existing(cpuid(ir, 7).1, 0, 7);
    let extended = existing(cpuid(ir, 0x8000_0001).2, 0x8000_0000, 0x8000_0001);
    let words = [(Word::Leaf1C, leaf_1), (Word::Leaf7B, leaf_7), (Word::Extended, extended)];
    Registers { words, saved: saved(ir, leaf_1) }
}

/// What the system saves, by XGETBV, which exists where the system says that it uses it.
fn saved<'c>(ir: &Ir<'_, 'c>, leaf_1: IntValue<'c>) -> IntValue<'c> {
    let slot = ir.slot(ir.context().i32_type().into());
    ir.set(slot, number(ir, 0).into());
    ir.when(has_bits(ir, leaf_1, OSXSAVE), &mut || ir.set(slot, xgetbv(ir).into()));
    ir.get(ir.context().i32_type().into(), slot).into_int_value()
}

/// The bit of leaf 1 that says that the system uses XSAVE.
const OSXSAVE: u32 = 1 << 27;

fn has_all<'c>(ir: &Ir<'_, 'c>, registers: &Registers<'c>, features: &[&str]) -> IntValue<'c> {
    let words = registers.words.iter().map(|(word, register)| (*register, mask(*word, features)));
    let asked = words.chain([(registers.saved, state(features))]).filter(|(_, mask)| *mask != 0);
    let all = asked.map(|(register, mask)| has_bits(ir, register, mask));
    all.reduce(|a, b| ir.and(a, b)).unwrap_or_else(|| ir.context().bool_type().const_int(1, false))
}

/// What the system has to save. Bits 1 and 2: SSE and AVX state; 5 to 7: the three parts of AVX-512 state.
fn state(features: &[&str]) -> u32 {
    match () {
        () if features.iter().any(|f| f.starts_with("avx512")) => 0xe6,
        () if features.contains(&"avx") => 0x06,
        () => 0,
    }
}

fn mask(word: Word, features: &[&str]) -> u32 {
    FEATURES
        .iter()
        .filter(|f| f.word == word && features.contains(&f.name))
        .fold(0, |mask, f| mask | 1 << f.bit)
}

fn number<'c>(ir: &Ir<'_, 'c>, value: u32) -> IntValue<'c> {
    ir.context().i32_type().const_int(u64::from(value), false)
}

fn has_bits<'c>(ir: &Ir<'_, 'c>, register: IntValue<'c>, mask: u32) -> IntValue<'c> {
    let mask = number(ir, mask);
    ir.compare_int(IntPredicate::EQ, ir.and(register, mask), mask)
}

/// EAX, EBX, ECX, EDX of a leaf, and of its first part if it has several.
fn cpuid<'c>(ir: &Ir<'_, 'c>, leaf: u32) -> (IntValue<'c>, IntValue<'c>, IntValue<'c>, IntValue<'c>) {
    let int = ir.context().i32_type();
    let registers = ir.context().struct_type(&[int.into(); 4], false);
    let ty = registers.fn_type(&[int.into(); 2], false);
    let asm = inline_asm(
        ir.context(),
        ty,
        "cpuid",
        "={ax},={bx},={cx},={dx},{ax},{cx},~{dirflag},~{fpsr},~{flags}",
    );
    let args = [number(ir, leaf).into(), number(ir, 0).into()];
    let call =
        ir.builder.build_indirect_call(ty, asm, &args, "").expect("invariant: the builder is positioned");
    let result = call.try_as_basic_value().unwrap_basic().into_struct_value();
    let part = |i| {
        let value = ir.builder.build_extract_value(result, i, "").expect("invariant: four registers");
        value.into_int_value()
    };
    (part(0), part(1), part(2), part(3))
}

/// The low half of extended control register 0.
fn xgetbv<'c>(ir: &Ir<'_, 'c>) -> IntValue<'c> {
    let int = ir.context().i32_type();
    let ty = int.fn_type(&[int.into()], false);
    let asm = inline_asm(ir.context(), ty, "xgetbv", "={ax},{cx},~{dx},~{dirflag},~{fpsr},~{flags}");
    let args = [int.const_zero().into()];
    let call =
        ir.builder.build_indirect_call(ty, asm, &args, "").expect("invariant: the builder is positioned");
    call.try_as_basic_value().unwrap_basic().into_int_value()
}

fn inline_asm<'c>(
    context: &'c Context,
    ty: inkwell::types::FunctionType<'c>,
    text: &str,
    constraints: &str,
) -> inkwell::values::PointerValue<'c> {
    context.create_inline_asm(ty, text.to_owned(), constraints.to_owned(), true, false, None, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::missing_on_host;
    use crate::target::x86_64::{ISA, V1, V2, V3, V4};

    #[test]
    fn levels_ask_for_their_own_bits_and_no_more() {
        for word in [Word::Leaf1C, Word::Leaf7B, Word::Extended] {
            assert_eq!(mask(word, V1.features), 0);
        }
        assert_eq!(mask(Word::Leaf1C, V2.features), 1 | 1 << 9 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 23);
        assert_eq!(mask(Word::Extended, V2.features), 1);
        assert_eq!([V1, V2, V3, V4].map(|level| state(level.features)), [0, 0, 0x06, 0xe6]);
        let v3 = V3.features;
        assert_eq!(mask(Word::Leaf7B, v3), 1 << 3 | 1 << 5 | 1 << 8);
        assert_eq!(mask(Word::Extended, v3), 1 << 5 | 1);
        assert_eq!(v3.last(), Some(&"lzcnt"));
        assert_eq!(V4.features.last(), Some(&"avx512vl"));
        assert_eq!(mask(Word::Leaf7B, V4.features) >> 16, 1 | 1 << 1 | 1 << 12 | 1 << 14 | 1 << 15);
    }

    /// What the question of some sets of features is answered on this machine.
    #[cfg(target_arch = "x86_64")]
    fn runnable(sets: &[&[&str]]) -> u64 {
        let context = Context::create();
        let module = context.create_module("check");
        let target = crate::target::Target::new(None, None, "").unwrap();
        let shell = Shell { context: &context, module: &module, target: &target };
        build_runnable(&shell, sets).set_linkage(inkwell::module::Linkage::External);
        module.verify().unwrap();
        let engine = module.create_jit_execution_engine(inkwell::OptimizationLevel::None).unwrap();
        let address = engine.get_function_address("runnable").unwrap();
        // SAFETY: The function is of this type and the engine that holds it is alive.
        unsafe { std::mem::transmute::<usize, extern "C" fn() -> u64>(address)() }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_answer_agrees_with_llvm_about_this_machine() {
        assert_eq!(runnable(&[]), 0);
        let is_here = |features: &[&str]| u64::from(missing_on_host(features).is_none());
        for feature in FEATURES.map(|feature| feature.name) {
            assert_eq!(runnable(&[&[feature]]), is_here(&[feature]), "{feature}");
        }
        let levels: Vec<&[&str]> = ISA.levels.iter().map(|level| level.features).collect();
        let here = levels.iter().enumerate().map(|(i, features)| is_here(features) << i).sum();
        assert_eq!(runnable(&levels), here);
    }
}
