//! What the emitted header declares. C lays these structs out in its own way, so that offsets differ among
//! targets.

use crate::layout::{DataLayout, Field, Struct, Type};
use crate::slot::Char;
use crate::status::Status;

functions! {
    /// One chunk of a parallel loop.
    fn TaskFn(frame: *mut u8, chunk: i32) -> ();
    /// The hook that runs all chunks of a loop, in any order and on any threads, and returns when they are
    /// done.
    fn ParallelForFn(user: *mut u8, chunks: i32, task: TaskFn, frame: *mut u8) -> ();
    /// The hook that returns a block of at least `bytes` bytes aligned to `align`, or NULL.
    fn AllocateFn(user: *mut u8, bytes: u64, align: u64) -> *mut u8;
    /// The hook that takes back a block and the size it was asked for with.
    fn ReleaseFn(user: *mut u8, block: *mut u8, bytes: u64) -> ();
    /// The exported `NAME_init`; an instance is written to `out`.
    fn InitFn(
        config: *const u8,
        ctx: *mut u8,
        state: *mut u8,
        ws: *mut u8,
        ws_bytes: u64,
        out: *mut *mut u8,
    ) -> Status;
    /// Workspace bytes for sizes that are all inside their ranges.
    fn WsBytesFn(sizes: *const i64) -> u64;
    /// A function of a model with every argument behind a pointer.
    fn CallFn(ctx: *mut u8, sizes: *const i64, args: *const *mut u8) -> Status;
    /// The address of a state in an instance.
    fn GetFn(ctx: *mut u8) -> *mut u8;
}

structs! {
    /// An allocator's hooks.
    struct CAlloc = "tgc_alloc" {
        user: *mut u8 => "the first argument of both functions",
        allocate: Option<AllocateFn> => "NULL: there is no memory",
        /// Takes back a block.
        release: Option<ReleaseFn>,
    }

    /// A pool's hook.
    struct CPool = "tgc_pool" {
        user: *mut u8 => "the first argument of the function",
        /// Runs the chunks of a loop.
        parallel_for: Option<ParallelForFn>,
    }

    /// A size of a model or function.
    struct CSize = "tgc_size" {
        /// Its name.
        name: *const Char,
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    }

    /// An input or an output.
    struct CArgument = "tgc_argument" {
        /// Its name.
        name: *const Char,
        dtype: i32 => "TGC_F32 and so on",
        /// How many axes it has.
        rank: i32,
        shape: *const i64 => "from 0 on: that size; -1 - k: size parameter k; INT64_MIN: another expression",
    }

    /// A function of a model.
    struct CFunction = "tgc_function" {
        /// Its name.
        name: *const Char,
        /// How many sizes it takes.
        size_count: i32,
        /// How many inputs.
        input_count: i32,
        /// How many outputs.
        output_count: i32,
        /// How many states it updates.
        update_count: i32,
        /// Its sizes.
        sizes: *const CSize,
        /// Its inputs.
        inputs: *const CArgument,
        /// Its outputs.
        outputs: *const CArgument,
        updates: *const i32 => "indices of states",
        call: CallFn => "Calls the function. args has a pointer for each input, then for each output, scalars included.",
    }

    /// A shared variable.
    struct CState = "tgc_state" {
        /// Its name.
        name: *const Char,
        /// Its element type.
        dtype: i32,
        /// How many axes it has.
        rank: i32,
        /// Its sizes.
        shape: *const i64,
        /// Where it is in an instance.
        get: GetFn,
    }

    /// A model.
    struct CModel = "tgc_model" {
        /// Its name.
        name: *const Char,
        /// The hash over the text of the header.
        hash: u64,
        /// How many sizes a config has.
        size_count: i32,
        /// How many states there are.
        state_count: i32,
        /// How many functions there are.
        function_count: i32,
        /// How many variants the code has.
        variant_count: i32,
        /// The sizes of a config.
        sizes: *const CSize,
        /// The states.
        states: *const CState,
        /// The functions.
        functions: *const CFunction,
        /// The bytes of an instance's block.
        ctx_bytes: u64,
        /// The bytes of a state block.
        state_bytes: u64,
        /// The bytes of an image.
        save_bytes: u64,
        /// The exported `NAME_init`.
        init: InitFn,
        /// The workspace that is enough for every function.
        ws_bytes: WsBytesFn,
        variants: *const *const Char => "their names, the best last",
    }

    /// How a config begins; a size of [`Config::SIZE`] for each of the model's follows, then [`CConfigEnd`].
    #[derive(Clone, Copy)]
    struct CConfigStart = "tgc_config_start" {
        struct_bytes: u32 => "sizeof of this struct",
        flags: u32 => "0",
    }

    /// How a config ends.
    struct CConfigEnd = "tgc_config_end" {
        alloc: *const CAlloc => "for create and share; NULL: malloc and free",
        pool: *const CPool => "NULL: the calling thread does all work",
        variant: *const Char => "the name of a variant; NULL: the best that the processor runs",
    }
}

/// The structs that are the same in the header of every model, those first that others mention.
pub const HEADER: [&Struct; 7] = [
    &CAlloc::TABLE,
    &CPool::TABLE,
    &CSize::TABLE,
    &CArgument::TABLE,
    &CFunction::TABLE,
    &CState::TABLE,
    &CModel::TABLE,
];

/// The offset of a pointer in a struct that has nothing but pointers, such as `tgc_alloc`.
#[inline]
pub const fn pointer_at(index: u64, pointer_bytes: u64) -> u64 {
    index.wrapping_mul(pointer_bytes)
}

/// Where the parts of a model's config lie, which has a field for each of its sizes.
///
/// What stands before the pointers is a multiple of eight bytes. Behind the three of them is padding where
/// pointers have four bytes and 64-bit integers are aligned to eight.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// How many sizes there are.
    pub size_count: u64,
    /// The bytes of a pointer on the target.
    pub pointer_bytes: u64,
}

impl Config {
    /// A size, whose field is called as the model calls it.
    pub const SIZE: Field =
        Field { name: "", ty: Type::I64, comment: "the largest that create reserves workspace for" };

    /// The offset of the first size.
    pub const SIZES: u64 = CConfigStart::TABLE.bytes(DataLayout::HOST);

    /// The offset of `alloc`.
    #[inline]
    pub const fn alloc(self) -> u64 {
        Self::SIZES.wrapping_add(self.size_count.wrapping_mul(8))
    }

    /// The offset of `pool`.
    #[inline]
    pub const fn pool(self) -> u64 {
        self.alloc().wrapping_add(pointer_at(1, self.pointer_bytes))
    }

    /// The offset of `variant`.
    #[inline]
    pub const fn variant(self) -> u64 {
        self.alloc().wrapping_add(pointer_at(2, self.pointer_bytes))
    }

    /// The bytes of the whole, but for the padding behind it.
    #[inline]
    pub const fn bytes(self) -> u64 {
        self.alloc().wrapping_add(pointer_at(3, self.pointer_bytes))
    }

    /// Whether a config has so many bytes, padding included.
    #[inline]
    pub const fn has_bytes(self, bytes: u64) -> bool {
        let padding = bytes.wrapping_sub(self.bytes());
        padding == 0 || (padding == 4 && self.pointer_bytes == 4)
    }
}
