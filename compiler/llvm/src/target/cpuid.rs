//! Code that asks an x86-64 processor for its features.
//!
//! The check is compiled for the baseline and runs before anything else of an instance. It follows the
//! manuals of Intel ("Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2, CPUID, and
//! volume 1, chapters 14 and 15): the features' bits, and XGETBV for whether the system saves the wide
//! registers.

use inkwell::IntPredicate;
use inkwell::context::Context;
use inkwell::values::{FunctionValue, IntValue};

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

/// Emits the check of these features, `int32_t cpu_ok(void)`.
pub(super) fn build_check<'c>(shell: &Shell<'_, 'c>, features: &[&str]) -> FunctionValue<'c> {
    let i32_type = shell.context.i32_type();
    let function = shell.internal_function("cpu_ok", i32_type.fn_type(&[], false));
    let ir = Ir::new(shell, function);
    let fail = ir.new_block("fail");
    // The leaves exist, so that their registers mean what the manuals say.
    require_at_least(&ir, cpuid(&ir, 0, 0).0, 7, fail);
    require_at_least(&ir, cpuid(&ir, 0x8000_0000, 0).0, 0x8000_0001, fail);
    let (_, _, leaf_1, _) = cpuid(&ir, 1, 0);
    let (_, leaf_7, _, _) = cpuid(&ir, 7, 0);
    let (_, _, extended, _) = cpuid(&ir, 0x8000_0001, 0);
    for (word, register) in [(Word::Leaf1C, leaf_1), (Word::Leaf7B, leaf_7), (Word::Extended, extended)] {
        require_bits(&ir, register, mask(word, features), fail);
    }
    // Bits 1 and 2: SSE and AVX state; 5 to 7: the three parts of AVX-512 state.
    let saved = if features.iter().any(|f| f.starts_with("avx512")) { 0xe6 } else { 0x06 };
    require_bits(&ir, xgetbv(&ir), saved, fail);
    ir.return_value(i32_type.const_int(1, false).into());
    ir.position(fail);
    ir.return_value(i32_type.const_zero().into());
    ir.finish();
    function
}

fn mask(word: Word, features: &[&str]) -> u32 {
    FEATURES
        .iter()
        .filter(|f| f.word == word && features.contains(&f.name))
        .fold(0, |mask, f| mask | 1 << f.bit)
}

fn require_at_least<'c>(
    ir: &Ir<'_, 'c>,
    value: IntValue<'c>,
    least: u32,
    fail: inkwell::basic_block::BasicBlock<'c>,
) {
    let least = ir.context().i32_type().const_int(u64::from(least), false);
    let enough = ir.compare_int(IntPredicate::UGE, value, least);
    ir.continue_if(enough, fail);
}

fn require_bits<'c>(
    ir: &Ir<'_, 'c>,
    value: IntValue<'c>,
    mask: u32,
    fail: inkwell::basic_block::BasicBlock<'c>,
) {
    let mask = ir.context().i32_type().const_int(u64::from(mask), false);
    let present = ir.builder.build_and(value, mask, "").expect("invariant: the builder is positioned");
    let all = ir.compare_int(IntPredicate::EQ, present, mask);
    ir.continue_if(all, fail);
}

/// EAX, EBX, ECX, EDX of a leaf.
fn cpuid<'c>(
    ir: &Ir<'_, 'c>,
    leaf: u32,
    subleaf: u32,
) -> (IntValue<'c>, IntValue<'c>, IntValue<'c>, IntValue<'c>) {
    let int = ir.context().i32_type();
    let registers = ir.context().struct_type(&[int.into(); 4], false);
    let ty = registers.fn_type(&[int.into(); 2], false);
    let asm = inline_asm(
        ir.context(),
        ty,
        "cpuid",
        "={ax},={bx},={cx},={dx},{ax},{cx},~{dirflag},~{fpsr},~{flags}",
    );
    let args =
        [int.const_int(u64::from(leaf), false).into(), int.const_int(u64::from(subleaf), false).into()];
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
    use crate::target::x86_64::{ISA, V3, V4};

    #[test]
    fn the_third_level_asks_for_its_own_bits_and_no_more() {
        let v3 = V3.features;
        assert_eq!(mask(Word::Leaf7B, v3), 1 << 3 | 1 << 5 | 1 << 8);
        assert_eq!(mask(Word::Extended, v3), 1 << 5 | 1);
        assert_eq!(v3.last(), Some(&"lzcnt"));
        assert_eq!(V4.features.last(), Some(&"avx512vl"));
        assert_eq!(mask(Word::Leaf7B, V4.features) >> 16, 1 | 1 << 1 | 1 << 12 | 1 << 14 | 1 << 15);
    }

    /// Runs the check of some features on this machine.
    #[cfg(target_arch = "x86_64")]
    fn runs(features: &[&str]) -> bool {
        let context = Context::create();
        let module = context.create_module("check");
        let target = crate::target::Target::of_host().unwrap();
        let shell = Shell { context: &context, module: &module, target: &target };
        build_check(&shell, features).set_linkage(inkwell::module::Linkage::External);
        module.verify().unwrap();
        let engine = module.create_jit_execution_engine(inkwell::OptimizationLevel::None).unwrap();
        let address = engine.get_function_address("cpu_ok").unwrap();
        // SAFETY: The function is of this type and the engine that holds it is alive.
        unsafe { std::mem::transmute::<usize, extern "C" fn() -> i32>(address)() == 1 }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_check_agrees_with_llvm_about_this_machine() {
        assert!(runs(&[]));
        for feature in FEATURES.map(|feature| feature.name) {
            assert_eq!(runs(&[feature]), missing_on_host(&[feature]).is_none(), "{feature}");
        }
        for level in ISA.levels {
            assert_eq!(runs(level.features), missing_on_host(level.features).is_none(), "{}", level.name());
        }
    }
}
