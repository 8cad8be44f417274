//! Stable sorting of a row, of its elements or of their positions.
//!
//! Short rows by insertion, longer ones digit by digit from the least significant one (radix sort; Knuth,
//! "The Art of Computer Programming", vol. 3, 2nd ed., §5.2.5, algorithm R), each digit by counting. Digits
//! that all elements share cost one pass of counting. Time is linear in the length; no input is worse than
//! another.

use crate::Key;

/// The longest row that is sorted by insertion.
const SHORT: usize = 48;

/// How many elements have each digit.
pub type Counts = [u64; 256];

/// Bytes of [`Counts`].
pub const COUNTS_BYTES: usize = size_of::<Counts>();

/// Bytes of an [`Item`] of any rank.
pub const ITEM_BYTES: usize = size_of::<Item<u64>>();

/// An element's place in the order, and its position in the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Item<R> {
    rank: R,
    position: u64,
}

/// Sorts a row where it lies; `spare` is as long.
pub fn sort<K: Key>(row: &mut [K], spare: &mut [K], counts: &mut Counts, descending: bool) {
    let rank = |element: &K| element.rank(descending);
    order(row, spare, counts, K::DIGITS, &rank, &K::digit);
}

/// The positions of a row's elements in their order; both lists of items are as long as the row.
pub fn argsort<K: Key>(
    row: &[K],
    positions: &mut [i64],
    items: &mut [Item<K::Rank>],
    spare: &mut [Item<K::Rank>],
    counts: &mut Counts,
    descending: bool,
) {
    let mut at = 0;
    while let (Some(item), Some(element)) = (items.get_mut(at), row.get(at)) {
        *item = Item { rank: element.rank(descending), position: at as u64 };
        at += 1;
    }
    order(items, spare, counts, K::DIGITS, &|item| item.rank, &K::digit);
    at = 0;
    while let (Some(position), Some(item)) = (positions.get_mut(at), items.get(at)) {
        *position = item.position as i64;
        at += 1;
    }
}

/// Orders what is in `row` by rank, stably.
fn order<T: Copy, R: Copy + Ord>(
    row: &mut [T],
    spare: &mut [T],
    counts: &mut Counts,
    digits: u32,
    rank: &impl Fn(&T) -> R,
    digit: &impl Fn(R, u32) -> u8,
) {
    if row.len() <= SHORT {
        return insert(row, rank);
    }
    let mut is_in_row = true;
    let mut position = 0;
    while position < digits {
        let (from, to) = if is_in_row { (&mut *row, &mut *spare) } else { (&mut *spare, &mut *row) };
        if distribute(from, to, counts, &|element| digit(rank(element), position)) {
            is_in_row = !is_in_row;
        }
        position += 1;
    }
    if !is_in_row {
        let mut at = 0;
        while let (Some(to), Some(from)) = (row.get_mut(at), spare.get(at)) {
            *to = *from;
            at += 1;
        }
    }
}

/// Each element goes before the first one of those before it that come after it.
fn insert<T: Copy, R: Copy + Ord>(row: &mut [T], rank: &impl Fn(&T) -> R) {
    let mut sorted = 1;
    while sorted < row.len() {
        let Some((head, tail)) = row.split_at_mut_checked(sorted) else { return };
        let Some(next) = tail.first_mut() else { return };
        let (element, own) = (*next, rank(next));
        let mut hole = next;
        for other in head.iter_mut().rev() {
            if rank(other) <= own {
                break;
            }
            *hole = *other;
            hole = other;
        }
        *hole = element;
        sorted += 1;
    }
}

/// Moves elements to where their digit puts them; `false` if all have one digit and stay where they are.
fn distribute<T: Copy>(from: &[T], to: &mut [T], counts: &mut Counts, digit: &impl Fn(&T) -> u8) -> bool {
    *counts = [0; 256];
    for element in from {
        next(counts, digit(element));
    }
    let mut before = 0;
    for count in counts.iter_mut() {
        if *count == from.len() as u64 {
            return false;
        }
        (*count, before) = (before, before + *count);
    }
    for element in from {
        if let Some(place) = to.get_mut(next(counts, digit(element)) as usize) {
            *place = *element;
        }
    }
    true
}

/// A digit's count, which is one more afterwards.
#[inline]
fn next(counts: &mut Counts, digit: u8) -> u64 {
    match counts.get_mut(digit as usize) {
        Some(count) => {
            *count += 1;
            *count - 1
        }
        None => 0,
    }
}
