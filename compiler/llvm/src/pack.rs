//! Copies of a block's part of a matrix, in the order in which tiles of a matmul read it.
//!
//! A panel of the left matrix holds, term after term, the elements of a tile's rows, with room for a power of
//! two; a panel of the right one holds the elements of a tile's columns, and zeros where the matrix has no
//! more columns.

use inkwell::IntPredicate;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{IntValue, PointerValue};
use tgc_plan::Matmul;
use tgc_scalar::ScalarType;

use crate::ir::{Ir, Val};
use crate::scalar::{build_const, scalar_type};

/// Where a matrix lies: its first element, and the steps to the next row or column and to the next term.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'c> {
    pub(crate) address: PointerValue<'c>,
    pub(crate) along: IntValue<'c>,
    pub(crate) term: IntValue<'c>,
}

/// Makes the copies of one matmul.
#[derive(Clone, Copy)]
pub(crate) struct Packer<'a, 'b, 'c> {
    pub(crate) ir: &'a Ir<'b, 'c>,
    pub(crate) matmul: &'a Matmul,
    pub(crate) scalar: ScalarType,
    /// Lanes of a vector.
    pub(crate) width: u32,
}

impl<'c> Packer<'_, '_, 'c> {
    /// The type of an element.
    pub(crate) fn element(&self) -> BasicTypeEnum<'c> {
        scalar_type(self.ir, self.scalar, 1)
    }

    /// Where the copy of a row of the left matrix begins, by its number in the block.
    pub(crate) fn left_row(&self, to: PointerValue<'c>, row: IntValue<'c>) -> PointerValue<'c> {
        let (ir, tile, terms) = (self.ir, self.matmul.tile, self.matmul.blocks.kc);
        let (_, in_panel) = ir.split(row, tile.mr);
        let panel = ir.udiv(row, ir.int(i64::from(tile.mr)));
        let start = ir.mul(panel, ir.int(tile.left_stride() * terms));
        ir.element(to, self.element(), ir.add(start, in_panel))
    }

    /// Copies rows of the left matrix.
    pub(crate) fn left(
        &self,
        from: Matrix<'c>,
        to: PointerValue<'c>,
        rows: IntValue<'c>,
        terms: IntValue<'c>,
    ) {
        let (ir, tile) = (self.ir, self.matmul.tile);
        ir.for_blocks(rows, i64::from(tile.mr), &mut |first, count| {
            let from = self.moved(from, first);
            let to = Matrix {
                address: self.left_row(to, first),
                along: ir.int(1),
                term: ir.int(tile.left_stride()),
            };
            let is_whole = ir.compare_int(IntPredicate::EQ, count, ir.int(i64::from(tile.mr)));
            ir.either(is_whole, &mut || self.whole_panel(from, to, tile.mr, terms), &mut || {
                self.one_by_one(from, to, count, terms)
            });
        });
    }

    /// Copies columns of the right matrix: all panels if `wanted`, else one that sticks out.
    pub(crate) fn right(
        &self,
        from: Matrix<'c>,
        to: PointerValue<'c>,
        columns: IntValue<'c>,
        terms: IntValue<'c>,
        wanted: IntValue<'c>,
    ) {
        let (ir, all) = (self.ir, self.matmul.tile.nr);
        ir.for_blocks(columns, i64::from(all), &mut |first, count| {
            let from = self.moved(from, first);
            let start = ir.mul(first, ir.int(self.matmul.blocks.packed_k));
            let address = ir.element(to, self.element(), start);
            let to = Matrix { address, along: ir.int(1), term: ir.int(i64::from(all)) };
            let is_whole = ir.compare_int(IntPredicate::EQ, count, ir.int(i64::from(all)));
            let whole = &mut || ir.when(wanted, &mut || self.whole_panel(from, to, all, terms));
            ir.either(is_whole, whole, &mut || {
                self.one_by_one(from, to, count, terms);
                self.zeros(to, count, ir.int(i64::from(all)), terms);
            });
        });
    }

    fn moved(&self, matrix: Matrix<'c>, along: IntValue<'c>) -> Matrix<'c> {
        let ir = self.ir;
        let address = ir.element(matrix.address, self.element(), ir.mul(along, matrix.along));
        Matrix { address, ..matrix }
    }

    fn at_term(&self, matrix: Matrix<'c>, term: IntValue<'c>) -> Matrix<'c> {
        let ir = self.ir;
        let address = ir.element(matrix.address, self.element(), ir.mul(term, matrix.term));
        Matrix { address, ..matrix }
    }

    /// A panel of which all is there: vector by vector where elements lie side by side, along either axis.
    fn whole_panel(&self, from: Matrix<'c>, to: Matrix<'c>, count: u32, terms: IntValue<'c>) {
        let ir = self.ir;
        let is_one = |stride: IntValue<'c>| stride.get_sign_extended_constant() == Some(1);
        if is_one(from.along) {
            ir.for_range(ir.int(0), terms, 1, &mut |term| {
                self.copy_run(self.at_term(from, term), self.at_term(to, term), count);
            });
        } else if is_one(from.term) && self.width > 1 {
            let (whole, _) = ir.split(terms, self.width);
            ir.for_range(ir.int(0), whole, i64::from(self.width), &mut |term| {
                self.transpose(self.at_term(from, term), self.at_term(to, term), count);
            });
            let rest = ir.sub(terms, whole);
            let all = ir.int(i64::from(count));
            self.one_by_one(self.at_term(from, whole), self.at_term(to, whole), all, rest);
        } else {
            self.one_by_one(from, to, ir.int(i64::from(count)), terms);
        }
    }

    /// Elements side by side, in vectors of powers of two.
    fn copy_run(&self, from: Matrix<'c>, to: Matrix<'c>, count: u32) {
        let (ir, mut done) = (self.ir, 0);
        while done < count {
            let width = (1 << (count - done).ilog2()).min(self.width);
            let ty = scalar_type(ir, self.scalar, width);
            let at = ir.int(i64::from(done));
            let value = ir.load(ty, ir.element(from.address, self.element(), at), self.scalar.bytes());
            ir.store(value, ir.element(to.address, self.element(), at), self.scalar.bytes());
            done += width;
        }
    }

    /// As many terms as a vector has lanes, of `count` rows or columns: vectors along the terms become
    /// vectors along the panel. Where the last of them are fewer than lanes, the rest of a panel's power of
    /// two holds anything.
    fn transpose(&self, from: Matrix<'c>, to: Matrix<'c>, count: u32) {
        let ir = self.ir;
        let ty = scalar_type(ir, self.scalar, self.width);
        let room = to.term.get_sign_extended_constant().unwrap_or(0) as u32;
        let mut first = 0;
        while first < count {
            let load = |i: u32| {
                let along = ir.int(i64::from((first + i).min(count - 1)));
                ir.load(ty, self.moved(from, along).address, self.scalar.bytes())
            };
            let rows: Vec<Val> = (0..self.width).map(load).collect();
            // A panel narrower than a vector takes part of it.
            let width = self.width.min(room - first);
            for (term, column) in transposed(ir, rows).into_iter().enumerate() {
                let lanes: Vec<u32> = (0..width).collect();
                let column = if width == self.width { column } else { ir.shuffle(column, column, &lanes) };
                let at = self.at_term(self.moved(to, ir.int(i64::from(first))), ir.int(term as i64));
                ir.store(column, at.address, self.scalar.bytes());
            }
            first += self.width;
        }
    }

    fn one_by_one(&self, from: Matrix<'c>, to: Matrix<'c>, count: IntValue<'c>, terms: IntValue<'c>) {
        let ir = self.ir;
        ir.for_range(ir.int(0), count, 1, &mut |along| {
            let (from, to) = (self.moved(from, along), self.moved(to, along));
            ir.for_range(ir.int(0), terms, 1, &mut |term| {
                let value = ir.load(self.element(), self.at_term(from, term).address, self.scalar.bytes());
                ir.store(value, self.at_term(to, term).address, self.scalar.bytes());
            });
        });
    }

    fn zeros(&self, to: Matrix<'c>, begin: IntValue<'c>, end: IntValue<'c>, terms: IntValue<'c>) {
        let ir = self.ir;
        let zero = build_const(ir, self.scalar, 0, 1);
        ir.for_range(begin, end, 1, &mut |along| {
            let to = self.moved(to, along);
            ir.for_range(ir.int(0), terms, 1, &mut |term| {
                ir.store(zero, self.at_term(to, term).address, self.scalar.bytes());
            });
        });
    }
}

/// The transpose of as many vectors as each has lanes: as often as that number halves, vector `i` of the
/// first half and vector `i` of the second interleave.
fn transposed<'c>(ir: &Ir<'_, 'c>, mut rows: Vec<Val<'c>>) -> Vec<Val<'c>> {
    let width = rows.len() as u32;
    let half = rows.len() / 2;
    let low: Vec<u32> = (0..width / 2).flat_map(|i| [i, width + i]).collect();
    let high: Vec<u32> = low.iter().map(|lane| lane + width / 2).collect();
    for _ in 0..width.ilog2() {
        rows = (0..half)
            .flat_map(|i| [&low, &high].map(|lanes| ir.shuffle(rows[i], rows[i + half], lanes)))
            .collect();
    }
    rows
}
