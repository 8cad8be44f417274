//! Pieces of memory, and whether two of them share a byte.

/// Some bytes from an address on.
#[derive(Clone, Copy)]
pub(crate) struct Region {
    start: u64,
    bytes: u64,
}

impl Region {
    /// The bytes behind a pointer; none behind NULL.
    pub(crate) fn new(start: *const u8, bytes: u64) -> Self {
        Self { start: start.addr() as u64, bytes: if start.is_null() { 0 } else { bytes } }
    }

    /// The address of the first byte.
    pub(crate) fn start(self) -> u64 {
        self.start
    }

    pub(crate) fn is_empty(self) -> bool {
        self.bytes == 0
    }

    /// Whether they share a byte. Any number of bytes will do: nothing is added that could wrap around.
    pub(crate) fn meets(self, other: Region) -> bool {
        if self.bytes == 0 || other.bytes == 0 {
            return false;
        }
        if self.start <= other.start {
            other.start.wrapping_sub(self.start) < self.bytes
        } else {
            self.start.wrapping_sub(other.start) < other.bytes
        }
    }
}

#[cfg(test)]
mod tests {
    use core::ptr;

    use super::*;

    fn region(start: usize, bytes: u64) -> Region {
        Region::new(ptr::without_provenance(start), bytes)
    }

    #[test]
    fn regions_meet_where_bytes_are_shared() {
        for (start, bytes) in (0..12).flat_map(|start| (0..8).map(move |bytes| (start, bytes))) {
            let shared = (5..9).filter(|byte| (start + 1..start + 1 + bytes).contains(byte)).count();
            let (one, other) = (region(start + 1, bytes as u64), region(5, 4));
            assert_eq!((one.meets(other), other.meets(one)), (shared > 0, shared > 0), "{start} {bytes}");
        }
    }

    #[test]
    fn the_end_of_all_addresses_is_no_obstacle() {
        let high = region(usize::MAX - 7, u64::MAX);
        assert!(high.meets(region(usize::MAX, 1)));
        assert!(!high.meets(region(1, 64)));
        assert!(region(64, u64::MAX).meets(high));
    }

    #[test]
    fn nothing_is_behind_null() {
        assert!(!region(0, 64).meets(region(8, 8)));
    }
}
