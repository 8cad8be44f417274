//! Where the fields of a struct lie, by the rule that C, `repr(C)` and LLVM have in common: each field at the
//! next multiple of its alignment, the whole rounded up to the largest alignment.

/// What decides, of a target, where a field of a shared struct lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataLayout {
    /// The bytes of a pointer, which are its alignment too.
    pub pointer_bytes: u64,
    /// The alignment of a 64-bit integer in a struct.
    pub wide_align: u64,
}

impl DataLayout {
    /// Every 64-bit target.
    pub const WIDE: DataLayout = DataLayout { pointer_bytes: 8, wide_align: 8 };
    /// 32-bit Arm, wasm32 and most other targets with 32-bit pointers.
    pub const NARROW: DataLayout = DataLayout { pointer_bytes: 4, wide_align: 8 };
    /// 32-bit x86 with the System V ABI.
    pub const I386: DataLayout = DataLayout { pointer_bytes: 4, wide_align: 4 };
    /// The machine that this crate is compiled for.
    pub const HOST: DataLayout =
        DataLayout { pointer_bytes: size_of::<usize>() as u64, wide_align: align_of::<u64>() as u64 };
    /// Each that there is.
    pub const ALL: [DataLayout; 3] = [Self::WIDE, Self::NARROW, Self::I386];
}

/// A type of a field or of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Untyped memory, behind pointers alone; as what a function returns, nothing.
    Void,
    /// A byte of text, behind pointers alone.
    Char,
    /// `int32_t`.
    I32,
    /// `uint32_t`.
    U32,
    /// `int64_t`.
    I64,
    /// `uint64_t`.
    U64,
    /// That many bytes.
    Bytes(u64),
    /// A pointer to data.
    Pointer {
        /// What it points to.
        to: &'static Type,
        /// Whether nothing is written through it.
        is_const: bool,
    },
    /// A pointer to a function.
    Function(&'static Prototype),
    /// A pointer in eight bytes; those behind a shorter one are zero.
    Slot(&'static Type),
    /// A struct by value.
    Struct(&'static Struct),
}

/// What a function takes and returns.
#[derive(Debug, PartialEq, Eq)]
pub struct Prototype {
    /// What it returns.
    pub returns: Type,
    /// Names and types of its parameters.
    pub parameters: &'static [(&'static str, Type)],
}

/// A field of a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, which is the same in C and in Rust.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What the header says of it, if anything.
    pub comment: &'static str,
}

/// A struct.
#[derive(Debug, PartialEq, Eq)]
pub struct Struct {
    /// Its name in C.
    pub name: &'static str,
    /// Its fields in order.
    pub fields: &'static [Field],
}

impl Type {
    /// The bytes of a value.
    pub const fn bytes(&self, layout: DataLayout) -> u64 {
        match self {
            Type::Void | Type::Char => 1,
            Type::I32 | Type::U32 => 4,
            Type::I64 | Type::U64 | Type::Slot(_) => 8,
            Type::Bytes(bytes) => *bytes,
            Type::Pointer { .. } | Type::Function(_) => layout.pointer_bytes,
            Type::Struct(table) => table.bytes(layout),
        }
    }

    /// The alignment of a field of this type.
    pub const fn align(&self, layout: DataLayout) -> u64 {
        match self {
            Type::Void | Type::Char | Type::Bytes(_) => 1,
            Type::I32 | Type::U32 => 4,
            Type::I64 | Type::U64 | Type::Slot(_) => layout.wide_align,
            Type::Pointer { .. } | Type::Function(_) => layout.pointer_bytes,
            Type::Struct(table) => table.align(layout),
        }
    }
}

impl Struct {
    /// Where a field lies, by its index.
    pub const fn offset(&self, field: usize, layout: DataLayout) -> u64 {
        self.end(field, layout).next_multiple_of(self.fields[field].ty.align(layout))
    }

    /// The bytes of a value.
    pub const fn bytes(&self, layout: DataLayout) -> u64 {
        self.end(self.fields.len(), layout).next_multiple_of(self.align(layout))
    }

    /// The alignment of a value.
    pub const fn align(&self, layout: DataLayout) -> u64 {
        let (mut most, mut index) = (1, 0);
        while index < self.fields.len() {
            let align = self.fields[index].ty.align(layout);
            most = if align > most { align } else { most };
            index += 1;
        }
        most
    }

    /// Whether all fields lie at the same places on every target.
    pub const fn is_fixed(&self) -> bool {
        let mut index = 0;
        while index < self.fields.len() {
            let [wide, narrow, i386] = DataLayout::ALL;
            let at = self.offset(index, wide);
            if at != self.offset(index, narrow) || at != self.offset(index, i386) {
                return false;
            }
            index += 1;
        }
        self.bytes(DataLayout::WIDE) == self.bytes(DataLayout::I386)
    }

    /// Where the first `count` fields end.
    const fn end(&self, count: usize, layout: DataLayout) -> u64 {
        let (mut at, mut index) = (0u64, 0);
        while index < count {
            let ty = &self.fields[index].ty;
            at = at.next_multiple_of(ty.align(layout)) + ty.bytes(layout);
            index += 1;
        }
        at
    }
}
