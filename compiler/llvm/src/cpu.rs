//! Levels of instruction sets: their features, and code that asks the processor for them.
//!
//! The check is compiled for the baseline and runs before anything else of an instance. It follows the manuals of Intel
//! ("Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2, CPUID, and volume 1, chapters 14 and 15):
//! the features' bits, and XGETBV for whether the system saves the wide registers.

use inkwell::IntPredicate;
use inkwell::context::Context;
use inkwell::targets::TargetMachine;
use inkwell::values::{FunctionValue, IntValue};

use crate::error::Error;
use crate::ir::Ir;
use crate::shell::Shell;
use crate::target::Arch;

/// A set of features that kernels may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// AVX2 and FMA.
    X86_64V3,
    /// AVX-512 as well.
    X86_64V4,
    /// Armv8-A with Advanced SIMD: the baseline, so nothing is checked.
    Aarch64,
}

/// A feature: its name, and where CPUID reports it.
struct Feature {
    name: &'static str,
    word: Word,
    bit: u32,
}

/// A register of CPUID.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// ECX of leaf 1.
    Leaf1C,
    /// EBX of leaf 7.
    Leaf7B,
    /// ECX of leaf 0x80000001.
    Extended,
    /// Part of x86-64 itself.
    Always,
}

/// Every feature that a kernel may use, those of the third level first.
const X86: [Feature; 33] = {
    const fn at(name: &'static str, word: Word, bit: u32) -> Feature {
        Feature { name, word, bit }
    }
    use Word::{Always, Extended, Leaf1C, Leaf7B};
    [
        at("cmov", Always, 0),
        at("cx8", Always, 0),
        at("fxsr", Always, 0),
        at("mmx", Always, 0),
        at("sse", Always, 0),
        at("sse2", Always, 0),
        at("x87", Always, 0),
        at("64bit", Always, 0),
        at("sse3", Leaf1C, 0),
        at("ssse3", Leaf1C, 9),
        at("fma", Leaf1C, 12),
        at("cx16", Leaf1C, 13),
        at("sse4.1", Leaf1C, 19),
        at("sse4.2", Leaf1C, 20),
        at("crc32", Leaf1C, 20),
        at("movbe", Leaf1C, 22),
        at("popcnt", Leaf1C, 23),
        at("xsave", Leaf1C, 27),
        at("avx", Leaf1C, 28),
        at("f16c", Leaf1C, 29),
        at("bmi", Leaf7B, 3),
        at("avx2", Leaf7B, 5),
        at("bmi2", Leaf7B, 8),
        at("sahf", Extended, 0),
        at("lzcnt", Extended, 5),
        at("avx512f", Leaf7B, 16),
        at("avx512dq", Leaf7B, 17),
        at("avx512cd", Leaf7B, 28),
        at("avx512bw", Leaf7B, 30),
        at("avx512vl", Leaf7B, 31),
        at("adx", Leaf7B, 19),
        at("aes", Leaf1C, 25),
        at("pclmul", Leaf1C, 1),
    ]
};

/// How many of [`X86`] make up the third and the fourth level.
const V3: usize = 25;
const V4: usize = 30;

const X86_FEATURES: [&str; 33] = {
    let mut names = [""; 33];
    let mut i = 0;
    while i < names.len() {
        names[i] = X86[i].name;
        i += 1;
    }
    names
};

/// CPUs by level, each a name that LLVM knows.
const V3_CPUS: [&str; 11] = [
    "x86-64-v3",
    "haswell",
    "broadwell",
    "skylake",
    "alderlake",
    "raptorlake",
    "gracemont",
    "znver1",
    "znver2",
    "znver3",
    "arrowlake",
];
const V4_CPUS: [&str; 9] = [
    "x86-64-v4",
    "skylake-avx512",
    "cascadelake",
    "icelake-client",
    "icelake-server",
    "sapphirerapids",
    "tigerlake",
    "znver4",
    "znver5",
];
const AARCH64_CPUS: [&str; 10] = [
    "generic",
    "cortex-a53",
    "cortex-a72",
    "cortex-a76",
    "neoverse-n1",
    "neoverse-n2",
    "neoverse-v1",
    "neoverse-v2",
    "apple-m1",
    "apple-m2",
];

impl Level {
    /// The levels of an instruction set, lowest first.
    pub(crate) fn of(arch: Arch) -> &'static [Level] {
        match arch {
            Arch::X86_64 => &[Level::X86_64V3, Level::X86_64V4],
            Arch::Aarch64 => &[Level::Aarch64],
        }
    }

    /// The level of a CPU by its name.
    pub(crate) fn find(arch: Arch, cpu: &str) -> Result<Level, Error> {
        let levels = Level::of(arch);
        levels.iter().copied().find(|level| level.cpus().contains(&cpu)).ok_or_else(|| Error::Cpu {
            cpu: cpu.to_owned(),
            reason: match arch {
                Arch::X86_64 => "it is not known to have AVX2 and FMA".to_owned(),
                Arch::Aarch64 => "it is not known".to_owned(),
            },
            supported: levels.iter().flat_map(|l| l.cpus()).copied().collect::<Vec<_>>().join(", "),
        })
    }

    /// The name of the CPU that has this level and nothing more.
    pub(crate) fn name(self) -> &'static str {
        self.cpus()[0]
    }

    fn cpus(self) -> &'static [&'static str] {
        match self {
            Level::X86_64V3 => &V3_CPUS,
            Level::X86_64V4 => &V4_CPUS,
            Level::Aarch64 => &AARCH64_CPUS,
        }
    }

    /// All its features, written out.
    pub(crate) fn features(self) -> &'static [&'static str] {
        match self {
            Level::X86_64V3 => &X86_FEATURES[..V3],
            Level::X86_64V4 => &X86_FEATURES[..V4],
            Level::Aarch64 => &["fp-armv8", "neon"],
        }
    }

    /// Its features and those that a text such as `+avx512f,+aes` adds.
    pub(crate) fn with(self, arch: Arch, text: &str) -> Result<Vec<&'static str>, Error> {
        let mut features = self.features().to_vec();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let refused = |reason: String| Error::Feature { feature: item.to_owned(), reason };
            let known: &[&str] = match arch {
                Arch::X86_64 => &X86_FEATURES,
                Arch::Aarch64 => self.features(),
            };
            let Some(name) = item.strip_prefix('+') else {
                return Err(refused(format!("kernels of {} need it; write `+name` to add one", self.name())));
            };
            let Some(feature) = known.iter().find(|f| **f == name) else {
                return Err(refused(format!("known are {}", known.join(", "))));
            };
            if !features.contains(feature) {
                features.push(feature);
            }
        }
        Ok(features)
    }
}

/// The first of some features that the compiling machine lacks.
pub(crate) fn missing_on_host<'f>(features: &[&'f str]) -> Option<&'f str> {
    let host = TargetMachine::get_host_cpu_features().to_string();
    let has = |feature: &str| host.split(',').any(|f| f.strip_prefix('+') == Some(feature));
    let always = |feature: &str| X86.iter().any(|f| f.name == feature && f.word == Word::Always);
    features.iter().copied().find(|feature| !always(feature) && !has(feature))
}

/// Emits the check of these features, `int32_t cpu_ok(void)`, where there is anything to check.
pub(crate) fn build_check<'c>(
    shell: &Shell<'_, 'c>,
    arch: Arch,
    features: &[&str],
) -> Option<FunctionValue<'c>> {
    if arch == Arch::Aarch64 {
        return None;
    }
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
    Some(function)
}

fn mask(word: Word, features: &[&str]) -> u32 {
    X86.iter().filter(|f| f.word == word && features.contains(&f.name)).fold(0, |mask, f| mask | 1 << f.bit)
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

    #[test]
    fn the_third_level_asks_for_its_own_bits_and_no_more() {
        let v3 = Level::X86_64V3.features();
        assert_eq!(mask(Word::Leaf7B, v3), 1 << 3 | 1 << 5 | 1 << 8);
        assert_eq!(mask(Word::Extended, v3), 1 << 5 | 1);
        assert_eq!(v3.last(), Some(&"lzcnt"));
        assert_eq!(Level::X86_64V4.features().last(), Some(&"avx512vl"));
        assert_eq!(
            mask(Word::Leaf7B, Level::X86_64V4.features()) >> 16,
            1 | 1 << 1 | 1 << 12 | 1 << 14 | 1 << 15
        );
    }

    /// Runs the check of some features on this machine.
    #[cfg(target_arch = "x86_64")]
    fn runs(features: &[&str]) -> bool {
        let context = Context::create();
        let module = context.create_module("check");
        let target = crate::target::Target::of_host().unwrap();
        let shell = Shell { context: &context, module: &module, target: &target };
        build_check(&shell, Arch::X86_64, features).unwrap().set_linkage(inkwell::module::Linkage::External);
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
        for feature in &X86_FEATURES {
            assert_eq!(runs(&[feature]), missing_on_host(&[feature]).is_none(), "{feature}");
        }
        for level in Level::of(Arch::X86_64) {
            assert_eq!(
                runs(level.features()),
                missing_on_host(level.features()).is_none(),
                "{}",
                level.name()
            );
        }
    }
}
