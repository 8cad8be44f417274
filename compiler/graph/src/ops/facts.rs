//! What an operation's file says of the result's elements, given what is known of its operands'.

/// Whether elements are never below 0, nor -0; they may be NaN. Complex elements have no sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// They may have either sign.
    Any,
    /// They are never below 0.
    NotNegative,
    /// They are if those of these operands are.
    Of(&'static [usize]),
    /// Floats are never below 0; integers wrap.
    NotNegativeFloat,
    /// Floats are if those of these operands are; integers wrap.
    OfFloats(&'static [usize]),
}

/// How magnitudes follow from the operands'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Magnitude {
    /// They do not.
    Unknown,
    /// They are those of this operand.
    Of(usize),
    /// Those of floats are those of this operand.
    OfFloats(usize),
    /// Those of floats are products of the operands'.
    Product,
    /// They are quotients of the operands'.
    Quotient,
}
