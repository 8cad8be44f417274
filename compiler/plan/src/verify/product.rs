//! Products of matrices: both matrices and the epilogue obey the rules of a nest without rows, and scratch is large enough.

use tgc_scalar::Builder;

use super::Checker;
use super::blocks::{check_fold, equal, power_of_two};
use super::error::Defect;
use crate::{Axis, Block, Blocks, Nest, Parallel, Product, Provenance, Read, Sink};

impl Checker<'_> {
    pub(super) fn check_product(&mut self, product: &Product) -> Result<(), Defect> {
        let axes = product.axes.len();
        if axes < 3 || product.epilogue.axes[..] != product.axes[..axes - 1] {
            return Err(Defect::ProductAxes);
        }
        self.check_operands(product)?;
        self.check_blocks(product)?;
        self.check_scratch(product)?;
        self.sum = Some(product.fold.accumulators[0]);
        let checked = self.check_epilogue(product);
        self.sum = None;
        checked
    }

    /// Elements of both matrices fold into one sum of their own type, and neither depends on the other's axis.
    fn check_operands(&mut self, product: &Product) -> Result<(), Defect> {
        self.check_buffer(product.left.buffer)?;
        self.check_buffer(product.right.buffer)?;
        let types = [&product.left, &product.right].map(|a| self.function.buffer(a.buffer).dtype);
        check_fold(&product.fold, &[0, 1], &types)?;
        equal("the number of a product's accumulators", product.fold.accumulators.len(), 1)?;
        for dtype in types {
            equal("the element type of a product's sum", product.fold.accumulators[0], dtype)?;
        }
        for (access, foreign) in
            [(&product.left, product.column_axis()), (&product.right, product.row_axis())]
        {
            if access.strides.iter().any(|(axis, _)| *axis == foreign) {
                return Err(Defect::ProductOperand { buffer: self.name(access.buffer) });
            }
        }
        self.check_nest(&without_rows(operands(product)))
    }

    fn check_blocks(&self, product: &Product) -> Result<(), Defect> {
        let (tile, Blocks { rows, columns, terms, right_terms }) = (product.tile, product.blocks);
        power_of_two("the number of a tile's columns", tile.columns)?;
        let whole = |count: i64, of: u32| of > 0 && count > 0 && count % i64::from(of) == 0;
        let has_room = right_terms == terms || product.copies_all_terms();
        if let Some(Parallel { rows_per_chunk: found }) = product.parallel
            && (product.batch() > 0 || !whole(found, tile.rows))
        {
            return Err(Defect::ChunkSize { found, rows: tile.rows });
        }
        match whole(rows, tile.rows) && whole(columns, tile.columns) && terms > 0 && has_room {
            true => Ok(()),
            false => Err(Defect::ProductBlocks),
        }
    }

    /// Scratch is the product's own, of the sum's type and of the shape that its blocks ask for.
    fn check_scratch(&self, product: &Product) -> Result<(), Defect> {
        let scratch = product.scratch(&self.function.signature.symbols);
        for (at, (id, shape)) in scratch.iter().enumerate() {
            self.check_buffer(*id)?;
            let buffer = self.function.buffer(*id);
            let own = scratch.iter().enumerate().all(|(other, (b, _))| other == at || b != id)
                && [product.left.buffer, product.right.buffer].iter().all(|b| b != id)
                && product.epilogue.accesses().iter().all(|touch| touch.access.buffer != *id);
            if !own || buffer.shape != *shape || buffer.dtype != product.fold.accumulators[0] {
                return Err(Defect::ProductScratch { buffer: buffer.name.clone() });
            }
        }
        Ok(())
    }

    /// Stores alone, and not to what is multiplied: sums of other tiles still need it.
    fn check_epilogue(&mut self, product: &Product) -> Result<(), Defect> {
        for sink in &product.epilogue.sinks {
            let Sink::Store { to, .. } = sink else { return Err(Defect::ProductSink) };
            if [product.left.buffer, product.right.buffer].contains(&to.buffer) {
                return Err(Defect::ProductOperand { buffer: self.name(to.buffer) });
            }
        }
        let nest = without_rows(product.epilogue.clone());
        self.check_nest(&nest)?;
        self.check_sharing(&nest)
    }
}

/// A block that reads an element of each matrix.
fn operands(product: &Product) -> Block {
    let dtype = product.fold.accumulators[0];
    let mut b = Builder::new(&[dtype; 2]);
    let both = (0..2).map(|i| b.param(i)).collect();
    let reads = [&product.left, &product.right].map(|access| Read::Buffer(access.clone())).to_vec();
    Block {
        axes: product.axes.clone(),
        lanes: 1,
        stages: None,
        reads,
        ahead: vec![],
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
