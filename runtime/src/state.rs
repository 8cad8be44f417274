//! The values of a model's variables: initial values, images to keep, images to take up again.
//!
//! An image is a safetensors file whose header is a constant of the model. It is compared as a whole before a
//! load writes anything, so an image of another model changes nothing. An image needs no alignment. One that
//! overlaps the instance or its state is refused; it may lie in the workspace, which holds nothing between
//! calls.

use core::ptr;

use tgc_abi::{CTX_BYTES, Context, ModelDesc, StateDesc, Status};

use crate::region::Region;
use crate::report::Line;

/// Sets every variable to its initial value, also for all instances that share the state. Null does nothing.
///
/// # Safety
///
/// `ctx` is null or points to an instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_reset(ctx: *mut Context) {
    if ctx.is_null() {
        return;
    }
    // SAFETY: An instance refers to its model and to a state block that holds each state of the model.
    unsafe {
        let model = &*(*ctx).model.value;
        for_each_state(ctx, model, |state, value| {
            fill(value, state.bytes as usize, state.initial.value, state.initial_bytes as usize);
        });
    }
}

/// Writes an image of the state, `save_bytes` of the model long, to `image`.
///
/// `E_NULL` for a null argument, `E_IMAGE` if `capacity` is too small, `E_ALIAS` for an image over the
/// instance or its state; then nothing is written.
///
/// # Safety
///
/// `ctx` is null or points to an instance; `image` is null or has `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_save(ctx: *mut Context, image: *mut u8, capacity: u64) -> Status {
    // SAFETY: The contract of this function; the capacity is checked before anything is written.
    unsafe {
        if ctx.is_null() || image.is_null() {
            return null_image(ctx, "save: image is NULL");
        }
        let model = &*(*ctx).model.value;
        if capacity < model.save_bytes {
            let mut line = Line::begin(ctx);
            line.say("save: image has room for ");
            line.unsigned(capacity);
            line.say(" bytes, this model needs ");
            line.unsigned(model.save_bytes);
            return line.end(Status::Image);
        }
        if let Some(block) = overlapped(ctx, model, image) {
            return image_overlaps(ctx, "save: image overlaps ", block);
        }
        ptr::copy_nonoverlapping(model.save_header.value, image, model.save_header_bytes as usize);
        for_each_state(ctx, model, |state, value| {
            ptr::copy_nonoverlapping(value, image.add(state.data_offset as usize), state.bytes as usize);
        });
    }
    Status::Ok
}

/// Replaces the state by the one in an image of `bytes` bytes, also for all instances that share the state.
///
/// `E_NULL` for a null argument, `E_IMAGE` for another length, another header, or a `bool` that is neither 0
/// nor 1, `E_ALIAS` for an image over the instance or its state; then the state is as it was.
///
/// # Safety
///
/// `ctx` is null or points to an instance; `image` is null or has `bytes` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_load(ctx: *mut Context, image: *const u8, bytes: u64) -> Status {
    // SAFETY: The contract of this function; length and header are compared before anything is written.
    unsafe {
        if ctx.is_null() || image.is_null() {
            return null_image(ctx, "load: image is NULL");
        }
        let model = &*(*ctx).model.value;
        if bytes != model.save_bytes {
            let mut line = Line::begin(ctx);
            line.say("load: image has ");
            line.unsigned(bytes);
            line.say(" bytes, an image of this model has ");
            line.unsigned(model.save_bytes);
            return line.end(Status::Image);
        }
        if let Some(block) = overlapped(ctx, model, image) {
            return image_overlaps(ctx, "load: image overlaps ", block);
        }
        if !equal(image, model.save_header.value, model.save_header_bytes as usize) {
            let mut line = Line::begin(ctx);
            line.say("load: the header of image is not this model's; save with the same model");
            return line.end(Status::Image);
        }
        if let Some(state) = odd_bool(model, image) {
            let mut line = Line::begin(ctx);
            line.say("load: state `");
            line.text(state.name.value);
            line.say("` in the image has a bool whose byte is neither 0 nor 1; save it again");
            return line.end(Status::Image);
        }
        for_each_state(ctx, model, |state, value| {
            ptr::copy_nonoverlapping(image.add(state.data_offset as usize), value, state.bytes as usize);
        });
    }
    Status::Ok
}

/// The first state that has a `bool` in an image which is neither 0 nor 1.
unsafe fn odd_bool(model: &ModelDesc, image: *const u8) -> Option<&StateDesc> {
    let mut index = 0;
    while index < model.state_count {
        // SAFETY: The model has `state_count` states, and the image, as long as the model's are, the data of
        // each.
        unsafe {
            let state = &*model.states.element(index);
            if state.is_bool != 0 && !are_bools(image.add(state.data_offset as usize), state.bytes as usize) {
                return Some(state);
            }
        }
        index = index.wrapping_add(1);
    }
    None
}

/// Whether all bytes are 0 or 1; eight are read at a time.
unsafe fn are_bools(data: *const u8, bytes: usize) -> bool {
    let (mut index, mut words, mut rest) = (0, 0, 0);
    // SAFETY: The callers have `bytes` bytes behind the pointer.
    unsafe {
        while bytes.wrapping_sub(index) >= 8 {
            words |= data.add(index).cast::<u64>().read_unaligned();
            index = index.wrapping_add(8);
        }
        while index < bytes {
            rest |= *data.add(index);
            index = index.wrapping_add(1);
        }
    }
    words & 0xfefe_fefe_fefe_fefe == 0 && rest <= 1
}

unsafe fn null_image(ctx: *mut Context, message: &str) -> Status {
    // SAFETY: The callers pass on their own contract.
    let mut line = unsafe { Line::begin(ctx) };
    line.say(message);
    line.end(Status::Null)
}

/// What of the instance an image overlaps.
unsafe fn overlapped(ctx: *mut Context, model: &ModelDesc, image: *const u8) -> Option<&'static str> {
    let image = Region::new(image, model.save_bytes);
    // SAFETY: The callers pass on an instance.
    let state = unsafe { Region::new((*ctx).state.value, model.state_bytes) };
    if image.meets(Region::new(ctx.cast(), CTX_BYTES)) {
        Some("the instance")
    } else if image.meets(state) {
        Some("the instance's state")
    } else {
        None
    }
}

unsafe fn image_overlaps(ctx: *mut Context, message: &str, block: &str) -> Status {
    // SAFETY: The callers pass on their own contract.
    let mut line = unsafe { Line::begin(ctx) };
    line.say(message);
    line.say(block);
    line.say("; give it memory of its own");
    line.end(Status::Alias)
}

/// Calls `visit` with each state and the address of its value.
unsafe fn for_each_state(ctx: *mut Context, model: &ModelDesc, mut visit: impl FnMut(&StateDesc, *mut u8)) {
    let mut index = 0;
    while index < model.state_count {
        // SAFETY: `model` is the instance's, which has `state_count` states, each inside the state block.
        unsafe {
            let state = &*model.states.element(index);
            visit(state, (*ctx).state.value.add(state.offset as usize));
        }
        index = index.wrapping_add(1);
    }
}

/// Repeats a pattern over `bytes` bytes, each copy twice as long as the one before. An empty pattern stands
/// for zeros.
unsafe fn fill(target: *mut u8, bytes: usize, pattern: *const u8, pattern_bytes: usize) {
    // SAFETY: The source of each copy is the part before `done`, its target the part behind it, both inside
    // `bytes`.
    unsafe {
        if pattern_bytes == 0 {
            target.write_bytes(0, bytes);
            return;
        }
        let mut done = smaller(pattern_bytes, bytes);
        ptr::copy_nonoverlapping(pattern, target, done);
        while done < bytes {
            let next = smaller(done, bytes.wrapping_sub(done));
            ptr::copy_nonoverlapping(target, target.add(done), next);
            done = done.wrapping_add(next);
        }
    }
}

fn smaller(left: usize, right: usize) -> usize {
    if left < right { left } else { right }
}

/// Compares without a call: memcmp takes a size of the target's own width, which the bitcode cannot know.
unsafe fn equal(left: *const u8, right: *const u8, bytes: usize) -> bool {
    let mut index = 0;
    // SAFETY: The callers have `bytes` bytes behind both pointers.
    while index < bytes && unsafe { *left.add(index) == *right.add(index) } {
        index = index.wrapping_add(1);
    }
    index == bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Arena, Blocks, CTX_AT, SAVE_BYTES, SAVE_HEADER, STATE_AT};
    use crate::fixture::{error_line, initial_values, values};

    fn save(ctx: *mut Context) -> Vec<u8> {
        let mut image = vec![0; SAVE_BYTES];
        // SAFETY: The image has the bytes that it is said to have.
        let status = unsafe { tgc_rt_save(ctx, image.as_mut_ptr(), image.len() as u64) };
        assert_eq!(status, Status::Ok);
        image
    }

    fn load(ctx: *mut Context, image: &[u8]) -> Status {
        // SAFETY: The image has the bytes that it is said to have.
        unsafe { tgc_rt_load(ctx, image.as_ptr(), image.len() as u64) }
    }

    /// Gives every byte of every variable a value of its own.
    fn scramble(ctx: *mut Context) {
        for (offset, bytes, most) in
            [(0, 12, 255), (crate::fixture::B_OFFSET, 200, 255), (crate::fixture::Z_OFFSET, 5, 1)]
        {
            for index in 0..bytes {
                // SAFETY: The variables lie in the state block.
                unsafe { *(*ctx).state.value.add(offset + index) = (offset + 3 * index) as u8 & most };
            }
        }
    }

    #[test]
    fn an_image_is_the_header_and_the_dense_data() {
        let mut blocks = Blocks::new();
        let (w, b, z) = initial_values();
        assert_eq!(save(blocks.instance()), [&SAVE_HEADER[..], &w, &b, &z].concat());
    }

    #[test]
    fn reset_restores_the_initial_values() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        scramble(ctx);
        assert_ne!(values(ctx), initial_values());
        // SAFETY: An instance, then null.
        unsafe {
            tgc_rt_reset(ctx);
            tgc_rt_reset(ptr::null_mut());
        }
        assert_eq!(values(ctx), initial_values());
    }

    #[test]
    fn another_instance_takes_up_a_saved_state() {
        let (mut first, mut second) = (Blocks::new(), Blocks::new());
        let (from, to) = (first.instance(), second.instance());
        scramble(from);
        assert_eq!(load(to, &save(from)), Status::Ok);
        assert_eq!(values(to), values(from));
        assert_eq!(save(to), save(from));
    }

    #[test]
    fn an_image_needs_no_alignment() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        scramble(ctx);
        let expected = values(ctx);
        let image = [&[0][..], &save(ctx)].concat();
        // SAFETY: An instance.
        unsafe { tgc_rt_reset(ctx) };
        assert_eq!(load(ctx, &image[1..]), Status::Ok);
        assert_eq!(values(ctx), expected);
    }

    #[test]
    fn a_larger_buffer_keeps_what_is_behind_the_image() {
        let mut blocks = Blocks::new();
        let mut image = vec![7; SAVE_BYTES + 3];
        // SAFETY: The image has the bytes that it is said to have.
        let status = unsafe { tgc_rt_save(blocks.instance(), image.as_mut_ptr(), image.len() as u64) };
        assert_eq!(status, Status::Ok);
        assert_eq!(image[SAVE_BYTES..], [7, 7, 7]);
    }

    #[test]
    fn a_small_buffer_is_refused_and_not_written() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        let mut image = vec![7; SAVE_BYTES];
        // SAFETY: The image has more bytes than it is said to have.
        let status = unsafe { tgc_rt_save(ctx, image.as_mut_ptr(), 240) };
        assert_eq!(status, Status::Image);
        assert_eq!(error_line(ctx), "save: image has room for 240 bytes, this model needs 241");
        assert!(image.iter().all(|&byte| byte == 7));
    }

    #[test]
    fn images_of_another_length_change_nothing() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        let image = save(ctx);
        scramble(ctx);
        let before = values(ctx);
        assert_eq!(load(ctx, &image[..240]), Status::Image);
        assert_eq!(error_line(ctx), "load: image has 240 bytes, an image of this model has 241");
        assert_eq!(load(ctx, &[&image[..], &[0]].concat()), Status::Image);
        assert_eq!(load(ctx, &[]), Status::Image);
        assert_eq!(values(ctx), before);
    }

    #[test]
    fn images_with_bools_that_are_none_change_nothing() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        let before = values(ctx);
        for length in 0..20 {
            let mut bytes = [1; 20];
            // SAFETY: The array has more bytes.
            let check = |bytes: &[u8; 20]| unsafe { are_bools(bytes.as_ptr(), length) };
            assert!(check(&bytes));
            for at in 0..length {
                bytes[at] = 128;
                assert!(!check(&bytes), "{at} of {length}");
                bytes[at] = 0;
            }
        }
        for odd in [2, 255] {
            let mut image = save(ctx);
            image[SAVE_BYTES - 1] = odd;
            assert_eq!(load(ctx, &image), Status::Image);
            let line = "load: state `z` in the image has a bool whose byte is neither 0 nor 1; save it again";
            assert_eq!(error_line(ctx), line);
        }
        assert_eq!(values(ctx), before);
    }

    #[test]
    fn images_with_another_header_change_nothing() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        let image = save(ctx);
        scramble(ctx);
        let before = values(ctx);
        for index in 0..SAVE_HEADER.len() {
            let mut other = image.clone();
            other[index] ^= 1;
            assert_eq!(load(ctx, &other), Status::Image);
        }
        assert_eq!(
            error_line(ctx),
            "load: the header of image is not this model's; save with the same model"
        );
        assert_eq!(values(ctx), before);
    }

    /// The image at every place where it shares a byte with the state, and beside it.
    #[test]
    fn images_over_the_state_are_refused() {
        let mut arena = Arena([7; 3072]);
        let (ctx, start) = (arena.instance(), arena.0.as_mut_ptr());
        let state = STATE_AT..STATE_AT + crate::fixture::STATE_BYTES;
        scramble(ctx);
        let expected = values(ctx);
        for at in 0..3072 - SAVE_BYTES {
            let meets = |block: &core::ops::Range<usize>| at < block.end && block.start < at + SAVE_BYTES;
            // SAFETY: The image lies in the arena.
            let (save, load) = unsafe {
                let image = start.add(at);
                (tgc_rt_save(ctx, image, SAVE_BYTES as u64), tgc_rt_load(ctx, image, SAVE_BYTES as u64))
            };
            let refused = meets(&state) || meets(&(CTX_AT..CTX_AT + CTX_BYTES as usize));
            let wanted = if refused { Status::Alias } else { Status::Ok };
            assert_eq!((save, load), (wanted, wanted), "{at}");
            if meets(&state) && !meets(&(CTX_AT..CTX_AT + CTX_BYTES as usize)) {
                assert_eq!(
                    error_line(ctx),
                    "load: image overlaps the instance's state; give it memory of its own"
                );
            }
            assert_eq!(values(ctx), expected);
        }
    }

    #[test]
    fn null_arguments_are_refused() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        let mut image = vec![7; SAVE_BYTES];
        let (start, bytes) = (image.as_mut_ptr(), image.len() as u64);
        // SAFETY: Null or real.
        unsafe {
            assert_eq!(tgc_rt_save(ctx, ptr::null_mut(), bytes), Status::Null);
            assert_eq!(error_line(ctx), "save: image is NULL");
            assert_eq!(tgc_rt_load(ctx, ptr::null(), bytes), Status::Null);
            assert_eq!(error_line(ctx), "load: image is NULL");
            assert_eq!(tgc_rt_save(ptr::null_mut(), start, bytes), Status::Null);
            assert_eq!(tgc_rt_load(ptr::null_mut(), start, bytes), Status::Null);
        }
        assert!(image.iter().all(|&byte| byte == 7));
    }

    #[test]
    fn success_leaves_the_error_line_as_it_was() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        assert_eq!(load(ctx, &[]), Status::Image);
        let line = error_line(ctx);
        assert_eq!(load(ctx, &save(ctx)), Status::Ok);
        assert_eq!(error_line(ctx), line);
    }

    #[test]
    fn fill_repeats_a_pattern_to_any_length() {
        let pattern = [1, 2, 3];
        for bytes in 0..40 {
            let mut target = vec![9; bytes + 1];
            // SAFETY: One byte more than is filled.
            unsafe { fill(target.as_mut_ptr(), bytes, pattern.as_ptr(), pattern.len()) };
            let expected: Vec<u8> = pattern.into_iter().cycle().take(bytes).chain([9]).collect();
            assert_eq!(target, expected);
        }
    }
}
