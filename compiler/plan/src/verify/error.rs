//! What the verifier says.

use std::fmt;

use super::admissible::NotProven;
use super::program::ProgramErrorKind;

/// A broken rule, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{site}: {kind}")]
pub struct VerifyError {
    /// Where.
    pub site: Site,
    /// What.
    pub kind: Box<VerifyErrorKind>,
}

/// A place in a plan: as much of it as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The model's name.
    pub model: String,
    /// The function's name.
    pub function: Option<String>,
    /// Index of the step.
    pub step: Option<usize>,
    /// Index of the block of a nest.
    pub block: Option<usize>,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            None => write!(f, "model `{}`", self.model)?,
            Some(function) => write!(f, "function `{function}`")?,
        }
        if let Some(step) = self.step {
            write!(f, ", step {step}")?;
        }
        if let Some(block) = self.block {
            write!(f, ", block {block}")?;
        }
        Ok(())
    }
}

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum VerifyErrorKind {
    #[error("state `{name}` lies at byte {offset}: expected a multiple of 64 after the state before it")]
    StateOffset { name: String, offset: u64 },
    #[error("a dim names symbol {id}, expected one of the function's {count}")]
    UnknownSymbol { id: u32, count: usize },
    #[error("two buffers are called `{name}`")]
    SameName { name: String },
    #[error("buffer `{buffer}` lives in {kind} {index}, expected less than {count}")]
    NoSuchStorage { buffer: String, kind: &'static str, index: usize, count: usize },
    #[error("buffer `{buffer}` differs from its {kind} in element type or size")]
    StorageType { buffer: String, kind: &'static str },
    #[error("buffers `{first}` and `{second}` are the same {kind}")]
    SameStorage { first: String, second: String, kind: &'static str },
    #[error("the list of states that it {what} is not ascending or names no state")]
    StateList { what: &'static str },
    #[error("names buffer {id}, expected one of {count}")]
    UnknownBuffer { id: u32, count: usize },

    #[error("a matmul has fewer than three axes, or its epilogue has others than all but the last")]
    MatmulAxes,
    #[error("a matmul has blocks that are not whole tiles, or are empty")]
    MatmulBlocks,
    #[error("a matmul's epilogue does more than store")]
    MatmulSink,
    #[error("a matmul multiplies `{buffer}` along the other matrix's axis, or writes it")]
    MatmulOperand { buffer: String },
    #[error(
        "scratch `{buffer}` of a matmul is used elsewhere, or has another type or shape than its blocks need"
    )]
    MatmulScratch { buffer: String },
    #[error("asks for elements of rows to come that are not along one, or of a fissioned program")]
    Prefetch,
    #[error("runs rows side by side, which reductions or a fission forbid")]
    JoinedRows,
    #[error("reads a sum outside the epilogue of a matmul")]
    SumOutOfScope,
    #[error("copies `{from}` over `{to}`, expected the same element type and shape")]
    CopyType { from: String, to: String },
    #[error("copies `{buffer}` over itself")]
    CopyToItself { buffer: String },
    #[error("{routine} of `{buffer}` has rows, a result or scratch of other types or sizes than it needs")]
    Call { routine: &'static str, buffer: String },
    #[error("{what} is {found}, expected a power of two")]
    NotPowerOfTwo { what: &'static str, found: u32 },
    #[error("a nest without rows has {what}")]
    NoRows { what: &'static str },
    #[error("{what} {extent} is negative{reason}")]
    NegativeExtent { what: &'static str, extent: String, reason: NotProven },
    #[error("chunks of {found} rows, expected a positive multiple of {rows}")]
    ChunkSize { found: i64, rows: u32 },
    #[error("a block without axes has {what}")]
    NoAxes { what: &'static str },
    #[error("a block with axes has {what}")]
    HasAxes { what: &'static str },
    #[error("a parallel nest has a reduction over its rows")]
    ParallelReduction,
    #[error("a parallel nest has rows that go in order")]
    ParallelOrder,
    #[error("segments begin at {cuts:?}, expected ascending numbers of instructions among {count}")]
    Cuts { cuts: Vec<usize>, count: usize },
    #[error("strips of {strip} iterations, expected a positive multiple of {together}")]
    Strip { strip: u32, together: u32 },
    #[error("a fissioned program {what}")]
    Fissioned { what: &'static str },
    #[error("a scan has {found} places for accumulators to wait, expected {expected}")]
    Carries { found: usize, expected: usize },
    #[error("a scan goes along an axis that is not in scope")]
    ScanOutOfScope,
    #[error("an accumulator of a scan waits in `{buffer}` at places that differ along its axis")]
    CarryMoves { buffer: String },
    #[error("the index of a place is read {read}, expected an earlier read of int64 in memory")]
    IndexRead { read: usize },
    #[error(
        "`{index}` says places along an axis of size {extent}; no step has checked that, or it may have changed"
    )]
    Unchecked { index: String, extent: String },
    #[error("checks `{index}`, expected a buffer of int64")]
    IndexType { index: String },
    #[error("checks `{index}` after something is written to an output or a state")]
    CheckAfterWrite { index: String },
    #[error("{which} {kind}")]
    Program { which: &'static str, kind: ProgramErrorKind },
    #[error("{what}: found {found}, expected {expected}")]
    Mismatch { what: String, found: String, expected: String },
    #[error("names result {index}, expected one of the program's {count}")]
    UnknownResult { index: usize, count: usize },
    #[error("names row value r{id}, expected one of the nest's {count}")]
    UnknownRow { id: u32, count: usize },
    #[error("row value r{id} is read before it is defined")]
    RowUndefined { id: u32 },
    #[error("row value r{id} is defined twice")]
    RowRedefined { id: u32 },
    #[error("a reduction over the last of several axes goes to row value r{id}")]
    RowFromInnerReduction { id: u32 },
    #[error("the strides of {what} are not sorted by axis, or one is zero")]
    Strides { what: String },
    #[error("{what} names an axis that is not in scope")]
    AxisOutOfScope { what: String },
    #[error("a reducer's result in `{buffer}` depends on the reduced axis")]
    ReducedAxis { buffer: String },
    #[error("a total goes to `{buffer}`, expected a 0-d buffer")]
    ReductionShape { buffer: String },
    #[error("an access to `{buffer}` begins before its first element{reason}")]
    BeforeFirst { buffer: String, reason: NotProven },
    #[error("an access to `{buffer}` ends beyond its {elements} elements{reason}")]
    BeyondLast { buffer: String, elements: String, reason: NotProven },

    #[error("writes {what} `{buffer}`")]
    ReadOnly { what: &'static str, buffer: String },
    #[error("writes an element of `{buffer}` more than once in a row{reason}")]
    WrittenTwice { buffer: String, reason: NotProven },
    #[error("lanes share an element of `{buffer}` that they accumulate into")]
    LanesShare { buffer: String },
    #[error("reads one element of `{buffer}` over and over while the nest writes it")]
    ReadWithoutAxes { buffer: String },
    #[error("reads `{buffer}` elsewhere than it writes it in the same block, as far as can be shown")]
    SharedInBlock { buffer: String },
    #[error("writes elements of `{buffer}` twice in one block, as far as can be shown")]
    TwoWrites { buffer: String },
    #[error("touches `{buffer}`, which receives a reduction over the rows of the nest")]
    ReductionShared { buffer: String },
    #[error("touches `{buffer}`, to which a fissioned program spills values, for something else")]
    SpillsShared { buffer: String },
    #[error("touches `{buffer}` where data says and elsewhere while the nest writes it")]
    PlacesMeet { buffer: String },
    #[error("rows that run together or in parallel share elements of `{buffer}`, as far as can be shown")]
    RowsShare { buffer: String },

    #[error("reads state `{state}`, which is not listed as read")]
    StateNotRead { state: String },
    #[error("writes state `{state}`, which is not listed as updated")]
    StateNotUpdated { state: String },
    #[error("no step writes state `{state}`, which is listed as updated")]
    StateNotWritten { state: String },
    #[error("no step stores output `{output}`")]
    OutputNotStored { output: String },
    #[error("not every element of output `{output}` is stored{reason}")]
    OutputNotCovered { output: String, reason: NotProven },
    #[error("reads `{buffer}` before anything is stored to it")]
    ReadBeforeStore { buffer: String },
    #[error("buffer `{buffer}` begins at {offset}, expected a multiple of 64")]
    Misaligned { buffer: String, offset: String },
    #[error("buffer `{buffer}` begins at {offset}, among the arguments of a call")]
    InFrame { buffer: String, offset: String },
    #[error("buffer `{buffer}` ends beyond the workspace of {workspace} bytes{reason}")]
    BeyondWorkspace { buffer: String, workspace: String, reason: NotProven },
    #[error("buffers `{first}` and `{second}` overlap in the workspace while both are in use{reason}")]
    Overlap { first: String, second: String, reason: NotProven },
}
