//! The root of the bitcode build: the modules of this library and a panic handler, without the standard
//! library.
//!
//! No code here may be able to panic. The handler calls a symbol that nothing defines, link-time optimization
//! drops the handler if no path leads to it, and a test of the library looks for the symbol in the bitcode.
//!
//! All modules avoid the functions of `core` that clean up when a panic passes through them
//! (`Option::map_or`, `filter`, `Ord::min`, the iterators of ranges). The standard library was compiled to
//! unwind, and each of them would leave a reference to the unwinder's symbol behind. A test looks for that
//! one as well.

#![no_std]
// A copied loop must not come back as a call of strlen or calloc: the emitted libraries promise a short list
// of symbols.
#![no_builtins]

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

unsafe extern "C" {
    fn tgc_panic_reached() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: The call exists to be seen by the test that reads the symbols; it never runs, because it never
    // links.
    unsafe { tgc_panic_reached() }
}
