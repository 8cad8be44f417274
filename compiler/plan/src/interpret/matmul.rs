//! Runs one matmul: every sum as [`Matmul`] defines it, then the epilogue.

use super::Sizes;
use super::memory::Memory;
use super::nest::{BlockRun, Cursor, Parts, Runner, advance};
use crate::{Matmul, Reducer};

/// Runs the epilogue on every sum.
pub(super) fn run(matmul: &Matmul, memory: &mut Memory, sizes: &Sizes) {
    let extents: Vec<i64> = matmul.axes.iter().map(|dim| sizes.value(dim)).collect();
    let (terms, outer) = extents.split_last().expect("invariant: a matmul has three axes");
    if outer.iter().any(|&extent| extent <= 0) {
        return;
    }
    let [left, right] = [&matmul.left, &matmul.right].map(|a| Cursor::new(a, extents.len(), sizes));
    let mut epilogue = BlockRun::new(&matmul.epilogue, 1, sizes);
    let mut runner = Runner::default();
    let mut index = vec![0; extents.len()];
    loop {
        let k_blocks = KBlocks { reducer: &matmul.reducer, kc: matmul.blocks.kc, left: &left, right: &right };
        epilogue.sum = k_blocks.sum(*terms, &mut index, memory, &mut runner);
        epilogue.run_element(0, &index[..outer.len()], 0, memory, &mut []);
        if !advance(&mut index[..outer.len()], outer) {
            return;
        }
    }
}

/// The terms of a sum.
struct KBlocks<'a> {
    reducer: &'a Reducer,
    /// How many terms reduce in one go.
    kc: i64,
    left: &'a Cursor,
    right: &'a Cursor,
}

impl KBlocks<'_> {
    fn sum(&self, terms: i64, index: &mut [i64], memory: &Memory, runner: &mut Runner) -> Parts {
        let last = index.len() - 1;
        let mut all: Option<Parts> = None;
        let mut start = 0;
        while start == 0 || start < terms {
            let mut sum = self.reducer.init.clone();
            for k in start..terms.min(start + self.kc) {
                index[last] = k;
                let [left, right] =
                    [self.left, self.right].map(|c| memory.load(c.buffer, c.element(0, index)));
                let old = sum[0];
                runner.run(&self.reducer.step, &[old, left, right], &mut sum);
            }
            let block = sum[0];
            if let Some(before) = all {
                runner.run(&self.reducer.merge, &[before, block], &mut sum);
            }
            all = Some(sum[0]);
            start += self.kc;
        }
        index[last] = 0;
        all.expect("invariant: the first K block is there even if it is empty")
    }
}
