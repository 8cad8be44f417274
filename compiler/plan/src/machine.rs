//! What the planner must know of a processor. A constant that describes one is a field here.

/// The facts of a processor that a Plan depends on.
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
    /// Bytes of the last cache that a core may fill.
    pub last_cache_bytes: u32,
    /// Whether it multiplies and adds at once, rounding once. Without, sums of products round each product;
    /// elementary functions have the same bits on all machines.
    pub fused: bool,
    /// How it is best used.
    pub tuning: Tuning,
}

/// How a processor is best used, as measured. No result depends on it: what decides in which order sums are
/// taken is read from [`Machine::ORDER`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The longest program, in instructions, that leaves registers to several iterations.
    pub short_program: usize,
    /// Cycles of an element that may be computed again by a second loop.
    pub cheap: u32,
    /// Cycles of an element that may be computed again along further axes.
    pub cheap_inside: u32,
    /// Accumulators of a reduction that runs for one row at a time: in flight they hide a multiply-add's
    /// latency.
    pub accumulators: u32,
    /// Rows that share what they load, or that memory is asked for at once.
    pub shared_rows: u32,
    /// Strided accesses that an axis may have and still be worth lanes, whatever the program.
    pub few_strided: usize,
    /// Instructions that pay for one strided access more.
    pub instructions_per_strided: usize,
    /// Instructions that make a chunk worth handing to a thread.
    pub chunk_instructions: i64,
    /// Writing small reductions out.
    pub unroll: UnrollTuning,
    /// Fission of long programs.
    pub fission: FissionTuning,
    /// The fewest elements of a row whose successor is prefetched.
    pub prefetched_row: i64,
    /// The most bytes to prefetch ahead: what comes must still be near when it is read.
    pub prefetch_distance: i64,
    /// Bytes that a prefetch brings.
    pub cache_line: i64,
    /// The most instructions of all inlined copies of an elementary function.
    pub inlined_instructions: usize,
    /// Matmuls.
    pub matmul: MatmulTuning,
}

/// When small reductions are written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnrollTuning {
    /// The most iterations of a block's axes.
    pub iterations: i64,
    /// The most instructions of the whole program.
    pub instructions: usize,
    /// The fewest rows, where their number is known.
    pub rows: i64,
}

/// When long programs are cut into segments that run strip by strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FissionTuning {
    /// The shortest program worth cutting, in instructions that are not free.
    pub long_program: usize,
    /// Instructions for each that waits for another: with more, one iteration keeps the processor busy.
    pub parallelism: usize,
    /// The fewest instructions of a segment.
    pub fewest: usize,
    /// The most instructions of a segment.
    pub most: usize,
    /// What a segment costs besides its instructions, in spilled bytes: it runs a loop.
    pub loop_cost: usize,
    /// Iterations of a strip.
    pub length: u32,
}

/// When contractions are matmuls, and how they are blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatmulTuning {
    /// The fewest columns for which tiles pay.
    pub columns: i64,
    /// The fewest multiplications for which tiles pay.
    pub multiplications: i64,
    /// The fewest rows and columns for which a copy that makes several summed axes one pays.
    pub copied_reads: i64,
    /// The fewest multiplications for which such a copy pays.
    pub copied_multiplications: i64,
    /// The most rows of a block: sums of more would leave the cache while they wait for the next K block.
    pub block_rows: i64,
    /// The most terms for which the left matrix is read where it lies though its terms are apart.
    pub unpacked_terms: i64,
    /// The fewest chunks into which a large matmul is cut.
    pub chunks: i64,
}

impl Tuning {
    /// What holds on every processor that was measured: eight accumulators hide the latency of a multiply-add
    /// on all of them.
    pub const GENERIC: Tuning = Tuning {
        short_program: 24,
        cheap: 4,
        cheap_inside: 2,
        accumulators: 8,
        shared_rows: 4,
        few_strided: 1,
        instructions_per_strided: 8,
        chunk_instructions: 1 << 16,
        unroll: UnrollTuning { iterations: 16, instructions: 1200, rows: 8 },
        fission: FissionTuning {
            long_program: 240,
            parallelism: 4,
            fewest: 12,
            most: 40,
            loop_cost: 8,
            length: 256,
        },
        prefetched_row: 64,
        prefetch_distance: 1 << 15,
        cache_line: 64,
        inlined_instructions: 1500,
        matmul: MatmulTuning {
            columns: 4,
            multiplications: 4096,
            copied_reads: 8,
            copied_multiplications: 1 << 15,
            block_rows: 256,
            unpacked_terms: 64,
            chunks: 8,
        },
    };
}

impl Machine {
    /// The machine whose vectors, registers and caches say in which order sums are taken, on every machine:
    /// how many accumulators a reduction has, how many terms of a matmul add up in one go, what is fused.
    /// Others keep the same accumulators in as many registers as it takes, so that results have the same
    /// bits. AVX2 is in the middle: two of its vectors are one of AVX-512, and one is two of SSE's and Arm's.
    pub const ORDER: Machine = Machine::X86_64_V3;

    /// SSE2, which every x86-64 has.
    pub const X86_64: Machine = Machine {
        vector_bytes: 16,
        vector_registers: 16,
        l1_bytes: 32 << 10,
        l2_bytes: 256 << 10,
        last_cache_bytes: 4 << 20,
        fused: false,
        tuning: Tuning::GENERIC,
    };

    /// SSE4.2: what `x86-64-v2` promises.
    pub const X86_64_V2: Machine = Machine::X86_64;

    /// AVX2 with FMA: what `x86-64-v3` promises.
    pub const X86_64_V3: Machine = Machine {
        vector_bytes: 32,
        vector_registers: 16,
        l1_bytes: 32 << 10,
        l2_bytes: 512 << 10,
        last_cache_bytes: 8 << 20,
        fused: true,
        tuning: Tuning::GENERIC,
    };

    /// AVX-512: what `x86-64-v4` promises.
    pub const X86_64_V4: Machine = Machine {
        vector_bytes: 64,
        vector_registers: 32,
        l1_bytes: 32 << 10,
        l2_bytes: 1 << 20,
        last_cache_bytes: 16 << 20,
        fused: true,
        tuning: Tuning::GENERIC,
    };

    /// Armv8-A with Advanced SIMD.
    pub const AARCH64: Machine = Machine {
        vector_bytes: 16,
        vector_registers: 32,
        l1_bytes: 32 << 10,
        l2_bytes: 512 << 10,
        last_cache_bytes: 8 << 20,
        fused: true,
        tuning: Tuning::GENERIC,
    };

    /// A processor without vector registers.
    pub const SCALAR: Machine = Machine {
        vector_bytes: 0,
        vector_registers: 8,
        l1_bytes: 1 << 10,
        l2_bytes: 1 << 12,
        last_cache_bytes: 1 << 16,
        fused: true,
        tuning: Tuning::GENERIC,
    };

    /// Lanes of this many bytes in one vector register, at least 1.
    pub fn lanes(&self, element_bytes: usize) -> u32 {
        (self.vector_bytes / element_bytes as u32).max(1)
    }
}
