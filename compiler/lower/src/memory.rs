//! Memory: which buffers there are, which updates happen in place, and who shares the workspace.
//!
//! An update is made where its variable lies if nothing reads the old value after the new one is there. One
//! that writes parts of its variable writes them there: the variable is not copied, changed and copied back.
//! A materialized value lies where an output or value made from it lies, if that is written over its last
//! read. Workspace slots are reused once the last step that touches a buffer is over.

use std::collections::{BTreeMap, BTreeSet};

use tgc_graph::data::DataId;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::NodeId;
use tgc_graph::module::{Function, Module};
use tgc_plan::size::Size;
use tgc_plan::{
    Access, AccessKind, Axis, Block, Body, Buffer, BufferId, Materialized, MemoryAccess, Nest, Read, Sink,
    Step, Storage,
};
use tgc_scalar::Inst;

use crate::classify::{Definition, Source};
use crate::materialize::{Action, Destination, Statement, Statements, Value, ValueId};
use crate::matmul::Scratch;

/// What a buffer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BufferKey {
    Source(Source),
    Value(ValueId),
    Output(usize),
    /// A variable's new value.
    Update(usize),
    /// Where values of a fissioned program are spilled, by number.
    Spills(usize),
    /// Scratch of the matmul that a node is.
    Scratch(NodeId, Scratch),
}

impl BufferKey {
    /// Where a source or a materialized node lies.
    pub(crate) fn of_node(program: &Statements<'_>, node: NodeId) -> BufferKey {
        match (&program.materialized[node.index()], &program.definitions[node.index()]) {
            (Some(values), _) => BufferKey::of_value(program, values[0]),
            (None, Definition::Source(source)) => BufferKey::Source(*source),
            (None, _) => unreachable!("invariant: what is read as a whole, or says places, is in memory"),
        }
    }

    /// Where a materialized value lies.
    pub(crate) fn of_value(program: &Statements<'_>, value: ValueId) -> BufferKey {
        match program.values[value.0].output {
            Some(output) => BufferKey::Output(output),
            None => BufferKey::Value(value),
        }
    }
}

/// The buffers of a function while it is lowered. Offsets in the workspace come last.
#[derive(Debug)]
pub(crate) struct Buffers {
    keys: Vec<BufferKey>,
    list: Vec<Buffer>,
    ids: BTreeMap<BufferKey, BufferId>,
    /// Names and constants from outside.
    inputs: Vec<String>,
    outputs: Vec<String>,
    states: Vec<String>,
    constants: BTreeMap<DataId, usize>,
}

impl Buffers {
    pub(crate) fn new(module: &Module, function: &Function, constants: &BTreeMap<DataId, usize>) -> Buffers {
        Buffers {
            keys: vec![],
            list: vec![],
            ids: BTreeMap::new(),
            inputs: function.inputs.iter().map(|id| crate::input_name(&function.graph, *id)).collect(),
            outputs: function.outputs.iter().map(|o| o.name.clone()).collect(),
            states: module.shared.iter().map(|s| s.name.clone()).collect(),
            constants: constants.clone(),
        }
    }

    /// The buffer for this; `node` gives the type of what is no materialized value.
    pub(crate) fn get(&mut self, program: &Statements<'_>, key: BufferKey, node: Option<NodeId>) -> BufferId {
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let made_as = |output: usize| program.values.iter().position(|v| v.output == Some(output));
        let of_node = || {
            let ty = program.graph.ty(node.expect("invariant: a buffer has a node or a value"));
            (ty.dtype, ty.shape.clone())
        };
        let of_value = |value: usize| (program.values[value].dtype, program.values[value].shape.clone());
        let scratch = Storage::Workspace { offset: Size::Const(0) };
        let (name, (dtype, shape), place) = match key {
            BufferKey::Source(Source::Input(i)) => (self.inputs[i].clone(), of_node(), Storage::Input(i)),
            BufferKey::Source(Source::State(i)) => (self.states[i].clone(), of_node(), Storage::State(i)),
            BufferKey::Source(Source::Constant(data)) => {
                let position = self.constants[&data];
                (format!("constant{position}"), of_node(), Storage::Constant(position))
            }
            BufferKey::Value(value) => (program.values[value.0].name.clone(), of_value(value.0), scratch),
            BufferKey::Output(output) => {
                let ty = made_as(output).map_or_else(of_node, of_value);
                (self.outputs[output].clone(), ty, Storage::Output(output))
            }
            BufferKey::Update(state) => (format!("{}.next", self.states[state]), of_node(), scratch),
            BufferKey::Scratch(..) => unreachable!("invariant: scratch is made with its matmul"),
            BufferKey::Spills(_) => unreachable!("invariant: such a buffer is made where it is asked for"),
        };
        self.add(key, &name, dtype, shape, place)
    }

    /// What readers of the plan know a statement's result by, and why it is materialized.
    pub(crate) fn name_of(
        &self,
        program: &Statements<'_>,
        statement: &Statement,
    ) -> (String, Option<Materialized>) {
        let value = |value: ValueId| {
            let Value { name, output, why, .. } = &program.values[value.0];
            (output.map_or(name.clone(), |output| self.outputs[output].clone()), Some(*why))
        };
        match &statement.action {
            Action::Store { to: Destination::Output(output), .. } => (self.outputs[*output].clone(), None),
            Action::Store { to: Destination::State(state), .. } => (self.states[*state].clone(), None),
            Action::Store { to: Destination::Value(one), .. }
            | Action::Scan { value: one, .. }
            | Action::Part { value: one, .. }
            | Action::Call { value: one, .. } => value(*one),
            Action::Reduce { values, .. } => value(values[0]),
        }
    }

    /// A new buffer in the workspace for a matmul's scratch.
    pub(crate) fn scratch(&mut self, node: NodeId, what: Scratch, dtype: DType, shape: Vec<Dim>) -> BufferId {
        let name = match what {
            Scratch::Left => "left",
            Scratch::Right => "right",
            Scratch::Sums => "sums",
            Scratch::Routine => "scratch",
        };
        let name = format!("t{}_{name}", node.0);
        let storage = Storage::Workspace { offset: Size::Const(0) };
        self.add(BufferKey::Scratch(node, what), &name, dtype, shape, storage)
    }

    /// Whether a buffer holds a materialized value that is no output.
    pub(crate) fn is_value(&self, buffer: BufferId) -> bool {
        matches!(self.keys[buffer.0 as usize], BufferKey::Value(_))
    }

    /// The element types, by buffer.
    pub(crate) fn dtypes(&self) -> Vec<DType> {
        self.list.iter().map(|buffer| buffer.dtype).collect()
    }

    /// Bytes of the workspace for values of a fissioned program.
    pub(crate) fn spills(&mut self, bytes: Dim) -> BufferId {
        let number = self.keys.iter().filter(|key| matches!(key, BufferKey::Spills(_))).count();
        let storage = Storage::Workspace { offset: Size::Const(0) };
        self.add(BufferKey::Spills(number), "spills", DType::U8, vec![bytes], storage)
    }

    /// Gives such bytes another number.
    pub(crate) fn resize(&mut self, spills: BufferId, bytes: Dim) {
        self.list[spills.0 as usize].shape = vec![bytes];
    }

    fn add(
        &mut self,
        key: BufferKey,
        name: &str,
        dtype: DType,
        shape: Vec<Dim>,
        storage: Storage,
    ) -> BufferId {
        let taken = |name: &str| self.list.iter().any(|b| b.name == name);
        let name = match taken(name) {
            false => name.to_owned(),
            true => {
                (2..).map(|i| format!("{name}.{i}")).find(|n| !taken(n)).expect("invariant: an endless range")
            }
        };
        let id = BufferId(self.list.len() as u32);
        self.keys.push(key);
        self.list.push(Buffer { name, dtype, shape, storage });
        self.ids.insert(key, id);
        id
    }

    /// The body so far; no buffer of the workspace has its place.
    pub(crate) fn unplaced(&self, steps: &[Step]) -> Body {
        Body { buffers: self.list.clone(), steps: steps.to_vec(), ..Body::default() }
    }

    /// Puts updates in place or appends their copies, and gives every buffer its place.
    pub(crate) fn settle(mut self, mut steps: Vec<Step>) -> (Vec<Buffer>, Vec<Step>, Size) {
        self.share_in_place(&mut steps);
        self.commit_updates(&mut steps);
        let mut buffers = compact(self.list, &mut steps);
        let workspace = assign(&mut buffers, &steps);
        (buffers, steps, workspace)
    }

    fn commit_updates(&mut self, steps: &mut Vec<Step>) {
        let mut copies = vec![];
        for at in 0..self.keys.len() {
            let BufferKey::Update(state) = self.keys[at] else { continue };
            let new = BufferId(at as u32);
            let source = BufferKey::Source(Source::State(state));
            let old = self.ids.get(&source).copied().unwrap_or_else(|| {
                let (dtype, shape) = (self.list[at].dtype, self.list[at].shape.clone());
                let name = self.states[state].clone();
                self.add(source, &name, dtype, shape, Storage::State(state))
            });
            if let Some((first, last, value)) = self.changed_copy(steps, old, new) {
                steps.remove(last);
                steps.remove(first);
                replace(steps, value, old);
            } else if self.is_over(steps, old, new) {
                replace(steps, new, old);
            } else {
                copies.push(Step::Copy { from: new, to: old });
            }
        }
        steps.extend(copies);
    }

    /// The steps that copy a variable and put the changed copy back, and the copy, where nothing else reads
    /// the variable or the copy from the first of them on but what changes it, and no check comes later that
    /// a call may fail.
    fn changed_copy(&self, steps: &[Step], old: BufferId, new: BufferId) -> Option<(usize, usize, BufferId)> {
        let last = steps.iter().position(|step| touches(step, new))?;
        let (value, to) = self.whole_copy(&steps[last])?;
        let first = steps.iter().position(|step| touches(step, value))?;
        let (from, copy) = self.whole_copy(&steps[first])?;
        let is_value = matches!(self.keys[value.0 as usize], BufferKey::Value(_));
        let later = &steps[first + 1..];
        let may_fail = later.iter().any(|step| matches!(step, Step::Check(_)));
        let is_alone = !later.iter().any(|step| touches(step, old))
            && !steps[last + 1..].iter().any(|step| touches(step, value) || touches(step, new));
        let fits = (from, copy, to) == (old, value, new) && first < last;
        (fits && is_value && is_alone && !may_fail).then_some((first, last, value))
    }

    /// From where to where a step copies, if that is all it does, and all of both.
    fn whole_copy(&self, step: &Step) -> Option<(BufferId, BufferId)> {
        let Step::Nest(Nest { extent, blocks, .. }) = step else { return None };
        let [block] = blocks.as_slice() else { return None };
        let ([Read::Buffer(read)], [Sink::Store { to, .. }]) =
            (block.reads.as_slice(), block.sinks.as_slice())
        else {
            return None;
        };
        let iterations = block.axes.iter().chain(extent).fold(Dim::Const(1), |all, axis| &all * axis);
        let (from, into) = (&self.list[read.buffer.0 as usize], &self.list[to.buffer.0 as usize]);
        let parts = block.program.results.iter().flat_map(|element| element.parts()).enumerate();
        let is_part = |inst: &Inst, number: usize| matches!(inst, Inst::Param { part, .. } if usize::from(*part) == number);
        let is_identity =
            parts.into_iter().all(|(number, v)| is_part(&block.program.insts[v.0 as usize].0, number));
        let elements: Dim = from.shape.iter().product();
        let is_whole = iterations == elements && from.shape == into.shape && from.dtype == into.dtype;
        (is_identity && is_whole && is_same_element(read, to)).then_some((read.buffer, to.buffer))
    }

    /// Whether no read of the old value meets or follows a store of the new one, but at the same element.
    fn is_over(&self, steps: &[Step], old: BufferId, new: BufferId) -> bool {
        let Some(at) = steps.iter().position(|s| stores_to(s, new).next().is_some()) else { return false };
        let later = steps[at + 1..].iter().any(|s| touches(s, old));
        let step = &steps[at];
        if meets_data(step, old) || operands(step).contains(&old) {
            return false;
        }
        let mut stores = stores_to(&steps[at], new);
        let (Some((block, store)), None) = (stores.next(), stores.next()) else { return false };
        !later
            && step.blocks().iter().enumerate().all(|(b, other)| {
                reads_of(other, old).all(|read| {
                    let meets = b == block && is_same_element(read, store);
                    let before = b < block && rows_apart(step, (other, read), (&step.blocks()[block], store));
                    !read.strides.is_empty() && (meets || before)
                })
            })
    }

    /// Lets outputs and values be written over the values that they are made from.
    fn share_in_place(&mut self, steps: &mut [Step]) {
        let uses = uses(self.list.len(), steps);
        for at in 0..self.keys.len() {
            let (BufferKey::Value(_), [step]) = (self.keys[at], uses[at].as_slice()) else { continue };
            let value = BufferId(at as u32);
            let is_first = |heir: BufferId| uses[heir.0 as usize].first() == Some(step);
            if let Some(heir) = self.written_over(&steps[*step], value, &is_first) {
                replace(&mut steps[*step..=*step], value, heir);
            }
        }
    }

    /// The output or value that is first touched by a store over the last read of a value.
    fn written_over(
        &self,
        step: &Step,
        value: BufferId,
        is_first_used_here: &dyn Fn(BufferId) -> bool,
    ) -> Option<BufferId> {
        let blocks = step.blocks();
        let last = blocks.iter().rposition(|b| reads_of(b, value).next().is_some())?;
        let block = &blocks[last];
        if meets_data(step, value) || operands(step).contains(&value) {
            return None;
        }
        let writes = |b: &Block| b.accesses().iter().any(|a| a.buffer() == value && a.kind.writes());
        if blocks[last..].iter().any(writes) {
            return None;
        }
        let wanted = &self.list[value.0 as usize];
        let stores = block.sinks.iter().filter_map(|sink| {
            let Sink::Store { to, .. } = sink else { return None };
            Some(to)
        });
        let fits = |to: &&Access| {
            let heir = &self.list[to.buffer.0 as usize];
            let key = self.keys[to.buffer.0 as usize];
            let at_last_read = |read: &Access| is_same_element(read, to) && !read.strides.is_empty();
            matches!(key, BufferKey::Output(_) | BufferKey::Value(_))
                && heir.dtype == wanted.dtype
                && heir.shape == wanted.shape
                && reads_of(block, value).all(at_last_read)
                && is_first_used_here(to.buffer)
                && blocks[..last].iter().all(|b| !block_touches(b, to.buffer))
                && block_touch_count(block, to.buffer) == 1
        };
        stores.filter(fits).map(|to| to.buffer).next()
    }
}

/// Whether two accesses reach the same place of their buffers in every iteration.
fn is_same_element(a: &Access, b: &Access) -> bool {
    a.strides == b.strides && a.offset == b.offset
}

/// Different rows touch different elements by these accesses: both move alike from row to row, and further
/// than either reaches within one.
fn rows_apart(step: &Step, a: (&Block, &Access), b: (&Block, &Access)) -> bool {
    if !matches!(step, Step::Nest(Nest { extent: Some(_), .. })) {
        return true;
    }
    let row = |access: &Access| match access.strides.first() {
        Some((Axis::Row, stride)) => stride.as_const(),
        _ => None,
    };
    let span = |(block, access): (&Block, &Access)| {
        let offset = access.offset.as_const()?;
        access.strides.iter().try_fold((offset, offset), |(first, last), (axis, stride)| match axis {
            Axis::Row => Some((first, last)),
            Axis::Inner(i) => {
                let end = stride.as_const()? * (block.axes[*i].as_const()? - 1).max(0);
                Some((first + end.min(0), last + end.max(0)))
            }
        })
    };
    match (row(a.1), row(b.1), span(a), span(b)) {
        (Some(s), Some(t), Some(x), Some(y)) => s == t && x.0 >= 0 && y.0 >= 0 && x.1 < s && y.1 < s,
        _ => false,
    }
}

/// The reads whose places data says nothing of.
fn reads_of(block: &Block, buffer: BufferId) -> impl Iterator<Item = &Access> {
    let reads = move |a: &MemoryAccess| a.kind == AccessKind::Read && a.buffer() == buffer;
    block.accesses().into_iter().filter(reads).filter_map(|access| access.element())
}

/// Whether a step finds places in a buffer by data, or finds data in it that says places.
fn meets_data(step: &Step, buffer: BufferId) -> bool {
    step.blocks().iter().any(|block| {
        let says_places = block.says_places();
        block.reads.iter().enumerate().any(|(at, read)| {
            let meets = !read.indirect_indices().is_empty() || says_places.contains(&at);
            meets && read.access().is_some_and(|access| access.buffer == buffer)
        })
    })
}

fn block_touch_count(block: &Block, buffer: BufferId) -> usize {
    block.accesses().iter().filter(|access| access.buffer() == buffer).count()
}

fn block_touches(block: &Block, buffer: BufferId) -> bool {
    block_touch_count(block, buffer) > 0
}

/// The buffers that a matmul multiplies.
fn operands(step: &Step) -> Vec<BufferId> {
    match step {
        Step::Matmul(matmul) => vec![matmul.left.buffer, matmul.right.buffer],
        Step::Nest(_) | Step::Copy { .. } | Step::Check(_) | Step::Call(_) => vec![],
    }
}

/// Whether a step names a buffer.
fn touches(step: &Step, buffer: BufferId) -> bool {
    touched(step).contains(&buffer)
}

/// Where a step writes elements of a buffer, with the number of the block that does.
fn stores_to(step: &Step, buffer: BufferId) -> impl Iterator<Item = (usize, &Access)> {
    let writes = step.blocks().iter().enumerate().flat_map(|(at, block)| {
        block.accesses().into_iter().filter_map(move |access| Some((at, access.written_element()?)))
    });
    writes.filter(move |(_, access)| access.buffer == buffer)
}

fn replace(steps: &mut [Step], old: BufferId, new: BufferId) {
    let mut rename = |b: &mut BufferId| {
        if *b == old {
            *b = new;
        }
    };
    steps.iter_mut().for_each(|step| step.map_buffers(&mut rename));
}

/// The steps that touch each buffer, ascending.
pub(crate) fn uses(buffers: usize, steps: &[Step]) -> Vec<Vec<usize>> {
    let mut uses: Vec<Vec<usize>> = vec![vec![]; buffers];
    for (at, step) in steps.iter().enumerate() {
        for buffer in touched(step) {
            let steps = &mut uses[buffer.0 as usize];
            if steps.last() != Some(&at) {
                steps.push(at);
            }
        }
    }
    uses
}

/// The buffers that a step names, with repeats.
fn touched(step: &Step) -> Vec<BufferId> {
    step.accesses().iter().map(MemoryAccess::buffer).collect()
}

/// Drops buffers that no step names.
fn compact(list: Vec<Buffer>, steps: &mut [Step]) -> Vec<Buffer> {
    let used: Vec<bool> = uses(list.len(), steps).iter().map(|steps| !steps.is_empty()).collect();
    let mut next = 0..;
    let numbers: Vec<Option<u32>> = used.iter().map(|u| if *u { next.next() } else { None }).collect();
    let mut rename = |b: &mut BufferId| {
        *b = BufferId(numbers[b.0 as usize].expect("invariant: a buffer that steps name is used"));
    };
    steps.iter_mut().for_each(|step| step.map_buffers(&mut rename));
    list.into_iter().zip(used).filter(|(_, u)| *u).map(|(b, _)| b).collect()
}

/// The slots of the workspace, each used by buffers in turn.
#[derive(Default)]
struct Slots {
    sizes: Vec<Size>,
    /// The slots in use, by the last step that uses them.
    busy: BTreeSet<(usize, usize)>,
    /// The slots that are free, those of known sizes under one key.
    free: BTreeMap<Size, BTreeSet<usize>>,
}

impl Slots {
    /// A slot for a buffer that is in use from one step to another.
    fn take(&mut self, size: &Size, first: usize, last: usize) -> usize {
        while let Some((_, slot)) = self.busy.first().copied().filter(|(end, _)| *end < first) {
            self.busy.pop_first();
            self.free.entry(key(&self.sizes[slot])).or_default().insert(slot);
        }
        let slot = self.find(size).unwrap_or_else(|| {
            self.sizes.push(size.clone());
            self.sizes.len() - 1
        });
        if self.sizes[slot].at_most(size) {
            self.sizes[slot] = size.clone();
        }
        self.busy.insert((last, slot));
        slot
    }

    /// The first free slot of the same size; of known ones any, which then grows; else one that bounds the
    /// size or that it bounds.
    fn find(&mut self, size: &Size) -> Option<usize> {
        let wanted = key(size);
        let fits = |have: &&Size| !is_known(have) && (size.at_most(have) || have.at_most(size));
        let found = match self.free.contains_key(&wanted) {
            true => Some(wanted),
            false if is_known(size) => None,
            false => self.free.keys().find(fits).cloned(),
        }?;
        let slots = self.free.get_mut(&found)?;
        let slot = slots.pop_first();
        if slots.is_empty() {
            self.free.remove(&found);
        }
        slot
    }
}

fn is_known(size: &Size) -> bool {
    matches!(size, Size::Const(_))
}

/// Under what a slot of this size is looked for.
fn key(size: &Size) -> Size {
    if is_known(size) { Size::Const(0) } else { size.clone() }
}

/// Gives each workspace buffer its offset; returns the size of all.
fn assign(buffers: &mut [Buffer], steps: &[Step]) -> Size {
    let mut slots = Slots::default();
    let mut placed: Vec<(usize, usize)> = vec![];
    let uses = uses(buffers.len(), steps);
    let mut lives: Vec<(usize, usize, usize)> = (0..buffers.len())
        .filter(|b| matches!(buffers[*b].storage, Storage::Workspace { .. }))
        .filter_map(|b| Some((*uses[b].first()?, *uses[b].last()?, b)))
        .collect();
    lives.sort();
    for (first, last, buffer) in lives {
        let size = Size::of(&buffers[buffer].elements(), buffers[buffer].dtype.bytes());
        placed.push((buffer, slots.take(&size, first, last)));
    }
    let mut end = Size::Const(0);
    let mut starts = vec![Size::Const(0); slots.sizes.len()];
    // Known sizes come first, so that their offsets are numbers.
    let mut order: Vec<usize> = (0..slots.sizes.len()).collect();
    order.sort_by_key(|slot| !is_known(&slots.sizes[*slot]));
    for slot in order {
        starts[slot] = end.clone();
        end = end.add(slots.sizes[slot].clone());
    }
    for (buffer, slot) in placed {
        buffers[buffer].storage = Storage::Workspace { offset: starts[slot].clone() };
    }
    end
}
