//! x86-64, from its beginning to AVX-512.

use inkwell::targets::Target;
use tgc_plan::machine::Machine;

use super::cpuid::{self, Feature, Word};
use super::{Isa, Level};

/// The table of the instruction set.
pub(super) static ISA: Isa = Isa {
    names: &["x86_64", "amd64"],
    systems: &["x86_64-unknown-linux-gnu", "x86_64-apple-darwin"],
    baseline: "x86-64",
    levels: &[V1, V2, V3, V4],
    usual: &V3,
    library: &["x86-64-v3"],
    extensible: &V3,
    features: &NAMES,
    fuses: "fma",
    rounds: "sse4.1",
    is_always_there: |name| FEATURES.iter().any(|f| f.name == name && f.word == Word::Always),
    initialize: |config| Target::initialize_x86(config),
    runnable: Some(cpuid::build_runnable),
};

/// SSE2, which is part of the instruction set.
pub(super) const V1: Level = Level {
    cpus: &["x86-64", "nocona", "core2", "penryn", "k8", "k8-sse3", "amdfam10", "bonnell"],
    features: NAMES.split_at(8).0,
    machine: Machine::X86_64,
};

/// SSE4.2.
pub(super) const V2: Level = Level {
    cpus: &[
        "x86-64-v2",
        "nehalem",
        "westmere",
        "sandybridge",
        "ivybridge",
        "silvermont",
        "goldmont",
        "tremont",
        "bdver1",
        "btver2",
    ],
    features: NAMES.split_at(16).0,
    machine: Machine::X86_64_V2,
};

/// AVX2 and FMA.
pub(super) const V3: Level = Level {
    cpus: &[
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
    ],
    features: NAMES.split_at(25).0,
    machine: Machine::X86_64_V3,
};

/// AVX-512 as well.
pub(super) const V4: Level = Level {
    cpus: &[
        "x86-64-v4",
        "skylake-avx512",
        "cascadelake",
        "icelake-client",
        "icelake-server",
        "sapphirerapids",
        "tigerlake",
        "znver4",
        "znver5",
    ],
    features: NAMES.split_at(30).0,
    machine: Machine::X86_64_V4,
};

/// Every feature that a kernel may use: those of the first level, what each further one adds, then more.
pub(super) const FEATURES: [Feature; 33] = {
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
        at("cx16", Leaf1C, 13),
        at("sse4.1", Leaf1C, 19),
        at("sse4.2", Leaf1C, 20),
        at("crc32", Leaf1C, 20),
        at("popcnt", Leaf1C, 23),
        at("sahf", Extended, 0),
        at("fma", Leaf1C, 12),
        at("movbe", Leaf1C, 22),
        at("xsave", Leaf1C, 27),
        at("avx", Leaf1C, 28),
        at("f16c", Leaf1C, 29),
        at("bmi", Leaf7B, 3),
        at("avx2", Leaf7B, 5),
        at("bmi2", Leaf7B, 8),
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

/// The names of [`FEATURES`].
const NAMES: [&str; 33] = {
    let mut names = [""; 33];
    let mut i = 0;
    while i < names.len() {
        names[i] = FEATURES[i].name;
        i += 1;
    }
    names
};
