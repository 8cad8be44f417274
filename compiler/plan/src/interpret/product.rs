//! Runs one product: every sum as [`Product`] defines it, then the epilogue.

use super::Sizes;
use super::memory::Memory;
use super::nest::{BlockRun, Cursor, Parts, Runner, advance};
use crate::{Fold, Product};

/// Runs the epilogue on every sum.
pub(super) fn run(product: &Product, memory: &mut Memory, sizes: &Sizes) {
    let extents: Vec<i64> = product.axes.iter().map(|dim| sizes.value(dim)).collect();
    let (terms, outer) = extents.split_last().expect("invariant: a product has three axes");
    if outer.iter().any(|&extent| extent <= 0) {
        return;
    }
    let [left, right] = [&product.left, &product.right].map(|a| Cursor::new(a, extents.len(), sizes));
    let mut epilogue = BlockRun::new(&product.epilogue, 1, sizes);
    let mut runner = Runner::default();
    let mut index = vec![0; extents.len()];
    loop {
        let pieces = Pieces { fold: &product.fold, piece: product.blocks.terms, left: &left, right: &right };
        epilogue.sum = pieces.sum(*terms, &mut index, memory, &mut runner);
        epilogue.run_element(0, &index[..outer.len()], 0, memory, &mut []);
        if !advance(&mut index[..outer.len()], outer) {
            return;
        }
    }
}

/// The terms of a sum.
struct Pieces<'a> {
    fold: &'a Fold,
    /// How many terms fold in one go.
    piece: i64,
    left: &'a Cursor,
    right: &'a Cursor,
}

impl Pieces<'_> {
    fn sum(&self, terms: i64, index: &mut [i64], memory: &Memory, runner: &mut Runner) -> Parts {
        let last = index.len() - 1;
        let mut all: Option<Parts> = None;
        let mut start = 0;
        while start == 0 || start < terms {
            let mut sum = self.fold.init.clone();
            for k in start..terms.min(start + self.piece) {
                index[last] = k;
                let [left, right] =
                    [self.left, self.right].map(|c| memory.load(c.buffer, c.element(0, index)));
                let old = sum[0];
                runner.run(&self.fold.step, &[old, left, right], &mut sum);
            }
            let piece = sum[0];
            if let Some(before) = all {
                runner.run(&self.fold.merge, &[before, piece], &mut sum);
            }
            all = Some(sum[0]);
            start += self.piece;
        }
        index[last] = 0;
        all.expect("invariant: the first piece is there even if it is empty")
    }
}
