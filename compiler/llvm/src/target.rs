//! What code is made for: a triple, a CPU, and what `lower` must know of it.
//!
//! This version knows x86-64 and aarch64, both 64-bit and little-endian, with Linux's or macOS's object format. A CPU's
//! name stands for one of a few *levels* whose features are written out in a table (`cpu.rs`); beyond that the
//! name only steers instruction scheduling. So the code depends on no list inside LLVM, and the check that runs before a
//! kernel knows exactly what to ask the processor for.

use inkwell::OptimizationLevel;
use inkwell::targets::{CodeModel, InitializationConfig, RelocMode, TargetMachine, TargetTriple};
use tgc_plan::machine::Machine;

use crate::cpu::{Level, missing_on_host};
use crate::error::Error;

/// Systems that code can be made for.
const TRIPLES: [&str; 4] =
    ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin", "aarch64-apple-darwin"];

/// A system and a processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    triple: String,
    arch: Arch,
    level: Level,
    cpu: String,
    features: Vec<&'static str>,
}

/// An instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arch {
    X86_64,
    Aarch64,
}

impl Target {
    /// The target of a triple, a CPU and extra features such as `+avx512f`.
    ///
    /// Without a triple it is the compiling machine's; without a CPU it is `x86-64-v3` or `generic`. The CPU `native`
    /// stands for the best level that the compiling machine has.
    pub fn new(triple: Option<&str>, cpu: Option<&str>, features: &str) -> Result<Target, Error> {
        let host = host_triple();
        let triple = normalize(triple.unwrap_or(&host))?;
        let arch = arch_of(&triple);
        let (cpu, level) = match cpu {
            None => (arch.default_level().name().to_owned(), arch.default_level()),
            Some("native") => native(arch)?,
            Some(name) => (name.to_owned(), Level::find(arch, name)?),
        };
        let features = level.with(arch, features)?;
        Ok(Target { triple, arch, level, cpu, features })
    }

    /// The target that [`Jit`](crate::Jit) compiles for: this machine at the default level.
    pub(crate) fn of_host() -> Result<Target, Error> {
        Target::new(None, None, "")
    }

    /// The triples that can be asked for.
    pub fn list() -> &'static [&'static str] {
        &TRIPLES
    }

    /// What `lower` plans for.
    pub fn machine(&self) -> Machine {
        match self.level {
            Level::X86_64V3 => Machine::X86_64_V3,
            Level::X86_64V4 => Machine::X86_64_V4,
            Level::Aarch64 => Machine::AARCH64,
        }
    }

    /// The normalized triple.
    pub fn triple(&self) -> &str {
        &self.triple
    }

    /// The CPU's name.
    pub fn cpu(&self) -> &str {
        &self.cpu
    }

    pub(crate) fn arch(&self) -> Arch {
        self.arch
    }

    /// The level of the kernels.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// The features of the kernels, without signs.
    pub(crate) fn features(&self) -> &[&'static str] {
        &self.features
    }

    /// LLVM's machine: the baseline of the triple, position-independent.
    pub(crate) fn to_llvm(&self, effort: OptimizationLevel) -> Result<TargetMachine, Error> {
        initialize();
        let triple = TargetTriple::create(&self.triple);
        let target =
            inkwell::targets::Target::from_triple(&triple).map_err(|m| Error::llvm("finding a target", m))?;
        target
            .create_target_machine(
                &triple,
                self.arch.baseline(),
                "",
                effort,
                RelocMode::PIC,
                CodeModel::Default,
            )
            .ok_or_else(|| Error::llvm("making a target machine", &self.triple))
    }
}

impl Arch {
    fn default_level(self) -> Level {
        match self {
            Arch::X86_64 => Level::X86_64V3,
            Arch::Aarch64 => Level::Aarch64,
        }
    }

    /// LLVM's name of the CPU that everything but the kernels is compiled for.
    fn baseline(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86-64",
            Arch::Aarch64 => "generic",
        }
    }
}

/// Registers the back ends; LLVM allows any number of calls.
pub(crate) fn initialize() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let all = InitializationConfig::default();
        inkwell::targets::Target::initialize_x86(&all);
        inkwell::targets::Target::initialize_aarch64(&all);
    });
}

fn host_triple() -> String {
    TargetMachine::get_default_triple().as_str().to_string_lossy().into_owned()
}

/// A supported triple with LLVM's spelling of each component.
fn normalize(triple: &str) -> Result<String, Error> {
    let refused = || Error::Triple { triple: triple.to_owned(), supported: TRIPLES.join(", ") };
    let mut components = triple.split('-');
    let arch = match components.next() {
        Some("x86_64" | "amd64") => "x86_64",
        Some("aarch64" | "arm64") => "aarch64",
        Some(_) | None => return Err(refused()),
    };
    let rest: Vec<&str> = components.collect();
    if rest.contains(&"gnux32") || rest.contains(&"gnu_ilp32") {
        return Err(refused());
    }
    if rest.contains(&"linux") {
        return Ok(format!("{arch}-unknown-linux-{}", if rest.contains(&"musl") { "musl" } else { "gnu" }));
    }
    match rest.iter().find(|c| c.starts_with("darwin") || c.starts_with("macos")) {
        Some(system) => Ok(format!("{arch}-apple-{system}")),
        None => Err(refused()),
    }
}

fn arch_of(triple: &str) -> Arch {
    if triple.starts_with("x86_64") { Arch::X86_64 } else { Arch::Aarch64 }
}

/// The compiling machine's CPU at the best level that it has.
fn native(arch: Arch) -> Result<(String, Level), Error> {
    if arch != arch_of(&normalize(&host_triple())?) {
        return Err(Error::Host(
            "the CPU `native` needs the compiling machine's own instruction set".to_owned(),
        ));
    }
    initialize();
    let name = TargetMachine::get_host_cpu_name().to_string();
    match Level::of(arch).iter().rev().find(|level| missing_on_host(level.features()).is_none()) {
        Some(level) => Ok((name, *level)),
        None => Err(Error::Host(format!("its CPU {name} lacks features of {}", arch.default_level().name()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_are_normalized_or_refused() {
        assert_eq!(normalize("x86_64-linux-gnu").as_deref(), Ok("x86_64-unknown-linux-gnu"));
        assert_eq!(normalize("x86_64-pc-linux-musl").as_deref(), Ok("x86_64-unknown-linux-musl"));
        assert_eq!(normalize("arm64-apple-macosx13.0.0").as_deref(), Ok("aarch64-apple-macosx13.0.0"));
        for bad in ["riscv64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "aarch64_be-linux-gnu", ""] {
            let message = normalize(bad).unwrap_err().to_string();
            assert!(message.contains(bad) && message.contains(TRIPLES[1]), "{message}");
        }
        for triple in Target::list() {
            assert_eq!(normalize(triple).as_deref(), Ok(*triple));
        }
    }

    #[test]
    fn cpus_and_features_are_checked() {
        let linux = Some(TRIPLES[0]);
        assert_eq!(Target::new(linux, None, "").unwrap().cpu(), "x86-64-v3");
        assert_eq!(Target::new(linux, Some("znver4"), "").unwrap().machine(), Machine::X86_64_V4);
        assert_eq!(Target::new(Some(TRIPLES[1]), None, "").unwrap().cpu(), "generic");
        let old = Target::new(linux, Some("nehalem"), "").unwrap_err().to_string();
        assert!(old.contains("x86-64-v3"), "{old}");
        let less = Target::new(linux, None, "-fma").unwrap_err().to_string();
        assert!(less.contains("fma"), "{less}");
        assert!(Target::new(linux, None, "+quantum").is_err());
        assert!(Target::new(linux, None, "+avx512f").is_ok());
    }
}
