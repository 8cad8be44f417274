//! What the segments of a fissioned program compute, and where values are spilled between them.
//!
//! A value is spilled if a later segment needs it, unless making it again is as good: constants, parameters,
//! and what is the same in every iteration are made again by each segment that needs them. SpillSlots are
//! reused as soon as the last segment that needs a value has run; a segment may put a value where it has just
//! taken another from, since it does both for one tile at a time.

use tgc_scalar::{Inst, Program, Value};

use crate::{Block, Fission};

/// A fissioned program as a back end follows it. Instructions are named by their index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// In order.
    pub segments: Vec<Segment>,
    /// Where each instruction's value is spilled, in bytes from the start of a chunk's slice; `None` if it
    /// does not.
    pub slots: Vec<Option<u64>>,
    /// Bytes of a slice, a multiple of 64.
    pub bytes: u64,
}

/// What one segment does for an iteration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Values that it takes from where they were spilled.
    pub loads: Vec<usize>,
    /// Instructions that it runs, ascending.
    pub runs: Vec<usize>,
    /// Values that it spills for later segments.
    pub stores: Vec<usize>,
}

impl Fission {
    /// What the segments of the block's program do.
    pub fn schedule(&self, block: &Block) -> Schedule {
        let program = &block.program;
        let lasts = lasts(self, block);
        let mut slots = SpillSlots { strip: u64::from(self.strip), end: 0, free: vec![] };
        let mut at: Vec<Option<u64>> = vec![None; program.insts.len()];
        let mut segments = vec![];
        let count = self.cuts.len() + 1;
        for segment in 0..count {
            let (begin, end) = self.range(segment, program);
            let stores: Vec<usize> = (begin..end).filter(|v| lasts[*v].is_some()).collect();
            let wanted = if segment + 1 == count { results(program) } else { stores.clone() };
            let (loads, runs) = needs(program, begin, &lasts, wanted);
            for value in loads.iter().filter(|v| lasts[**v] == Some(segment)) {
                slots.give(program, *value, at[*value].expect("invariant: what is spilled has a slot"));
            }
            for value in &stores {
                at[*value] = Some(slots.take(program, *value));
            }
            segments.push(Segment { loads, runs, stores });
        }
        Schedule { segments, slots: at, bytes: slots.end.next_multiple_of(64) }
    }

    /// The first instruction of a segment, and the first after it.
    fn range(&self, segment: usize, program: &Program) -> (usize, usize) {
        let begin = segment.checked_sub(1).map_or(0, |before| self.cuts[before]);
        (begin, self.cuts.get(segment).copied().unwrap_or(program.insts.len()))
    }
}

/// Which instructions of a program differ from one iteration to the next, and so are worth keeping.
pub fn varying(block: &Block) -> Vec<bool> {
    let reads = block.varies(block.along());
    let mut varying: Vec<bool> = vec![];
    for (inst, _) in &block.program.insts {
        varying.push(if let Inst::Param { index, .. } = inst {
            reads[usize::from(*index)]
        } else {
            inst.operands().iter().any(|v| varying[v.0 as usize])
        });
    }
    varying
}

/// Whether an instruction's value is worth keeping for a later segment.
pub fn is_spillable(inst: &Inst, varying: bool) -> bool {
    varying && !matches!(inst, Inst::Param { .. } | Inst::Const(_))
}

/// Where the results come from.
fn results(program: &Program) -> Vec<usize> {
    program.results.iter().flat_map(|element| element.parts()).map(|v| v.0 as usize).collect()
}

/// The last segment that needs each value that is spilled.
fn lasts(fission: &Fission, block: &Block) -> Vec<Option<usize>> {
    let program = &block.program;
    let varying = varying(block);
    let part_of = |at: usize| fission.cuts.partition_point(|cut| *cut <= at);
    let mut lasts = vec![None; program.insts.len()];
    let mut need = |value: usize, segment: usize| {
        if is_spillable(&program.insts[value].0, varying[value]) && part_of(value) < segment {
            lasts[value] = lasts[value].max(Some(segment));
        }
    };
    for (at, (inst, _)) in program.insts.iter().enumerate() {
        // What is the same in every iteration is made of nothing else.
        inst.operands().iter().for_each(|v| need(v.0 as usize, part_of(at)));
    }
    results(program).into_iter().for_each(|value| need(value, fission.cuts.len()));
    lasts
}

/// What a segment that begins at this instruction loads and runs to have some values.
fn needs(
    program: &Program,
    begin: usize,
    spilled: &[Option<usize>],
    wanted: Vec<usize>,
) -> (Vec<usize>, Vec<usize>) {
    let (mut loads, mut runs) = (vec![], vec![]);
    let mut seen = vec![false; program.insts.len()];
    let mut work = wanted;
    while let Some(value) = work.pop() {
        if std::mem::replace(&mut seen[value], true) {
            continue;
        }
        if value < begin && spilled[value].is_some() {
            loads.push(value);
        } else {
            runs.push(value);
            work.extend(program.insts[value].0.operands().iter().map(|v| v.0 as usize));
        }
    }
    loads.sort_unstable();
    runs.sort_unstable();
    (loads, runs)
}

/// SpillSlots of one slice, each for a strip of values.
struct SpillSlots {
    strip: u64,
    end: u64,
    /// Bytes of an element and place.
    free: Vec<(u64, u64)>,
}

impl SpillSlots {
    fn take(&mut self, program: &Program, value: usize) -> u64 {
        let bytes = program.scalar_type(Value(value as u32)).bytes() as u64;
        if let Some(at) = self.free.iter().position(|(size, _)| *size == bytes) {
            return self.free.remove(at).1;
        }
        let place = self.end;
        self.end += (bytes * self.strip).next_multiple_of(64);
        place
    }

    fn give(&mut self, program: &Program, value: usize, place: u64) {
        let bytes = program.scalar_type(Value(value as u32)).bytes() as u64;
        self.free.push((bytes, place));
    }
}
