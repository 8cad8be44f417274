//! A model for the unit tests, written the way generated code writes one, and the memory to build it in.
//!
//! It has the dimensions N (0 to 100) and M (1 to 8), and the variables w (twelve bytes, whole value), b
//! (fifty times the same four bytes) and z (five zeros).

use core::ffi::CStr;
use core::ptr;

use tgc_abi::{
    CAlloc, CPool, Char, Context, CreateDesc, DimDesc, ModelDesc, Slot, StateDesc, Status, VariantDesc,
};

use crate::instance::{tgc_rt_init, tgc_rt_init_shared};
use crate::report::tgc_rt_error;

pub(crate) const W_INITIAL: [u8; 12] = *b"abcdefghijkl";
pub(crate) const B_PATTERN: [u8; 4] = [1, 2, 3, 4];
pub(crate) const B_OFFSET: usize = 64;
pub(crate) const Z_OFFSET: usize = 320;
pub(crate) const STATE_BYTES: usize = 384;
pub(crate) const SAVE_HEADER: [u8; 24] = *b"\x10\0\0\0\0\0\0\0{\"w\":0,\"b\":1}   ";
pub(crate) const SAVE_BYTES: usize = 24 + 12 + 200 + 5;
pub(crate) const WS_BYTES: usize = 8192;

/// A constant with pointers in it.
struct Constant<T>(T);

// SAFETY: Nothing writes to it.
unsafe impl<T> Sync for Constant<T> {}

const fn text(text: &CStr) -> Slot<*const u8> {
    Slot::new(text.as_ptr().cast())
}

static DIMS: Constant<[DimDesc; 2]> =
    Constant([DimDesc { name: text(c"N"), min: 0, max: 100 }, DimDesc { name: text(c"M"), min: 1, max: 8 }]);

static STATES: Constant<[StateDesc; 3]> = Constant([
    StateDesc {
        name: text(c"w"),
        offset: 0,
        bytes: 12,
        initial: Slot::new(W_INITIAL.as_ptr()),
        initial_bytes: 12,
        data_offset: 24,
        is_bool: 0,
    },
    StateDesc {
        name: text(c"b"),
        offset: B_OFFSET as u64,
        bytes: 200,
        initial: Slot::new(B_PATTERN.as_ptr()),
        initial_bytes: 4,
        data_offset: 36,
        is_bool: 0,
    },
    StateDesc {
        name: text(c"z"),
        offset: Z_OFFSET as u64,
        bytes: 5,
        initial: Slot::new(ptr::null()),
        initial_bytes: 0,
        data_offset: 236,
        is_bool: 1,
    },
]);

static VARIANTS: Constant<[VariantDesc; 2]> =
    Constant([VariantDesc { name: text(c"old") }, VariantDesc { name: text(c"new") }]);

static MODEL: Constant<ModelDesc> = Constant(ModelDesc {
    name: text(c"toy"),
    hash: 0x1234_5678_9abc_def0,
    state_bytes: STATE_BYTES as u64,
    dims: Slot::new(DIMS.0.as_ptr()),
    dim_count: 2,
    states: Slot::new(STATES.0.as_ptr()),
    state_count: 3,
    save_header: Slot::new(SAVE_HEADER.as_ptr()),
    save_header_bytes: SAVE_HEADER.len() as u64,
    save_bytes: SAVE_BYTES as u64,
    ws_bytes: Slot::new(Some(ws_bytes)),
    runnable: Slot::new(None),
    variants: Slot::new(VARIANTS.0.as_ptr()),
    variant_count: 2,
    pointer_bytes: size_of::<*const u8>() as u64,
});

static CREATE: Constant<CreateDesc> = Constant(CreateDesc {
    state_bytes: STATE_BYTES as u64,
    dims: Slot::new(DIMS.0.as_ptr()),
    dim_count: 2,
    pointer_bytes: size_of::<*const u8>() as u64,
    ws_bytes: Slot::new(Some(ws_bytes)),
    init: Slot::new(toy_init),
    init_shared: Slot::new(toy_init_shared),
});

/// 64 bytes for each of N times M elements. Fails the test if a dimension is out of range.
unsafe extern "C" fn ws_bytes(dims: *const i64) -> u64 {
    // SAFETY: The model has two dimensions.
    let [n, m] = unsafe { *dims.cast::<[i64; 2]>() };
    assert!((0..=100).contains(&n) && (1..=8).contains(&m), "sizes of unchecked dimensions");
    (n * m) as u64 * 64
}

unsafe extern "C" fn toy_init(
    config: *const u8,
    ctx: *mut u8,
    state: *mut u8,
    ws: *mut u8,
    ws_bytes: u64,
    out: *mut *mut u8,
) -> Status {
    // SAFETY: The same contract.
    unsafe { tgc_rt_init(&MODEL.0, config, ctx, state, ws, ws_bytes, out.cast()) }
}

unsafe extern "C" fn toy_init_shared(
    parent: *mut u8,
    config: *const u8,
    ctx: *mut u8,
    ws: *mut u8,
    ws_bytes: u64,
    out: *mut *mut u8,
) -> Status {
    // SAFETY: The same contract.
    unsafe { tgc_rt_init_shared(&MODEL.0, parent.cast(), config, ctx, ws, ws_bytes, out.cast()) }
}

/// The model, or a variant of it.
pub(crate) fn model() -> ModelDesc {
    MODEL.0
}

/// What `create` knows of the model.
pub(crate) fn create_desc() -> CreateDesc {
    CREATE.0
}

/// The model's config, as C lays it out.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct ToyConfig {
    pub(crate) struct_bytes: u32,
    pub(crate) flags: u32,
    pub(crate) n: i64,
    pub(crate) m: i64,
    pub(crate) alloc: *const CAlloc,
    pub(crate) pool: *const CPool,
    pub(crate) variant: *const Char,
}

impl ToyConfig {
    pub(crate) fn new(n: i64, m: i64) -> Self {
        let struct_bytes = size_of::<Self>() as u32;
        Self { struct_bytes, flags: 0, n, m, alloc: ptr::null(), pool: ptr::null(), variant: ptr::null() }
    }

    pub(crate) fn start(&self) -> *const u8 {
        ptr::from_ref(self).cast()
    }
}

/// Bytes at an aligned address.
#[repr(C, align(64))]
struct Memory<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Memory<BYTES> {
    fn start(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }
}

/// The caller's blocks for one instance, full of a byte that no test expects.
pub(crate) struct Blocks {
    ctx: Box<Memory<512>>,
    state: Box<Memory<STATE_BYTES>>,
    ws: Box<Memory<WS_BYTES>>,
}

impl Blocks {
    pub(crate) fn new() -> Self {
        let byte = 0xaa;
        Self {
            ctx: Box::new(Memory([byte; 512])),
            state: Box::new(Memory([byte; STATE_BYTES])),
            ws: Box::new(Memory([byte; WS_BYTES])),
        }
    }

    pub(crate) fn ctx(&mut self) -> *mut u8 {
        self.ctx.start()
    }

    pub(crate) fn state(&mut self) -> *mut u8 {
        self.state.start()
    }

    pub(crate) fn ws(&mut self) -> *mut u8 {
        self.ws.start()
    }

    /// Whether no call has written to any block.
    pub(crate) fn are_untouched(&self) -> bool {
        let parts = [&self.ctx.0[..], &self.state.0[..], &self.ws.0[..]];
        parts.iter().all(|part| part.iter().all(|&byte| byte == 0xaa))
    }

    /// An instance for N=10 and M=2 that has just been reset.
    pub(crate) fn instance(&mut self) -> *mut Context {
        let config = ToyConfig::new(10, 2);
        let mut out = ptr::null_mut();
        let (ctx, state, ws) = (self.ctx(), self.state(), self.ws());
        // SAFETY: The blocks have the right sizes.
        let status = unsafe { toy_init(config.start(), ctx, state, ws, WS_BYTES as u64, &mut out) };
        assert_eq!(status, Status::Ok);
        out.cast()
    }
}

/// Where an [`Arena`] has its instance and its state.
pub(crate) const CTX_AT: usize = 512;
pub(crate) const STATE_AT: usize = 1536;

/// Memory with an instance without workspace in it, and room around each block.
#[repr(C, align(64))]
pub(crate) struct Arena(pub(crate) [u8; 3072]);

impl Arena {
    pub(crate) fn instance(&mut self) -> *mut Context {
        let config = ToyConfig::new(0, 2);
        let (mut out, start) = (ptr::null_mut(), self.0.as_mut_ptr());
        // SAFETY: The blocks have the right sizes.
        let status = unsafe {
            let (ctx, state) = (start.add(CTX_AT), start.add(STATE_AT));
            toy_init(config.start(), ctx, state, ptr::null_mut(), 0, &mut out)
        };
        assert_eq!(status, Status::Ok);
        out.cast()
    }
}

/// The three variables of an instance, in the order of the model.
pub(crate) fn values(ctx: *mut Context) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    // SAFETY: The instance is one of the toy model.
    unsafe {
        let state = (*ctx).state.value;
        let part = |offset, bytes| core::slice::from_raw_parts(state.add(offset), bytes).to_vec();
        (part(0, 12), part(B_OFFSET, 200), part(Z_OFFSET, 5))
    }
}

/// What the three variables hold after a reset.
pub(crate) fn initial_values() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    (W_INITIAL.to_vec(), B_PATTERN.repeat(50), vec![0; 5])
}

/// The error line of an instance.
pub(crate) fn error_line(ctx: *const Context) -> String {
    // SAFETY: A line ends in NUL.
    let line = unsafe { CStr::from_ptr(tgc_rt_error(ctx).cast()) };
    line.to_str().expect("a line is UTF-8").to_owned()
}
