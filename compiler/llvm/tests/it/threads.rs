//! Chunks of rows on other threads.

use std::sync::Mutex;

use tgc_graph::dtype::DType::F32;
use tgc_llvm::Jit;
use tgc_plan::interpret::Interpreter;

use crate::check::{noise, same};
use crate::nests::in_chunks;
use crate::plans::linkage;

type TaskFn = unsafe extern "C" fn(*mut u8, i32);

/// `tgc_pool` and the config of a model with two sizes, as the header lays them out.
#[repr(C)]
struct Pool {
    user: *mut u8,
    parallel_for: unsafe extern "C" fn(*mut u8, i32, TaskFn, *mut u8),
}

#[repr(C)]
struct Config {
    struct_bytes: u32,
    flags: u32,
    sizes: [i64; 2],
    alloc: *const u8,
    pool: *const Pool,
    variant: *const u8,
}

/// Runs each chunk on a thread of its own, the last one first, and notes how many there were.
unsafe extern "C" fn parallel_for(user: *mut u8, chunks: i32, task: TaskFn, frame: *mut u8) {
    // SAFETY: The pool of the test below gives a counter for its argument.
    let seen = unsafe { &*user.cast::<Mutex<Vec<i32>>>() };
    seen.lock().unwrap().push(chunks);
    let frame = frame as usize;
    std::thread::scope(|scope| {
        for chunk in (0..chunks).rev() {
            // SAFETY: The runtime allows a task to run once for each chunk, on any thread, until this
            // function returns.
            scope.spawn(move || unsafe { task(frame as *mut u8, chunk) });
        }
    });
}

type InitFn = unsafe extern "C" fn(*const Config, *mut u8, *mut u8, *mut u8, u64, *mut *mut u8) -> i32;
type CallFn = unsafe extern "C" fn(*mut u8, i64, i64, *const u8, f32, *mut u8) -> i32;

#[test]
fn a_pool_gives_the_same_bits() {
    let plan = in_chunks();
    let jit = Jit::new(&plan, &linkage(&plan)).unwrap();
    let seen: Mutex<Vec<i32>> = Mutex::new(vec![]);
    let pool = Pool { user: (&raw const seen).cast_mut().cast(), parallel_for };
    let config = Config {
        struct_bytes: 48,
        flags: 0,
        sizes: [1001, 37],
        alloc: std::ptr::null(),
        pool: &pool,
        variant: std::ptr::null(),
    };
    #[repr(align(64))]
    struct Block([u8; 512]);
    let mut block = Block([0; 512]);
    let mut made = std::ptr::null_mut();
    let init = jit.address("m_init_9abcdef0").unwrap();
    let call = jit.address("m_parallel_9abcdef0").unwrap();
    // SAFETY: The names belong to functions of these types.
    let (init, call) =
        unsafe { (std::mem::transmute::<usize, InitFn>(init), std::mem::transmute::<usize, CallFn>(call)) };
    let null = std::ptr::null_mut();
    // SAFETY: The config is as large as it says; the model has neither state nor workspace.
    assert_eq!(unsafe { init(&config, block.0.as_mut_ptr(), null, null, 0, &mut made) }, 0);

    for rows in [1001usize, 256, 9, 4, 0] {
        let inputs = vec![noise(F32, &[rows, 37], 1), noise(F32, &[], 2)];
        let want = Interpreter::new(&plan).call(0, &[rows as i64, 37], &inputs).unwrap().remove(0);
        let mut got = noise(F32, &[rows], 3);
        let scalar = f32::from_bits(inputs[1].get(0)[0] as u32);
        // SAFETY: The arrays have the shapes that the sizes say.
        let status = unsafe {
            call(made, rows as i64, 37, inputs[0].bytes().as_ptr(), scalar, got.bytes_mut().as_mut_ptr())
        };
        assert_eq!(status, 0);
        same(&got, &want, &format!("{rows} rows"));
    }
    // 1001 rows: 64 chunks of 16 rows, the last of them with 9 or none; 9 rows: 3 chunks; one chunk needs no
    // pool.
    assert_eq!(*seen.lock().unwrap(), [64, 64, 3]);
}
