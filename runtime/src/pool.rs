//! Hands the chunks of a parallel loop to an instance's pool.
//!
//! How a loop is cut into chunks never depends on the pool, and chunks write to disjoint memory, so any order
//! and any number of threads give the same bits.

use tgc_abi::{Context, TaskFn};

/// Has the instance's pool run `task` for the chunks 0 to `chunks - 1`, and returns true when all are done.
///
/// Without a pool nothing has run, and the caller runs all rows at once: what caches hold need not be cut for
/// threads.
///
/// # Safety
///
/// `ctx` points to an instance, and `task` may be called with `frame` for each chunk, on several threads at
/// once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_parallel(
    ctx: *const Context,
    chunks: i32,
    task: TaskFn,
    frame: *mut u8,
) -> bool {
    // SAFETY: The contract of this function; the hook came from the config together with its argument.
    unsafe {
        let Some(parallel_for) = (*ctx).parallel_for.value else { return false };
        parallel_for((*ctx).pool_user.value, chunks, task, frame);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Blocks;
    use tgc_abi::Slot;

    /// Notes the chunk in the vector that is the frame.
    unsafe extern "C" fn note(frame: *mut u8, chunk: i32) {
        // SAFETY: The frame of these tests.
        unsafe { (*frame.cast::<Vec<i32>>()).push(chunk) };
    }

    /// A pool that runs the chunks backwards and counts its calls in `user`.
    unsafe extern "C" fn backwards(user: *mut u8, chunks: i32, task: TaskFn, frame: *mut u8) {
        // SAFETY: The hook's contract.
        unsafe {
            *user += 1;
            (0..chunks).rev().for_each(|chunk| task(frame, chunk));
        }
    }

    /// The chunks that ran, if a pool ran them.
    fn order(ctx: *const Context, chunks: i32) -> Option<Vec<i32>> {
        let mut order = Vec::new();
        // SAFETY: The frame is what the task expects.
        let ran = unsafe { tgc_rt_parallel(ctx, chunks, note, (&raw mut order).cast()) };
        assert!(ran || order.is_empty());
        ran.then_some(order)
    }

    #[test]
    fn without_a_pool_nothing_runs() {
        let mut blocks = Blocks::new();
        assert_eq!(order(blocks.instance(), 4), None);
    }

    #[test]
    fn a_pool_runs_all_chunks_in_its_order() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        let mut calls = 0u8;
        // SAFETY: The instance is this test's own.
        unsafe {
            (*ctx).parallel_for = Slot::new(Some(backwards));
            (*ctx).pool_user = Slot::new(&raw mut calls);
        }
        assert_eq!(order(ctx, 4), Some(vec![3, 2, 1, 0]));
        assert_eq!(calls, 1);
    }
}
