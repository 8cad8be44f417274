//! 64-bit Arm, little-endian.

use inkwell::targets::Target;
use tgc_plan::machine::Machine;

use super::{Isa, Level};

/// The table of the instruction set.
pub(super) static ISA: Isa = Isa {
    names: &["aarch64", "arm64"],
    systems: &["aarch64-unknown-linux-gnu", "aarch64-apple-darwin"],
    baseline: "generic",
    levels: &[ARMV8],
    usual: &ARMV8,
    library: &["generic"],
    extensible: &ARMV8,
    features: ARMV8.features,
    fuses: "fp-armv8",
    rounds: "fp-armv8",
    is_always_there: |_| false,
    initialize: |config| Target::initialize_aarch64(config),
    // The only level is the baseline.
    runnable: None,
};

/// Armv8-A with Advanced SIMD.
const ARMV8: Level = Level {
    cpus: &[
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
    ],
    features: &["fp-armv8", "neon"],
    machine: Machine::AARCH64,
};
