//! The structs that generated code and the runtime share, with their offsets as constants.
//!
//! Every struct has one layout on all targets: each pointer sits in a [`Slot`] of eight bytes, integers have eight
//! bytes, and nothing depends on the size of a pointer. The offsets are checked when this file compiles. A
//! constant that `tgc-llvm` emits must fill the unused half of a slot with zeros on 32-bit targets.
//!
//! [`CAlloc`] and [`CPool`] are the exception. They mirror structs of the emitted header, which C lays out in its
//! own way; [`crate::config`] reads them.

use core::mem::{align_of, offset_of, size_of};

/// The bytes of a context block, and of the space that `create` sets aside for one.
pub const CTX_BYTES: u64 = 512;

/// The alignment of context, state and workspace blocks, and of each state inside its block.
pub const BLOCK_ALIGN: u64 = 64;

/// The bytes of an error line with its terminating NUL.
pub const ERROR_BYTES: usize = 256;

/// The bit of [`Context::owns`] that says that the instance lies in a block that `destroy` has to release.
pub const OWNS_BLOCK: u64 = 1;

/// What a call returns; the numbers are part of the C interface.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The call did what it says.
    Ok = 0,
    /// A pointer that must not be NULL is.
    Null = 1,
    /// A dimension is outside its range, or two sizes that must agree do not.
    Dim = 2,
    /// An index read at run time is outside its axis.
    Index = 3,
    /// An output overlaps another argument.
    Alias = 4,
    /// A block or an array is not aligned.
    Align = 5,
    /// The workspace is too small for the call.
    Workspace = 6,
    /// The allocator returned no memory, or the sizes exceed what can be addressed.
    NoMem = 7,
    /// An image has the wrong length or another model's header.
    Image = 8,
    /// The processor lacks instructions that the kernels use.
    Cpu = 9,
    /// A config or an instance belongs to another model or version.
    Version = 10,
}

impl Status {
    /// What the emitted header appends to the model's prefix, in the order of the numbers.
    pub const NAMES: [&'static str; 11] = [
        "OK",
        "E_NULL",
        "E_DIM",
        "E_INDEX",
        "E_ALIAS",
        "E_ALIGN",
        "E_WORKSPACE",
        "E_NOMEM",
        "E_IMAGE",
        "E_CPU",
        "E_VERSION",
    ];
}

/// A pointer of type `P` in eight bytes.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct Slot<P: Copy> {
    /// The pointer; on 32-bit targets the four bytes behind it are unused.
    pub value: P,
}

impl<P: Copy> Slot<P> {
    /// A slot that holds `value`.
    pub const fn new(value: P) -> Self {
        Self { value }
    }
}

impl<T> Slot<*const T> {
    /// The address of an element of the table that the slot points to.
    ///
    /// It counts in bytes. `pointer::add` would leave the multiplication to an LLVM struct type with pointers in
    /// it, whose size changes when the bitcode is retargeted.
    pub(crate) fn element(self, index: u64) -> *const T {
        self.value.wrapping_byte_add((index as usize).wrapping_mul(size_of::<T>()))
    }
}

/// Workspace bytes for dimensions that are all inside their ranges.
pub type WsBytesFn = unsafe extern "C" fn(dims: *const i64) -> u64;
/// Whether the processor can run the kernels: 0 if not.
pub type CpuOkFn = unsafe extern "C" fn() -> i32;
/// One chunk of a parallel loop.
pub type TaskFn = unsafe extern "C" fn(frame: *mut u8, chunk: i32);
/// The hook that runs all chunks of a loop, in any order and on any threads, and returns when they are done.
pub type ParallelForFn = unsafe extern "C" fn(user: *mut u8, chunks: i32, task: TaskFn, frame: *mut u8);
/// The hook that returns a block of at least `bytes` bytes aligned to `align`, or NULL.
pub type AllocateFn = unsafe extern "C" fn(user: *mut u8, bytes: u64, align: u64) -> *mut u8;
/// The hook that takes back a block and the size it was asked for with.
pub type ReleaseFn = unsafe extern "C" fn(user: *mut u8, block: *mut u8, bytes: u64);
/// The exported `NAME_init`.
pub type InitFn = unsafe extern "C" fn(
    config: *const u8,
    ctx: *mut u8,
    state: *mut u8,
    ws: *mut u8,
    ws_bytes: u64,
    out: *mut *mut Context,
) -> Status;
/// The exported `NAME_init_shared`.
pub type InitSharedFn = unsafe extern "C" fn(
    parent: *mut Context,
    config: *const u8,
    ctx: *mut u8,
    ws: *mut u8,
    ws_bytes: u64,
    out: *mut *mut Context,
) -> Status;

/// An instance of a model. It lies at the start of its block and holds all that a call needs besides its
/// arguments.
#[repr(C, align(64))]
pub struct Context {
    /// The hash of the model that built it.
    pub hash: u64,
    /// The state block, its own or its parent's; null if the model has no state.
    pub state: Slot<*mut u8>,
    /// The workspace; null if it has no bytes.
    pub ws: Slot<*mut u8>,
    /// The bytes of the workspace.
    pub ws_bytes: u64,
    /// The pool's hook; without one the calling thread runs all rows at once.
    pub parallel_for: Slot<Option<ParallelForFn>>,
    /// The model.
    pub model: Slot<*const ModelDesc>,
    /// A copy of the allocator that `create` used; null functions stand for malloc and free.
    pub alloc: Alloc,
    /// A set of bits: [`OWNS_BLOCK`].
    pub owns: u64,
    /// The first argument of the pool's hook.
    pub pool_user: Slot<*mut u8>,
    /// What the allocator returned, if the instance owns a block.
    pub block: Slot<*mut u8>,
    /// The bytes that the allocator was asked for.
    pub block_bytes: u64,
    /// The last error as one line of UTF-8, ended by NUL; empty if there was none.
    pub error: [u8; ERROR_BYTES],
    /// Zeros, kept for later versions.
    pub reserved: [u8; 152],
}

/// An allocator's hooks in slots.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Alloc {
    /// The first argument of both hooks.
    pub user: Slot<*mut u8>,
    /// Takes memory; null means malloc.
    pub allocate: Slot<Option<AllocateFn>>,
    /// Gives memory back; null means free.
    pub release: Slot<Option<ReleaseFn>>,
}

/// A model as a constant of the emitted library.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ModelDesc {
    /// The model's name, ended by NUL.
    pub name: Slot<*const u8>,
    /// The hash over the text of the emitted header.
    pub hash: u64,
    /// The bytes of a state block.
    pub state_bytes: u64,
    /// The dimensions of the config, in its order.
    pub dims: Slot<*const DimDesc>,
    /// How many dimensions there are.
    pub dim_count: u64,
    /// The states, in the order of their data in an image.
    pub states: Slot<*const StateDesc>,
    /// How many states there are.
    pub state_count: u64,
    /// The safetensors prefix of an image: the length of the JSON text as eight little-endian bytes, then the
    /// text.
    pub save_header: Slot<*const u8>,
    /// The bytes of the prefix.
    pub save_header_bytes: u64,
    /// The bytes of an image: the prefix and the data of all states without gaps.
    pub save_bytes: u64,
    /// The workspace that every function together needs; null if none needs any.
    pub ws_bytes: Slot<Option<WsBytesFn>>,
    /// The processor check; null if the kernels use the target's baseline.
    pub cpu_ok: Slot<Option<CpuOkFn>>,
    /// The bytes of a pointer on the target: 4 or 8.
    pub pointer_bytes: u64,
}

/// A symbolic dimension of a config.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DimDesc {
    /// Its name, ended by NUL.
    pub name: Slot<*const u8>,
    /// The smallest size.
    pub min: i64,
    /// The largest size.
    pub max: i64,
}

/// A shared variable.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct StateDesc {
    /// Its name, ended by NUL.
    pub name: Slot<*const u8>,
    /// Where it starts in the state block, a multiple of [`BLOCK_ALIGN`].
    pub offset: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Its initial value or a pattern that repeats to fill it.
    pub initial: Slot<*const u8>,
    /// The bytes of `initial`: equal to `bytes` for a whole value, less for a pattern, 0 for a value of zeros.
    pub initial_bytes: u64,
    /// Where its data starts, counted from the start of an image.
    pub data_offset: u64,
}

/// The arrays of a function with many arguments, whose calls keep them in words at the start of the workspace.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CallDesc {
    /// The function's name, ended by NUL.
    pub name: Slot<*const u8>,
    /// Its sizes, which are the first words.
    pub sizes: Slot<*const DimDesc>,
    /// How many sizes there are.
    pub size_count: u64,
    /// The arrays: inputs, then outputs.
    pub arrays: Slot<*const ArrayDesc>,
    /// How many arrays there are.
    pub array_count: u64,
    /// How many of them are inputs.
    pub input_count: u64,
    /// Indices of the states that a call updates.
    pub updates: Slot<*const u64>,
    /// How many there are.
    pub update_count: u64,
    /// The word from which on an array's bytes stand, one word for each array; behind them is a word for each output
    /// that the runtime may use.
    pub bytes_word: u64,
}

/// An array that a call is given.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ArrayDesc {
    /// Its name, ended by NUL.
    pub name: Slot<*const u8>,
    /// The alignment of an element, a power of two.
    pub align: u64,
    /// The word that holds its address.
    pub word: u64,
}

/// What `create`, `share` and `destroy` know of a model. Their archive member refers to exported names alone.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CreateDesc {
    /// The bytes of a state block.
    pub state_bytes: u64,
    /// The dimensions of the config, in its order.
    pub dims: Slot<*const DimDesc>,
    /// How many dimensions there are.
    pub dim_count: u64,
    /// The bytes of a pointer on the target: 4 or 8.
    pub pointer_bytes: u64,
    /// The workspace that every function together needs; null if none needs any.
    pub ws_bytes: Slot<Option<WsBytesFn>>,
    /// The exported `NAME_init`.
    pub init: Slot<InitFn>,
    /// The exported `NAME_init_shared`.
    pub init_shared: Slot<InitSharedFn>,
}

/// `tgc_alloc` of the emitted header, as this machine's C compiler lays it out.
#[repr(C)]
pub struct CAlloc {
    /// The first argument of both hooks.
    pub user: *mut u8,
    /// Takes memory.
    pub allocate: Option<AllocateFn>,
    /// Gives memory back.
    pub release: Option<ReleaseFn>,
}

/// `tgc_pool` of the emitted header, as this machine's C compiler lays it out.
#[repr(C)]
pub struct CPool {
    /// The first argument of the hook.
    pub user: *mut u8,
    /// Runs the chunks of a loop.
    pub parallel_for: Option<ParallelForFn>,
}

/// States size and offsets of a struct as constants and checks them at compile time.
///
/// `offsets! { Alloc: 24 { USER: user = 0 } }` becomes `impl Alloc { pub const BYTES: usize = 24; pub const USER:
/// usize = 0; }` and assertions that `size_of` and `offset_of!` agree.
macro_rules! offsets {
    ($($owner:ident: $bytes:literal { $($name:ident: $field:ident = $offset:literal),* $(,)? })*) => { $(
        impl $owner {
            /// The size of the struct.
            pub const BYTES: usize = $bytes;
            $(
                #[doc = concat!("The offset of `", stringify!($field), "`.")]
                pub const $name: usize = $offset;
            )*
        }
        const _: () = {
            assert!(size_of::<$owner>() == $bytes);
            $(assert!(offset_of!($owner, $field) == $offset);)*
        };
    )* };
}

offsets! {
    Context: 512 {
        HASH: hash = 0,
        STATE: state = 8,
        WS: ws = 16,
        WS_BYTES: ws_bytes = 24,
        PARALLEL_FOR: parallel_for = 32,
        MODEL: model = 40,
        ALLOC: alloc = 48,
        OWNS: owns = 72,
        POOL_USER: pool_user = 80,
        BLOCK: block = 88,
        BLOCK_BYTES: block_bytes = 96,
        ERROR: error = 104,
        RESERVED: reserved = 360,
    }
    Alloc: 24 { USER: user = 0, ALLOCATE: allocate = 8, RELEASE: release = 16 }
    ModelDesc: 104 {
        NAME: name = 0,
        HASH: hash = 8,
        STATE_BYTES: state_bytes = 16,
        DIMS: dims = 24,
        DIM_COUNT: dim_count = 32,
        STATES: states = 40,
        STATE_COUNT: state_count = 48,
        SAVE_HEADER: save_header = 56,
        SAVE_HEADER_BYTES: save_header_bytes = 64,
        SAVE_BYTES: save_bytes = 72,
        WS_BYTES: ws_bytes = 80,
        CPU_OK: cpu_ok = 88,
        POINTER_BYTES: pointer_bytes = 96,
    }
    DimDesc: 24 { NAME: name = 0, MIN: min = 8, MAX: max = 16 }
    StateDesc: 48 {
        NAME: name = 0,
        OFFSET: offset = 8,
        DATA_BYTES: bytes = 16,
        INITIAL: initial = 24,
        INITIAL_BYTES: initial_bytes = 32,
        DATA_OFFSET: data_offset = 40,
    }
    CallDesc: 72 {
        NAME: name = 0,
        SIZES: sizes = 8,
        SIZE_COUNT: size_count = 16,
        ARRAYS: arrays = 24,
        ARRAY_COUNT: array_count = 32,
        INPUT_COUNT: input_count = 40,
        UPDATES: updates = 48,
        UPDATE_COUNT: update_count = 56,
        BYTES_WORD: bytes_word = 64,
    }
    ArrayDesc: 24 { NAME: name = 0, ALIGN: align = 8, WORD: word = 16 }
    CreateDesc: 56 {
        STATE_BYTES: state_bytes = 0,
        DIMS: dims = 8,
        DIM_COUNT: dim_count = 16,
        POINTER_BYTES: pointer_bytes = 24,
        WS_BYTES: ws_bytes = 32,
        INIT: init = 40,
        INIT_SHARED: init_shared = 48,
    }
}

const _: () = {
    assert!(Context::BYTES as u64 == CTX_BYTES);
    assert!(align_of::<Context>() as u64 == BLOCK_ALIGN);
    assert!(size_of::<Slot<*mut u8>>() == 8 && align_of::<Slot<*mut u8>>() == 8);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_numbers() {
        let named = [
            (Status::Ok, "OK"),
            (Status::Null, "E_NULL"),
            (Status::Dim, "E_DIM"),
            (Status::Index, "E_INDEX"),
            (Status::Alias, "E_ALIAS"),
            (Status::Align, "E_ALIGN"),
            (Status::Workspace, "E_WORKSPACE"),
            (Status::NoMem, "E_NOMEM"),
            (Status::Image, "E_IMAGE"),
            (Status::Cpu, "E_CPU"),
            (Status::Version, "E_VERSION"),
        ];
        for (number, (status, name)) in named.into_iter().enumerate() {
            assert_eq!(status as usize, number);
            assert_eq!(Status::NAMES[number], name);
        }
        assert_eq!(Status::NAMES.len(), named.len());
    }

    #[test]
    fn elements_are_counted_in_their_own_size() {
        let table = [0u64; 4];
        assert_eq!(Slot::new(table.as_ptr()).element(3), &raw const table[3]);
    }
}
