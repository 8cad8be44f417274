//! Counts up and down, by the functions that the header declares.

use std::ffi::{c_char, c_void};
use std::ptr::null;

/// The header's `counter_config`.
#[repr(C)]
struct Config {
    struct_bytes: u32,
    flags: u32,
    alloc: *const c_void,
    pool: *const c_void,
    variant: *const c_char,
}

/// The header's `counter_ctx`.
#[repr(C)]
struct Counter {
    _private: [u8; 0],
}

unsafe extern "C" {
    #[link_name = concat!("counter_create_", env!("COUNTER_HASH"))]
    fn create(config: *const Config, out: *mut *mut Counter) -> i32;
    #[link_name = concat!("counter_destroy_", env!("COUNTER_HASH"))]
    fn destroy(counter: *mut Counter);
    #[link_name = concat!("counter_accumulator_", env!("COUNTER_HASH"))]
    fn accumulator(counter: *mut Counter, inc: i32, before: *mut i64) -> i32;
    #[link_name = concat!("counter_decrementor_", env!("COUNTER_HASH"))]
    fn decrementor(counter: *mut Counter, inc: i32, before: *mut i64) -> i32;
    #[link_name = concat!("counter_state_", env!("COUNTER_HASH"))]
    fn state(counter: *mut Counter) -> *mut i64;
}

fn main() {
    let struct_bytes = size_of::<Config>() as u32;
    let config = Config { struct_bytes, flags: 0, alloc: null(), pool: null(), variant: null() };
    let (mut counter, mut before) = (std::ptr::null_mut(), 0);
    // SAFETY: the declarations above are the header's; the instance lives from `create` to `destroy`.
    unsafe {
        assert_eq!(create(&config, &mut counter), 0);
        assert_eq!(accumulator(counter, 5, &mut before), 0);
        println!("returned {before}, state {}", *state(counter));
        assert_eq!(decrementor(counter, 3, &mut before), 0);
        println!("returned {before}, state {}", *state(counter));
        destroy(counter);
    }
}
