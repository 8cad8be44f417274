//! What calls return.

/// Statuses: number, what the emitted header appends to the model's prefix, and what it says of it.
macro_rules! statuses {
    ($($variant:ident = $number:literal, $name:literal, $meaning:literal;)*) => {
        /// What a call returns; the numbers are part of the C interface.
        #[repr(i32)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Status {
            $(#[doc = $meaning] $variant = $number,)*
        }

        impl Status {
            /// Every one, in the order of the numbers.
            pub const ALL: &[Status] = &[$(Status::$variant),*];
            /// What the emitted header appends to the model's prefix, in the order of the numbers.
            pub const NAMES: [&'static str; Self::ALL.len()] = [$($name),*];
            /// What the emitted header says of them.
            pub const MEANINGS: [&'static str; Self::ALL.len()] = [$($meaning),*];
        }
    };
}

statuses! {
    Ok = 0, "OK", "the call did what it says";
    Null = 1, "E_NULL", "a pointer that must not be NULL is";
    Dim = 2, "E_DIM", "a size is outside its range, or two sizes that must agree do not";
    Index = 3, "E_INDEX", "an index read at run time is outside its axis";
    Alias = 4, "E_ALIAS", "blocks or arrays share memory that may not";
    Align = 5, "E_ALIGN", "a block or an array is not aligned";
    Workspace = 6, "E_WORKSPACE", "the workspace is too small";
    NoMem = 7, "E_NOMEM", "the allocator returned no memory";
    Image = 8, "E_IMAGE", "an image has the wrong length or another model's header";
    Cpu = 9, "E_CPU", "the processor can run no variant, or not the one that the config names";
    Version = 10, "E_VERSION", "a config or an instance belongs to another model or version";
    Variant = 11, "E_VARIANT", "the library has no variant of the name that the config gives";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_follow_the_numbers() {
        for (number, status) in Status::ALL.iter().enumerate() {
            assert_eq!(*status as usize, number);
        }
        assert_eq!(Status::NAMES[Status::NoMem as usize], "E_NOMEM");
    }
}
