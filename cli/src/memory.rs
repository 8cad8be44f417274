//! Out of memory: one line and the exit code of an error, whoever asked for the memory.
//!
//! Rust and LLVM end a program by an abort then. Here the process ends as it does after any error. Nothing is
//! half-written: files are made under other names, once their contents are complete.

#![allow(unsafe_code, reason = "an allocator, and hooks of LLVM; each block says why it is sound")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;

/// So much at once is an array of a run, and whoever asks for it says which one there is no memory for.
const ARRAY: usize = 1 << 30;

/// The system's allocator, which ends the process where it cannot give.
struct Memory;

#[global_allocator]
static MEMORY: Memory = Memory;

// SAFETY: All is the system's; what it cannot give, unless it is much, is not returned from.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: The caller's promise.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: The caller's promise.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: The caller's promise.
        given(unsafe { System.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: The caller's promise.
        unsafe { System.dealloc(block, layout) };
    }
}

fn given(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() && size < ARRAY {
        end();
    }
    block
}

/// Says so and ends the process, without a call that needs memory.
fn end() -> ! {
    let line: &[u8] = b"error: out of memory; make the model smaller, or give tgc more (ulimit -v)\n";
    let _ = std::io::stderr().write_all(line);
    exit()
}

/// Ends the process at once: what runs at a usual exit may need memory.
#[cfg(unix)]
fn exit() -> ! {
    signal_hook::low_level::exit(1)
}

#[cfg(not(unix))]
fn exit() -> ! {
    std::process::exit(1)
}

/// Makes LLVM end the process in the same way.
#[cfg(unix)]
pub fn watch() {
    use std::ffi::{c_char, c_void};

    extern "C" fn ended(_: *mut c_void, _: *const c_char, _: bool) {
        end()
    }

    type Handler = extern "C" fn(*mut c_void, *const c_char, bool);

    // What LLVM's C interface has no name for, by its names in C++: `llvm::install_bad_alloc_error_handler`
    // for what it asks the C library for, and `llvm::install_out_of_memory_new_handler`, which sends a
    // failing `new` there too.
    unsafe extern "C" {
        #[link_name = "_ZN4llvm31install_bad_alloc_error_handlerEPFvPvPKcbES0_"]
        fn install_bad_alloc_error_handler(handler: Handler, data: *mut c_void);
        #[link_name = "_ZN4llvm33install_out_of_memory_new_handlerEv"]
        fn install_out_of_memory_new_handler();
    }
    // SAFETY: The handler matches `void (*)(void *, const char *, bool)`, and does not return. Called once,
    // before LLVM is used.
    unsafe {
        install_bad_alloc_error_handler(ended, std::ptr::null_mut());
        install_out_of_memory_new_handler();
    }
}

#[cfg(not(unix))]
pub fn watch() {}
