//! The routines of `tgc-routines` as functions that generated code calls: rows of a dense tensor, one after
//! another.
//!
//! Scratch begins with the counts of a digit; what is as long as a row follows.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use tgc_routines::sort::{self, COUNTS_BYTES, Counts, ITEM_BYTES, Item};
use tgc_routines::{Bf16, F16, F32, F64, I8, I16, I32, I64, Key, U8, U16, U32, U64};

const _: () = assert!(size_of::<Item<u8>>() == ITEM_BYTES && size_of::<Item<u32>>() == ITEM_BYTES);

/// `a * b + c` rounded once, of the bits of three `f64`, for processors that have no instruction for it.
#[unsafe(no_mangle)]
pub extern "C" fn tgc_rt_fma(a: u64, b: u64, c: u64) -> u64 {
    tgc_routines::fma(a, b, c)
}

/// Sorts each row of `from` into `to`.
///
/// # Safety
///
/// `from` and `to` have `rows * length` elements and are apart; `scratch` has room for [`Counts`] and a row,
/// is aligned for them, and overlaps neither.
unsafe fn sort_rows<K: Key>(
    from: *const K,
    to: *mut K,
    scratch: *mut u8,
    rows: i64,
    length: i64,
    descending: bool,
) {
    let length = length as usize;
    each_row(rows, length, |first| {
        // SAFETY: The contract of this function.
        unsafe {
            let counts = &mut *scratch.cast::<Counts>();
            let spare = from_raw_parts_mut(scratch.add(COUNTS_BYTES).cast::<K>(), length);
            core::ptr::copy_nonoverlapping(from.add(first), to.add(first), length);
            sort::sort(from_raw_parts_mut(to.add(first), length), spare, counts, descending);
        }
    });
}

/// Calls a function with the number of the first element of each row.
fn each_row(rows: i64, length: usize, mut run: impl FnMut(usize)) {
    let mut row = 0;
    while row < rows as usize {
        run(row * length);
        row += 1;
    }
}

/// Puts the positions of each row's elements in their order into `to`.
///
/// # Safety
///
/// As [`sort_rows`], with room for [`Counts`] and two rows of items in `scratch`.
unsafe fn argsort_rows<K: Key>(
    from: *const K,
    to: *mut i64,
    scratch: *mut u8,
    rows: i64,
    length: i64,
    descending: bool,
) {
    let length = length as usize;
    each_row(rows, length, |first| {
        // SAFETY: The contract of this function.
        unsafe {
            let counts = &mut *scratch.cast::<Counts>();
            let items = scratch.add(COUNTS_BYTES).cast::<Item<K::Rank>>();
            let (items, spare) =
                (from_raw_parts_mut(items, length), from_raw_parts_mut(items.add(length), length));
            let elements = from_raw_parts(from.add(first), length);
            let positions = from_raw_parts_mut(to.add(first), length);
            sort::argsort(elements, positions, items, spare, counts, descending);
        }
    });
}

macro_rules! functions {
    ($($key:ident $sort:ident $argsort:ident,)*) => {$(
        /// Sorts each row of elements of this type.
        ///
        /// # Safety
        ///
        /// As `sort_rows` says of it.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $sort(
            from: *const u8,
            to: *mut u8,
            scratch: *mut u8,
            rows: i64,
            length: i64,
            descending: bool,
        ) {
            // SAFETY: The contract of this function.
            unsafe { sort_rows::<$key>(from.cast(), to.cast(), scratch, rows, length, descending) };
        }

        /// Puts the positions of each row's elements of this type in their order.
        ///
        /// # Safety
        ///
        /// As `argsort_rows` says of it.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $argsort(
            from: *const u8,
            to: *mut u8,
            scratch: *mut u8,
            rows: i64,
            length: i64,
            descending: bool,
        ) {
            // SAFETY: The contract of this function.
            unsafe { argsort_rows::<$key>(from.cast(), to.cast(), scratch, rows, length, descending) };
        }
    )*};
}

functions! {
    I8 tgc_rt_sort_i8 tgc_rt_argsort_i8,
    I16 tgc_rt_sort_i16 tgc_rt_argsort_i16,
    I32 tgc_rt_sort_i32 tgc_rt_argsort_i32,
    I64 tgc_rt_sort_i64 tgc_rt_argsort_i64,
    U8 tgc_rt_sort_u8 tgc_rt_argsort_u8,
    U16 tgc_rt_sort_u16 tgc_rt_argsort_u16,
    U32 tgc_rt_sort_u32 tgc_rt_argsort_u32,
    U64 tgc_rt_sort_u64 tgc_rt_argsort_u64,
    F16 tgc_rt_sort_f16 tgc_rt_argsort_f16,
    Bf16 tgc_rt_sort_bf16 tgc_rt_argsort_bf16,
    F32 tgc_rt_sort_f32 tgc_rt_argsort_f32,
    F64 tgc_rt_sort_f64 tgc_rt_argsort_f64,
}
