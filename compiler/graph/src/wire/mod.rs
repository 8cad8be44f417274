//! The file form, `model.graph`: what a model's author hands to the compiler.
//!
//! ```text
//! 64 bytes   head: magic, format version, the oldest tgc that reads it, lengths, checksums
//! tables     one bincode section of flat tables: strings, operations by name, types, nodes
//! data       tensor data, each array at a multiple of 64 bytes, addressed and checked by its BLAKE3 hash
//! ```
//!
//! Reading takes memory and time in proportion to the file, whatever the file says; every bit is covered by
//! a checksum or must be zero; every node is inferred anew, and the module is [verified](crate::verify).
//! Bytes from a stream are read straight into the arrays. Equal arrays are stored once. Equal modules have
//! equal bytes. Nothing outside this directory names bincode.

mod error;
mod file;
mod head;
mod read;
mod tables;
mod write;

pub use error::WireError;
pub use file::{load, save};
pub use head::{FORMAT, HEAD_BYTES, MAGIC};
pub use read::{decode, read};
pub use write::{encode, write};
