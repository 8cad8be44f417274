//! The text form: one line per node, dense numbers, the author's names, types shown; what prints parses back
//! to an equal module.
//!
//! ```text
//! tgc 1 model "logreg"
//! shared "w" : f32[784] = 0.0
//! shared "b" : f32[2] = [0.5, -1.0]
//!
//! function "predict"
//!   size N 0..1048576 hint 400
//!   %0 = input "x" : f32[N,784]  @ src/main.rs:12
//!   %1 = shared "w" : f32[784]
//!   %2 = dot(%0, %1) left=[1] right=[0] : f32[N]
//!   %3 = constant 0.5 weak : f64[1]
//!   %4 = gt(%2, %3) : bool[N]
//!   output "prediction" = %4
//! end
//! ```
//!
//! - `;` starts a comment.
//! - A value alone stands for every element; `[…]` lists all of them in row-major order. Floats are the
//!   shortest decimals that read back to the same bits; a NaN other than the default one carries its bits,
//!   `nan:0x7fc00001`; a complex element is `re:im`.
//! - Sizes are expressions such as `2*N*K - 3`, `(N + 1) // 2`, `N % 4`, `min(N, 3)` and `max(N - 1, 0)`;
//!   they are simplified when they are read. `check "y axis 0" 2*N == "x axis 0" M` is a constraint that a
//!   call checks.
//! - An operation without operands has its first attribute's value after its name; other attributes are
//!   `name=value`, or the bare name for true. Those that follow from the type, and the usual ones (`batch=0`,
//!   not `weak`), are left out.
//! - A type may be left out where inference finds it. `@ file:line:column "name"` is where the author made
//!   the node and what a front end calls it, as far as that is known.
//! - `inputs %1, %0` gives the order of inputs where it is not that of the nodes. A function ends with
//!   `output` and `update` lines.
//!
//! Reading checks types and references; [`verify`](crate::verify::verify) checks the rest. [`dump`] elides
//! long lists and does not read back.

mod attributes;
mod cursor;
mod element;
mod error;
mod lex;
mod locate;
mod parse;
mod print;
mod size;

pub use element::element_to_text;
pub(crate) use element::mask;
pub use error::{ParseError, ParseErrorKind};
pub use parse::{parse, parse_function, parse_verified};
pub use print::{dump, dump_function, print, print_function};

/// The version of the text form, the number in its first line.
pub const VERSION: u32 = 1;

/// True for names that need no quotes as a size.
fn is_word(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
