//! Nests and blocks by themselves: shapes, types, scopes, and that every access stays in its buffer.

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_scalar::{Program, stored_scalar};

use super::error::VerifyErrorKind;
use super::{Checker, program};
use crate::{
    Access, Axis, Block, BufferId, Indirect, Nest, Position, Prefetch, Prereduction, Reach, Read, Reducer,
    RowId, Scan, Sink, Storage, Target,
};

/// Row values that are defined so far.
type Defined = Vec<bool>;

impl Checker<'_> {
    pub(super) fn check_nest(&mut self, nest: &Nest) -> Result<(), VerifyErrorKind> {
        power_of_two("the number of rows that run together", nest.rows)?;
        match &nest.extent {
            Some(extent) => self.check_extent("a number of rows", extent)?,
            None if nest.rows != 1 => return Err(VerifyErrorKind::NoRows { what: "rows that run together" }),
            None if nest.parallel.is_some() => {
                return Err(VerifyErrorKind::NoRows { what: "parallel chunks" });
            }
            None => {}
        }
        if let Some(parallel) = nest.parallel {
            let (found, rows) = (parallel.rows_per_chunk, nest.rows);
            if found <= 0 || found % i64::from(rows) != 0 {
                return Err(VerifyErrorKind::ChunkSize { found, rows });
            }
        }
        let mut defined = vec![false; nest.row_values.len()];
        for (index, block) in nest.blocks.iter().enumerate() {
            self.site.block = Some(index);
            self.check_block(nest, block, &mut defined)?;
        }
        for touch in nest.accesses() {
            self.site.block = Some(touch.block);
            self.check_bounds(nest, &touch)?;
        }
        self.site.block = None;
        Ok(())
    }

    fn check_extent(&self, what: &'static str, extent: &Dim) -> Result<(), VerifyErrorKind> {
        self.check_dim(extent)?;
        self.sizes.not_negative(extent, &[]).or_else(|reason| {
            let shown = extent.display(&self.function.signature.symbols).to_string();
            let reach = Reach::of_size(format!("{what} ({shown})"), extent);
            self.leave_to_calls(reach, VerifyErrorKind::NegativeExtent { what, extent: shown, reason })
        })
    }

    fn check_block(&self, nest: &Nest, block: &Block, defined: &mut Defined) -> Result<(), VerifyErrorKind> {
        power_of_two("the number of lanes", block.lanes)?;
        if block.axes.is_empty() && block.lanes != 1 {
            return Err(VerifyErrorKind::NoAxes { what: "lanes" });
        }
        for extent in &block.axes {
            self.check_extent("an extent", extent)?;
        }
        check_program("the program", &block.program)?;
        let params = &block.program.params;
        equal("the number of reads", block.reads.len(), params.len())?;
        for (index, (read, param)) in block.reads.iter().zip(params).enumerate() {
            let found = match read {
                Read::Buffer(access) => self.check_access(nest, block, access)?,
                Read::Row(row) => row_type(nest, *row, defined)?,
                Read::Sum => self.sum.ok_or(VerifyErrorKind::SumOutOfScope)?,
                Read::Size(dim) => {
                    self.check_dim(dim)?;
                    DType::I64
                }
                Read::Gather(indirect) => self.check_indirect(nest, block, indirect, index)?,
                Read::Index(Position { strides, offset }) => {
                    self.check_strides(nest, block, strides, offset, &|| "an index".to_owned())?;
                    DType::I64
                }
            };
            equal(&format!("the element type of read {index}"), found, *param)?;
        }
        check_prefetch(block)?;
        check_joined_rows(block)?;
        self.check_fission(nest, block)?;
        // Reads came first: a row value that this block defines is for later blocks only.
        for sink in &block.sinks {
            self.check_sink(nest, block, sink, defined)?;
        }
        Ok(())
    }

    /// Fission cuts the program, its sinks keep no order, and values are spilled to bytes of the workspace.
    fn check_fission(&self, nest: &Nest, block: &Block) -> Result<(), VerifyErrorKind> {
        let Some(fission) = &block.fission else { return Ok(()) };
        let count = block.program.insts.len();
        let ascending = fission.cuts.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || fission.cuts.iter().any(|cut| !(1..count).contains(cut)) {
            return Err(VerifyErrorKind::Cuts { cuts: fission.cuts.clone(), count });
        }
        let together = if block.axes.is_empty() { nest.rows } else { block.lanes };
        if fission.strip == 0 || !fission.strip.is_multiple_of(together) {
            return Err(VerifyErrorKind::Strip { strip: fission.strip, together });
        }
        if block.axes.is_empty() && (nest.blocks.len() > 1 || nest.extent.is_none()) {
            return Err(VerifyErrorKind::Fissioned { what: "without axes is not alone in a nest with rows" });
        }
        if block.sinks.iter().any(|s| matches!(s, Sink::Scan { .. } | Sink::Scatter { .. })) {
            return Err(VerifyErrorKind::Fissioned { what: "ends with a sink that goes in order" });
        }
        self.check_buffer(fission.buffer)?;
        let buffer = self.function.buffer(fission.buffer);
        if !matches!(buffer.storage, Storage::Workspace { .. }) || buffer.dtype != DType::U8 {
            return Err(VerifyErrorKind::Fissioned {
                what: "spills values elsewhere than to bytes of the workspace",
            });
        }
        let bytes = Dim::Const(fission.schedule(block).bytes as i64);
        let needed = &nest.chunks(&self.function.signature.symbols) * &bytes;
        let show = |dim: &Dim| dim.display(&self.function.signature.symbols).to_string();
        equal("the bytes to which a fissioned program spills values", show(&buffer.elements()), show(&needed))
    }

    fn check_sink(
        &self,
        nest: &Nest,
        block: &Block,
        sink: &Sink,
        defined: &mut Defined,
    ) -> Result<(), VerifyErrorKind> {
        let types = program::result_types(&block.program);
        match sink {
            Sink::Store { result, to } => {
                let found = result_type(&types, *result)?;
                equal("the element type of a store", found, self.check_access(nest, block, to)?)
            }
            Sink::Row { result, row } => {
                if !block.axes.is_empty() {
                    return Err(VerifyErrorKind::HasAxes { what: "a row sink" });
                }
                let found = result_type(&types, *result)?;
                equal("the element type of a row value", found, define_row(nest, *row, defined)?)
            }
            Sink::Reduce { reducer, results, to, prereduction } => {
                if block.axes.is_empty() {
                    return Err(VerifyErrorKind::NoAxes { what: "a reduction over its last axis" });
                }
                check_reducer(reducer, results, &types)?;
                if let Some(prereduction) = prereduction {
                    check_prereduction(prereduction, block.lanes, results, &types)?;
                }
                equal("the number of a reduction's results", to.len(), reducer.accumulators.len())?;
                for (target, dtype) in to.iter().zip(&reducer.accumulators) {
                    self.check_reduce_target(nest, block, target, *dtype, defined)?;
                }
                Ok(())
            }
            Sink::Accumulate { reducer, results, to } => {
                check_reducer(reducer, results, &types)?;
                equal("the number of an accumulation's results", to.len(), reducer.accumulators.len())?;
                for (access, dtype) in to.iter().zip(&reducer.accumulators) {
                    let found = self.check_access(nest, block, access)?;
                    equal("the element type of an accumulation", *dtype, found)?;
                }
                Ok(())
            }
            Sink::Scan { scan, results, along, carry, to } => {
                check_scan(scan, results, &types)?;
                self.check_carry(nest, block, scan, *along, carry)?;
                let found = result_type(&program::result_types(&scan.finish), 0)?;
                equal("the element type of a scan", found, self.check_access(nest, block, to)?)
            }
            Sink::Scatter { result, to, add } => {
                if nest.parallel.is_some() {
                    return Err(VerifyErrorKind::ParallelOrder);
                }
                let found = result_type(&types, *result)?;
                let dtype = self.check_indirect(nest, block, to, block.reads.len())?;
                equal("the element type of a store", found, dtype)?;
                let Some(add) = add else { return Ok(()) };
                check_program("what adds to an element", add)?;
                equal("the parameters of what adds to an element", list(&add.params), list(&[dtype; 2]))?;
                let results = list(&program::result_types(add));
                equal("the results of what adds to an element", results, list(&[dtype]))
            }
            Sink::ReduceRows { reducer, results, to } => {
                self.check_total(nest, block, (reducer, results), &types, to)
            }
        }
    }

    /// Accumulators wait in memory while axes inside the reduction's run.
    fn check_carry(
        &self,
        nest: &Nest,
        block: &Block,
        scan: &Scan,
        along: Axis,
        carry: &[Access],
    ) -> Result<(), VerifyErrorKind> {
        let last = block.axes.len().checked_sub(1).map_or(Axis::Row, Axis::Inner);
        match along {
            Axis::Row if nest.parallel.is_some() => return Err(VerifyErrorKind::ParallelOrder),
            Axis::Row if nest.extent.is_none() => return Err(VerifyErrorKind::ScanOutOfScope),
            Axis::Inner(axis) if axis >= block.axes.len() => return Err(VerifyErrorKind::ScanOutOfScope),
            Axis::Row | Axis::Inner(_) => {}
        }
        let expected = if along == last { 0 } else { scan.accumulators.len() };
        if carry.len() != expected {
            return Err(VerifyErrorKind::Carries { found: carry.len(), expected });
        }
        for (access, dtype) in carry.iter().zip(&scan.accumulators) {
            let found = self.check_access(nest, block, access)?;
            equal("the element type of an accumulator", found, *dtype)?;
            if access.strides.iter().any(|(axis, _)| *axis == along) {
                return Err(VerifyErrorKind::CarryMoves { buffer: self.name(access.buffer) });
            }
        }
        Ok(())
    }

    /// A place that reads before `end` say: they read what was checked, and what nothing in the nest writes.
    fn check_indirect(
        &self,
        nest: &Nest,
        block: &Block,
        indirect: &Indirect,
        end: usize,
    ) -> Result<DType, VerifyErrorKind> {
        for part in &indirect.indices {
            self.check_dim(&part.extent)?;
            self.check_dim(&part.stride)?;
            let read = block.reads.get(part.read).filter(|_| part.read < end);
            let Some(access) = read.and_then(Read::access) else {
                return Err(VerifyErrorKind::IndexRead { read: part.read });
            };
            self.check_buffer(access.buffer)?;
            let changes = nest.accesses().iter().any(|t| t.kind.writes() && t.access.buffer == access.buffer);
            let is_checked = self.checked.contains(&(access.buffer, &part.extent));
            if changes || !is_checked {
                let extent = part.extent.display(&self.function.signature.symbols).to_string();
                return Err(VerifyErrorKind::Unchecked { index: self.name(access.buffer), extent });
            }
        }
        self.check_access(nest, block, &indirect.access)
    }

    fn check_reduce_target(
        &self,
        nest: &Nest,
        block: &Block,
        target: &Target,
        dtype: DType,
        defined: &mut Defined,
    ) -> Result<(), VerifyErrorKind> {
        match target {
            Target::Row(row) => {
                if block.axes.len() != 1 {
                    return Err(VerifyErrorKind::RowFromInnerReduction { id: row.0 });
                }
                equal("the element type of a row value", dtype, define_row(nest, *row, defined)?)
            }
            Target::Buffer(access) => {
                let found = self.check_access(nest, block, access)?;
                let reduced = Axis::Inner(block.axes.len() - 1);
                if access.strides.iter().any(|(axis, _)| *axis == reduced) {
                    return Err(VerifyErrorKind::ReducedAxis { buffer: self.name(access.buffer) });
                }
                equal("the element type of a reduction's result", dtype, found)
            }
        }
    }

    fn check_total(
        &self,
        nest: &Nest,
        block: &Block,
        (reducer, results): (&Reducer, &[usize]),
        types: &[DType],
        to: &[BufferId],
    ) -> Result<(), VerifyErrorKind> {
        if !block.axes.is_empty() {
            return Err(VerifyErrorKind::HasAxes { what: "a total" });
        }
        if nest.extent.is_none() {
            return Err(VerifyErrorKind::NoRows { what: "a total" });
        }
        if nest.parallel.is_some() {
            return Err(VerifyErrorKind::ParallelReduction);
        }
        check_reducer(reducer, results, types)?;
        equal("the number of a total's results", to.len(), reducer.accumulators.len())?;
        for (buffer, dtype) in to.iter().zip(&reducer.accumulators) {
            self.check_buffer(*buffer)?;
            equal("the element type of a total", *dtype, self.function.buffer(*buffer).dtype)?;
            if !self.function.buffer(*buffer).shape.is_empty() {
                return Err(VerifyErrorKind::ReductionShape { buffer: self.name(*buffer) });
            }
        }
        Ok(())
    }

    /// The form of an access; returns its element type.
    fn check_access(&self, nest: &Nest, block: &Block, access: &Access) -> Result<DType, VerifyErrorKind> {
        self.check_buffer(access.buffer)?;
        let what = || format!("an access to `{}`", self.name(access.buffer));
        self.check_strides(nest, block, &access.strides, &access.offset, &what)?;
        Ok(self.function.buffer(access.buffer).dtype)
    }

    /// Axes in scope, sorted, each with a stride.
    fn check_strides(
        &self,
        nest: &Nest,
        block: &Block,
        strides: &[(Axis, Dim)],
        offset: &Dim,
        what: &dyn Fn() -> String,
    ) -> Result<(), VerifyErrorKind> {
        self.check_dim(offset)?;
        for (axis, stride) in strides {
            self.check_dim(stride)?;
            let in_scope = match axis {
                Axis::Row => nest.extent.is_some(),
                Axis::Inner(i) => *i < block.axes.len(),
            };
            if !in_scope {
                return Err(VerifyErrorKind::AxisOutOfScope { what: what() });
            }
        }
        let sorted = strides.windows(2).all(|pair| pair[0].0 < pair[1].0);
        match sorted && strides.iter().all(|(_, stride)| *stride != Dim::Const(0)) {
            true => Ok(()),
            false => Err(VerifyErrorKind::Strides { what: what() }),
        }
    }
}

/// The programs of a reduction fit together and with the values that it reduces.
pub(super) fn check_reducer(
    reducer: &Reducer,
    results: &[usize],
    types: &[DType],
) -> Result<(), VerifyErrorKind> {
    check_program("the step of a reducer", &reducer.step)?;
    check_program("the merge of a reducer", &reducer.merge)?;
    let mut stepped = reducer.accumulators.clone();
    for result in results {
        stepped.push(result_type(types, *result)?);
    }
    let merged = reducer.accumulators.repeat(2);
    let accumulators = list(&reducer.accumulators);
    equal("the parameters of a reducer's step", list(&reducer.step.params), list(&stepped))?;
    equal(
        "the results of a reducer's step",
        list(&program::result_types(&reducer.step)),
        accumulators.clone(),
    )?;
    equal("the parameters of a reducer's merge", list(&reducer.merge.params), list(&merged))?;
    equal("the results of a reducer's merge", list(&program::result_types(&reducer.merge)), accumulators)?;
    equal("the number of a reduction's initial values", reducer.init.len(), reducer.accumulators.len())?;
    for (init, dtype) in reducer.init.iter().zip(&reducer.accumulators) {
        let limit = u64::MAX >> (64 - stored_scalar(*dtype).bits());
        let fits = init.iter().all(|bits| *bits <= limit) && (dtype.parts() == 2 || init[1] == 0);
        if !fits {
            return Err(mismatch("the initial value of a reducer", "more bits", format!("those of {dtype}")));
        }
    }
    Ok(())
}

/// What a block asks for in rows to come moves with the row and goes along its last axis.
fn check_prefetch(block: &Block) -> Result<(), VerifyErrorKind> {
    let last = Axis::Inner(block.axes.len().saturating_sub(1));
    let walks =
        |access: &Access| access.stride(Axis::Row).is_some() && access.stride(last) == Some(&Dim::Const(1));
    let Some(Prefetch { reads, distance, line }) = &block.prefetch else { return Ok(()) };
    let good = reads
        .iter()
        .all(|read| matches!(block.reads.get(*read), Some(Read::Buffer(access)) if walks(access)));
    let is_set = !reads.is_empty() && *distance > 0 && *line > 0 && block.fission.is_none();
    if good && is_set { Ok(()) } else { Err(VerifyErrorKind::Prefetch) }
}

/// Rows run side by side only where nothing can tell.
fn check_joined_rows(block: &Block) -> Result<(), VerifyErrorKind> {
    let may = !block.axes.is_empty() && block.fission.is_none() && block.may_join_rows();
    if may || !block.joins_rows { Ok(()) } else { Err(VerifyErrorKind::JoinedRows) }
}

/// A tile of lanes can be prereduced so often, and its values added.
fn check_prereduction(
    prereduction: &Prereduction,
    lanes: u32,
    results: &[usize],
    types: &[DType],
) -> Result<(), VerifyErrorKind> {
    if lanes.checked_shr(prereduction.times).unwrap_or(0) == 0 {
        let found = format!("{} times", prereduction.times);
        return Err(mismatch(
            "the prereduction of a tile",
            &found,
            format!("at most once a pair of {lanes} lanes"),
        ));
    }
    equal("the values of a reducer that halves tiles", results.len(), 1)?;
    let value = result_type(types, results[0])?;
    check_program("what adds the halves of a tile", &prereduction.add)?;
    equal(
        "the parameters of what adds the halves of a tile",
        list(&prereduction.add.params),
        list(&[value; 2]),
    )?;
    let results = list(&program::result_types(&prereduction.add));
    equal("the results of what adds the halves of a tile", results, list(&[value]))
}

/// The programs of a scan fit together and with the values that it reduces.
fn check_scan(scan: &Scan, results: &[usize], types: &[DType]) -> Result<(), VerifyErrorKind> {
    check_program("the first step of a scan", &scan.first)?;
    check_program("the step of a scan", &scan.step)?;
    check_program("the end of a scan", &scan.finish)?;
    let values: Vec<DType> = results.iter().map(|r| result_type(types, *r)).collect::<Result<_, _>>()?;
    let accumulators = list(&scan.accumulators);
    let stepped = [scan.accumulators.clone(), values.clone()].concat();
    let types = program::result_types;
    equal("the parameters of a scan's first step", list(&scan.first.params), list(&values))?;
    equal("the results of a scan's first step", list(&types(&scan.first)), accumulators.clone())?;
    equal("the parameters of a scan's step", list(&scan.step.params), list(&stepped))?;
    equal("the results of a scan's step", list(&types(&scan.step)), accumulators.clone())?;
    equal("the parameters of a scan's end", list(&scan.finish.params), accumulators)
}

fn check_program(which: &'static str, program: &Program) -> Result<(), VerifyErrorKind> {
    program::check(program).map_err(|kind| VerifyErrorKind::Program { which, kind })
}

fn result_type(types: &[DType], result: usize) -> Result<DType, VerifyErrorKind> {
    types.get(result).copied().ok_or(VerifyErrorKind::UnknownResult { index: result, count: types.len() })
}

fn row_type(nest: &Nest, row: RowId, defined: &Defined) -> Result<DType, VerifyErrorKind> {
    let dtype = declared_row(nest, row)?;
    if !defined[row.0 as usize] {
        return Err(VerifyErrorKind::RowUndefined { id: row.0 });
    }
    Ok(dtype)
}

fn define_row(nest: &Nest, row: RowId, defined: &mut Defined) -> Result<DType, VerifyErrorKind> {
    let dtype = declared_row(nest, row)?;
    if std::mem::replace(&mut defined[row.0 as usize], true) {
        return Err(VerifyErrorKind::RowRedefined { id: row.0 });
    }
    Ok(dtype)
}

fn declared_row(nest: &Nest, row: RowId) -> Result<DType, VerifyErrorKind> {
    let count = nest.row_values.len();
    nest.row_values.get(row.0 as usize).copied().ok_or(VerifyErrorKind::UnknownRow { id: row.0, count })
}

pub(super) fn power_of_two(what: &'static str, found: u32) -> Result<(), VerifyErrorKind> {
    if found.is_power_of_two() { Ok(()) } else { Err(VerifyErrorKind::NotPowerOfTwo { what, found }) }
}

fn list(types: &[DType]) -> String {
    let names: Vec<&str> = types.iter().map(|t| t.name()).collect();
    format!("({})", names.join(", "))
}

pub(super) fn equal<T: PartialEq + ToString>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), VerifyErrorKind> {
    if found == expected { Ok(()) } else { Err(mismatch(what, found, expected)) }
}

fn mismatch(what: &str, found: impl ToString, expected: impl ToString) -> VerifyErrorKind {
    VerifyErrorKind::Mismatch {
        what: what.to_owned(),
        found: found.to_string(),
        expected: expected.to_string(),
    }
}
