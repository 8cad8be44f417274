//! The order of elements, as unsigned integers that count it.

/// An element that has a place in an order.
pub trait Key: Copy {
    /// A number for each place; equal elements have one.
    type Rank: Copy + Ord;

    /// Bytes of a rank.
    const DIGITS: u32;

    /// Its place among ascending, or descending, elements. NaNs come last either way, and both zeros are
    /// equal.
    fn rank(self, descending: bool) -> Self::Rank;

    /// A byte of a rank, the least significant one being 0.
    fn digit(rank: Self::Rank, position: u32) -> u8;
}

macro_rules! key {
    ($($(#[$doc:meta])* $name:ident($bits:ty) by $rank:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(transparent)]
        pub struct $name(pub $bits);

        impl Key for $name {
            type Rank = $bits;
            const DIGITS: u32 = <$bits>::BITS / 8;

            #[inline]
            fn rank(self, descending: bool) -> $bits {
                let rank: fn($bits, bool) -> $bits = $rank;
                rank(self.0, descending)
            }

            #[inline]
            fn digit(rank: $bits, position: u32) -> u8 {
                (rank >> (8 * position)) as u8
            }
        }
    )*};
}

/// The order of bits as numbers.
macro_rules! unsigned {
    () => {
        |bits, descending| if descending { !bits } else { bits }
    };
}

/// The order of two's complement.
macro_rules! signed {
    ($bits:ty) => {
        |bits, descending| {
            let rank = bits ^ (1 << (<$bits>::BITS - 1));
            if descending { !rank } else { rank }
        }
    };
}

/// The order of IEEE 754 numbers whose infinity has these bits.
macro_rules! float {
    ($bits:ty, $infinity:expr) => {
        |bits, descending| {
            let sign: $bits = 1 << (<$bits>::BITS - 1);
            let magnitude = bits & !sign;
            if magnitude > $infinity {
                return <$bits>::MAX;
            }
            let is_negative = bits != magnitude && magnitude != 0;
            let rank = if is_negative { !bits } else { magnitude | sign };
            if descending { !rank } else { rank }
        }
    };
}

key! {
    /// `u8`, and `bool` as one: false, then true.
    U8(u8) by unsigned!();
    /// `u16`.
    U16(u16) by unsigned!();
    /// `u32`.
    U32(u32) by unsigned!();
    /// `u64`.
    U64(u64) by unsigned!();
    /// The bits of an `i8`.
    I8(u8) by signed!(u8);
    /// The bits of an `i16`.
    I16(u16) by signed!(u16);
    /// The bits of an `i32`.
    I32(u32) by signed!(u32);
    /// The bits of an `i64`.
    I64(u64) by signed!(u64);
    /// The bits of an `f16`.
    F16(u16) by float!(u16, 0x7C00);
    /// The bits of a `bf16`.
    Bf16(u16) by float!(u16, 0x7F80);
    /// The bits of an `f32`.
    F32(u32) by float!(u32, 0x7F80_0000);
    /// The bits of an `f64`.
    F64(u64) by float!(u64, 0x7FF0_0000_0000_0000);
}
