//! What errors of a model are about, for programs that read errors.

use tgc_scalar::dtype::DType;

use super::{AxisOf, Extent};
use crate::dim::Dim;
use crate::ty::TensorType;

/// What an error of a model is about, for programs that read errors; texts say the same to people, and more.
/// Sizes are made of the model's symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Two sizes that must be equal are not, or cannot be shown to be.
    Sizes {
        /// What they are sizes of.
        extents: [Extent; 2],
        /// The sizes.
        sizes: [Dim; 2],
    },
    /// Two sizes that must be equal contradict what other operations ask for.
    Unequal {
        /// What they are sizes of: `x axis 0`.
        names: [String; 2],
        /// The sizes as they were asked for.
        sizes: [Dim; 2],
    },
    /// A size is too small.
    TooSmall {
        /// What it is the size of.
        extent: Extent,
        /// The size.
        size: Dim,
        /// What it must be at least.
        least: i64,
    },
    /// A size would have to be larger than other operations let it be.
    Bound {
        /// What it is the size of: `x axis 0`.
        name: String,
        /// The size.
        size: Dim,
        /// What it must be at least.
        least: i64,
    },
    /// A size cannot stand where it does: it is not known, not the one that is needed, or does not exist.
    Size {
        /// The size.
        size: Dim,
    },
    /// An index, or an end of a slice, is outside its axis.
    Index {
        /// The axis.
        axis: AxisOf,
        /// The index.
        index: Dim,
        /// The size of the axis.
        size: Dim,
    },
    /// An operand does not have these axes, or they are not named once and in the order that they must have.
    Axes {
        /// The operand.
        operand: usize,
        /// The axes as they are given.
        axes: Vec<i64>,
        /// How many the operand has.
        rank: usize,
    },
    /// An operand has another number of axes than an operation works on.
    Rank {
        /// The operand.
        operand: usize,
        /// How many axes it has.
        rank: usize,
    },
    /// Operands whose ranks must fit each other have others.
    Ranks {
        /// Two of them, by number.
        operands: [usize; 2],
        /// Their ranks.
        ranks: [usize; 2],
    },
    /// An operation has another number of operands than it takes.
    Arity {
        /// So many it takes.
        takes: usize,
        /// So many it has.
        has: usize,
    },
    /// A list that an operation is given, of axes, indices or sizes, has another length than it must have.
    Length {
        /// How long it must be, or may be.
        takes: usize,
        /// How long it is.
        has: usize,
    },
    /// There is more of something than a model can have.
    Limit {
        /// How many there may be.
        most: usize,
        /// How many there would be.
        has: usize,
    },
    /// A tensor could have more bytes than can be addressed.
    TooLarge {
        /// How many, or how many at least.
        bytes: String,
    },
    /// An argument is none of those that an operation takes.
    Argument {
        /// The argument.
        value: String,
    },
    /// A literal is no value of the element type that it would get.
    Literal {
        /// The literal.
        value: String,
        /// The element type.
        dtype: DType,
    },
    /// A tensor has another element type than its place.
    ElementTypes {
        /// The type of the place.
        takes: DType,
        /// The type of the tensor.
        has: DType,
    },
    /// An operation is not defined on an element type.
    ElementType {
        /// The type that its operands have or are converted to.
        dtype: DType,
    },
    /// No operation has this name, or it has other attributes.
    Operation {
        /// The name.
        name: String,
    },
    /// A name cannot be used, or is taken.
    Name {
        /// The name.
        name: String,
    },
    /// Inputs, outputs and updates do not make a function.
    Function {
        /// The function's name.
        name: String,
    },
    /// The range of a size contradicts itself.
    Range {
        /// The size.
        name: String,
    },
    /// A node that only a front end, or a bug of tgc, can make.
    Node {
        /// Its operation.
        operation: String,
    },
    /// What is differentiated does not depend on what it is differentiated by.
    Independent,
    /// An expression mixes tensors or sizes of two models.
    Models,
}

impl Reason {
    /// That an operand does not have these axes, or that they are not named as they must be.
    pub(crate) fn axes(operand: usize, axes: &[usize], rank: usize) -> Reason {
        Reason::Axes { operand, axes: axes.iter().map(|&axis| axis as i64).collect(), rank }
    }

    /// Why an operand cannot stand in a place of an element type and a rank.
    pub(crate) fn part(place: (DType, usize), operand: usize, ty: &TensorType) -> Reason {
        match ty.dtype == place.0 {
            false => Reason::ElementTypes { takes: place.0, has: ty.dtype },
            true => Reason::Rank { operand, rank: ty.rank() },
        }
    }
}
