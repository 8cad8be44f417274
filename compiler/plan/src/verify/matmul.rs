//! Matmuls: both matrices and the epilogue obey the rules of a nest without rows, and scratch is large
//! enough.

use tgc_scalar::Builder;

use super::Checker;
use super::blocks::{check_reducer, equal, power_of_two};
use super::error::VerifyErrorKind;
use crate::{Axis, Block, Blocking, Matmul, Nest, Parallel, Provenance, Read, Sink};

impl Checker<'_> {
    pub(super) fn check_matmul(&mut self, matmul: &Matmul) -> Result<(), VerifyErrorKind> {
        let axes = matmul.axes.len();
        if axes < 3 || matmul.epilogue.axes[..] != matmul.axes[..axes - 1] {
            return Err(VerifyErrorKind::MatmulAxes);
        }
        self.check_operands(matmul)?;
        self.check_blocks(matmul)?;
        self.check_scratch(matmul)?;
        self.sum = Some(matmul.reducer.accumulators[0]);
        let checked = self.check_epilogue(matmul);
        self.sum = None;
        checked
    }

    /// Elements of both matrices reduce into one sum of their own type, and neither depends on the other's
    /// axis.
    fn check_operands(&mut self, matmul: &Matmul) -> Result<(), VerifyErrorKind> {
        self.check_buffer(matmul.left.buffer)?;
        self.check_buffer(matmul.right.buffer)?;
        let types = [&matmul.left, &matmul.right].map(|a| self.function.buffer(a.buffer).dtype);
        check_reducer(&matmul.reducer, &[0, 1], &types)?;
        equal("the number of a matmul's accumulators", matmul.reducer.accumulators.len(), 1)?;
        for dtype in types {
            equal("the element type of a matmul's sum", matmul.reducer.accumulators[0], dtype)?;
        }
        for (access, foreign) in [(&matmul.left, matmul.column_axis()), (&matmul.right, matmul.row_axis())] {
            if access.strides.iter().any(|(axis, _)| *axis == foreign) {
                return Err(VerifyErrorKind::MatmulOperand { buffer: self.name(access.buffer) });
            }
        }
        self.check_nest(&without_rows(operands(matmul)))
    }

    fn check_blocks(&self, matmul: &Matmul) -> Result<(), VerifyErrorKind> {
        let (tile, Blocking { mc, nc, kc, packed_k }) = (matmul.tile, matmul.blocks);
        power_of_two("the number of a tile's columns", tile.nr)?;
        power_of_two("the number of columns of a tile's vector", tile.lanes)?;
        let whole = |count: i64, of: u32| of > 0 && count > 0 && count % i64::from(of) == 0;
        let has_room = packed_k == kc || matmul.copies_all_terms();
        if let Some(Parallel { rows_per_chunk: found }) = matmul.parallel
            && (matmul.batch() > 0 || !whole(found, tile.mr))
        {
            return Err(VerifyErrorKind::ChunkSize { found, rows: tile.mr });
        }
        match tile.lanes <= tile.nr && whole(mc, tile.mr) && whole(nc, tile.nr) && kc > 0 && has_room {
            true => Ok(()),
            false => Err(VerifyErrorKind::MatmulBlocks),
        }
    }

    /// Scratch is the matmul's own, of the sum's type and of the shape that its blocks ask for.
    fn check_scratch(&self, matmul: &Matmul) -> Result<(), VerifyErrorKind> {
        let scratch = matmul.scratch(&self.function.signature.symbols);
        for (at, (id, shape)) in scratch.iter().enumerate() {
            self.check_buffer(*id)?;
            let buffer = self.function.buffer(*id);
            let own = scratch.iter().enumerate().all(|(other, (b, _))| other == at || b != id)
                && [matmul.left.buffer, matmul.right.buffer].iter().all(|b| b != id)
                && matmul.epilogue.accesses().iter().all(|touch| touch.access.buffer != *id);
            if !own || buffer.shape != *shape || buffer.dtype != matmul.reducer.accumulators[0] {
                return Err(VerifyErrorKind::MatmulScratch { buffer: buffer.name.clone() });
            }
        }
        Ok(())
    }

    /// Stores alone, and not to what is multiplied: sums of other tiles still need it.
    fn check_epilogue(&mut self, matmul: &Matmul) -> Result<(), VerifyErrorKind> {
        for sink in &matmul.epilogue.sinks {
            let Sink::Store { to, .. } = sink else { return Err(VerifyErrorKind::MatmulSink) };
            if [matmul.left.buffer, matmul.right.buffer].contains(&to.buffer) {
                return Err(VerifyErrorKind::MatmulOperand { buffer: self.name(to.buffer) });
            }
        }
        let nest = without_rows(matmul.epilogue.clone());
        self.check_nest(&nest)?;
        self.check_sharing(&nest)
    }
}

/// A block that reads an element of each matrix.
fn operands(matmul: &Matmul) -> Block {
    let dtype = matmul.reducer.accumulators[0];
    let mut b = Builder::new(&[dtype; 2]);
    let both = (0..2).map(|i| b.param(i)).collect();
    let reads = [&matmul.left, &matmul.right].map(|access| Read::Buffer(access.clone())).to_vec();
    Block {
        axes: matmul.axes.clone(),
        lanes: 1,
        fission: None,
        reads,
        joins_rows: false,
        prefetch: None,
        program: b.finish(both),
        sinks: vec![],
    }
}

fn without_rows(block: Block) -> Nest {
    debug_assert!(
        block.reads.iter().all(|r| r.access().is_none_or(|a| a.strides.iter().all(|(x, _)| *x != Axis::Row)))
    );
    Nest {
        extent: None,
        rows: 1,
        parallel: None,
        row_values: vec![],
        blocks: vec![block],
        provenance: Provenance::default(),
    }
}
