//! Pointers whose width is the same on all targets, and texts.

/// A pointer of type `P` in eight bytes.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct Slot<P: Copy> {
    /// The pointer; on 32-bit targets the four bytes behind it are unused, and zero in constants.
    pub value: P,
}

impl<P: Copy> Slot<P> {
    /// A slot that holds `value`.
    #[inline]
    pub const fn new(value: P) -> Self {
        Self { value }
    }
}

impl<T> Slot<*const T> {
    /// The address of an element of the table that the slot points to.
    ///
    /// It counts in bytes. `pointer::add` would leave the multiplication to an LLVM struct type with pointers
    /// in it, whose size changes when the bitcode is retargeted.
    #[inline]
    pub fn element(self, index: u64) -> *const T {
        self.value.wrapping_byte_add((index as usize).wrapping_mul(size_of::<T>()))
    }
}

const _: () = assert!(size_of::<Slot<*mut u8>>() == 8 && align_of::<Slot<*mut u8>>() == 8);

/// A byte of a text that ends in NUL: C's `char`, which is signed on some machines.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Char(pub u8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_counted_in_their_own_size() {
        let table = [0u64; 4];
        assert_eq!(Slot::new(table.as_ptr()).element(3), &raw const table[3]);
    }
}
