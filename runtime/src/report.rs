//! Error lines: what a failed call leaves in its instance.
//!
//! A line is at most 255 bytes of UTF-8 and a NUL. A longer one is cut between two characters. The formatting
//! here is written out because `core::fmt` brings panics along; it divides nothing, because a 64-bit division
//! is a library call on 32-bit targets.
//!
//! The reporters take texts that end in NUL, return the status that the generated wrapper returns, and do
//! without a line if the instance is null. None of them changes anything but the line.

use core::mem::offset_of;

use tgc_abi::{Context, ERROR_BYTES, Status};

/// The decimal digits' weights, largest first.
static POWERS_OF_TEN: [u64; 20] = {
    let mut powers = [1; 20];
    let mut index = 19;
    while index > 0 {
        powers[index - 1] = powers[index] * 10;
        index -= 1;
    }
    powers
};

/// A line under construction. It stays inside the instance's buffer and ends in NUL once [`Line::end`] has
/// run.
pub(crate) struct Line {
    buffer: *mut u8,
    used: usize,
    cut: bool,
}

impl Line {
    /// An empty line in place of the last one.
    ///
    /// # Safety
    ///
    /// `ctx` is null or points to an instance that outlives the line.
    pub(crate) unsafe fn begin(ctx: *mut Context) -> Self {
        let buffer = ctx.cast::<u8>().wrapping_add(offset_of!(Context, error));
        Self { buffer, used: 0, cut: ctx.is_null() }
    }

    /// `func: `, the start of every line of a generated function.
    pub(crate) unsafe fn in_function(ctx: *mut Context, func: *const u8) -> Self {
        // SAFETY: The reporters pass on their own contract.
        unsafe {
            let mut line = Self::begin(ctx);
            line.text(func);
            line.say(": ");
            line
        }
    }

    /// Appends a text of the runtime.
    #[inline(never)]
    pub(crate) fn say(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            self.push(byte);
        }
    }

    /// Appends a text of generated code.
    ///
    /// # Safety
    ///
    /// `text` ends in NUL.
    #[inline(never)]
    pub(crate) unsafe fn text(&mut self, text: *const u8) {
        let mut next = text;
        // SAFETY: The loop stops at the NUL.
        unsafe {
            while *next != 0 {
                self.push(*next);
                next = next.add(1);
            }
        }
    }

    /// Appends a number.
    #[inline(never)]
    pub(crate) fn unsigned(&mut self, value: u64) {
        let mut rest = value;
        let mut started = false;
        for &power in &POWERS_OF_TEN {
            let mut digit = b'0';
            while rest >= power {
                rest = rest.wrapping_sub(power);
                digit = digit.wrapping_add(1);
            }
            started |= digit != b'0' || power == 1;
            if started {
                self.push(digit);
            }
        }
    }

    /// Appends a number with its sign.
    pub(crate) fn signed(&mut self, value: i64) {
        if value < 0 {
            self.push(b'-');
        }
        self.unsigned(value.unsigned_abs());
    }

    /// Ends the line and passes the status on.
    pub(crate) fn end(mut self, status: Status) -> Status {
        self.terminate();
        status
    }

    /// Writes the NUL, unless there is no buffer or it is there already.
    fn terminate(&mut self) {
        if !self.cut {
            // SAFETY: `used` is less than the buffer's length.
            unsafe { *self.buffer.add(self.used) = 0 };
        }
        self.cut = true;
    }

    #[inline(never)]
    fn push(&mut self, byte: u8) {
        if self.cut {
            return;
        }
        if self.used == ERROR_BYTES - 1 {
            self.drop_partial_character(byte);
            self.terminate();
            return;
        }
        // SAFETY: `used` is less than the buffer's length, less one for the NUL.
        unsafe { *self.buffer.add(self.used) = byte };
        self.used = self.used.wrapping_add(1);
    }

    /// Takes back the start of a character whose next byte is `byte`, for which no room is left.
    fn drop_partial_character(&mut self, byte: u8) {
        let mut behind = byte;
        while is_continuation(behind) && self.used > 0 {
            self.used = self.used.wrapping_sub(1);
            // SAFETY: `used` is inside the part that was written.
            behind = unsafe { *self.buffer.add(self.used) };
        }
    }
}

/// Whether a byte of UTF-8 is not the first of its character.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// The last error line of an instance: empty if there was none. It is valid until the next failure.
///
/// For a null instance the line says that there is none.
///
/// # Safety
///
/// `ctx` is null or points to an instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_error(ctx: *const Context) -> *const u8 {
    if ctx.is_null() {
        return c"there is no instance; the status of the call that failed says why".as_ptr().cast();
    }
    ctx.cast::<u8>().wrapping_add(offset_of!(Context, error))
}

/// `predict: x is NULL`
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_null(ctx: *mut Context, func: *const u8, arg: *const u8) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut line = Line::in_function(ctx, func);
        line.text(arg);
        line.say(" is NULL");
        line.end(Status::Null)
    }
}

/// `predict: N=70000, allowed 0..65536`, where both ends are allowed.
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_dim(
    ctx: *mut Context,
    func: *const u8,
    dim: *const u8,
    value: i64,
    min: i64,
    max: i64,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut line = Line::in_function(ctx, func);
        line.text(dim);
        line.say("=");
        line.signed(value);
        line.say(", allowed ");
        line.signed(min);
        line.say("..");
        line.signed(max);
        line.end(Status::Dim)
    }
}

/// `train: y axis 0 is 3, x axis 0 is 4; they must be equal`, with texts such as `y axis 0`.
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_equal(
    ctx: *mut Context,
    func: *const u8,
    left_text: *const u8,
    left: i64,
    right_text: *const u8,
    right: i64,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut line = Line::in_function(ctx, func);
        line.text(left_text);
        line.say(" is ");
        line.signed(left);
        line.say(", ");
        line.text(right_text);
        line.say(" is ");
        line.signed(right);
        line.say("; they must be equal");
        line.end(Status::Dim)
    }
}

/// `train: y axis 0 is 2, and must be at least 3`
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_least(
    ctx: *mut Context,
    func: *const u8,
    what: *const u8,
    size: i64,
    least: i64,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut line = Line::in_function(ctx, func);
        line.text(what);
        line.say(" is ");
        line.signed(size);
        line.say(", and must be at least ");
        line.signed(least);
        line.end(Status::Dim)
    }
}

/// `predict: at these sizes element 12 of x is asked for, which has 10; give others`
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_reach(
    ctx: *mut Context,
    func: *const u8,
    element: i64,
    of: *const u8,
    elements: i64,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut line = Line::in_function(ctx, func);
        line.say("at these sizes element ");
        line.signed(element);
        line.say(" of ");
        line.text(of);
        line.say(" is asked for, which has ");
        line.signed(elements);
        line.say("; give others");
        line.end(Status::Dim)
    }
}

/// `predict: ids has the element 12, outside axis 0 of table, whose size is 10 (model.rs:7)`, of the first
/// such element, where `axis` is the text `axis 0 of table`, and `place` the text ` (model.rs:7)` or an empty
/// one.
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL; `indices` leads to `count` elements, one of
/// which is less than `-extent` or not less than `extent`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_index(
    ctx: *mut Context,
    func: *const u8,
    index: *const u8,
    axis: *const u8,
    place: *const u8,
    indices: *const i64,
    count: i64,
    extent: i64,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut given = 0;
        for at in 0..count {
            given = indices.wrapping_offset(at as isize).read_unaligned();
            if given < -extent || given >= extent {
                break;
            }
        }
        let mut line = Line::in_function(ctx, func);
        line.text(index);
        line.say(" has the element ");
        line.signed(given);
        line.say(", outside ");
        line.text(axis);
        line.say(", whose size is ");
        line.signed(extent);
        line.text(place);
        line.end(Status::Index)
    }
}

/// `train: output prediction overlaps x; give it memory of its own`, with the text `output prediction` or one
/// like it.
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_alias(
    ctx: *mut Context,
    func: *const u8,
    what: *const u8,
    other: *const u8,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut line = Line::in_function(ctx, func);
        line.text(what);
        line.say(" overlaps ");
        line.text(other);
        line.say("; give it memory of its own");
        line.end(Status::Alias)
    }
}

/// `predict: x is not aligned to 4 bytes`
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_align(
    ctx: *mut Context,
    func: *const u8,
    arg: *const u8,
    align: u64,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut line = Line::in_function(ctx, func);
        line.text(arg);
        line.say(" is not aligned to ");
        line.unsigned(align);
        line.say(" bytes");
        line.end(Status::Align)
    }
}

/// `train: needs 4096 bytes of workspace, the instance has 64; build it with larger dimensions in its config`
///
/// # Safety
///
/// `ctx` is null or points to an instance; the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_fail_workspace(
    ctx: *mut Context,
    func: *const u8,
    need: u64,
    have: u64,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let mut line = Line::in_function(ctx, func);
        line.say("needs ");
        line.unsigned(need);
        line.say(" bytes of workspace, the instance has ");
        line.unsigned(have);
        line.say("; build it with larger dimensions in its config");
        line.end(Status::Workspace)
    }
}

/// The status for an instance that carries another model's hash.
///
/// There is no line: such a pointer may lead to anything, so nothing is written through it.
#[unsafe(no_mangle)]
pub extern "C" fn tgc_rt_fail_version(_ctx: *mut Context) -> Status {
    Status::Version
}

#[cfg(test)]
mod tests {
    use core::ffi::CStr;
    use core::ptr;

    use super::*;
    use crate::fixture::{Blocks, error_line};

    fn text(text: &CStr) -> *const u8 {
        text.as_ptr().cast()
    }

    /// The status and the line of a reporter, and the same status without an instance.
    fn check(expected: Status, line: &str, report: impl Fn(*mut Context) -> Status) {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        assert_eq!(report(ctx), expected);
        assert_eq!(error_line(ctx), line);
        assert_eq!(report(ptr::null_mut()), expected);
    }

    /// What a line of 255 bytes keeps of a text.
    fn kept(text: &str) -> String {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        // SAFETY: An instance of this test.
        let mut line = unsafe { Line::begin(ctx) };
        line.say(text);
        line.say("!");
        line.end(Status::Ok);
        // SAFETY: As above.
        let reserved = unsafe { (*ctx).reserved };
        assert!(reserved.iter().all(|&byte| byte == 0), "the line left its buffer");
        error_line(ctx)
    }

    fn number(value: i64) -> String {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        // SAFETY: An instance of this test.
        let mut line = unsafe { Line::begin(ctx) };
        line.signed(value);
        line.end(Status::Ok);
        error_line(ctx)
    }

    // SAFETY: All texts end in NUL, and instances are real or null.
    #[test]
    fn each_reporter_has_its_line() {
        let (predict, train, x) = (text(c"predict"), text(c"train"), text(c"x"));
        check(Status::Null, "predict: x is NULL", |ctx| unsafe { tgc_rt_fail_null(ctx, predict, x) });
        check(Status::Dim, "predict: N=70000, allowed 0..65536", |ctx| unsafe {
            tgc_rt_fail_dim(ctx, predict, text(c"N"), 70000, 0, 65536)
        });
        check(Status::Dim, "train: y axis 0 is 3, x axis 0 is 4; they must be equal", |ctx| unsafe {
            tgc_rt_fail_equal(ctx, train, text(c"y axis 0"), 3, text(c"x axis 0"), 4)
        });
        check(Status::Dim, "train: y axis 0 is 2, and must be at least 3", |ctx| unsafe {
            tgc_rt_fail_least(ctx, train, text(c"y axis 0"), 2, 3)
        });
        let outside = "predict: at these sizes element 12 of x is asked for, which has 10; give others";
        check(Status::Dim, outside, |ctx| unsafe { tgc_rt_fail_reach(ctx, predict, 12, x, 10) });
        let indices = [-10, 9, 12, -11];
        check(
            Status::Index,
            "predict: x has the element 12, outside axis 1 of y, whose size is 10 (a.rs:7)",
            |ctx| unsafe {
                tgc_rt_fail_index(
                    ctx,
                    predict,
                    x,
                    text(c"axis 1 of y"),
                    text(c" (a.rs:7)"),
                    indices.as_ptr(),
                    4,
                    10,
                )
            },
        );
        check(Status::Alias, "train: output y overlaps x; give it memory of its own", |ctx| unsafe {
            tgc_rt_fail_alias(ctx, train, text(c"output y"), x)
        });
        check(Status::Align, "predict: x is not aligned to 8 bytes", |ctx| unsafe {
            tgc_rt_fail_align(ctx, predict, x, 8)
        });
        check(
            Status::Workspace,
            "train: needs 4096 bytes of workspace, the instance has 64; build it with larger dimensions in its config",
            |ctx| unsafe { tgc_rt_fail_workspace(ctx, train, 4096, 64) },
        );
        check(Status::Version, "", |ctx| tgc_rt_fail_version(ctx));
    }

    #[test]
    fn a_new_line_replaces_a_longer_one() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        // SAFETY: An instance and texts of this test.
        unsafe {
            tgc_rt_fail_workspace(ctx, text(c"train"), u64::MAX, 0);
            tgc_rt_fail_null(ctx, text(c"f"), text(c"x"));
        }
        assert_eq!(error_line(ctx), "f: x is NULL");
    }

    #[test]
    fn without_an_instance_there_is_a_fixed_line() {
        assert_eq!(
            error_line(ptr::null()),
            "there is no instance; the status of the call that failed says why"
        );
    }

    #[test]
    fn numbers_print_as_rust_prints_them() {
        for value in [0, 1, 9, 10, 99, 100, 1_000_000_007, -1, -10, i64::MAX, i64::MIN, i64::MIN + 1] {
            assert_eq!(number(value), value.to_string());
        }
        let mut power = 1i64;
        while let Some(next) = power.checked_mul(10) {
            assert_eq!(number(next - 1), (next - 1).to_string());
            assert_eq!(number(next), next.to_string());
            power = next;
        }
    }

    #[test]
    fn the_largest_unsigned_number_prints() {
        let line = "f: needs 18446744073709551615 bytes of workspace, the instance has 0; \
                    build it with larger dimensions in its config";
        check(Status::Workspace, line, |ctx| {
            // SAFETY: The text ends in NUL, and the instance is real or null.
            unsafe { tgc_rt_fail_workspace(ctx, text(c"f"), u64::MAX, 0) }
        });
    }

    #[test]
    fn a_long_line_is_cut_at_its_end() {
        assert_eq!(kept(&"a".repeat(254)), "a".repeat(254) + "!");
        assert_eq!(kept(&"a".repeat(255)), "a".repeat(255));
        assert_eq!(kept(&"a".repeat(256)), "a".repeat(255));
        assert_eq!(kept(&"a".repeat(1000)), "a".repeat(255));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        for (character, ascii_before) in
            [("é", 0), ("é", 1), ("€", 0), ("€", 1), ("€", 2), ("𝕏", 0), ("𝕏", 1), ("𝕏", 3)]
        {
            let text = "a".repeat(ascii_before) + &character.repeat(200);
            let line = kept(&text);
            let room = (255 - ascii_before) / character.len();
            assert_eq!(line, "a".repeat(ascii_before) + &character.repeat(room));
        }
    }

    #[test]
    fn a_text_of_stray_bytes_leaves_an_ended_line() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        let mut stray = vec![0x80; 300];
        stray.push(0);
        // SAFETY: The text ends in NUL.
        unsafe { tgc_rt_fail_null(ctx, stray.as_ptr(), stray.as_ptr()) };
        assert_eq!(error_line(ctx), "");
    }
}
