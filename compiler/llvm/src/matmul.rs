//! Matmuls: blocks for caches, tiles for registers, then the epilogue on the sums.
//!
//! A tile keeps its sums in registers while all terms of a K block run: an element of the left matrix in
//! every lane times a row of the right one. Both are read where they lie or from copies made for it (`pack`);
//! the code is the same, only addresses and strides differ. Sums wait in scratch for the next K block, and
//! the epilogue runs over them while they are still in the first-level cache. The scheme is that of Goto and
//! van de Geijn, ACM TOMS 34(3), 2008.

use std::cell::RefCell;

use inkwell::IntPredicate;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{IntValue, PointerValue};
use tgc_plan::{Access, Axis, BufferId, Matmul};
use tgc_scalar::{ScalarType, stored_scalar};

use crate::block::BlockBuilder;
use crate::body::{Base, Body};
use crate::ir::Val;
use crate::memory::{element_address, splat};
use crate::order::on_axis;
use crate::pack::{Matrix, Packer};
use crate::reduce::step;
use crate::scalar::{Parts, build_const, build_program, scalar_type};
use crate::tile::{self, Share};

/// Rows of a step: those of a chunk, with its number, or all.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'c> {
    pub(crate) begin: IntValue<'c>,
    pub(crate) end: IntValue<'c>,
    pub(crate) chunk: IntValue<'c>,
}

/// A range along an axis.
#[derive(Clone, Copy)]
pub(crate) struct Range<'c> {
    pub(crate) first: IntValue<'c>,
    pub(crate) count: IntValue<'c>,
}

/// A block of a matmul: rows, columns, and the terms of a K block.
#[derive(Clone, Copy)]
struct CacheBlock<'c> {
    rows: Range<'c>,
    columns: Range<'c>,
    terms: Range<'c>,
    /// Whether it is the first, and the last K block.
    is_first: IntValue<'c>,
    is_last: IntValue<'c>,
}

/// A matmul where the loops around its matrices are known.
struct Builder<'a, 'b, 'c> {
    body: &'a Body<'b, 'c>,
    matmul: &'a Matmul,
    outer: &'a [IntValue<'c>],
    rows: Rows<'c>,
    left: Matrix<'c>,
    right: Matrix<'c>,
    packer: Packer<'a, 'b, 'c>,
    scalar: ScalarType,
    /// Lanes of a vector.
    width: u32,
}

/// Emits what comes before rows are shared out: the copy of the right matrix, if it is one for all.
pub(crate) fn build_shared(body: &Body<'_, '_>, matmul: &Matmul) {
    if matmul.shares_right() {
        let ir = &body.ir;
        let [rows, columns, terms] = matmul.extents().map(|extent| ir.dim(extent));
        let all = |count| Range { first: ir.int(0), count };
        let rows = Rows { begin: ir.int(0), end: rows, chunk: ir.int(0) };
        Builder::new(body, matmul, &[], rows).pack_right(all(columns), all(terms));
    }
}

/// Emits rows of a matmul.
pub(crate) fn build_rows<'c>(body: &Body<'_, 'c>, matmul: &Matmul, rows: Rows<'c>) {
    build_batch(body, matmul, rows, &mut vec![]);
}

fn build_batch<'c>(body: &Body<'_, 'c>, matmul: &Matmul, rows: Rows<'c>, outer: &mut Vec<IntValue<'c>>) {
    let ir = &body.ir;
    if outer.len() < matmul.batch() {
        let extent = ir.dim(&matmul.axes[outer.len()]);
        return ir.for_range(ir.int(0), extent, 1, &mut |index| {
            outer.push(index);
            build_batch(body, matmul, rows, outer);
            outer.pop();
        });
    }
    Builder::new(body, matmul, outer, rows).build();
}

/// A matrix at the given indices of the loops around it.
fn matrix<'c>(
    body: &Body<'_, 'c>,
    matmul: &Matmul,
    access: &Access,
    outer: &[IntValue<'c>],
    along: Axis,
) -> Matrix<'c> {
    let ir = &body.ir;
    let stride = |axis: Axis| on_axis(&access.strides, axis).map_or(ir.int(0), |stride| ir.dim(stride));
    let first = outer.iter().enumerate().fold(ir.dim(&access.offset), |sum, (axis, index)| {
        match on_axis(&access.strides, Axis::Inner(axis)) {
            Some(stride) => ir.add(sum, ir.mul(*index, ir.dim(stride))),
            None => sum,
        }
    });
    let dtype = body.plan.buffer(access.buffer).dtype;
    let address = element_address(ir, dtype, memory(body, access.buffer), first);
    Matrix { address, along: stride(along), term: stride(matmul.term_axis()) }
}

fn memory<'c>(body: &Body<'_, 'c>, buffer: BufferId) -> PointerValue<'c> {
    match body.base(buffer) {
        Base::Memory(base) => base,
        Base::Value(_) => unreachable!("invariant: a matrix lies in memory"),
    }
}

impl<'a, 'b, 'c> Builder<'a, 'b, 'c> {
    fn new(
        body: &'a Body<'b, 'c>,
        matmul: &'a Matmul,
        outer: &'a [IntValue<'c>],
        rows: Rows<'c>,
    ) -> Builder<'a, 'b, 'c> {
        let matrix = |access: &Access, along: Axis| matrix(body, matmul, access, outer, along);
        let left = matrix(&matmul.left, matmul.row_axis());
        let right = matrix(&matmul.right, matmul.column_axis());
        let scalar = stored_scalar(matmul.reducer.accumulators[0]);
        let width = matmul.tile.lanes;
        let packer = Packer { ir: &body.ir, matmul, scalar, width };
        Builder { body, matmul, outer, rows, left, right, packer, scalar, width }
    }

    /// Columns outermost, so that the right matrix's block of a block stays in a cache.
    fn build(&self) {
        let ir = &self.body.ir;
        let [_, columns, terms] = self.matmul.extents();
        let (blocks, begin) = (self.matmul.blocks, self.rows.begin);
        let rows = ir.sub(self.rows.end, begin);
        let all_terms = Range { first: ir.int(0), count: ir.dim(terms) };
        let yes = ir.context().bool_type().const_int(1, false);
        ir.for_blocks(ir.dim(columns), blocks.nc, &mut |first, count| {
            let columns = Range { first, count };
            if self.matmul.copies_all_terms() && !self.matmul.shares_right() {
                self.pack_right(columns, all_terms);
            }
            if self.matmul.is_one_k_block() {
                return ir.for_blocks(rows, blocks.mc, &mut |first, count| {
                    let rows = Range { first: ir.add(begin, first), count };
                    self.pack_left(rows, all_terms);
                    self.build_cache_block(CacheBlock {
                        rows,
                        columns,
                        terms: all_terms,
                        is_first: yes,
                        is_last: yes,
                    });
                });
            }
            ir.for_blocks(rows, blocks.mc, &mut |first, count| {
                let rows = Range { first: ir.add(begin, first), count };
                self.build_k_blocks(rows, columns, all_terms.count);
            });
        });
    }

    /// K block after K block; the first one is there even if it is empty.
    fn build_k_blocks(&self, rows: Range<'c>, columns: Range<'c>, terms: IntValue<'c>) {
        let ir = &self.body.ir;
        let kc = ir.int(self.matmul.blocks.kc);
        ir.for_range(ir.int(0), ir.max(terms, ir.int(1)), self.matmul.blocks.kc, &mut |first| {
            let terms_here = Range { first, count: ir.min(ir.sub(terms, first), kc) };
            if !self.matmul.copies_all_terms() {
                self.pack_right(columns, terms_here);
            }
            self.pack_left(rows, terms_here);
            let is_first = ir.compare_int(IntPredicate::EQ, first, ir.int(0));
            let is_last = ir.compare_int(IntPredicate::SGE, ir.add(first, kc), terms);
            self.build_cache_block(CacheBlock { rows, columns, terms: terms_here, is_first, is_last });
        });
    }

    /// Whether the block of a matrix is copied, whatever sticks out.
    fn is_packed(&self, least: Option<i64>, others: usize) -> IntValue<'c> {
        let ir = &self.body.ir;
        match least {
            None => ir.context().bool_type().const_zero(),
            Some(least) => {
                let others = ir.dim(self.matmul.extents()[others]);
                ir.compare_int(IntPredicate::SGE, others, ir.int(least))
            }
        }
    }

    /// What of scratch is the chunk's own, or all chunks'.
    fn scratch(&self, buffer: BufferId) -> PointerValue<'c> {
        let ir = &self.body.ir;
        let slices = self.matmul.slices();
        let slice = slices.iter().find(|(id, ..)| *id == buffer).expect("invariant: scratch is listed");
        let (_, shape, is_shared) = slice;
        let elements = if *is_shared { 0 } else { shape.iter().product() };
        let start = ir.mul(self.rows.chunk, ir.int(elements));
        ir.element(memory(self.body, buffer), self.packer.element(), start)
    }

    fn pack_left(&self, rows: Range<'c>, terms: Range<'c>) {
        let ir = &self.body.ir;
        let Some(pack) = self.matmul.pack_left else { return };
        let from = self.at(self.left, rows.first, terms.first);
        ir.when(self.is_packed(pack.least, 1), &mut || {
            self.packer.left(from, self.scratch(pack.buffer), rows.count, terms.count);
        });
    }

    fn pack_right(&self, columns: Range<'c>, terms: Range<'c>) {
        let Some(pack) = self.matmul.pack_right else { return };
        let from = self.at(self.right, columns.first, terms.first);
        let wanted = self.is_packed(pack.least, 0);
        self.packer.right(from, self.scratch(pack.buffer), columns.count, terms.count, wanted);
    }

    /// The same matrix from another element on.
    fn at(&self, matrix: Matrix<'c>, along: IntValue<'c>, term: IntValue<'c>) -> Matrix<'c> {
        let ir = &self.body.ir;
        let index = ir.add(ir.mul(along, matrix.along), ir.mul(term, matrix.term));
        Matrix { address: ir.element(matrix.address, self.packer.element(), index), ..matrix }
    }

    /// The tiles of a block, panel after panel of columns; the epilogue of a panel follows its last K block.
    fn build_cache_block(&self, block: CacheBlock<'c>) {
        let ir = &self.body.ir;
        let (tile, columns) = (self.matmul.tile, i64::from(self.matmul.tile.nr));
        ir.for_blocks(block.columns.count, columns, &mut |first, count| {
            let panel = Range { first, count };
            let right = self.right_panel(block, panel);
            let sums = self.sums(first);
            let run = |rows: u32, first: IntValue<'c>| {
                let left = self.left_rows(block, first);
                self.build_tile(block, rows, left, right, self.sums_row(sums, first));
            };
            let (whole, rest) = ir.split(block.rows.count, tile.mr);
            ir.for_range(ir.int(0), whole, i64::from(tile.mr), &mut |first| run(tile.mr, first));
            self.build_rest(whole, rest, &run);
            ir.when(block.is_last, &mut || self.build_epilogue(block, panel, sums));
        });
    }

    /// The rows after the last whole tile, in tiles of powers of two.
    fn build_rest(&self, whole: IntValue<'c>, rest: IntValue<'c>, run: &dyn Fn(u32, IntValue<'c>)) {
        let ir = &self.body.ir;
        // Blocks are whole tiles, so that all rows say what may be left.
        let rows = i64::from(self.matmul.tile.mr);
        let possible = self.matmul.extents()[0].as_const().map_or(i64::MAX, |all| all % rows);
        let mut first = whole;
        let mut size = self.matmul.tile.mr.next_power_of_two() / 2;
        while size > 0 {
            if possible & i64::from(size) != 0 {
                let bit = ir.and(rest, ir.int(i64::from(size)));
                let is_there = ir.compare_int(IntPredicate::NE, bit, ir.int(0));
                ir.when(is_there, &mut || run(size, first));
                first = ir.add(first, bit);
            }
            size /= 2;
        }
    }

    /// The right matrix as tiles of a panel read it.
    fn right_panel(&self, block: CacheBlock<'c>, panel: Range<'c>) -> Matrix<'c> {
        let ir = &self.body.ir;
        let plain = self.at(self.right, ir.add(block.columns.first, panel.first), block.terms.first);
        let Some(pack) = self.matmul.pack_right else { return plain };
        let columns = i64::from(self.matmul.tile.nr);
        let sticks_out = ir.compare_int(IntPredicate::SLT, panel.count, ir.int(columns));
        let wanted = self.is_packed(pack.least, 0);
        let is_packed = ir.select(sticks_out.into(), sticks_out.into(), wanted.into()).into_int_value();
        // A panel has so many columns of so many terms.
        let start = ir.mul(panel.first, ir.int(self.matmul.blocks.packed_k));
        let skipped = if self.matmul.copies_all_terms() { block.terms.first } else { ir.int(0) };
        let start = ir.add(start, ir.mul(skipped, ir.int(columns)));
        let address = ir.element(self.scratch(pack.buffer), self.packer.element(), start);
        let packed = Matrix { address, along: ir.int(1), term: ir.int(columns) };
        self.choose(is_packed, packed, plain)
    }

    /// The left matrix as a tile reads it.
    fn left_rows(&self, block: CacheBlock<'c>, first: IntValue<'c>) -> Matrix<'c> {
        let ir = &self.body.ir;
        let plain = self.at(self.left, ir.add(block.rows.first, first), block.terms.first);
        let Some(pack) = self.matmul.pack_left else { return plain };
        let address = self.packer.left_row(self.scratch(pack.buffer), first);
        let packed = Matrix { address, along: ir.int(1), term: ir.int(self.matmul.tile.left_stride()) };
        self.choose(self.is_packed(pack.least, 1), packed, plain)
    }

    fn choose(&self, condition: IntValue<'c>, a: Matrix<'c>, b: Matrix<'c>) -> Matrix<'c> {
        let ir = &self.body.ir;
        let pick = |a: Val<'c>, b: Val<'c>| match condition.get_zero_extended_constant() {
            Some(0) => b,
            Some(_) => a,
            None => ir.select(condition.into(), a, b),
        };
        Matrix {
            address: pick(a.address.into(), b.address.into()).into_pointer_value(),
            along: pick(a.along.into(), b.along.into()).into_int_value(),
            term: pick(a.term.into(), b.term.into()).into_int_value(),
        }
    }

    /// Where the sums of a panel wait: the panels of a block one after the other, if they must wait for more
    /// terms.
    fn sums(&self, first: IntValue<'c>) -> PointerValue<'c> {
        let ir = &self.body.ir;
        let base = self.scratch(self.matmul.sums);
        match self.matmul.is_one_k_block() {
            true => base,
            false => {
                let start = ir.mul(first, ir.int(self.matmul.blocks.mc));
                ir.element(base, self.packer.element(), start)
            }
        }
    }

    /// The sums of a row of a panel.
    fn sums_row(&self, sums: PointerValue<'c>, row: IntValue<'c>) -> PointerValue<'c> {
        let ir = &self.body.ir;
        let columns = ir.int(i64::from(self.matmul.tile.nr));
        ir.element(sums, self.packer.element(), ir.mul(row, columns))
    }

    fn vector(&self) -> BasicTypeEnum<'c> {
        scalar_type(&self.body.ir, self.scalar, self.width)
    }

    /// All terms of a K block for one tile.
    fn build_tile(
        &self,
        block: CacheBlock<'c>,
        rows: u32,
        left: Matrix<'c>,
        right: Matrix<'c>,
        sums: PointerValue<'c>,
    ) {
        let ir = &self.body.ir;
        let slots: Vec<PointerValue> =
            (0..rows * self.matmul.tile.vectors()).map(|_| ir.slot(self.vector())).collect();
        let start = build_const(ir, self.scalar, self.matmul.reducer.init[0][0], self.width);
        slots.iter().for_each(|slot| ir.set(*slot, start));
        let term = |term| self.build_term(&slots, left, right, term);
        if rows == self.matmul.tile.mr {
            let (even, odd) = ir.split(block.terms.count, 2);
            ir.for_range(ir.int(0), even, 2, &mut |at| {
                term(at);
                term(ir.add(at, ir.int(1)));
            });
            let is_odd = ir.compare_int(IntPredicate::NE, odd, ir.int(0));
            ir.when(is_odd, &mut || term(even));
        } else {
            // The few rows of smaller tiles wait for their sums, not for the loop.
            ir.for_range(ir.int(0), block.terms.count, 1, &mut |at| term(at));
        }
        let each = |keep: &dyn Fn(Val<'c>, PointerValue<'c>)| {
            for (at, slot) in slots.iter().enumerate() {
                let place = self.vector_at(sums, at as i64);
                keep(ir.get(self.vector(), *slot), place);
            }
        };
        let store = |sum: Val<'c>, to: PointerValue<'c>| ir.store(sum, to, self.scalar.bytes());
        let merge = |sum: Val<'c>, to: PointerValue<'c>| {
            let before = ir.load(self.vector(), to, self.scalar.bytes());
            let both = [vec![before], vec![sum]];
            store(build_program(ir, &self.matmul.reducer.merge, self.width, &both)[0][0], to);
        };
        ir.either(block.is_first, &mut || each(&store), &mut || each(&merge));
    }

    fn vector_at(&self, base: PointerValue<'c>, index: i64) -> PointerValue<'c> {
        let ir = &self.body.ir;
        ir.element(base, self.packer.element(), ir.int(index * i64::from(self.width)))
    }

    /// One term of every sum of a tile.
    fn build_term(
        &self,
        slots: &[PointerValue<'c>],
        left: Matrix<'c>,
        right: Matrix<'c>,
        term: IntValue<'c>,
    ) {
        let ir = &self.body.ir;
        let none = ir.int(0);
        let (left, right) = (self.at(left, none, term), self.at(right, none, term));
        let row: Vec<Val> = (0..self.matmul.tile.vectors())
            .map(|v| ir.load(self.vector(), self.vector_at(right.address, i64::from(v)), self.scalar.bytes()))
            .collect();
        for (i, sums) in slots.chunks(self.matmul.tile.vectors() as usize).enumerate() {
            let address = self.at(left, ir.int(i as i64), none).address;
            let element = ir.load(self.packer.element(), address, self.scalar.bytes());
            let element = splat(ir, &[element], self.width);
            for (slot, b) in sums.iter().zip(&row) {
                let old = vec![vec![ir.get(self.vector(), *slot)]];
                let values = [element.clone(), vec![*b]];
                let new = step(ir, &self.matmul.reducer, self.width, old, &values);
                ir.set(*slot, new[0][0]);
            }
        }
    }

    /// What becomes of the sums of a panel.
    fn build_epilogue(&self, block: CacheBlock<'c>, panel: Range<'c>, sums: PointerValue<'c>) {
        let ir = &self.body.ir;
        let columns = self.matmul.tile.nr;
        ir.for_range(ir.int(0), block.rows.count, 1, &mut |row| {
            let sums = self.sums_row(sums, row);
            let row = ir.add(block.rows.first, row);
            let first = ir.add(block.columns.first, panel.first);
            let is_whole = ir.compare_int(IntPredicate::EQ, panel.count, ir.int(i64::from(columns)));
            let whole = &mut || {
                let ty = scalar_type(ir, self.scalar, columns);
                let sum = ir.load(ty, sums, self.scalar.bytes());
                self.build_elements(row, first, columns, vec![sum]);
            };
            let one_by_one = &mut || {
                ir.for_range(ir.int(0), panel.count, 1, &mut |column| {
                    let element = self.packer.element();
                    let sum = ir.load(element, ir.element(sums, element, column), self.scalar.bytes());
                    self.build_elements(row, ir.add(first, column), 1, vec![sum]);
                });
            };
            ir.either(is_whole, whole, one_by_one);
        });
    }

    /// The epilogue of some elements of a row.
    fn build_elements(&self, row: IntValue<'c>, column: IntValue<'c>, width: u32, sum: Parts<'c>) {
        let epilogue = &self.matmul.epilogue;
        let outer: Vec<IntValue> = self.outer.iter().copied().chain([row]).collect();
        let fixed = vec![None; epilogue.reads.len()];
        let (totals, running): (Vec<_>, Vec<_>) = epilogue.sinks.iter().map(|_| (None, None)).unzip();
        let zero = self.body.ir.int(0);
        let block = BlockBuilder {
            body: self.body,
            block: epilogue,
            fixed: &fixed,
            totals: &totals,
            running: &running,
            values: &RefCell::new(vec![]),
            rows: tile::Rows { first: zero, count: 1, share: Share::All, may_start: true },
            sum: Some(&sum),
        };
        block.build_part_of_row(&outer, column, width);
    }
}
