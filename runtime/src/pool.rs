//! Runs the chunks of a parallel loop.
//!
//! How a loop is cut into chunks never depends on the pool, and chunks write to disjoint memory, so any order and
//! any number of threads give the same bits.

use crate::layout::{Context, TaskFn};

/// Runs `task` for the chunks 0 to `chunks - 1` and returns when all are done.
///
/// The instance's pool runs them; without one, or with a single chunk, the calling thread does, in order.
///
/// # Safety
///
/// `ctx` points to an instance, and `task` may be called with `frame` for each chunk, on several threads at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_parallel(ctx: *const Context, chunks: i32, task: TaskFn, frame: *mut u8) {
    // SAFETY: The contract of this function; the hook came from the config together with its argument.
    unsafe {
        match (*ctx).parallel_for.value {
            Some(parallel_for) if chunks > 1 => parallel_for((*ctx).pool_user.value, chunks, task, frame),
            _ => {
                let mut chunk = 0;
                while chunk < chunks {
                    task(frame, chunk);
                    chunk = chunk.wrapping_add(1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Blocks;
    use crate::layout::Slot;

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

    fn order(ctx: *const Context, chunks: i32) -> Vec<i32> {
        let mut order = Vec::new();
        // SAFETY: The frame is what the task expects.
        unsafe { tgc_rt_parallel(ctx, chunks, note, (&raw mut order).cast()) };
        order
    }

    #[test]
    fn without_a_pool_the_calling_thread_runs_all_in_order() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        assert_eq!(order(ctx, 4), [0, 1, 2, 3]);
        assert_eq!(order(ctx, 1), [0]);
        assert_eq!(order(ctx, 0), []);
        assert_eq!(order(ctx, -1), []);
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
        assert_eq!(order(ctx, 4), [3, 2, 1, 0]);
        assert_eq!(calls, 1);
    }

    #[test]
    fn a_pool_is_not_asked_for_a_single_chunk() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        // SAFETY: The instance is this test's own; the hook must not run, as its argument is null.
        unsafe { (*ctx).parallel_for = Slot::new(Some(backwards)) };
        assert_eq!(order(ctx, 1), [0]);
        assert_eq!(order(ctx, 0), []);
    }
}
