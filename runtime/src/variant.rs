//! The variants of a library: code for one machine each, of which an instance uses one from its beginning to
//! its end.

use core::ptr;

use tgc_abi::{Context, ModelDesc, Status};

/// The index of the variant of a name, or of the best that the processor can run if the name is null:
/// `E_VARIANT` where none has the name, `E_CPU` where the processor cannot run it, or any.
///
/// # Safety
///
/// The name is null or ends in NUL.
pub(crate) unsafe fn choose(model: &ModelDesc, name: *const u8) -> Result<u64, Status> {
    let runs = |index: u64, runnable: u64| (runnable >> (index & 63)) & 1 != 0;
    let runnable = match model.runnable.value {
        // SAFETY: The function asks the processor and nothing else.
        Some(runnable) => unsafe { runnable() },
        None => u64::MAX,
    };
    if !name.is_null() {
        // SAFETY: The caller vouches for the name.
        let index = unsafe { find(model, name)? };
        return if runs(index, runnable) { Ok(index) } else { Err(Status::Cpu) };
    }
    let mut index = model.variant_count;
    while index > 0 {
        index = index.wrapping_sub(1);
        if runs(index, runnable) {
            return Ok(index);
        }
    }
    Err(Status::Cpu)
}

/// # Safety
///
/// The name ends in NUL.
unsafe fn find(model: &ModelDesc, name: *const u8) -> Result<u64, Status> {
    let mut index = 0;
    while index < model.variant_count {
        // SAFETY: The model has so many names, which end in NUL like the caller's.
        if unsafe { is_equal((*model.variants.element(index)).name.value, name) } {
            return Ok(index);
        }
        index = index.wrapping_add(1);
    }
    Err(Status::Variant)
}

/// Whether two texts are the same.
///
/// # Safety
///
/// Both end in NUL.
unsafe fn is_equal(mut a: *const u8, mut b: *const u8) -> bool {
    // SAFETY: Nothing is read behind the end of either.
    unsafe {
        while *a == *b && *a != 0 {
            (a, b) = (a.wrapping_add(1), b.wrapping_add(1));
        }
        *a == *b
    }
}

/// The name of the variant that an instance uses; null for no instance.
///
/// # Safety
///
/// `ctx` is null or points to an instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_variant(ctx: *const Context) -> *const u8 {
    if ctx.is_null() {
        return ptr::null();
    }
    // SAFETY: An instance refers to its model, which has a variant of this index.
    unsafe { (*(*(*ctx).model.value).variants.element((*ctx).variant)).name.value }
}

#[cfg(test)]
mod tests {
    use core::ptr;
    use std::ffi::CStr;

    use super::{choose, tgc_rt_variant};
    use crate::fixture::{Blocks, model};
    use tgc_abi::{ModelDesc, Slot, Status};

    unsafe extern "C" fn old() -> u64 {
        1
    }

    unsafe extern "C" fn none() -> u64 {
        0
    }

    fn chosen(model: &ModelDesc, name: Option<&CStr>) -> Result<u64, Status> {
        // SAFETY: The name ends in NUL.
        unsafe { choose(model, name.map_or(ptr::null(), |name| name.as_ptr().cast())) }
    }

    #[test]
    fn the_best_that_the_processor_runs_is_chosen() {
        let mut model = model();
        assert_eq!(chosen(&model, None), Ok(1));
        model.runnable = Slot::new(Some(old));
        assert_eq!(chosen(&model, None), Ok(0));
        model.runnable = Slot::new(Some(none));
        assert_eq!(chosen(&model, None), Err(Status::Cpu));
    }

    #[test]
    fn a_name_chooses_its_variant_or_is_refused() {
        let mut model = model();
        assert_eq!(chosen(&model, Some(c"old")), Ok(0));
        assert_eq!(chosen(&model, Some(c"new")), Ok(1));
        for name in [c"", c"ol", c"olde", c"newer"] {
            assert_eq!(chosen(&model, Some(name)), Err(Status::Variant));
        }
        model.runnable = Slot::new(Some(old));
        assert_eq!(chosen(&model, Some(c"new")), Err(Status::Cpu));
    }

    #[test]
    fn an_instance_knows_its_variant() {
        let mut blocks = Blocks::new();
        let instance = blocks.instance();
        // SAFETY: The instance is real, and names end in NUL.
        unsafe {
            assert_eq!(CStr::from_ptr(tgc_rt_variant(instance).cast()), c"new");
            assert!(tgc_rt_variant(ptr::null()).is_null());
        }
    }
}
