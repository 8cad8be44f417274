//! What code is made for: a triple, a CPU, and what the planner must know of it.
//!
//! An instruction set is a file of this folder with one static table. A CPU's name stands for one of a few
//! *levels* whose features are written out there; beyond that the name only steers instruction scheduling. So
//! the code depends on no list inside LLVM, and the check that runs before a kernel knows exactly what to ask
//! the processor for.

mod aarch64;
mod cpuid;
mod list;
mod x86_64;

pub use list::Targets;

use inkwell::OptimizationLevel;
use inkwell::targets::{CodeModel, InitializationConfig, RelocMode, TargetMachine, TargetTriple};
use inkwell::values::FunctionValue;
use tgc_plan::machine::Machine;

use crate::error::Error;
use crate::shell::Shell;

/// Every instruction set.
static ISAS: [&Isa; 2] = [&x86_64::ISA, &aarch64::ISA];

/// Emits a function that is asked about sets of features.
type BuildRunnable = for<'c> fn(&Shell<'_, 'c>, &[&[&str]]) -> FunctionValue<'c>;

/// What is known of an instruction set.
#[derive(Debug)]
struct Isa {
    /// What the first component of a triple calls it; LLVM's spelling first.
    names: &'static [&'static str],
    /// The triples that can be asked for.
    systems: &'static [&'static str],
    /// LLVM's name of the CPU that everything but the kernels is compiled for.
    baseline: &'static str,
    /// Levels, lowest first; each has all features of those before.
    levels: &'static [Level],
    /// The level of a machine that is usual today, for which a plan is shown.
    usual: &'static Level,
    /// The CPUs that a library has code for by default, the least demanding first.
    library: &'static [&'static str],
    /// The lowest level that single features can be added to: what they need in turn is there.
    extensible: &'static Level,
    /// The features that may be asked for.
    features: &'static [&'static str],
    /// The feature that brings fused multiply-add.
    fuses: &'static str,
    /// The feature that brings rounding to integers.
    rounds: &'static str,
    /// Whether a feature is part of the instruction set itself.
    is_always_there: fn(&str) -> bool,
    /// Registers LLVM's back end.
    initialize: fn(&InitializationConfig),
    /// Emits `uint64_t runnable(void)`, which asks the processor which of some sets of features it has, where
    /// there is anything to ask.
    runnable: Option<BuildRunnable>,
}

/// A set of features that kernels may use.
#[derive(Debug)]
struct Level {
    /// CPUs that have it, each a name that LLVM knows; the first has nothing more.
    cpus: &'static [&'static str],
    /// All its features, written out.
    features: &'static [&'static str],
    /// What the planner plans for.
    machine: Machine,
}

/// A system and a processor.
#[derive(Clone, Debug)]
pub struct Target {
    triple: String,
    isa: &'static Isa,
    level: &'static Level,
    cpu: String,
    features: Vec<&'static str>,
}

impl Target {
    /// The target of a triple, a CPU and extra features such as `+avx512f`.
    ///
    /// Without a triple it is the compiling machine's; without a CPU it is the level that is usual today. The
    /// CPU `native` stands for the best level that the compiling machine has.
    pub fn new(triple: Option<&str>, cpu: Option<&str>, features: &str) -> Result<Target, Error> {
        let host = host_triple();
        let (isa, triple) = normalize(triple.unwrap_or(&host))?;
        let (cpu, level) = match cpu {
            None => (isa.usual.name().to_owned(), isa.usual),
            Some("native") => isa.native()?,
            Some(name) => (name.to_owned(), isa.level_of(name)?),
        };
        let features = isa.with_features(level, features)?;
        Ok(Target { triple, isa, level, cpu, features })
    }

    /// The triples that can be asked for.
    pub fn list() -> Vec<&'static str> {
        ISAS.iter().flat_map(|isa| isa.systems).copied().collect()
    }

    /// What the planner plans for.
    pub fn machine(&self) -> Machine {
        self.level.machine.clone()
    }

    /// The normalized triple.
    pub fn triple(&self) -> &str {
        &self.triple
    }

    /// The CPU's name.
    pub fn cpu(&self) -> &str {
        &self.cpu
    }

    /// All that decides what code is made: triple, CPU and features.
    pub fn description(&self) -> String {
        format!("{} {} +{}", self.triple, self.cpu, self.features.join(",+"))
    }

    /// The alignment that a frame with vectors in it may need, where it is more than that of every stack.
    pub(crate) fn frame_align(&self) -> u64 {
        match self.level.machine.vector_bytes {
            bytes if bytes > 16 => u64::from(bytes),
            _ => 0,
        }
    }

    /// The CPU that has the kernels' level and nothing more.
    pub(crate) fn level_cpu(&self) -> &'static str {
        self.level.name()
    }

    /// The features of the kernels, without signs.
    pub(crate) fn features(&self) -> &[&'static str] {
        &self.features
    }

    /// Whether kernels have an instruction that multiplies and adds with one rounding.
    pub(crate) fn fuses(&self) -> bool {
        self.features.contains(&self.isa.fuses)
    }

    /// Whether kernels have instructions that round floats to integers.
    pub(crate) fn rounds(&self) -> bool {
        self.features.contains(&self.isa.rounds)
    }

    /// A feature of the kernels that the compiling machine lacks.
    pub(crate) fn missing_here(&self) -> Option<&'static str> {
        missing_on_host(&self.features)
    }

    /// Emits the question which of some targets of one instruction set the processor can run, if there may be
    /// one that it cannot.
    pub(crate) fn build_runnable<'c>(targets: &[Target], shell: &Shell<'_, 'c>) -> Option<FunctionValue<'c>> {
        let sets: Vec<&[&str]> = targets.iter().map(|target| target.features.as_slice()).collect();
        let is_always_there = |name: &&str| (shell.target.isa.is_always_there)(name);
        let asks = sets.iter().any(|features| !features.iter().all(is_always_there));
        shell.target.isa.runnable.filter(|_| asks).map(|build| build(shell, &sets))
    }

    /// LLVM's machine: the baseline of the triple, position-independent.
    pub(crate) fn to_llvm(&self, effort: OptimizationLevel) -> Result<TargetMachine, Error> {
        initialize();
        let triple = TargetTriple::create(&self.triple);
        let target =
            inkwell::targets::Target::from_triple(&triple).map_err(|m| Error::llvm("finding a target", m))?;
        target
            .create_target_machine(&triple, self.isa.baseline, "", effort, RelocMode::PIC, CodeModel::Default)
            .ok_or_else(|| Error::llvm("making a target machine", &self.triple))
    }
}

impl Level {
    fn name(&self) -> &'static str {
        self.cpus[0]
    }
}

impl Isa {
    /// The level of a CPU by its name.
    fn level_of(&'static self, cpu: &str) -> Result<&'static Level, Error> {
        self.levels.iter().find(|level| level.cpus.contains(&cpu)).ok_or_else(|| Error::Cpu {
            cpu: cpu.to_owned(),
            reason: "it is not known".to_owned(),
            supported: self.levels.iter().flat_map(|l| l.cpus).copied().collect::<Vec<_>>().join(", "),
        })
    }

    /// The compiling machine's CPU at the best level that it has.
    fn native(&'static self) -> Result<(String, &'static Level), Error> {
        if !std::ptr::eq(self, normalize(&host_triple())?.0) {
            return Err(Error::Host(
                "the CPU `native` needs the compiling machine's own instruction set".to_owned(),
            ));
        }
        initialize();
        let name = TargetMachine::get_host_cpu_name().to_string();
        match self.levels.iter().rev().find(|level| missing_on_host(level.features).is_none()) {
            Some(level) => Ok((name, level)),
            None => Err(Error::Host(format!("its CPU {name} lacks features of {}", self.levels[0].name()))),
        }
    }

    /// A level's features and those that a text such as `+avx512f,+aes` adds.
    fn with_features(&'static self, level: &Level, text: &str) -> Result<Vec<&'static str>, Error> {
        let mut features = level.features.to_vec();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let refused = |reason: String| Error::Feature { feature: item.to_owned(), reason };
            let Some(name) = item.strip_prefix('+') else {
                let level = level.name();
                return Err(refused(format!("kernels of {level} need it; write `+name` to add one")));
            };
            if !self.extensible.features.iter().all(|feature| level.features.contains(feature)) {
                let (level, least) = (level.name(), self.extensible.name());
                return Err(refused(format!("{level} may lack what it needs in turn; add it to {least}")));
            }
            let Some(feature) = self.features.iter().find(|f| **f == name) else {
                return Err(refused(format!("known are {}", self.features.join(", "))));
            };
            if !features.contains(feature) {
                features.push(feature);
            }
        }
        Ok(features)
    }
}

/// The first of some features that the compiling machine lacks.
fn missing_on_host<'f>(features: &[&'f str]) -> Option<&'f str> {
    let host = TargetMachine::get_host_cpu_features().to_string();
    let has = |feature: &str| host.split(',').any(|f| f.strip_prefix('+') == Some(feature));
    let always = |feature: &str| ISAS.iter().any(|isa| (isa.is_always_there)(feature));
    features.iter().copied().find(|feature| !always(feature) && !has(feature))
}

/// Registers the back ends; LLVM allows any number of calls.
fn initialize() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| ISAS.iter().for_each(|isa| (isa.initialize)(&InitializationConfig::default())));
}

fn host_triple() -> String {
    TargetMachine::get_default_triple().as_str().to_string_lossy().into_owned()
}

/// The instruction set of a supported triple, and the triple with LLVM's spelling of each component.
fn normalize(triple: &str) -> Result<(&'static Isa, String), Error> {
    let refused = || Error::Triple { triple: triple.to_owned(), supported: Target::list().join(", ") };
    // Part of LLVM's text and of what assemblers read.
    if !triple.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c)) {
        return Err(refused());
    }
    let mut components = triple.split('-');
    let first = components.next().unwrap_or_default();
    let isa = ISAS.iter().find(|isa| isa.names.contains(&first)).ok_or_else(refused)?;
    let (arch, rest) = (isa.names[0], components.collect::<Vec<&str>>());
    if rest.contains(&"gnux32") || rest.contains(&"gnu_ilp32") {
        return Err(refused());
    }
    if rest.contains(&"linux") {
        let libc = if rest.contains(&"musl") { "musl" } else { "gnu" };
        return Ok((isa, format!("{arch}-unknown-linux-{libc}")));
    }
    match rest.iter().find(|c| c.starts_with("darwin") || c.starts_with("macos")) {
        Some(system) => Ok((isa, format!("{arch}-apple-{system}"))),
        None => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X86_64: &str = "x86_64-unknown-linux-gnu";
    const AARCH64: &str = "aarch64-unknown-linux-gnu";

    fn spelled(triple: &str) -> Result<String, Error> {
        normalize(triple).map(|(_, triple)| triple)
    }

    #[test]
    fn triples_are_normalized_or_refused() {
        assert_eq!(spelled("x86_64-linux-gnu").as_deref(), Ok("x86_64-unknown-linux-gnu"));
        assert_eq!(spelled("x86_64-pc-linux-musl").as_deref(), Ok("x86_64-unknown-linux-musl"));
        assert_eq!(spelled("arm64-apple-macosx13.0.0").as_deref(), Ok("aarch64-apple-macosx13.0.0"));
        for bad in ["riscv64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "aarch64_be-linux-gnu", ""] {
            let message = spelled(bad).unwrap_err().to_string();
            assert!(message.contains(bad) && message.contains(AARCH64), "{message}");
        }
        for triple in Target::list() {
            assert_eq!(spelled(triple).as_deref(), Ok(triple));
        }
    }

    #[test]
    fn cpus_and_features_are_checked() {
        let linux = Some(X86_64);
        assert_eq!(Target::new(linux, None, "").unwrap().cpu(), "x86-64-v3");
        assert_eq!(Target::new(linux, Some("znver4"), "").unwrap().machine(), Machine::X86_64_V4);
        assert_eq!(Target::new(Some(AARCH64), None, "").unwrap().cpu(), "generic");
        let old = Target::new(linux, Some("i486"), "").unwrap_err().to_string();
        assert!(old.contains("x86-64-v3"), "{old}");
        assert_eq!(Target::new(linux, Some("nehalem"), "").unwrap().machine(), Machine::X86_64_V2);
        let early = Target::new(linux, Some("x86-64"), "+fma").unwrap_err().to_string();
        assert!(early.contains("x86-64-v3"), "{early}");
        let less = Target::new(linux, None, "-fma").unwrap_err().to_string();
        assert!(less.contains("fma"), "{less}");
        assert!(Target::new(linux, None, "+quantum").is_err());
        assert!(Target::new(linux, None, "+avx512f").is_ok());
    }
}
