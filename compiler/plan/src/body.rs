//! What a function does: steps over buffers.
//!
//! A [`Nest`] is one outer loop whose iterations ("rows") each run a list of [`Block`]s; a block is a small
//! loop nest around one scalar [`Program`]. [`interpret`](crate::interpret) gives all of it its meaning, bit
//! for bit.
//!
//! # Meaning
//!
//! Steps run in order; a nest runs its rows in order; a row runs its blocks in order; a block runs its
//! inner axes in order, the last axis fastest. `rows` and `lanes` let a back end run several iterations
//! together, which no result can tell, *except* through the order of two kinds of reduction:
//!
//! - [`Sink::Reduce`] over the block's last axis keeps `lanes` accumulators; element `i` of that axis goes to
//!   accumulator `i mod lanes`; at the end accumulator `k` merges with `k + lanes/2`, and so on by halves
//!   until one is left (`merge(lower, upper)`). With a [`Prereduction`] the values of each whole tile of
//!   `lanes` elements are added to each other first, and there are as many accumulators as values are left
//!   of a tile.
//! - [`Sink::ReduceRows`] over the rows of a nest keeps `rows` accumulators in the same way; row `i` goes to
//!   accumulator `i mod rows`.
//!
//! How many iterations run together in the remainder loops, after the last whole tile of `lanes` or `rows`,
//! is the one width that a Plan does not state: it depends on the length of code alone, no result can tell,
//! and a back end chooses it.
//!
//! A reduction of nothing gives its initial value, and is stored all the same: a [`Sink::Reduce`] whose last
//! axis is empty, a [`Sink::ReduceRows`] of a nest without rows. An empty axis before the last one leaves
//! nothing to store.
//!
//! A [`Matmul`] of matrices is a step of its own, and says its own meaning.
//!
//! [`Sink::Accumulate`] reduces into memory in plain iteration order, [`Sink::Scan`] and [`Sink::Scatter`] go
//! in it too. Programs are legalized ([`Program::legalize_but`]) but for the elementary functions that code
//! calls; arithmetic is exactly theirs.

use tgc_graph::dim::{Dim, Symbols};
use tgc_graph::dtype::DType;
use tgc_graph::kernel::Routine;
use tgc_scalar::Program;

use crate::matmul::Matmul;
use crate::provenance::Provenance;
use crate::reach::Reach;
use crate::size::Size;

/// What a function does: steps over buffers. Its sizes are made of the symbols of a
/// [`Signature`](crate::Signature).
#[derive(Clone, Debug)]
pub struct Body {
    /// All memory that steps touch.
    pub buffers: Vec<Buffer>,
    /// What happens, in order. Only a [`Step::Check`] can fail, and nothing is written to an output or a
    /// state before the last of them.
    pub steps: Vec<Step>,
    /// Bytes of workspace, the call's [`Frame`](crate::Frame) included, which comes first.
    pub workspace: Size,
    /// What a call checks when it enters, since the verifier cannot show it.
    pub reaches: Vec<Reach>,
}

/// Names a buffer of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(pub u32);

/// A dense row-major piece of memory. Distinct buffers do not overlap while both are live, except that
/// inputs may overlap inputs.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// A name to read the plan by; unique in the function.
    pub name: String,
    /// Element type.
    pub dtype: DType,
    /// Sizes; their product is the number of elements.
    pub shape: Vec<Dim>,
    /// Where it lives.
    pub storage: Storage,
}

/// Where a buffer lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// The function's input of this index. Real 0-d inputs arrive by value.
    Input(usize),
    /// The function's output of this index.
    Output(usize),
    /// The model's state of this index.
    State(usize),
    /// The model's constant of this index.
    Constant(usize),
    /// The instance's workspace, from this byte on (a multiple of 64).
    Workspace {
        /// Byte offset.
        offset: Size,
    },
}

/// One step of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A loop nest.
    Nest(Nest),
    /// A matmul.
    Matmul(Box<Matmul>),
    /// Copies a whole buffer over another of the same type: commits an update that could not be made in
    /// place.
    Copy {
        /// Source.
        from: BufferId,
        /// Destination.
        to: BufferId,
    },
    /// Fails the call unless every element of a buffer is inside an axis.
    Check(IndexCheck),
    /// Calls a routine.
    Call(Call),
}

impl Step {
    /// What a step computes and why it is one, for readers.
    pub fn provenance(&self) -> Option<&Provenance> {
        match self {
            Step::Nest(nest) => Some(&nest.provenance),
            Step::Matmul(matmul) => Some(&matmul.provenance),
            Step::Call(call) => Some(&call.provenance),
            Step::Copy { .. } | Step::Check(_) => None,
        }
    }

    pub(crate) fn provenance_mut(&mut self) -> Option<&mut Provenance> {
        match self {
            Step::Nest(nest) => Some(&mut nest.provenance),
            Step::Matmul(matmul) => Some(&mut matmul.provenance),
            Step::Call(call) => Some(&mut call.provenance),
            Step::Copy { .. } | Step::Check(_) => None,
        }
    }
}

/// Every element of a buffer of `i64` is at least `-extent` and less than `extent`; if not, the call fails
/// with the first one that is not. Comes before anything is written to an output or a state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndexCheck {
    /// The buffer.
    pub index: BufferId,
    /// The axis's size.
    pub extent: Dim,
    /// What the buffer is, in the user's terms.
    pub index_name: String,
    /// The tensor that is indexed.
    pub data_name: String,
    /// Its axis.
    pub axis: usize,
    /// Where the author looks the tensor up: `model.rs:7`, or nothing.
    pub place: String,
}

impl IndexCheck {
    /// The place as messages end with it: ` (model.rs:7)`, or nothing.
    pub fn in_brackets(&self) -> String {
        if self.place.is_empty() { String::new() } else { format!(" ({})", self.place) }
    }
}

/// A routine on each row of a dense buffer, one after another: code that the library has as a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// What runs on a row.
    pub routine: Routine,
    /// How many rows there are.
    pub rows: Dim,
    /// Elements of a row.
    pub length: Dim,
    /// What it reads.
    pub from: BufferId,
    /// What it writes: another buffer, of as many elements.
    pub to: BufferId,
    /// [`Routine::scratch_bytes`] bytes of the workspace.
    pub scratch: BufferId,
    /// What it computes, for readers.
    pub provenance: Provenance,
}

/// One outer loop and what each of its rows does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nest {
    /// Number of rows; `None` runs the blocks once, and no access then names [`Axis::Row`].
    pub extent: Option<Dim>,
    /// How many rows run together (a power of two), and how many accumulators a [`Sink::ReduceRows`] keeps.
    pub rows: u32,
    /// How rows are shared out to threads; `None` when a reduction crosses rows, or when it could not pay.
    pub parallel: Option<Parallel>,
    /// Element types of the row values: scalars that live for one row.
    pub row_values: Vec<DType>,
    /// What one row does, in order.
    pub blocks: Vec<Block>,
    /// What it computes, for readers.
    pub provenance: Provenance,
}

/// Rows split into `min(MAX_CHUNKS, ceil(extent / rows_per_chunk))` chunks of equal size, the last maybe
/// shorter; each chunk's size is a multiple of [`Nest::rows`], or of the rows of a matmul's
/// [`RegisterTile`](crate::RegisterTile). Depends on sizes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parallel {
    /// The least work worth handing out, in rows; a multiple like that.
    pub rows_per_chunk: i64,
}

/// The most chunks a nest splits into, whatever the number of threads.
pub const MAX_CHUNKS: i64 = 64;

/// Names a row value of a nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(pub u32);

/// Inner loops around one program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// Extents of the inner axes, outermost first. Without axes the block runs once a row, and a back end
    /// runs it for `rows` rows at once, one a lane.
    pub axes: Vec<Dim>,
    /// Lanes of the last inner axis (a power of two; 1 without axes): iterations that may run together.
    pub lanes: u32,
    /// How a long program is cut; `None` runs it in one go.
    pub fission: Option<Fission>,
    /// What each parameter of the program reads.
    pub reads: Vec<Read>,
    /// Whether the rows of [`Nest::rows`] take each iteration of the axes side by side, not one row after the
    /// other: only where nothing can tell ([`Block::may_join_rows`]).
    pub joins_rows: bool,
    /// What is asked for before it is read. No result can tell.
    pub prefetch: Option<Prefetch>,
    /// What happens to one element; legalized.
    pub program: Program,
    /// What becomes of the results.
    pub sinks: Vec<Sink>,
}

/// Elements of the rows to come that are asked for while a row runs, so that they are near when those run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Prefetch {
    /// Reads, by index. Each moves with the row and, element by element, along the last axis.
    pub reads: Vec<usize>,
    /// The most bytes that lie between what is read and what is asked for.
    pub distance: i64,
    /// Bytes that come at once.
    pub line: i64,
}

/// Fission of a long program into segments: all iterations of a strip run the first segment, then all of them
/// the second, and so on; the last segment ends with the sinks. No result can tell. It keeps the values of
/// many iterations in flight, where one iteration would wait for itself, and few of each, where all would not
/// fit into registers.
///
/// Iterations are those of the block's last axis or, in a block without axes, rows; such a block is alone in
/// its nest. [`Fission::schedule`] says what each segment computes, and which values are spilled for a later
/// one, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fission {
    /// Iterations of a strip: a multiple of the lanes or, in a block without axes, of the rows that run
    /// together.
    pub strip: u32,
    /// The instructions at which segments begin, ascending, without the first.
    pub cuts: Vec<usize>,
    /// Where values are spilled: bytes of the workspace, as many for each chunk as
    /// [`Schedule::bytes`](crate::fission::Schedule::bytes) says.
    pub buffer: BufferId,
}

/// The source of a program's parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Read {
    /// An element of a buffer.
    Buffer(Access),
    /// A value that an earlier block of the row made.
    Row(RowId),
    /// A size, as `i64`.
    Size(Dim),
    /// A number made of the loops' indices, as `i64`.
    Index(Position),
    /// An element of a buffer at a place that data says.
    Gather(Indirect),
    /// The sum of a matmul, in its epilogue.
    Sum,
}

/// `offset + Σ stride * index`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Strides of the axes that it depends on; sorted by axis, no zero strides.
    pub strides: Vec<(Axis, Dim)>,
    /// Constant part.
    pub offset: Dim,
}

/// An element of a buffer: `offset + Σ stride * index`, in elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// Which buffer.
    pub buffer: BufferId,
    /// Strides of the axes that it depends on, in elements; sorted by axis, no zero strides.
    pub strides: Vec<(Axis, Dim)>,
    /// Constant part.
    pub offset: Dim,
}

/// An element of a buffer at a place that data helps to say: that of `access`, and further by
/// `stride * index` for each indirect index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Indirect {
    /// Where it is if all indirect indices are 0.
    pub access: Access,
    /// What data says.
    pub indices: Vec<IndirectIndex>,
}

/// An index into an axis, read from memory. A [`Step::Check`] has seen that it is inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndirectIndex {
    /// Which read of the block gives the index: an earlier one, of `i64` in memory.
    pub read: usize,
    /// The axis's size, which is added to a negative index.
    pub extent: Dim,
    /// How far a step along the axis goes, in elements.
    pub stride: Dim,
}

/// A loop variable in scope of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// The row of the nest.
    Row,
    /// The block's inner axis of this index.
    Inner(usize),
}

/// Where results of a block's program go. `results` are indices into the program's results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sink {
    /// Writes one element.
    Store {
        /// Which result.
        result: usize,
        /// Where to.
        to: Access,
    },
    /// Keeps a scalar for later blocks of the row. Only in blocks without axes.
    Row {
        /// Which result.
        result: usize,
        /// Its name from here on.
        row: RowId,
    },
    /// Reduces over the block's last axis, afresh for each iteration of the axes before it.
    Reduce {
        /// How.
        reducer: Reducer,
        /// The values of [`Reducer::step`] after its accumulators.
        results: Vec<usize>,
        /// Where each accumulator's final value goes.
        to: Vec<Target>,
        /// What becomes of a whole tile before it is reduced; `None` reduces its elements one by one.
        prereduction: Option<Prereduction>,
    },
    /// Reduces into memory that [`Reducer::init`] was stored to before.
    Accumulate {
        /// How.
        reducer: Reducer,
        /// The values of [`Reducer::step`] after its accumulators.
        results: Vec<usize>,
        /// Where each accumulator lives.
        to: Vec<Access>,
    },
    /// A scan along an axis: stores what each iteration makes of the accumulators.
    Scan {
        /// How.
        scan: Scan,
        /// The values of [`Scan::first`], and of [`Scan::step`] after its accumulators.
        results: Vec<usize>,
        /// The axis to go along. Its first iteration starts afresh.
        along: Axis,
        /// Where each accumulator waits while axes inside that one run; empty if there is none: if it is the
        /// block's last axis, or the row of a block without axes.
        carry: Vec<Access>,
        /// Where results go.
        to: Access,
    },
    /// Writes one element, or adds to it, where data says. Iterations that meet there do so in their order.
    Scatter {
        /// Which result.
        result: usize,
        /// Where to.
        to: Indirect,
        /// (what is there, the result) → what is there then; without it, the result. Expanded.
        add: Option<Program>,
    },
    /// Reduces over the rows of the nest. Only in blocks without axes.
    ReduceRows {
        /// How.
        reducer: Reducer,
        /// The values of [`Reducer::step`] after its accumulators.
        results: Vec<usize>,
        /// 0-d buffers that receive each accumulator's final value after the last row.
        to: Vec<BufferId>,
    },
}

/// Where a reduced value goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A row value. Only if the reduction's axis is the block's only one.
    Row(RowId),
    /// Memory; the access does not depend on the reduced axis.
    Buffer(Access),
}

/// A reduction over a tuple of accumulators; all programs are legalized.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reducer {
    /// Element type of each accumulator.
    pub accumulators: Vec<DType>,
    /// Where each starts, by the bits of its parts: the neutral element of `merge`.
    pub init: Vec<[u64; 2]>,
    /// (accumulators…, values…) → accumulators.
    pub step: Program,
    /// (accumulators…, accumulators…) → accumulators.
    pub merge: Program,
}

/// Makes one narrow value of several before a reduction of one value: value `k` of a tile is added to value
/// `k` of its upper half, so often.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Prereduction {
    /// How often: `lanes >> times` values are left of a tile.
    pub times: u32,
    /// (value, value) → value; legalized.
    pub add: Program,
}

/// A scan over a tuple of accumulators; all programs are legalized.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scan {
    /// Element type of each accumulator.
    pub accumulators: Vec<DType>,
    /// (values…) → accumulators after the first iteration.
    pub first: Program,
    /// (accumulators…, values…) → accumulators after a further one.
    pub step: Program,
    /// (accumulators…) → what is stored.
    pub finish: Program,
}

impl Reducer {
    /// The element types of what it reduces.
    pub fn values(&self) -> &[DType] {
        &self.step.params[self.accumulators.len()..]
    }
}

impl Access {
    /// The stride of an axis, if the access depends on it.
    pub fn stride(&self, axis: Axis) -> Option<&Dim> {
        self.strides.iter().find(|(other, _)| *other == axis).map(|(_, stride)| stride)
    }
}

impl Read {
    /// The access, if it reads memory.
    pub fn access(&self) -> Option<&Access> {
        match self {
            Read::Buffer(access) | Read::Gather(Indirect { access, .. }) => Some(access),
            Read::Row(_) | Read::Size(_) | Read::Index(_) | Read::Sum => None,
        }
    }

    /// What data says of the place.
    pub fn indirect_indices(&self) -> &[IndirectIndex] {
        match self {
            Read::Gather(Indirect { indices, .. }) => indices,
            Read::Buffer(_) | Read::Row(_) | Read::Size(_) | Read::Index(_) | Read::Sum => &[],
        }
    }

    /// The buffer and where in it, to change.
    pub fn access_mut(&mut self) -> Option<&mut Access> {
        match self {
            Read::Buffer(access) | Read::Gather(Indirect { access, .. }) => Some(access),
            Read::Row(_) | Read::Size(_) | Read::Index(_) | Read::Sum => None,
        }
    }

    /// What data says of the place, to change.
    pub fn indirect_indices_mut(&mut self) -> &mut [IndirectIndex] {
        match self {
            Read::Gather(Indirect { indices, .. }) => indices,
            Read::Buffer(_) | Read::Row(_) | Read::Size(_) | Read::Index(_) | Read::Sum => &mut [],
        }
    }
}

impl Sink {
    /// What data says of the place.
    pub fn indirect_indices(&self) -> &[IndirectIndex] {
        match self {
            Sink::Scatter { to, .. } => &to.indices,
            Sink::Store { .. }
            | Sink::Row { .. }
            | Sink::Reduce { .. }
            | Sink::Accumulate { .. }
            | Sink::Scan { .. }
            | Sink::ReduceRows { .. } => &[],
        }
    }

    /// What data says of the place, to change.
    pub fn indirect_indices_mut(&mut self) -> &mut [IndirectIndex] {
        match self {
            Sink::Scatter { to, .. } => &mut to.indices,
            Sink::Store { .. }
            | Sink::Row { .. }
            | Sink::Reduce { .. }
            | Sink::Accumulate { .. }
            | Sink::Scan { .. }
            | Sink::ReduceRows { .. } => &mut [],
        }
    }
}

impl Step {
    /// The blocks that it runs.
    pub fn blocks(&self) -> &[Block] {
        match self {
            Step::Nest(nest) => &nest.blocks,
            Step::Matmul(matmul) => std::slice::from_ref(&matmul.epilogue),
            Step::Copy { .. } | Step::Check(_) | Step::Call(_) => &[],
        }
    }
}

impl Block {
    /// The axis whose iterations run together: the last one, or the rows.
    pub fn along(&self) -> Axis {
        self.axes.len().checked_sub(1).map_or(Axis::Row, Axis::Inner)
    }

    /// Which reads differ from one iteration of an axis to the next.
    pub fn varies(&self, along: Axis) -> Vec<bool> {
        let moves = |strides: &[(Axis, Dim)]| strides.iter().any(|(axis, _)| *axis == along);
        let mut varies: Vec<bool> = vec![];
        for read in &self.reads {
            varies.push(match read {
                Read::Buffer(access) => moves(&access.strides),
                Read::Row(_) => along == Axis::Row,
                Read::Size(_) => false,
                Read::Sum => true,
                Read::Index(position) => moves(&position.strides),
                Read::Gather(Indirect { access, indices }) => {
                    moves(&access.strides) || indices.iter().any(|index| varies[index.read])
                }
            });
        }
        varies
    }

    /// The reads that say places, by number.
    pub fn says_places(&self) -> Vec<usize> {
        let indices = self
            .reads
            .iter()
            .flat_map(Read::indirect_indices)
            .chain(self.sinks.iter().flat_map(Sink::indirect_indices));
        indices.map(|index| index.read).collect()
    }
}

impl Nest {
    /// How many chunks its rows split into, if that is more than none.
    pub fn chunks(&self, symbols: &Symbols) -> Dim {
        let Some((extent, parallel)) = self.extent.as_ref().zip(self.parallel) else { return Dim::Const(1) };
        let per_chunk = Dim::Const(parallel.rows_per_chunk.max(1));
        let wanted = (extent + &(&per_chunk - &Dim::Const(1))).floor_div(&per_chunk, symbols);
        Dim::max(&Dim::min(&wanted, &Dim::Const(MAX_CHUNKS), symbols), &Dim::Const(1), symbols)
    }
}

impl Buffer {
    /// Number of elements.
    pub fn elements(&self) -> Dim {
        self.shape.iter().product()
    }

    /// Whether it has the element at this place whatever the sizes.
    pub fn has(&self, offset: &Dim) -> bool {
        match (offset.as_const(), self.elements().as_const()) {
            (Some(at), Some(end)) => 0 <= at && at < end,
            (_, _) => false,
        }
    }

    /// Number of bytes.
    pub fn bytes(&self) -> Dim {
        &self.elements() * &Dim::Const(self.dtype.bytes() as i64)
    }
}

impl Default for Body {
    /// Does nothing.
    fn default() -> Body {
        Body { buffers: vec![], steps: vec![], workspace: Size::Const(0), reaches: vec![] }
    }
}

impl Body {
    /// The nests among the steps, in order.
    pub fn nests(&self) -> impl Iterator<Item = &Nest> {
        self.steps.iter().filter_map(|step| match step {
            Step::Nest(nest) => Some(nest),
            Step::Matmul(_) | Step::Copy { .. } | Step::Check(_) | Step::Call(_) => None,
        })
    }

    /// The matmuls among the steps, in order.
    pub fn matmuls(&self) -> impl Iterator<Item = &Matmul> {
        self.steps.iter().filter_map(|step| match step {
            Step::Matmul(matmul) => Some(&**matmul),
            Step::Nest(_) | Step::Copy { .. } | Step::Check(_) | Step::Call(_) => None,
        })
    }
}
