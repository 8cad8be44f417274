//! What `lower` must know of a processor to choose lanes, accumulators and rows.

/// The facts of a target that a Plan depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Width of a vector register in bytes; 0 when there is none.
    pub vector_bytes: u32,
    /// Number of vector registers.
    pub vector_registers: u32,
    /// Bytes of the first-level data cache.
    pub l1_bytes: u32,
    /// Bytes of the second-level cache.
    pub l2_bytes: u32,
}

impl Machine {
    /// AVX2 with FMA: what `x86-64-v3` promises.
    pub const X86_64_V3: Machine =
        Machine { vector_bytes: 32, vector_registers: 16, l1_bytes: 32 << 10, l2_bytes: 512 << 10 };

    /// AVX-512: what `x86-64-v4` promises.
    pub const X86_64_V4: Machine =
        Machine { vector_bytes: 64, vector_registers: 32, l1_bytes: 32 << 10, l2_bytes: 1 << 20 };

    /// Armv8-A with Advanced SIMD.
    pub const AARCH64: Machine =
        Machine { vector_bytes: 16, vector_registers: 32, l1_bytes: 32 << 10, l2_bytes: 512 << 10 };

    /// Lanes of this many bytes in one vector register, at least 1.
    pub fn lanes(&self, element_bytes: usize) -> u32 {
        (self.vector_bytes / element_bytes as u32).max(1)
    }
}
