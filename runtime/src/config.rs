//! Reads what C code laid out: the config of a model, and the allocator and the pool that it points to.
//!
//! The bitcode is compiled for 64-bit pointers and may run where they have four bytes. The structs here have
//! C's own layout, so every offset is computed from the pointer size that the descriptor states, and each
//! pointer is loaded through a type that claims an alignment of four bytes.
//!
//! Where they are, the descriptions of the structs say ([`tgc_abi::Config`], [`tgc_abi::pointer_at`]).

use core::ptr;

use tgc_abi::{
    Alloc, Config as Layout, Context, DimDesc, ParallelForFn, Slot, Status, WsBytesFn, pointer_at,
};

use crate::region::Region;

/// A pointer where C put it: aligned to four bytes at least.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
struct Natural<P: Copy>(P);

/// A config that C code passed, with what is needed to read it.
#[derive(Clone, Copy)]
pub(crate) struct Config {
    start: *const u8,
    layout: Layout,
}

/// The hook and its argument, in slots of their own.
#[derive(Clone, Copy)]
pub(crate) struct Pool {
    pub(crate) user: Slot<*mut u8>,
    pub(crate) parallel_for: Slot<Option<ParallelForFn>>,
}

impl Config {
    /// A config at `start` for `dim_count` dimensions, once its size, its flags and its dimensions are right.
    ///
    /// # Safety
    ///
    /// `start` is not null and points to a config whose `struct_bytes` is true; `dims` points to `dim_count`
    /// descriptors.
    pub(crate) unsafe fn check(
        start: *const u8,
        dims: Slot<*const DimDesc>,
        dim_count: u64,
        pointer_bytes: u64,
    ) -> Result<Self, Status> {
        let config = Self { start, layout: Layout { size_count: dim_count, pointer_bytes } };
        // SAFETY: Both numbers lie in the eight bytes that every config has.
        let [struct_bytes, flags] = unsafe { *start.cast::<[u32; 2]>() };
        if !config.layout.has_bytes(u64::from(struct_bytes)) || flags != 0 {
            return Err(Status::Version);
        }
        let mut index = 0;
        while index < dim_count {
            // SAFETY: The size is right, so the config holds `dim_count` dimensions; the caller vouches for
            // `dims`.
            let (size, dim) = unsafe { (*config.dims().add(index as usize), &*dims.element(index)) };
            if size < dim.min || size > dim.max {
                return Err(Status::Dim);
            }
            index = index.wrapping_add(1);
        }
        Ok(config)
    }

    /// The workspace bytes for the dimensions of the config; 0 without a function.
    ///
    /// # Safety
    ///
    /// The function expects as many dimensions as the config has.
    pub(crate) unsafe fn workspace(self, ws_bytes: Slot<Option<WsBytesFn>>) -> u64 {
        match ws_bytes.value {
            // SAFETY: The dimensions are in their ranges, as the function demands.
            Some(ws_bytes) => unsafe { ws_bytes(self.dims()) },
            None => 0,
        }
    }

    fn dims(self) -> *const i64 {
        self.start.wrapping_add(Layout::SIZES as usize).cast()
    }

    /// The allocator's hooks, or null ones if the config names no allocator.
    ///
    /// # Safety
    ///
    /// The config's `alloc` is null or points to a `tgc_alloc`.
    pub(crate) unsafe fn alloc(self) -> Result<Alloc, Status> {
        let none =
            Alloc { user: Slot::new(ptr::null_mut()), allocate: Slot::new(None), release: Slot::new(None) };
        // SAFETY: The checked size covers both pointers, and the caller vouches for what they point to.
        unsafe {
            let hooks: *const u8 = self.pointer(self.start, self.layout.alloc());
            if hooks.is_null() {
                return Ok(none);
            }
            let alloc = Alloc {
                user: Slot::new(self.pointer(hooks, 0)),
                allocate: Slot::new(self.pointer(hooks, self.at(1))),
                release: Slot::new(self.pointer(hooks, self.at(2))),
            };
            let complete = alloc.allocate.value.is_some() && alloc.release.value.is_some();
            if complete { Ok(alloc) } else { Err(Status::Null) }
        }
    }

    /// The pool's hook, or a null one if the config names no pool.
    ///
    /// # Safety
    ///
    /// The config's `pool` is null or points to a `tgc_pool`.
    pub(crate) unsafe fn pool(self) -> Result<Pool, Status> {
        let none = Pool { user: Slot::new(ptr::null_mut()), parallel_for: Slot::new(None) };
        // SAFETY: The checked size covers both pointers, and the caller vouches for what they point to.
        unsafe {
            let hooks: *const u8 = self.pointer(self.start, self.layout.pool());
            if hooks.is_null() {
                return Ok(none);
            }
            let pool = Pool {
                user: Slot::new(self.pointer(hooks, 0)),
                parallel_for: Slot::new(self.pointer(hooks, self.at(1))),
            };
            if pool.parallel_for.value.is_some() { Ok(pool) } else { Err(Status::Null) }
        }
    }

    /// The name of the variant that the config asks for; null for the best.
    ///
    /// # Safety
    ///
    /// As for [`Config::pool`].
    pub(crate) unsafe fn variant(self) -> *const u8 {
        // SAFETY: The checked size covers the pointer.
        unsafe { self.pointer(self.start, self.layout.variant()) }
    }

    /// Whether the config, or the pool that it names, shares a byte with a piece of memory.
    ///
    /// # Safety
    ///
    /// As for [`Config::pool`].
    pub(crate) unsafe fn meets(self, region: Region) -> bool {
        // SAFETY: The checked size covers the pointer.
        let pool: *const u8 = unsafe { self.pointer(self.start, self.layout.pool()) };
        Region::new(self.start, self.layout.bytes()).meets(region)
            || Region::new(pool, self.at(2)).meets(region)
    }

    /// The offset of a pointer among hooks.
    fn at(self, index: u64) -> u64 {
        pointer_at(index, self.layout.pointer_bytes)
    }

    /// # Safety
    ///
    /// A pointer of type `P`, null allowed if `P` allows it, lies `offset` bytes behind `start`.
    unsafe fn pointer<P: Copy>(self, start: *const u8, offset: u64) -> P {
        // SAFETY: By contract; the packed type asks for the alignment that C guarantees on every target.
        unsafe { (*start.add(offset as usize).cast::<Natural<P>>()).0 }
    }
}

/// Ends a call that builds an instance: writes the instance or NULL to `out`, if that is not null, and says
/// what happened.
///
/// # Safety
///
/// `out` is null or points to a pointer of C's own size and alignment.
pub(crate) unsafe fn deliver(built: Result<*mut Context, Status>, out: *mut *mut Context) -> Status {
    let (ctx, status) = match built {
        Ok(ctx) => (ctx, Status::Ok),
        Err(status) => (ptr::null_mut(), status),
    };
    if !out.is_null() {
        // SAFETY: By contract; the packed type asks for the alignment that C guarantees on every target.
        unsafe { (*out.cast::<Natural<*mut Context>>()).0 = ctx };
    }
    status
}
