//! The runtime behind every emitted library: instances, state, images, error lines and the thread hook.
//!
//! The crate is built twice from the same modules. Compiled as an ordinary library it is what the unit tests
//! run. Compiled by `build.rs` it is [`BITCODE`], which is linked into each emitted module and retargeted
//! there. The structs that it shares with generated code and with C are those of [`tgc_abi`].
//!
//! # What is public
//!
//! [`BITCODE`], for `tgc-llvm`.
//!
//! # Rules of the bitcode
//!
//! It is made for a 64-bit machine and has to work on a 32-bit one as well. Hence every struct that generated
//! code shares keeps each pointer in a slot of eight bytes, every exported signature uses fixed-width
//! integers and pointers, and structs that C code laid out are read through offsets computed from the pointer
//! size in the descriptor (`config.rs`).
//!
//! It cannot panic, which a test checks. It has no mutable globals, prints nothing, aborts never, and calls
//! nothing but memcpy, memmove, memset, memcmp and bcmp; the part of `heap.rs`, which lives in an archive
//! member of its own, also calls malloc and free.
//!
//! # Errors
//!
//! Each call returns a [`tgc_abi::Status`]. A call that fails on an instance also leaves one line in it,
//! which `tgc_rt_error` returns; a call that succeeds leaves the line as it was.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]
#![cfg_attr(not(test), no_std)]
#![allow(unsafe_code, reason = "the C boundary works on raw pointers; each block states why it is sound")]

mod arguments;
mod config;
mod heap;
mod instance;
mod pool;
mod region;
mod report;
mod routines;
mod state;
mod variant;

#[cfg(test)]
mod fixture;

/// The freestanding build of this crate as LLVM bitcode.
///
/// It defines the functions named `tgc_rt_*` and nothing else that is visible.
pub const BITCODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.bc"));

#[cfg(test)]
mod tests {
    use super::BITCODE;

    fn mentions(name: &str) -> bool {
        BITCODE.windows(name.len()).any(|window| window == name.as_bytes())
    }

    #[test]
    fn bitcode_has_the_magic_number() {
        assert_eq!(&BITCODE[..4], b"BC\xc0\xde");
    }

    #[test]
    fn bitcode_exports_every_function() {
        for name in [
            "init",
            "init_shared",
            "create",
            "share",
            "destroy",
            "reset",
            "save",
            "load",
            "error",
            "variant",
            "parallel",
            "check_sizes",
            "check_arrays",
            "fail_null",
            "fail_dim",
            "fail_equal",
            "fail_least",
            "fail_reach",
            "fail_index",
            "fail_alias",
            "fail_align",
            "fail_workspace",
            "fail_version",
            "fma",
            "sort_f32",
            "argsort_i8",
        ] {
            assert!(mentions(&format!("tgc_rt_{name}")), "tgc_rt_{name} is missing");
        }
    }

    #[test]
    fn bitcode_cannot_panic() {
        for name in ["tgc_panic_reached", "panicking", "panic_fmt", "rust_begin_unwind"] {
            assert!(!mentions(name), "the bitcode mentions {name}");
        }
    }

    #[test]
    fn bitcode_calls_no_unexpected_library_function() {
        for name in ["strlen", "memchr", "abort", "__rust", "rust_eh_personality"] {
            assert!(!mentions(name), "the bitcode mentions {name}");
        }
    }

    #[test]
    fn bitcode_carries_no_path() {
        for path in [env!("CARGO_MANIFEST_DIR"), env!("OUT_DIR"), "/rustc/", "freestanding.rs"] {
            assert!(!mentions(path), "the bitcode mentions {path}");
        }
    }
}
