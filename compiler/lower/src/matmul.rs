//! Which reductions are matmuls, and how they are cut for registers and caches.
//!
//! The tile and blocks follow Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM
//! TOMS 34(3), 2008: a tile of sums stays in registers, the right matrix's part of a block in the
//! second-level cache, and both are read one after the other. Matmuls that other loops serve better, of few
//! columns or few sums, stay nests.

use tgc_graph::dim::{Dim, Symbols};
use tgc_graph::graph::{Graph, NodeId};
use tgc_plan::machine::{Machine, MatmulTuning, Tuning};
use tgc_plan::{Access, Axis, Blocking, BufferId, Matmul, Pack, Parallel, RegisterTile};

use crate::classify::{Definition, Operand, ReductionDefinition};
use crate::loops::{
    Index, IndexExpr, Loop, LoopInfo, LoopKind, compose, flat, guess, is_contiguous, loops_of,
};

/// What a matmul keeps in scratch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scratch {
    Left,
    Right,
    Sums,
    /// Of a routine.
    Routine,
}

/// The loops of a matmul: each entry walks all memory as one loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MatmulLoops {
    /// The operand whose rows are the rows.
    pub left: usize,
    /// Loops around the matrices, outermost first.
    pub batch: Vec<Vec<Loop>>,
    pub rows: Vec<Loop>,
    pub columns: Vec<Loop>,
    pub terms: Vec<Loop>,
}

impl MatmulLoops {
    /// The loops, if a reduction is a matmul. Loops are numbered as those of its statement.
    pub(crate) fn of(graph: &Graph, definitions: &[Definition], id: NodeId) -> Option<MatmulLoops> {
        let reduction = definitions[id.index()].as_reduction().filter(|reduction| reduction.multiplies)?;
        let shape = &graph.ty(id).shape;
        let (loops, index) = loops_of(shape, &reduction.sums);
        let operands: Vec<IndexExpr> =
            reduction.operands.iter().map(|o| in_memory(graph, definitions, o, &index).1).collect();
        let result = flat(shape, &index[..shape.len()].to_vec());
        // A reduction that is not finished has accumulators in memory, not elements.
        let holds_elements = |o: &Operand| {
            let (base, _) = in_memory(graph, definitions, o, &index);
            definitions[base.index()].as_reduction().is_none_or(ReductionDefinition::is_finished)
        };
        let is_affine = operands.iter().all(|place| place.lookups.is_empty());
        if !is_affine || !reduction.operands.iter().all(holds_elements) {
            return None;
        }
        let matmul = Classes { loops: &loops, operands: &operands, result: &result }.matmul()?;
        is_worthwhile(&matmul, &loops, &Machine::ORDER.tuning.matmul).then_some(matmul)
    }

    /// All loops in the order of the axes of a matmul.
    pub(crate) fn axes(&self) -> Vec<Vec<Loop>> {
        let matrices = [&self.rows, &self.columns, &self.terms];
        self.batch.iter().chain(matrices).cloned().collect()
    }
}

fn is_worthwhile(matmul: &MatmulLoops, loops: &[LoopInfo], least: &MatmulTuning) -> bool {
    let extent = |group: &[Loop]| -> Dim { group.iter().map(|l| &loops[l.number()].extent).product() };
    let matrices = [&matmul.rows, &matmul.columns, &matmul.terms].map(|group| extent(group).as_const());
    let all = matrices.iter().try_fold(1i64, |all, extent| Some(all.saturating_mul((*extent)?)));
    matrices[1].is_none_or(|columns| columns >= least.columns)
        && all.is_none_or(|all| all >= least.multiplications)
}

/// What the operands of a matmul are read from, behind views: the node in memory, and the place in it.
pub(crate) fn in_memory(
    graph: &Graph,
    definitions: &[Definition],
    operand: &Operand,
    index: &Index,
) -> (NodeId, IndexExpr) {
    let (mut node, mut index) = (operand.node, compose(index, &operand.axes));
    while let Definition::Inline { program: None, operands } = &definitions[node.index()] {
        index = compose(&index, &operands[0].axes);
        node = operands[0].node;
    }
    let place = flat(&graph.ty(node).shape, &index);
    while let Definition::Reshape(operand) = &definitions[node.index()] {
        node = *operand;
    }
    (node, place)
}

/// The loops of a reduction by where they lead.
struct Classes<'a> {
    loops: &'a [LoopInfo],
    operands: &'a [IndexExpr],
    result: &'a IndexExpr,
}

impl Classes<'_> {
    fn matmul(&self) -> Option<MatmulLoops> {
        let [both, first, second] = [[true, true], [true, false], [false, true]];
        let of = |kind, uses| self.groups(kind, uses);
        let sums = self.loops.iter().filter(|l| l.kind == LoopKind::Sum).count();
        let terms = of(LoopKind::Sum, both);
        let ([terms], true) = (terms.as_slice(), terms.iter().flatten().count() == sums) else { return None };
        let results = self.loops.len() - sums;
        let batch = of(LoopKind::Result, both);
        let sides = [of(LoopKind::Result, first), of(LoopKind::Result, second)];
        let found = batch.iter().chain(sides.iter().flatten()).flatten().count();
        // Columns are what lies side by side in the result.
        let nearest = |groups: &[Vec<Loop>]| groups.iter().position(|group| self.is_near(group));
        let (left, column) = match (nearest(&sides[0]), nearest(&sides[1])) {
            (_, Some(column)) => (0, column),
            (Some(column), None) => (1, column),
            (None, None) => return None,
        };
        let [mut rows, mut columns] = [sides[left].clone(), sides[1 - left].clone()];
        if found != results || rows.is_empty() {
            return None;
        }
        let columns_group = columns.remove(column);
        let rows_group = rows.pop().expect("invariant: there are rows");
        let mut around: Vec<Vec<Loop>> = [batch, rows, columns].concat();
        around.sort();
        Some(MatmulLoops {
            left,
            batch: around,
            rows: rows_group,
            columns: columns_group,
            terms: terms.clone(),
        })
    }

    /// The loops of a kind that move just these operands; neighbours that walk all memory as one come as one.
    fn groups(&self, kind: LoopKind, moves: [bool; 2]) -> Vec<Vec<Loop>> {
        let mut groups: Vec<Vec<Loop>> = vec![];
        for l in (0..self.loops.len()).map(Loop::new) {
            let moved = [0, 1].map(|o: usize| self.operands[o].depends_on(l));
            if self.loops[l.number()].kind != kind || moved != moves {
                continue;
            }
            match groups.last_mut() {
                Some(group) if self.are_one(*group.last().expect("invariant: groups are not empty"), l) => {
                    group.push(l);
                }
                _ => groups.push(vec![l]),
            }
        }
        groups
    }

    fn are_one(&self, outer: Loop, inner: Loop) -> bool {
        let extent = &self.loops[inner.number()].extent;
        self.operands.iter().chain([self.result]).all(|place| is_contiguous(place, outer, inner, extent))
    }

    /// Whether the next element of a result lies beside.
    fn is_near(&self, group: &[Loop]) -> bool {
        group.last().is_some_and(|l| self.result.stride(*l).is_one())
    }
}

/// The nodes that matmuls need in memory.
pub(crate) fn needed_in_memory(graph: &Graph, definitions: &[Definition]) -> Vec<NodeId> {
    let matmuls = graph.ids().filter(|id| MatmulLoops::of(graph, definitions, *id).is_some());
    let operands = matmuls.flat_map(|id| {
        let reduction = definitions[id.index()].as_reduction().expect("invariant: a matmul is a reduction");
        let (_, index) = loops_of(&graph.ty(id).shape, &reduction.sums);
        reduction.operands.iter().map(move |o| in_memory(graph, definitions, o, &index).0)
    });
    operands.collect()
}

impl ReductionDefinition {
    /// The tile that registers of a machine hold.
    pub(crate) fn tile(&self, machine: &Machine) -> RegisterTile {
        tile_of(machine, self.reducer.accumulators[0].bytes())
    }
}

/// The tile of elements of so many bytes.
fn tile_of(machine: &Machine, bytes: usize) -> RegisterTile {
    const VECTORS: u32 = 2;
    let lanes = machine.lanes(bytes);
    // A row of the right matrix and an element of the left one want registers too.
    let rows = (machine.vector_registers - VECTORS - 1) / VECTORS;
    RegisterTile { mr: rows.min(12) & !1, nr: VECTORS * lanes, lanes }
}

/// Blocks for caches, no larger than the matmul.
///
/// A K block of a panel of the right matrix takes half of the first-level cache of [`Machine::ORDER`]; where
/// vectors are twice as wide, panels are, and tiles of twice as many rows load them half as often. Each
/// block of rows reads all of the right matrix: one that does not stay in the second-level cache is read
/// seldom, for left parts of up to half that cache, one that does for parts that nearly stay in the first.
/// The right matrix's part is copied once and for all if its terms are known and it is not too large for a
/// cache behind those; else the copy of a K block takes half of the second.
pub(crate) fn blocks(
    tile: RegisterTile,
    extents: [&Dim; 3],
    bytes: usize,
    symbols: &Symbols,
    machine: &Machine,
) -> Blocking {
    let whole = |n: i64, of: u32| n.div_euclid(i64::from(of)).max(1) * i64::from(of);
    let up = |n: i64, of: u32| whole(n.saturating_add(i64::from(of) - 1), of);
    let [rows, columns, all_terms] = extents.map(|dim| most(dim, symbols));
    let bytes = bytes as i64;
    let (l1, l2) = (i64::from(machine.l1_bytes), i64::from(machine.l2_bytes));
    // The terms that add up in one go are the same on every machine.
    let order = tile_of(&Machine::ORDER, bytes as usize);
    let in_cache = (i64::from(Machine::ORDER.l1_bytes) / 2 / (i64::from(order.nr) * bytes)).max(1);
    let k_blocks = all_terms.saturating_add(in_cache / 2 - 1) / in_cache;
    let kc = match extents[2].as_const() {
        // K blocks of equal size; a small remainder makes the others larger.
        Some(all) => all.div_euclid(k_blocks.max(1)) + i64::from(all % k_blocks.max(1) != 0),
        None => in_cache.min(all_terms),
    };
    let far = i64::from(machine.last_cache_bytes);
    let fits = |terms: i64| terms.saturating_mul(i64::from(tile.nr) * bytes) <= far;
    let (packed_k, room) = match extents[2].as_const().filter(|all| fits(*all)) {
        Some(all) => (all.max(1), far),
        None => (kc, l2 / 2),
    };
    let is_right_large = is_right_large([extents[1], extents[2]], bytes, symbols, machine);
    let left_bytes = if is_right_large { l2 / 2 } else { 2 * l1 };
    // Each chunk has scratch for a block, and of unknown rows chunks may be many.
    let most_rows = machine.tuning.matmul.block_rows / if extents[0].as_const().is_some() { 1 } else { 2 };
    let block_rows = (left_bytes / (in_cache * bytes)).min(most_rows);
    // Blocks of equal size, rather than a small last one.
    let even = |all: i64, most: i64, of: u32| match all.checked_add(most - 1) {
        Some(up_to) => up((all - 1) / (up_to / most) + 1, of),
        None => most,
    };
    Blocking {
        mc: even(rows, whole(block_rows, tile.mr), tile.mr),
        nc: even(columns, whole(room / (packed_k * bytes), tile.nr), tile.nr),
        kc: kc.max(1),
        packed_k,
    }
}

/// Whether the right matrix, of so many columns and terms, may take more than half of the second-level cache.
fn is_right_large(extents: [&Dim; 2], bytes: i64, symbols: &Symbols, machine: &Machine) -> bool {
    let [columns, terms] = extents.map(|dim| most(dim, symbols));
    columns.saturating_mul(terms).saturating_mul(bytes) > i64::from(machine.l2_bytes) / 2
}

/// The most that a size may be, and at least 1.
fn most(dim: &Dim, symbols: &Symbols) -> i64 {
    i64::try_from(dim.bounds(symbols).max).unwrap_or(i64::MAX).max(1)
}

/// The rows of a chunk, if there are some for two. Where each chunk copies the right matrix for itself, or
/// reads more of it than a cache holds, it must have rows enough to make up for it.
fn parallel(matmul: &Matmul, is_right_large: bool, symbols: &Symbols, tuning: &Tuning) -> Option<Parallel> {
    let tile = i64::from(matmul.tile.mr);
    let [rows, columns, terms] = matmul.extents();
    let a_row = guess(columns, symbols).saturating_mul(guess(terms, symbols));
    let copies = matmul.pack_right.is_some_and(|pack| pack.least.is_some()) && !matmul.shares_right();
    let least = if copies { 40 } else { 4 } * tile;
    let block = matmul.blocks.mc.min(guess(rows, symbols) / tuning.matmul.chunks);
    let least = if is_right_large { least.max(block) } else { least };
    let needed = (tuning.chunk_instructions / a_row.max(1) + 1).max(least);
    let rows_per_chunk = needed.saturating_add(tile - 1) / tile * tile;
    let is_small = rows.as_const().is_some_and(|n| n < 2 * rows_per_chunk);
    (matmul.batch() == 0 && !is_small).then_some(Parallel { rows_per_chunk })
}

/// Decides which parts of blocks are copied before they are multiplied, and asks for scratch.
///
/// The right matrix is read a row of a tile at a time and wants its columns side by side; the left one is
/// read term by term in as many streams as a tile has rows. Copies pay if they are read often enough, for
/// what is larger than a cache or lies apart.
pub(crate) fn choose_packs(
    matmul: &mut Matmul,
    machine: &Machine,
    bytes: usize,
    symbols: &Symbols,
    scratch: &mut dyn FnMut(Scratch, Vec<Dim>) -> BufferId,
) {
    let known = |dim: &Dim| dim.as_const().unwrap_or(i64::MAX);
    let [rows, columns, terms] = matmul.extents().map(known);
    let bytes_of = |a: i64, b: i64| a.saturating_mul(b).saturating_mul(bytes as i64);
    let is_apart = |access: &Access, axis: Axis| access.stride(axis).is_none_or(|stride| !stride.is_one());
    let right_apart = is_apart(&matmul.right, matmul.column_axis());
    let right_large = bytes_of(terms, columns) > i64::from(machine.l1_bytes);
    let left_apart = is_apart(&matmul.left, matmul.term_axis());
    let left_large = bytes_of(rows, terms) > i64::from(machine.l2_bytes) / 2;
    let sticks_out = columns % i64::from(matmul.tile.nr) != 0 || columns == i64::MAX;

    let copied = |wanted: bool, others: i64, least: i64| wanted && others >= least;
    // A cache line holds the elements of several rows, and few lines stay in the first-level cache.
    let left_apart = left_apart && terms > machine.tuning.matmul.unpacked_terms;
    let least_left = if left_apart { 4 } else { 8 } * i64::from(matmul.tile.nr);
    let packs_left = copied(left_apart || left_large, columns, least_left);
    let least_right = if right_apart { 0 } else { 20 * i64::from(matmul.tile.mr) };
    let packs_right = copied(right_apart || right_large, rows, least_right);

    let unknown = Pack { buffer: BufferId(u32::MAX), least: None };
    matmul.pack_left = packs_left.then_some(Pack { least: Some(least_left), ..unknown });
    matmul.pack_right =
        (packs_right || sticks_out).then_some(Pack { least: packs_right.then_some(least_right), ..unknown });
    // Scratch comes in the order in which a matmul lists it.
    let [_, all_columns, all_terms] = matmul.extents();
    let is_right_large = is_right_large([all_columns, all_terms], bytes as i64, symbols, machine);
    matmul.parallel = parallel(matmul, is_right_large, symbols, &machine.tuning);
    let shapes: Vec<Vec<Dim>> = matmul.scratch(symbols).into_iter().map(|(_, shape)| shape).collect();
    let mut shapes = shapes.into_iter();
    let mut next = |what| scratch(what, shapes.next().expect("invariant: all scratch is listed"));
    if let Some(pack) = &mut matmul.pack_left {
        pack.buffer = next(Scratch::Left);
    }
    if let Some(pack) = &mut matmul.pack_right {
        pack.buffer = next(Scratch::Right);
    }
    matmul.sums = next(Scratch::Sums);
}
