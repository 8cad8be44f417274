//! From the statements of a nest to its blocks: what each does, and which share one inner loop.
//!
//! A statement becomes one or more pieces. A reduction over several loops is a chain: the innermost is
//! reduced into a temporary, which the next piece reduces by merging; a reduction whose innermost axis is the
//! result's is an initial store and an accumulation. Pieces with equal inner axes share a block if order
//! allows.

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::NodeId;
use tgc_graph::kernel::Routine;
use tgc_plan::{Axis, Reducer};
use tgc_scalar::Program;

use crate::classify::{Definition, Source};
use crate::fuse::{Member, NestDraft, NestKind, Separation, slots};
use crate::ids::{BlockId, NestPlace, PieceId, StatementId, indexes};
use crate::loops::{Index, IndexExpr, Loop, LoopKind, substitute};
use crate::materialize::{Action, Destination, Statements, Value, ValueId};

/// An inner axis while a statement is cut into pieces: its extent, and whether it is summed.
type InnerAxis = (Dim, bool);

/// One thing that a block does. Indices are made of the block's slots.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Extents of the block's axes.
    pub axes: Vec<Dim>,
    pub work: Work,
    /// The block it is in.
    pub block: BlockId,
}

/// What a piece does.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// Writes a node's elements.
    Store { node: NodeId, index: Index, to: Destination },
    /// Stores a value that the row holds.
    Spill { value: ValueId, index: Index },
    /// Stores the initial values of accumulators.
    Init { reducer: Reducer, values: Vec<ValueId>, index: Index },
    /// Reduces; `index` is where the accumulators are.
    Reduce { kind: ReduceKind, from: From, reducer: Reducer, values: Vec<ValueId>, index: Index },
    /// Reduces along an axis and writes what each step gives. Accumulators wait in `carry` while other axes
    /// run.
    Scan {
        node: NodeId,
        operands: Vec<(NodeId, Index)>,
        along: Axis,
        carry: Option<(Vec<ValueId>, Index)>,
        value: ValueId,
        index: Index,
    },
    /// Runs a routine on the rows of an operand.
    Call { node: NodeId, routine: Routine, operand: (NodeId, Index), value: ValueId },
    /// Writes elements of a node into a part of another, or adds them to it.
    Part { of: NodeId, from: (NodeId, Index), add: Option<Program>, value: ValueId, index: Index },
}

/// A materialized value that a piece reads.
#[derive(Clone, Debug)]
pub(crate) struct ValueRead {
    pub value: ValueId,
    pub index: Index,
    /// In another shape than the value's.
    pub reshaped: bool,
}

impl ValueRead {
    /// Whether it reads the element that a piece of these axes makes, as soon as that has run.
    pub(crate) fn is_made_at_once(&self, origin: &Origin) -> bool {
        origin.pointwise && !self.reshaped && origin.index == self.index
    }
}

/// Which sink a reduction becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReduceKind {
    /// Over the block's last axis.
    Last,
    /// Into memory.
    Accumulate,
    /// Over the rows.
    Rows,
    /// Over the terms of a matmul.
    Matmul,
}

impl ReduceKind {
    /// What it is called in print.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ReduceKind::Last => "reduce",
            ReduceKind::Accumulate => "accumulate",
            ReduceKind::Rows => "reduce rows",
            ReduceKind::Matmul => "matmul",
        }
    }
}

/// What a reduction reduces.
#[derive(Clone, Debug)]
pub(crate) enum From {
    /// The program of a reduction's node, on these operands, and where the summed loops are.
    Operands { node: NodeId, operands: Vec<(NodeId, Index)>, sums: Index },
    /// Accumulators of an earlier piece.
    Values(Vec<ValueId>, Index),
}

/// A nest cut into pieces.
#[derive(Clone, Debug)]
pub(crate) struct CutNest {
    pub kind: NestKind,
    /// The rounds of checks that come before it.
    pub round: usize,
    /// Accumulators to set before the nest.
    pub before: Vec<(Reducer, Vec<ValueId>)>,
    pub pieces: Vec<Piece>,
    /// Axes of each block; a matmul has one, its epilogue.
    pub blocks: Vec<Vec<Dim>>,
    /// The statements that it runs.
    pub statements: Vec<StatementId>,
    /// Earlier nests that it shares data with, and why they are apart.
    pub apart: Vec<Separation<NestPlace>>,
}

indexes!(NestPlace: CutNest);
indexes!(PieceId: Piece);
indexes!(BlockId: Vec<Dim>);

/// How a value comes to be.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub nest: NestPlace,
    pub piece: PieceId,
    /// Where its axes run, in the slots of its piece.
    pub index: Index,
    /// One element a row: a row value can hold it.
    pub scalar: bool,
    /// Known as soon as the program has run, not only after the block.
    pub pointwise: bool,
}

/// All nests cut into pieces, and the origin of each value.
#[derive(Debug)]
pub(crate) struct Cut {
    pub nests: Vec<CutNest>,
    pub origins: Vec<Option<Origin>>,
}

/// Cuts all nests; temporaries are added to the program's values.
pub(crate) fn cut(program: &mut Statements<'_>, drafts: &[NestDraft]) -> Cut {
    let mut cut = Cut { nests: vec![], origins: vec![] };
    for (position, draft) in drafts.iter().enumerate() {
        let NestDraft { kind, round, members, apart } = draft.clone();
        let statements = members.iter().map(|member| member.statement).collect();
        let (before, pieces, blocks) = (vec![], vec![], vec![]);
        cut.nests.push(CutNest { kind, round, before, pieces, blocks, statements, apart });
        let mut cutter = Cutter { program, cut: &mut cut, nest: NestPlace(position) };
        for member in &draft.members {
            cutter.member(member);
        }
    }
    cut.origins.resize(program.values.len(), None);
    cut
}

impl Cut {
    /// Adds a piece to a nest, in the first block it can share.
    pub(crate) fn add(
        &mut self,
        program: &Statements<'_>,
        nest: NestPlace,
        axes: Vec<Dim>,
        work: Work,
    ) -> PieceId {
        let first = self.first_block(program, nest, &axes, &work);
        let draft = &mut self.nests[nest];
        let shared = (first.0..draft.blocks.len()).map(BlockId).find(|b| draft.blocks[*b] == axes);
        let block = shared.unwrap_or_else(|| {
            draft.blocks.push(axes.clone());
            BlockId(draft.blocks.len() - 1)
        });
        draft.pieces.push(Piece { axes, work, block });
        PieceId(draft.pieces.len() - 1)
    }

    /// The first block that comes after all that a piece needs. The epilogue of a matmul is one block:
    /// placement let in what reads the sum of its own element alone, and a variable that the matmul or
    /// another element reads gets its new value only after all of it.
    fn first_block(&self, program: &Statements<'_>, nest: NestPlace, axes: &[Dim], work: &Work) -> BlockId {
        if self.nests[nest].kind.matmul().is_some() {
            return BlockId(0);
        }
        let pieces = &self.nests[nest].pieces;
        let mut first = BlockId(0);
        for read in work.reads(program) {
            let Some(Some(origin)) = self.origins.get(read.value.0) else { continue };
            if origin.nest == nest {
                let piece = &pieces[origin.piece];
                let together = piece.axes == axes && read.is_made_at_once(origin);
                first = first.max(if together { piece.block } else { piece.block.next() });
            }
        }
        for piece in pieces {
            if piece.sets_accumulators_of(work) {
                first = first.max(piece.block.next());
            }
            if let Work::Store { index, to: Destination::State(state), .. } = work {
                for read in piece.work.state_reads(program, *state) {
                    let together = piece.axes == axes && read == *index;
                    first = first.max(if together { piece.block } else { piece.block.next() });
                }
            }
        }
        first
    }

    /// Notes the piece that makes values.
    fn made(&mut self, values: &[ValueId], origin: &Origin) {
        for value in values {
            if self.origins.len() <= value.0 {
                self.origins.resize(value.0 + 1, None);
            }
            self.origins[value.0] = Some(origin.clone());
        }
    }
}

impl Piece {
    fn sets_accumulators_of(&self, work: &Work) -> bool {
        let (Work::Init { values, .. }, Work::Reduce { values: reduced, .. }) = (&self.work, work) else {
            return false;
        };
        values == reduced
    }
}

impl Work {
    /// The expressions it computes, and the materialized node it must look into.
    pub(crate) fn starts(&self) -> (Vec<(NodeId, Index)>, Option<NodeId>) {
        match self {
            Work::Store { node, index, to } => {
                let inside = matches!(to, Destination::Value(_)).then_some(*node);
                (vec![(*node, index.clone())], inside)
            }
            Work::Reduce { from: From::Operands { operands, .. }, .. } | Work::Scan { operands, .. } => {
                (operands.clone(), None)
            }
            Work::Part { from, .. } => (vec![from.clone()], None),
            Work::Call { operand, .. } => (vec![operand.clone()], None),
            Work::Reduce { from: From::Values(..), .. } | Work::Spill { .. } | Work::Init { .. } => {
                (vec![], None)
            }
        }
    }

    /// The materialized values it reads.
    pub(crate) fn reads(&self, program: &Statements<'_>) -> Vec<ValueRead> {
        let (mut starts, inside) = self.starts();
        if let Work::Part { index, .. } = self {
            let lookups = index.iter().flat_map(|place| &place.lookups);
            starts.extend(lookups.map(|(lookup, _)| (lookup.node, lookup.at.clone())));
        }
        let mut reads = vec![];
        let mut read = |values: &[ValueId], index: &Index, reshaped: bool| {
            reads.extend(values.iter().map(|v| ValueRead { value: *v, index: index.clone(), reshaped }));
        };
        for memory in program.memory_reads(starts, inside) {
            let values = program.materialized[memory.node.index()].as_deref().unwrap_or_default();
            read(values, &memory.index, memory.reshaped);
        }
        match self {
            Work::Reduce { from: From::Values(values, index), .. } => read(values, index, false),
            Work::Spill { value, index } => read(&[*value], index, false),
            Work::Reduce { from: From::Operands { .. }, .. }
            | Work::Store { .. }
            | Work::Init { .. }
            | Work::Scan { .. }
            | Work::Call { .. }
            | Work::Part { .. } => {}
        }
        reads
    }

    /// How it reads a shared variable.
    fn state_reads(&self, program: &Statements<'_>, state: usize) -> Vec<Index> {
        let (starts, inside) = self.starts();
        let is_state = |node: NodeId| {
            let definition = &program.definitions[node.index()];
            matches!(definition, Definition::Source(Source::State(s)) if *s == state)
        };
        program.closure(starts, inside).into_iter().filter(|(n, _)| is_state(*n)).map(|(_, i)| i).collect()
    }
}

struct Cutter<'a, 'g> {
    program: &'a mut Statements<'g>,
    cut: &'a mut Cut,
    nest: NestPlace,
}

impl Cutter<'_, '_> {
    fn member(&mut self, member: &Member) {
        let statement = self.program.statements[member.statement].clone();
        let slots = slots(&statement, member);
        let placed = |index: &Index| {
            substitute(index, &|l| slots[l.number()].map_or(IndexExpr::zero(), IndexExpr::of))
        };
        let inner: Vec<InnerAxis> = member
            .inner
            .iter()
            .map(|axis| {
                let loops: Vec<_> = axis.iter().map(|l| &statement.loops[l.number()]).collect();
                (loops.iter().map(|l| &l.extent).product(), loops[0].kind == LoopKind::Sum)
            })
            .collect();
        let index = placed(&statement.index);
        match &statement.action {
            Action::Store { node, to } => self.store(*node, index, *to, extents(&inner)),
            Action::Reduce { node, operands, sums, values } => {
                let operands = operands.iter().map(|(n, i)| (*n, placed(i))).collect();
                let from = From::Operands { node: *node, operands, sums: placed(sums) };
                let reducer = self.program.reduction(*node).reducer.clone();
                if statement.matmul.is_some() {
                    return self.matmul_piece(from, reducer, values.clone(), index, &inner);
                }
                let is_sum = |l: &Loop| statement.loops[l.number()].kind == LoopKind::Sum;
                let over_rows = member.row.first().is_some_and(is_sum);
                self.reduction(from, reducer, values.clone(), index, inner, over_rows);
            }
            Action::Scan { node, operands, along, value } => {
                let operands = operands.iter().map(|(n, i)| (*n, placed(i))).collect();
                let along = slots[along.number()].expect("invariant: every loop has a slot").axis();
                self.scan(*node, operands, along, *value, index, &inner);
            }
            Action::Call { node, routine, operand: (operand, at), value } => {
                let (node, routine, value) = (*node, *routine, *value);
                let work = Work::Call { node, routine, operand: (*operand, placed(at)), value };
                let piece = self.cut.add(self.program, self.nest, extents(&inner), work);
                let origin = Origin { nest: self.nest, piece, index, scalar: false, pointwise: false };
                self.cut.made(&[value], &origin);
            }
            Action::Part { of, from: (node, at), add, value, .. } => {
                let (of, add, value) = (*of, add.clone(), *value);
                let work = Work::Part { of, from: (*node, placed(at)), add, value, index: index.clone() };
                let piece = self.cut.add(self.program, self.nest, extents(&inner), work);
                let origin = Origin { nest: self.nest, piece, index, scalar: false, pointwise: false };
                self.cut.made(&[value], &origin);
            }
        }
    }

    fn store(&mut self, node: NodeId, index: Index, to: Destination, axes: Vec<Dim>) {
        let scalar = axes.is_empty();
        let work = Work::Store { node, index: index.clone(), to };
        let piece = self.cut.add(self.program, self.nest, axes, work);
        if let Destination::Value(value) = to {
            let origin = Origin { nest: self.nest, piece, index, scalar, pointwise: true };
            self.cut.made(&[value], &origin);
        }
    }

    fn reduction(
        &mut self,
        mut from: From,
        mut reducer: Reducer,
        values: Vec<ValueId>,
        index: Index,
        mut inner: Vec<InnerAxis>,
        over_rows: bool,
    ) {
        loop {
            let Some((_, last_is_sum)) = inner.last() else {
                return self.reduce_piece(ReduceKind::Rows, from, reducer, values, index, &[]);
            };
            if !last_is_sum {
                return self.accumulate(from, reducer, values, index, &inner, over_rows);
            }
            let outer = &inner[..inner.len() - 1];
            if !over_rows && outer.iter().all(|(_, sum)| !sum) {
                return self.reduce_piece(ReduceKind::Last, from, reducer, values, index, &inner);
            }
            let row = self.cut.nests[self.nest].kind.rows().cloned();
            let row = row.expect("invariant: a reduction over several loops has rows");
            let axes = outer.iter().enumerate().map(|(i, (extent, _))| (Axis::Inner(i), extent.clone()));
            let axes: Vec<(Axis, Dim)> = std::iter::once((Axis::Row, row)).chain(axes).collect();
            let name = format!("part{}", outer.len());
            let (temporaries, at) = self.temporaries(&reducer.accumulators, axes, &values, &name);
            let merge = Reducer { step: reducer.merge.clone(), ..reducer.clone() };
            self.reduce_piece(ReduceKind::Last, from, reducer, temporaries.clone(), at.clone(), &inner);
            from = From::Values(temporaries, at);
            reducer = merge;
            inner.pop();
        }
    }

    fn scan(
        &mut self,
        node: NodeId,
        operands: Vec<(NodeId, Index)>,
        along: Axis,
        value: ValueId,
        index: Index,
        inner: &[InnerAxis],
    ) {
        let last = if inner.is_empty() { Axis::Row } else { Axis::Inner(inner.len() - 1) };
        let carry = (along != last).then(|| {
            let row = self.cut.nests[self.nest].kind.rows().cloned();
            let row = row.expect("invariant: a scan with several loops has rows");
            let axes = std::iter::once((Axis::Row, row))
                .chain(inner.iter().enumerate().map(|(i, (extent, _))| (Axis::Inner(i), extent.clone())))
                .filter(|(axis, _)| *axis != along);
            let accumulators = self.program.scan(node).scan.accumulators.clone();
            self.temporaries(&accumulators, axes.collect(), &vec![value; accumulators.len()], "carry")
        });
        let work = Work::Scan { node, operands, along, carry, value, index: index.clone() };
        let piece = self.cut.add(self.program, self.nest, extents(inner), work);
        let origin = Origin { nest: self.nest, piece, index, scalar: false, pointwise: false };
        self.cut.made(&[value], &origin);
    }

    fn accumulate(
        &mut self,
        from: From,
        reducer: Reducer,
        values: Vec<ValueId>,
        index: Index,
        inner: &[InnerAxis],
        over_rows: bool,
    ) {
        if over_rows {
            self.cut.nests[self.nest].before.push((reducer.clone(), values.clone()));
        } else {
            // The initial store has the result's axes alone, so they are numbered anew.
            let mut kept = 0..;
            let renumbered: Vec<Option<usize>> =
                inner.iter().map(|(_, sum)| if *sum { None } else { kept.next() }).collect();
            let to = substitute(&index, &|l| IndexExpr::of(l.renumbered(&renumbered)));
            let axes = inner.iter().filter(|(_, sum)| !sum).map(|(extent, _)| extent.clone()).collect();
            let work = Work::Init { reducer: reducer.clone(), values: values.clone(), index: to };
            self.cut.add(self.program, self.nest, axes, work);
        }
        self.reduce_piece(ReduceKind::Accumulate, from, reducer, values, index, inner);
    }

    /// The sum of a matmul: there as soon as its terms have run, for what else its epilogue does.
    fn matmul_piece(
        &mut self,
        from: From,
        reducer: Reducer,
        values: Vec<ValueId>,
        index: Index,
        inner: &[InnerAxis],
    ) {
        let axes = extents(&inner[..inner.len() - 1]);
        let kind = ReduceKind::Matmul;
        let work = Work::Reduce { kind, from, reducer, values: values.clone(), index: index.clone() };
        let piece = self.cut.add(self.program, self.nest, axes, work);
        self.cut.made(&values, &Origin { nest: self.nest, piece, index, scalar: false, pointwise: true });
    }

    fn reduce_piece(
        &mut self,
        kind: ReduceKind,
        from: From,
        reducer: Reducer,
        values: Vec<ValueId>,
        index: Index,
        inner: &[InnerAxis],
    ) {
        if kind == ReduceKind::Rows {
            // A total is 0-d, whatever axes of size 1 its node has.
            for value in &values {
                self.program.values[value.0].shape.clear();
            }
        }
        let work = Work::Reduce { kind, from, reducer, values: values.clone(), index: index.clone() };
        let piece = self.cut.add(self.program, self.nest, extents(inner), work);
        let scalar = kind == ReduceKind::Last && inner.len() == 1;
        self.cut.made(&values, &Origin { nest: self.nest, piece, index, scalar, pointwise: false });
    }

    /// Values for accumulators: one for each row and each iteration of these axes.
    fn temporaries(
        &mut self,
        dtypes: &[DType],
        axes: Vec<(Axis, Dim)>,
        of: &[ValueId],
        what: &str,
    ) -> (Vec<ValueId>, Index) {
        let index = axes.iter().map(|(axis, _)| IndexExpr::of(Loop::slot(*axis, 0))).collect();
        let shape: Vec<Dim> = axes.into_iter().map(|(_, extent)| extent).collect();
        let values = dtypes
            .iter()
            .zip(of)
            .map(|(dtype, of)| {
                let name = format!("{}_{what}", self.program.values[of.0].name);
                let why = self.program.values[of.0].why;
                self.program.values.push(Value {
                    dtype: *dtype,
                    shape: shape.clone(),
                    name,
                    output: None,
                    why,
                });
                ValueId(self.program.values.len() - 1)
            })
            .collect();
        (values, index)
    }
}

fn extents(inner: &[InnerAxis]) -> Vec<Dim> {
    inner.iter().map(|(extent, _)| extent.clone()).collect()
}
