//! The checks of a function with many arguments. Functions with few have them in their own code.
//!
//! A call has put its sizes and the addresses of its arguments into words at the start of the workspace, and
//! then the bytes of each array; [`CallDesc`] says where. The checks and the order in which they are made are
//! those of generated code, so that both report the same failure first. Time grows with the number of
//! arguments times its logarithm: outputs are sorted by address, in words of the workspace.

use tgc_abi::{ArrayDesc, CallDesc, Context, Status};

use crate::instance::Blocks;
use crate::region::Region;
use crate::report::{Line, tgc_rt_fail_align, tgc_rt_fail_dim, tgc_rt_fail_null};

/// Checks the sizes of a call.
///
/// # Safety
///
/// `ctx` points to an instance whose workspace starts with the words of a call of the function that `desc`
/// describes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_check_sizes(ctx: *mut Context, desc: *const CallDesc) -> Status {
    let mut index = 0;
    // SAFETY: The contract of this function.
    unsafe {
        let call = Call { ctx, desc: &*desc };
        while index < call.desc.size_count {
            let (size, dim) = (call.word(index) as i64, &*call.desc.sizes.element(index));
            if size < dim.min || size > dim.max {
                return tgc_rt_fail_dim(ctx, call.desc.name.value, dim.name.value, size, dim.min, dim.max);
            }
            index = index.wrapping_add(1);
        }
    }
    Status::Ok
}

/// Checks the addresses of a call: that they are given and aligned, and that nothing overlaps what it may
/// not.
///
/// # Safety
///
/// As for [`tgc_rt_check_sizes`]; the words hold the arrays' bytes too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_check_arrays(ctx: *mut Context, desc: *const CallDesc) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let call = Call { ctx, desc: &*desc };
        let status = call.check_addresses();
        if status != Status::Ok {
            return status;
        }
        let blocks = Blocks::of(ctx, (*(*ctx).model.value).state_bytes);
        if call.inputs_are_apart(&blocks) && call.outputs_are_apart(&blocks) {
            Status::Ok
        } else {
            call.report_overlap(&blocks)
        }
    }
}

/// A call whose arguments lie in the workspace.
struct Call<'d> {
    ctx: *mut Context,
    desc: &'d CallDesc,
}

impl Call<'_> {
    fn place(&self, word: u64) -> *mut u64 {
        // SAFETY: The context is an instance.
        let words = unsafe { (*self.ctx).ws.value };
        words.wrapping_add((word as usize).wrapping_mul(8)).cast()
    }

    fn word(&self, word: u64) -> u64 {
        // SAFETY: Callers name words of the call.
        unsafe { *self.place(word) }
    }

    fn array(&self, index: u64) -> &ArrayDesc {
        // SAFETY: Callers name arrays of the call.
        unsafe { &*self.desc.arrays.element(index) }
    }

    fn region(&self, index: u64) -> Region {
        // SAFETY: The word of an array holds its address.
        let address = unsafe { *self.place(self.array(index).word).cast::<*const u8>() };
        Region::new(address, self.word(self.desc.bytes_word.wrapping_add(index)))
    }

    /// The word that says which output comes at a place in the order of addresses.
    fn rank(&self, place: u64) -> *mut u64 {
        self.place(self.desc.bytes_word.wrapping_add(self.desc.array_count).wrapping_add(place))
    }

    /// The output at a place in the order of addresses.
    fn ranked(&self, place: u64) -> Region {
        // SAFETY: Callers name places of the order.
        self.region(unsafe { *self.rank(place) })
    }

    unsafe fn check_addresses(&self) -> Status {
        let (name, mut index) = (self.desc.name.value, 0);
        while index < self.desc.array_count {
            let array = self.array(index);
            let (address, bytes) =
                (self.region(index).start(), self.word(self.desc.bytes_word.wrapping_add(index)));
            // SAFETY: The callers pass on an instance, and texts end in NUL.
            unsafe {
                if address == 0 && bytes != 0 {
                    return tgc_rt_fail_null(self.ctx, name, array.name.value);
                }
                if address & array.align.wrapping_sub(1) != 0 {
                    return tgc_rt_fail_align(self.ctx, name, array.name.value, array.align);
                }
            }
            index = index.wrapping_add(1);
        }
        Status::Ok
    }

    fn inputs_are_apart(&self, blocks: &Blocks) -> bool {
        let (state, ws) = (blocks.state(), blocks.ws());
        let mut index = 0;
        while index < self.desc.input_count {
            let input = self.region(index);
            if input.meets(ws) || (input.meets(state) && self.updated(input).is_some()) {
                return false;
            }
            index = index.wrapping_add(1);
        }
        true
    }

    /// The first updated state that shares a byte with a piece of memory.
    fn updated(&self, region: Region) -> Option<u64> {
        let mut index = 0;
        while index < self.desc.update_count {
            // SAFETY: The table has so many entries, each a state of the instance's model.
            unsafe {
                let number = *self.desc.updates.element(index);
                let state = &*(*(*self.ctx).model.value).states.element(number);
                let start = (*self.ctx).state.value.wrapping_add(state.offset as usize);
                if region.meets(Region::new(start, state.bytes)) {
                    return Some(number);
                }
            }
            index = index.wrapping_add(1);
        }
        None
    }

    /// Sorts the outputs; then each is held against the next, and each input against the one that it could
    /// meet.
    fn outputs_are_apart(&self, blocks: &Blocks) -> bool {
        let Some(count) = self.rank_outputs(blocks) else { return false };
        self.sort(count);
        let mut place = 1;
        while place < count {
            if self.ranked(place.wrapping_sub(1)).meets(self.ranked(place)) {
                return false;
            }
            place = place.wrapping_add(1);
        }
        let mut index = 0;
        while index < self.desc.input_count {
            if self.meets_ranked(self.region(index), count) {
                return false;
            }
            index = index.wrapping_add(1);
        }
        true
    }

    /// Lists the outputs that have bytes, as they come; none if one is in a block of the instance.
    fn rank_outputs(&self, blocks: &Blocks) -> Option<u64> {
        let (mut index, mut count) = (self.desc.input_count, 0);
        while index < self.desc.array_count {
            let output = self.region(index);
            if blocks.meet(output) {
                return None;
            }
            if !output.is_empty() {
                // SAFETY: There is a word for each output.
                unsafe { *self.rank(count) = index };
                count = count.wrapping_add(1);
            }
            index = index.wrapping_add(1);
        }
        Some(count)
    }

    /// Heap sort by address: in place, no recursion, and no bad case. Outputs that lie in order already stay.
    fn sort(&self, count: u64) {
        let mut place = 1;
        while place < count && !self.is_before(place, place.wrapping_sub(1)) {
            place = place.wrapping_add(1);
        }
        if place >= count {
            return;
        }
        let mut root = count >> 1;
        while root > 0 {
            root = root.wrapping_sub(1);
            self.sift(root, count);
        }
        let mut end = count;
        while end > 1 {
            end = end.wrapping_sub(1);
            self.swap(0, end);
            self.sift(0, end);
        }
    }

    /// Moves what is at a place down the heap of the first `count` places.
    fn sift(&self, from: u64, count: u64) {
        let mut at = from;
        loop {
            let left = at.wrapping_mul(2).wrapping_add(1);
            if left >= count {
                return;
            }
            let right = left.wrapping_add(1);
            let child = if right < count && self.is_before(left, right) { right } else { left };
            if !self.is_before(at, child) {
                return;
            }
            self.swap(at, child);
            at = child;
        }
    }

    fn is_before(&self, place: u64, other: u64) -> bool {
        self.ranked(place).start() < self.ranked(other).start()
    }

    fn swap(&self, place: u64, other: u64) {
        // SAFETY: Both are places of the order.
        unsafe { core::ptr::swap(self.rank(place), self.rank(other)) };
    }

    /// Whether a piece of memory meets an output, where those are sorted and apart: halves the outputs that
    /// still could.
    fn meets_ranked(&self, region: Region, count: u64) -> bool {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.wrapping_add(high.wrapping_sub(low) >> 1);
            let output = self.ranked(middle);
            if output.meets(region) {
                return true;
            }
            if output.start() < region.start() {
                low = middle.wrapping_add(1);
            } else {
                high = middle;
            }
        }
        false
    }

    /// Finds the first overlap in the order of generated code, pair by pair, and reports it.
    unsafe fn report_overlap(&self, blocks: &Blocks) -> Status {
        let mut index = 0;
        while index < self.desc.array_count {
            let region = self.region(index);
            if index >= self.desc.input_count {
                let mut other = 0;
                while other < index {
                    if region.meets(self.region(other)) {
                        // SAFETY: The name of an argument ends in NUL.
                        return unsafe {
                            self.fail("output ", index, |line| line.text(self.array(other).name.value))
                        };
                    }
                    other = other.wrapping_add(1);
                }
                if let Some(block) = named(blocks, region) {
                    // SAFETY: As above.
                    return unsafe { self.fail("output ", index, |line| line.say(block)) };
                }
            } else if region.meets(blocks.ws()) {
                // SAFETY: As above.
                return unsafe { self.fail("input ", index, |line| line.say("the instance's workspace")) };
            } else if let Some(state) = self.updated(region) {
                // SAFETY: As above; the number is one of the model's states.
                return unsafe {
                    let name = (*(*(*self.ctx).model.value).states.element(state)).name.value;
                    self.fail("input ", index, |line| {
                        line.text(name);
                        line.say(", which the call updates");
                    })
                };
            }
            index = index.wrapping_add(1);
        }
        Status::Ok
    }

    /// `f: output y overlaps …; give it memory of its own`
    unsafe fn fail(&self, what: &str, index: u64, other: impl FnOnce(&mut Line)) -> Status {
        // SAFETY: The callers pass on an instance, and texts end in NUL.
        unsafe {
            let mut line = Line::in_function(self.ctx, self.desc.name.value);
            line.say(what);
            line.text(self.array(index).name.value);
            line.say(" overlaps ");
            other(&mut line);
            line.say("; give it memory of its own");
            line.end(Status::Alias)
        }
    }
}

/// The block of the instance that a piece of memory meets.
fn named(blocks: &Blocks, region: Region) -> Option<&'static str> {
    if region.meets(blocks.ctx()) {
        Some("the instance")
    } else if region.meets(blocks.state()) {
        Some("the instance's state")
    } else if region.meets(blocks.ws()) {
        Some("the instance's workspace")
    } else {
        None
    }
}
