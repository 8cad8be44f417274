//! The types that tables are made of, and the macros that make a Rust type and its description of one entry.

use crate::layout::Type;
use crate::slot::{Char, Slot};
use crate::status::Status;

/// A Rust type that crosses the boundary.
pub trait Shared {
    /// What it is on both sides.
    const TYPE: Type;
}

/// States what scalar types are.
macro_rules! scalars {
    ($($rust:ty: $ty:ident),*) => { $(impl Shared for $rust { const TYPE: Type = Type::$ty; })* };
}

// Memory is bytes to Rust, which C calls `void`.
scalars!((): Void, u8: Void, Char: Char, i32: I32, u32: U32, i64: I64, u64: U64, Status: I32);

impl<T: Shared> Shared for *const T {
    const TYPE: Type = Type::Pointer { to: &T::TYPE, is_const: true };
}

impl<T: Shared> Shared for *mut T {
    const TYPE: Type = Type::Pointer { to: &T::TYPE, is_const: false };
}

impl<P: Shared + Copy> Shared for Slot<P> {
    const TYPE: Type = Type::Slot(&P::TYPE);
}

impl<const BYTES: usize> Shared for [u8; BYTES] {
    const TYPE: Type = Type::Bytes(BYTES as u64);
}

/// Function types: `fn GetFn(ctx: *mut u8) -> *mut u8;`, which may be null as `Option<GetFn>`.
macro_rules! functions {
    ($($(#[$doc:meta])* fn $name:ident($($parameter:ident: $ty:ty),* $(,)?) -> $returns:ty;)*) => { $(
        $(#[$doc])*
        pub type $name = unsafe extern "C" fn($($parameter: $ty),*) -> $returns;

        impl $crate::Shared for $name {
            const TYPE: $crate::Type = $crate::Type::Function(&$crate::Prototype {
                returns: <$returns as $crate::Shared>::TYPE,
                parameters: &[$((stringify!($parameter), <$ty as $crate::Shared>::TYPE)),*],
            });
        }

        impl $crate::Shared for Option<$name> {
            const TYPE: $crate::Type = <$name as $crate::Shared>::TYPE;
        }
    )* };
}

/// Structs: `struct CSize = "tgc_size" { name: *const Char, min: i64, max: i64 }`, where `=> "text"` behind a
/// field is what the header says of it.
///
/// The compiler checks that the description lays fields out as it does itself.
macro_rules! structs {
    ($($(#[$attribute:meta])* struct $name:ident = $c:literal {
        $($(#[$doc:meta])* $field:ident: $ty:ty $(=> $comment:literal)?),* $(,)?
    })*) => { $(
        $(#[$attribute])*
        #[repr(C)]
        pub struct $name {
            $($(#[$doc])* $(#[doc = $comment])? pub $field: $ty,)*
        }

        impl $name {
            /// The description.
            pub const TABLE: $crate::Struct = $crate::Struct {
                name: $c,
                fields: &[$($crate::Field {
                    name: stringify!($field),
                    ty: <$ty as $crate::Shared>::TYPE,
                    comment: concat!("" $(, $comment)?),
                }),*],
            };
        }

        impl $crate::Shared for $name {
            const TYPE: $crate::Type = $crate::Type::Struct(&Self::TABLE);
        }

        const _: () = {
            let (table, host) = (&$name::TABLE, $crate::DataLayout::HOST);
            let offsets = [$(core::mem::offset_of!($name, $field)),*];
            let mut index = 0;
            while index < offsets.len() {
                assert!(table.offset(index, host) == offsets[index] as u64);
                index += 1;
            }
            assert!(table.bytes(host) == size_of::<$name>() as u64);
        };
    )* };
}
