//! Reads what C code laid out: the config of a model, and the allocator and the pool that it points to.
//!
//! The bitcode is compiled for 64-bit pointers and may run where they have four bytes. The structs here have C's
//! own layout, so every offset is computed from the pointer size that the descriptor states, and each pointer is
//! loaded through a type that claims an alignment of four bytes.
//!
//! A config is `uint32_t struct_bytes, flags; int64_t` per dimension; `const tgc_alloc *alloc; const tgc_pool
//! *pool;`, which has no padding on any target.

use core::ptr;

use crate::layout::{Alloc, Context, DimDesc, ParallelForFn, Slot, Status, WsBytesFn};
use crate::region::Region;

/// The offset of the first dimension, behind `struct_bytes` and `flags`.
const DIMS_OFFSET: u64 = 8;

/// A pointer where C put it: aligned to four bytes at least.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
struct Natural<P: Copy>(P);

/// A config that C code passed, with what is needed to read it.
#[derive(Clone, Copy)]
pub(crate) struct Config {
    start: *const u8,
    dim_count: u64,
    pointer_bytes: u64,
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
        let config = Self { start, dim_count, pointer_bytes };
        // SAFETY: Both numbers lie in the eight bytes that every config has.
        let [struct_bytes, flags] = unsafe { *start.cast::<[u32; 2]>() };
        if u64::from(struct_bytes) != config.bytes() || flags != 0 {
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
        self.start.wrapping_add(DIMS_OFFSET as usize).cast()
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
            let hooks: *const u8 = self.pointer(self.start, self.alloc_offset());
            if hooks.is_null() {
                return Ok(none);
            }
            let alloc = Alloc {
                user: Slot::new(self.pointer(hooks, 0)),
                allocate: Slot::new(self.pointer(hooks, self.pointer_bytes)),
                release: Slot::new(self.pointer(hooks, self.pointer_bytes.wrapping_mul(2))),
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
            let hooks: *const u8 =
                self.pointer(self.start, self.alloc_offset().wrapping_add(self.pointer_bytes));
            if hooks.is_null() {
                return Ok(none);
            }
            let pool = Pool {
                user: Slot::new(self.pointer(hooks, 0)),
                parallel_for: Slot::new(self.pointer(hooks, self.pointer_bytes)),
            };
            if pool.parallel_for.value.is_some() { Ok(pool) } else { Err(Status::Null) }
        }
    }

    /// Whether the config, or the pool that it names, shares a byte with a piece of memory.
    ///
    /// # Safety
    ///
    /// As for [`Config::pool`].
    pub(crate) unsafe fn meets(self, region: Region) -> bool {
        let offset = self.alloc_offset().wrapping_add(self.pointer_bytes);
        // SAFETY: The checked size covers both pointers.
        let pool: *const u8 = unsafe { self.pointer(self.start, offset) };
        Region::new(self.start, self.bytes()).meets(region)
            || Region::new(pool, self.pointer_bytes.wrapping_mul(2)).meets(region)
    }

    fn alloc_offset(self) -> u64 {
        DIMS_OFFSET.wrapping_add(self.dim_count.wrapping_mul(8))
    }

    fn bytes(self) -> u64 {
        self.alloc_offset().wrapping_add(self.pointer_bytes.wrapping_mul(2))
    }

    /// # Safety
    ///
    /// A pointer of type `P`, null allowed if `P` allows it, lies `offset` bytes behind `start`.
    unsafe fn pointer<P: Copy>(self, start: *const u8, offset: u64) -> P {
        // SAFETY: By contract; the packed type asks for the alignment that C guarantees on every target.
        unsafe { (*start.add(offset as usize).cast::<Natural<P>>()).0 }
    }
}

/// Ends a call that builds an instance: writes the instance or NULL to `out`, if that is not null, and says what
/// happened.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dim_count: u64, pointer_bytes: u64) -> Config {
        Config { start: ptr::null(), dim_count, pointer_bytes }
    }

    #[test]
    fn sizes_are_those_of_c() {
        assert_eq!(config(0, 8).bytes(), 24);
        assert_eq!(config(3, 8).bytes(), 48);
        assert_eq!(config(0, 4).bytes(), 16);
        assert_eq!(config(3, 4).bytes(), 40);
        assert_eq!(config(3, 4).alloc_offset(), 32);
    }
}
