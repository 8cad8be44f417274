//! Where a step comes from, and why it is a step of its own: what explains a plan to its author.
//!
//! No result depends on it, and no check reads it.

use std::fmt;

use tgc_graph::origin::Origin;

/// What a step computes, and why it was not fused into earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Provenance {
    /// The tensors that it computes, in order.
    pub tensors: Vec<Tensor>,
    /// Earlier steps that it shares data with, the nearest first.
    pub apart: Vec<Apart>,
}

/// A tensor that a step computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tensor {
    /// Its buffer's name, or the one it would have.
    pub name: String,
    /// The operation whose result it is.
    pub op: &'static str,
    /// Who asked for it.
    pub origin: Origin,
    /// Why it has elements of its own rather than being computed where it is used; `None` for outputs and
    /// updates.
    pub materialized: Option<Materialized>,
}

/// An earlier step, and why it was not fused with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Apart {
    /// The tensors that the earlier step computes.
    pub from: Vec<String>,
    /// The reason.
    pub why: NotFused,
    /// The tensors of the step that comes between them, if that is the reason.
    pub after: Vec<String>,
}

/// Why a tensor is materialized: stored in memory or held by a row, not computed where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Materialized {
    /// It is the result of a reduction.
    Reduction,
    /// It is the result of a scan.
    Scan,
    /// It is written part by part.
    Parts,
    /// Its elements are indices, which are checked before they are used.
    Indices,
    /// It is read in another shape.
    Reshaped,
    /// A matmul reads it.
    MatmulOperand,
    /// A routine reads or writes it.
    Routine,
    /// It reads a variable, a part of which is then updated with it.
    ReadBeforeUpdate,
    /// What uses it would read very many tensors otherwise.
    ManyReads,
    /// Several loops use it.
    Shared {
        /// Roughly the cycles of one element.
        cycles: u32,
    },
    /// A loop that uses it has further axes, along which it would be computed again.
    LoopInvariant {
        /// Roughly the cycles of one element.
        cycles: u32,
    },
}

/// Declares [`NotFused`]: the variants with what they say, in one list.
macro_rules! not_fused {
    ($($name:ident $text:literal,)*) => {
        /// Why a tensor is not computed in the loops of an earlier step. The later a variant, the further
        /// fusion came.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum NotFused {
            $(#[doc = $text] $name,)*
        }

        impl NotFused {
            /// Every reason.
            pub const ALL: &[NotFused] = &[$(NotFused::$name),*];
        }

        impl fmt::Display for NotFused {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(NotFused::$name => $text,)*
                })
            }
        }
    };
}

not_fused! {
    Matmul "a matmul is a step of its own",
    Routine "a routine is a step of its own",
    Contraction "a contraction over several loops has loops of its own",
    IndexCheck "indices are checked between them",
    Order "it needs a step that comes between them",
    VariableInPlace "a variable that is updated in place is copied alone, so that the copy can be dropped",
    NotAnEpilogue "it does not use each element of the matmul once, in its order",
    IndirectWrites "one of them writes where indices say, in order",
    Extent "none of its loops has the extent of those rows",
    OtherRow "it reads other rows than the one being computed",
    Overwrites "it changes what that step writes",
    LargeAccumulators "its reduction over rows has more accumulators than the first-level cache has room for",
    Strided "its innermost loop would not step through neighbouring elements",
    OtherAxis "their rows run along different axes of what both read",
    Full "that step computes as many results, or reads as many tensors, as a step may",
}

impl fmt::Display for Materialized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Materialized::Reduction => f.write_str("the result of a reduction"),
            Materialized::Scan => f.write_str("the result of a scan"),
            Materialized::Parts => f.write_str("written part by part"),
            Materialized::Indices => f.write_str("indices, checked before they are used"),
            Materialized::Reshaped => f.write_str("read in another shape"),
            Materialized::MatmulOperand => f.write_str("an operand of a matmul"),
            Materialized::Routine => f.write_str("an operand or result of a routine"),
            Materialized::ReadBeforeUpdate => {
                f.write_str("it reads a variable, a part of which is then updated with it in place")
            }
            Materialized::ManyReads => f.write_str("what uses it would read too many tensors otherwise"),
            Materialized::Shared { cycles } => {
                write!(f, "several loops use it, and it takes about {cycles} cycles an element")
            }
            Materialized::LoopInvariant { cycles } => write!(
                f,
                "a loop uses it that has further axes, and it takes about {cycles} cycles an element"
            ),
        }
    }
}
