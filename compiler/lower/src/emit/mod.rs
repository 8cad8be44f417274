//! From pieces to steps: values get row values or buffers, blocks get programs and sinks.

pub(crate) mod call;
pub(crate) mod inline;

use std::collections::BTreeMap;

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::NodeId;
use tgc_plan::machine::Machine;
use tgc_plan::{
    Access, Apart, Axis, Block, BufferId, Call, IndexCheck, Indirect, Matmul, Nest, Provenance, Reducer,
    RowId, Sink, Step, Target, Tensor,
};
use tgc_scalar::{Element, Program};

use crate::classify::Operand;
use crate::cut::{Cut, CutNest, From, Piece, ReduceKind, Work};
use crate::fuse::NestKind;
use crate::ids::{BlockId, NestPlace};
use crate::loops::{Index, IndexExpr, Loop, flat};
use crate::materialize::{Destination, Statements, ValueId};
use crate::matmul::{self, MatmulLoops, Scratch};
use crate::memory::{BufferKey, Buffers};
use crate::names::Names;
use inline::BlockProgram;

/// Which values rows hold, and which lie in buffers.
#[derive(Debug)]
struct Homes {
    row: Vec<bool>,
    buffer: Vec<bool>,
}

/// The steps of a function, updates not yet in place.
pub(crate) fn emit(
    program: &Statements<'_>,
    cut: &mut Cut,
    buffers: &mut Buffers,
    machine: &Machine,
) -> Vec<Step> {
    let homes = homes(program, cut);
    spill(program, cut, &homes);
    let mut steps = vec![];
    let mut round = 0;
    for nest in (0..cut.nests.len()).map(NestPlace) {
        while round < cut.nests[nest].round {
            check_indices(program, round, buffers, &mut steps);
            round += 1;
        }
        let emitter = Emitter { program, cut, homes: &homes, buffers, nest };
        match &cut.nests[nest].kind {
            NestKind::Matmul(loops) => {
                steps.push(Step::Matmul(Box::new(emitter.matmul(loops, machine))));
            }
            NestKind::Call => steps.push(Step::Call(emitter.call())),
            NestKind::Once | NestKind::Rows(_) => {
                let (before, main) = emitter.nest();
                steps.extend(before.into_iter().chain([main]).map(Step::Nest));
            }
        }
    }
    steps
}

/// The checks after a round.
fn check_indices(program: &Statements<'_>, round: usize, buffers: &mut Buffers, steps: &mut Vec<Step>) {
    for constraint in &program.checks[round] {
        let base = program.in_memory(constraint.node);
        let key = BufferKey::of_node(program, base);
        let Names { index, data, axis, place } = constraint.names.clone();
        steps.push(Step::Check(IndexCheck {
            index: buffers.get(program, key, Some(base)),
            extent: constraint.extent.clone(),
            index_name: index,
            data_name: data,
            axis,
            place,
        }));
    }
}

/// Decides which values rows hold and which lie in memory.
fn homes(program: &Statements<'_>, cut: &Cut) -> Homes {
    let mut homes =
        Homes { row: vec![false; program.values.len()], buffer: vec![false; program.values.len()] };
    for (value, origin) in cut.origins.iter().enumerate() {
        let Some(origin) = origin else { continue };
        homes.buffer[value] = program.values[value].output.is_some();
        if !origin.pointwise {
            homes.row[value] = origin.scalar;
            homes.buffer[value] |= !origin.scalar;
        }
    }
    // An index into an axis of one element is checked though nothing is read at it.
    for constraint in program.checks.iter().flatten() {
        if let Some(values) = &program.materialized[program.in_memory(constraint.node).index()] {
            homes.buffer[values[0].0] = true;
        }
    }
    for (at, nest) in cut.nests.iter().enumerate() {
        for piece in &nest.pieces {
            for read in piece.work.reads(program) {
                let value = read.value;
                let origin = cut.origins[value.0].as_ref().expect("invariant: values that are read are made");
                let in_nest = origin.nest == NestPlace(at);
                let here = in_nest && nest.pieces[origin.piece].block == piece.block;
                if here && read.is_made_at_once(origin) {
                    continue;
                }
                if in_nest && origin.scalar {
                    homes.row[value.0] = true;
                } else {
                    homes.buffer[value.0] = true;
                }
            }
        }
    }
    homes
}

/// Adds stores for reduced values that a row holds and others need in memory.
fn spill(program: &Statements<'_>, cut: &mut Cut, homes: &Homes) {
    for value in (0..program.values.len()).map(ValueId) {
        let Some(origin) = &cut.origins[value.0] else { continue };
        if origin.scalar && !origin.pointwise && homes.buffer[value.0] {
            let (nest, index) = (origin.nest, origin.index.clone());
            cut.add(program, nest, vec![], Work::Spill { value, index });
        }
    }
}

/// An accumulator and the bits it starts with.
type Initial = (ValueId, [u64; 2]);

struct Emitter<'a, 'g> {
    program: &'a Statements<'g>,
    cut: &'a Cut,
    homes: &'a Homes,
    buffers: &'a mut Buffers,
    nest: NestPlace,
}

impl Emitter<'_, '_> {
    /// The nests that set accumulators, and the nest.
    fn nest(mut self) -> (Vec<Nest>, Nest) {
        let cut = &self.cut.nests[self.nest];
        let before = self.before(&cut.before);
        let provenance = self.provenance();
        let rows: BTreeMap<ValueId, RowId> = (0..self.program.values.len())
            .filter(|v| {
                self.homes.row[*v] && self.cut.origins[*v].as_ref().is_some_and(|o| o.nest == self.nest)
            })
            .enumerate()
            .map(|(row, value)| (ValueId(value), RowId(row as u32)))
            .collect();
        let blocks = (0..cut.blocks.len())
            .map(BlockId)
            .map(|block| {
                let pieces = cut.pieces.iter().filter(|p| p.block == block);
                self.block(&cut.blocks[block], pieces, &rows)
            })
            .collect();
        let row_values = rows.keys().map(|v| self.program.values[v.0].dtype).collect();
        let extent = cut.kind.rows().cloned();
        (before, Nest { extent, rows: 1, parallel: None, row_values, blocks, provenance })
    }

    /// The matmul that the first piece sums, and all pieces as its epilogue.
    fn matmul(mut self, loops: &MatmulLoops, machine: &Machine) -> Matmul {
        let CutNest { pieces, blocks, .. } = &self.cut.nests[self.nest];
        let [axes] = blocks.as_slice() else { unreachable!("invariant: an epilogue is one block") };
        let Work::Reduce { from: From::Operands { node, operands, sums }, reducer, .. } = &pieces[0].work
        else {
            unreachable!("invariant: a matmul comes first in its nest")
        };
        let (definition, symbols) = (self.program.reduction(*node), &self.program.graph.scope.symbols);
        let mut axes = axes.clone();
        let epilogue = self.block(&axes, pieces.iter(), &BTreeMap::new());
        axes.push(definition.sums.iter().product());
        debug_assert_eq!(sums.len(), definition.sums.len());
        let [left, right] = [loops.left, 1 - loops.left].map(|which| self.operand(&operands[which]));
        let (tile, dtype) = (definition.tile(machine), reducer.accumulators[0]);
        let extents = axes[axes.len() - 3..].iter().collect::<Vec<_>>();
        let blocks =
            matmul::blocks(tile, [extents[0], extents[1], extents[2]], dtype.bytes(), symbols, machine);
        let mut matmul = Matmul {
            axes,
            left,
            right,
            reducer: self.program.calls.legalize_reducer(reducer),
            tile,
            blocks,
            parallel: None,
            pack_left: None,
            pack_right: None,
            sums: BufferId(u32::MAX),
            epilogue: Block { lanes: tile.nr, ..epilogue },
            provenance: self.provenance(),
        };
        matmul::choose_packs(&mut matmul, machine, dtype.bytes(), symbols, &mut |what, shape| {
            self.buffers.scratch(*node, what, dtype, shape)
        });
        matmul
    }

    /// The routine that the only piece calls, on the rows of an operand that lies in memory.
    fn call(self) -> Call {
        let [Piece { work: Work::Call { node, routine, operand: (operand, _), value }, .. }] =
            self.cut.nests[self.nest].pieces.as_slice()
        else {
            unreachable!("invariant: a call is alone in its nest")
        };
        let (node, routine, operand, value) = (*node, *routine, *operand, *value);
        let ty = self.program.graph.ty(operand);
        let (length, outer) = ty.shape.split_last().expect("invariant: a routine's operand has rows");
        let provenance = self.provenance();
        let base = self.program.in_memory(operand);
        let key = BufferKey::of_node(self.program, base);
        let from = self.buffers.get(self.program, key, Some(base));
        let to = self.buffers.get(self.program, BufferKey::of_value(self.program, value), Some(node));
        let bytes = vec![routine.scratch_bytes(ty.dtype, length)];
        let scratch = self.buffers.scratch(node, Scratch::Routine, DType::U8, bytes);
        Call { routine, rows: outer.iter().product(), length: length.clone(), from, to, scratch, provenance }
    }

    /// What the nest computes, and why it is apart from others.
    fn provenance(&self) -> Provenance {
        let nest = &self.cut.nests[self.nest];
        let names = |nest| self.tensors(nest).into_iter().map(|tensor| tensor.name).collect();
        let apart = nest.apart.iter().map(|separation| Apart {
            from: names(separation.from),
            why: separation.why,
            after: separation.after.map_or(vec![], names),
        });
        Provenance { tensors: self.tensors(self.nest), apart: apart.collect() }
    }

    /// The tensors that a nest computes, each once.
    fn tensors(&self, nest: NestPlace) -> Vec<Tensor> {
        let graph = self.program.graph;
        let mut tensors: Vec<Tensor> = vec![];
        for statement in self.cut.nests[nest].statements.iter().map(|s| &self.program.statements[*s]) {
            let node = self.program.result(statement);
            let (name, materialized) = self.buffers.name_of(self.program, statement);
            let (op, origin) = (graph.op(node).name(), graph.node(node).origin.clone());
            if !tensors.iter().any(|tensor| tensor.name == name) {
                tensors.push(Tensor { name, op, origin, materialized });
            }
        }
        tensors
    }

    /// Where the elements of a matmul's operand lie.
    fn operand(&mut self, (node, index): &(NodeId, Index)) -> Access {
        let operand = Operand {
            node: *node,
            axes: (0..index.len()).map(|axis| IndexExpr::of(Loop::new(axis))).collect(),
        };
        let (base, place) = matmul::in_memory(self.program.graph, &self.program.definitions, &operand, index);
        let key = BufferKey::of_node(self.program, base);
        let buffer = self.buffers.get(self.program, key, Some(base));
        Access { buffer, strides: place.strides(), offset: place.offset }
    }

    /// One nest for each size of accumulators.
    fn before(&mut self, sets: &[(Reducer, Vec<ValueId>)]) -> Vec<Nest> {
        let mut by_size: Vec<(Dim, Vec<Initial>)> = vec![];
        for (reducer, values) in sets {
            for (value, init) in values.iter().zip(&reducer.init) {
                let size: Dim = self.program.values[value.0].shape.iter().product();
                match by_size.iter_mut().find(|(s, _)| *s == size) {
                    Some((_, same)) => same.push((*value, *init)),
                    None => by_size.push((size, vec![(*value, *init)])),
                }
            }
        }
        let none = BTreeMap::new();
        by_size
            .into_iter()
            .map(|(size, values)| {
                let mut block = BlockProgram::new(self.program, self.buffers, &none);
                let mut sinks = vec![];
                for (value, init) in values {
                    let element = block.constant(self.program.values[value.0].dtype, init);
                    let buffer = block.access(value, &vec![]).buffer;
                    let strides = vec![(Axis::Row, Dim::Const(1))];
                    let to = Access { buffer, strides, offset: Dim::Const(0) };
                    sinks.push(Sink::Store { result: block.result(element), to });
                }
                let (reads, program) = block.finish(&mut sinks);
                let blocks = vec![Block {
                    axes: vec![],
                    lanes: 1,
                    fission: None,
                    reads,
                    joins_rows: false,
                    prefetch: None,
                    program,
                    sinks,
                }];
                let provenance = Provenance { apart: vec![], ..self.provenance() };
                Nest { extent: Some(size), rows: 1, parallel: None, row_values: vec![], blocks, provenance }
            })
            .collect()
    }

    fn block<'p>(
        &mut self,
        axes: &[Dim],
        pieces: impl Iterator<Item = &'p Piece>,
        rows: &BTreeMap<ValueId, RowId>,
    ) -> Block {
        let mut block = BlockProgram::new(self.program, self.buffers, rows);
        let mut sinks = vec![];
        for piece in pieces {
            emit_piece(self.program, self.homes, &mut block, piece, rows, &mut sinks);
        }
        let (reads, program) = block.finish(&mut sinks);
        Block {
            axes: axes.to_vec(),
            lanes: 1,
            fission: None,
            reads,
            joins_rows: false,
            prefetch: None,
            program,
            sinks,
        }
    }
}

fn emit_piece(
    program: &Statements<'_>,
    homes: &Homes,
    block: &mut BlockProgram<'_, '_>,
    piece: &Piece,
    rows: &BTreeMap<ValueId, RowId>,
    sinks: &mut Vec<Sink>,
) {
    let (starts, inside) = piece.work.starts();
    let elements = block.elements(&starts, inside);
    match &piece.work {
        Work::Store { node, index, to } => {
            let key = match to {
                Destination::Value(value) => {
                    if homes.row[value.0] {
                        sinks.push(Sink::Row { result: block.result(elements[0]), row: rows[value] });
                    }
                    if !homes.buffer[value.0] {
                        return;
                    }
                    BufferKey::of_value(program, *value)
                }
                Destination::Output(output) => BufferKey::Output(*output),
                Destination::State(state) => BufferKey::Update(*state),
            };
            let to = block.access_to(key, *node, index);
            sinks.push(Sink::Store { result: block.result(elements[0]), to });
        }
        Work::Spill { value, index } => {
            let element = block.value_at(*value, index);
            let to = block.access(*value, index);
            sinks.push(Sink::Store { result: block.result(element), to });
        }
        Work::Init { reducer, values, index } => {
            for (i, value) in values.iter().enumerate() {
                let element = block.constant(reducer.accumulators[i], reducer.init[i]);
                let to = block.access(*value, index);
                sinks.push(Sink::Store { result: block.result(element), to });
            }
        }
        Work::Part { of, add, value, index, .. } => {
            let result = block.result(elements[0]);
            let to = block.indirect(*value, index);
            sinks.push(part_sink(
                program.graph.ty(*of).dtype,
                result,
                to,
                add.as_ref().map(|add| program.calls.legalize(add)),
            ));
        }
        Work::Call { .. } => unreachable!("invariant: a call is a step, no part of a block"),
        Work::Scan { node, along, carry, value, index, .. } => {
            let results = elements.iter().map(|e| block.result(*e)).collect();
            let carry = carry.iter().flat_map(|(values, at)| values.iter().map(move |v| (*v, at)));
            let carry = carry.map(|(v, at)| block.access(v, at)).collect();
            let (scan, to) =
                (program.calls.legalize_scan(&program.scan(*node).scan), block.access(*value, index));
            sinks.push(Sink::Scan { scan, results, along: *along, carry, to });
        }
        Work::Reduce {
            kind: ReduceKind::Matmul, from: From::Operands { node, .. }, values, index, ..
        } => {
            let sum = block.sum(*node, index, program.values[values[0].0].dtype);
            if homes.buffer[values[0].0] {
                let to = block.access(values[0], index);
                sinks.push(Sink::Store { result: block.result(sum), to });
            }
        }
        Work::Reduce { .. } => sinks.push(reduce_sink(program, block, &piece.work, elements, rows)),
    }
}

/// Reduces elements, or values that were reduced before.
fn reduce_sink(
    program: &Statements<'_>,
    block: &mut BlockProgram<'_, '_>,
    work: &Work,
    elements: Vec<Element>,
    rows: &BTreeMap<ValueId, RowId>,
) -> Sink {
    let Work::Reduce { kind, from, reducer, values, index } = work else {
        unreachable!("invariant: a reduction")
    };
    let reduced = match from {
        From::Operands { node, sums, .. } => {
            let definition = program.reduction(*node);
            let position = definition.indexed.then(|| block.number(&flat(&definition.sums, sums)));
            let arguments: Vec<_> = elements.into_iter().chain(position).collect();
            block.apply(&definition.program, &arguments)
        }
        From::Values(values, index) => values.iter().map(|v| block.value_at(*v, index)).collect(),
    };
    let results = reduced.into_iter().map(|e| block.result(e)).collect();
    let reducer = program.calls.legalize_reducer(reducer);
    let mut accesses = values.iter().map(|v| (*v, block.access(*v, index)));
    match kind {
        ReduceKind::Matmul => unreachable!("invariant: a matmul reductions its operands"),
        ReduceKind::Accumulate => {
            Sink::Accumulate { reducer, results, to: accesses.map(|(_, to)| to).collect() }
        }
        ReduceKind::Rows => {
            Sink::ReduceRows { reducer, results, to: accesses.map(|(_, to)| to.buffer).collect() }
        }
        ReduceKind::Last => {
            let target = |(v, to): (ValueId, Access)| match rows.get(&v) {
                Some(row) => Target::Row(*row),
                None => Target::Buffer(to),
            };
            let to = accesses.by_ref().map(target).collect();
            Sink::Reduce { reducer, results, to, prereduction: None }
        }
    }
}

/// Writes an element into a part, or adds it to what is there.
fn part_sink(dtype: DType, result: usize, to: Indirect, add: Option<Program>) -> Sink {
    match (to.indices.is_empty(), add) {
        (false, add) => Sink::Scatter { result, to, add },
        (true, None) => Sink::Store { result, to: to.access },
        (true, Some(add)) => {
            let init = vec![[0, 0]];
            let reducer = Reducer { accumulators: vec![dtype], init, step: add.clone(), merge: add };
            Sink::Accumulate { reducer, results: vec![result], to: vec![to.access] }
        }
    }
}
