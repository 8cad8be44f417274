//! Builds the one program of a block: expressions are copied in where they are used, equal ones once.

use std::collections::BTreeMap;

use tgc_graph::dtype::DType;
use tgc_graph::graph::NodeId;
use tgc_plan::{Access, BufferId, Indirect, IndirectIndex, Position, Read, RowId, Sink};
use tgc_scalar::{Builder, Element, Inst, Predicate, Program};

use crate::classify::{Definition, constant};
use crate::loops::{Index, IndexExpr, Lookup, flat};
use crate::materialize::{Statements, ValueId};
use crate::memory::{BufferKey, Buffers};

/// A block's program under construction.
pub(crate) struct BlockProgram<'a, 'g> {
    program: &'a Statements<'g>,
    buffers: &'a mut Buffers,
    /// The row values of the nest, by value.
    rows: &'a BTreeMap<ValueId, RowId>,
    builder: Builder,
    reads: Vec<Read>,
    known: BTreeMap<(NodeId, Index), Element>,
    results: Vec<Element>,
}

impl<'a, 'g> BlockProgram<'a, 'g> {
    pub(crate) fn new(
        program: &'a Statements<'g>,
        buffers: &'a mut Buffers,
        rows: &'a BTreeMap<ValueId, RowId>,
    ) -> Self {
        BlockProgram {
            program,
            buffers,
            rows,
            builder: Builder::new(&[]),
            reads: vec![],
            known: BTreeMap::new(),
            results: vec![],
        }
    }

    /// The element of each node at its index. The definition of the node `inside` is looked into even
    /// though it is materialized.
    pub(crate) fn elements(&mut self, starts: &[(NodeId, Index)], inside: Option<NodeId>) -> Vec<Element> {
        for (node, index) in self.program.closure(starts.iter().cloned(), inside) {
            if !self.known.contains_key(&(node, index.clone())) {
                let element = self.element(node, &index, inside == Some(node));
                self.known.insert((node, index), element);
            }
        }
        starts.iter().map(|start| self.known[start]).collect()
    }

    /// The sum of the matmul that a node is, in its epilogue.
    pub(crate) fn sum(&mut self, node: NodeId, index: &Index, dtype: DType) -> Element {
        let sum = self.read(dtype, Read::Sum);
        self.known.insert((node, index.clone()), sum);
        sum
    }

    /// One node, its operands being known.
    fn element(&mut self, node: NodeId, index: &Index, look_inside: bool) -> Element {
        let program = self.program;
        let ty = program.graph.ty(node);
        let place = flat(&ty.shape, index);
        let base = program.in_memory(node);
        let definition = &program.definitions[base.index()];
        if let Some(values) = program.materialized[base.index()].as_ref().filter(|_| !look_inside) {
            let elements: Vec<Element> = values.iter().map(|v| self.value(*v, &place)).collect();
            return match definition.as_reduction() {
                Some(reducer) => self.builder.inline(&reducer.finish, &elements)[0],
                None => elements[0],
            };
        }
        match definition {
            Definition::Source(source) => {
                let buffer = self.buffers.get(program, BufferKey::Source(*source), Some(base));
                self.read_at(ty.dtype, buffer, &place)
            }
            Definition::Splat(parts) => constant(&mut self.builder, ty.dtype, *parts),
            Definition::Size(size) => self.read(DType::I64, Read::Size(size.clone())),
            Definition::Iota => self.number(&place),
            Definition::Inline { program: scalar, operands } => {
                let elements: Vec<Element> = operands
                    .iter()
                    .map(|o| self.known[&(o.node, crate::loops::compose(index, &o.axes))])
                    .collect();
                match scalar {
                    Some(scalar) => self.builder.inline(scalar, &elements)[0],
                    None => elements[0],
                }
            }
            Definition::Reduction(_)
            | Definition::Scan(_)
            | Definition::Assembly(_)
            | Definition::Routine(..) => {
                unreachable!("invariant: what statements make is materialized")
            }
            Definition::Reshape(_) | Definition::Dead => {
                unreachable!("invariant: this is neither in memory nor asked for")
            }
        }
    }

    /// An element of a materialized value: from the row if the row holds it, else from memory.
    fn value(&mut self, value: ValueId, place: &IndexExpr) -> Element {
        let dtype = self.program.values[value.0].dtype;
        match self.rows.get(&value) {
            Some(row) => self.read(dtype, Read::Row(*row)),
            None => {
                let key = BufferKey::of_value(self.program, value);
                let buffer = self.buffers.get(self.program, key, None);
                self.read_at(dtype, buffer, place)
            }
        }
    }

    /// An element of a materialized value at an index in its shape.
    pub(crate) fn value_at(&mut self, value: ValueId, index: &Index) -> Element {
        let place = flat(&self.program.values[value.0].shape, index);
        self.value(value, &place)
    }

    /// Where an element of a materialized value lies.
    pub(crate) fn access(&mut self, value: ValueId, index: &Index) -> Access {
        let place = flat(&self.program.values[value.0].shape, index);
        let buffer = self.buffers.get(self.program, BufferKey::of_value(self.program, value), None);
        to_access(buffer, &place)
    }

    /// Where an element of a materialized value lies, indirect indices included.
    pub(crate) fn indirect(&mut self, value: ValueId, index: &Index) -> Indirect {
        let place = flat(&self.program.values[value.0].shape, index);
        Indirect { access: self.access(value, index), indices: self.indices(&place) }
    }

    /// Where an element of another buffer lies.
    pub(crate) fn access_to(&mut self, key: BufferKey, node: NodeId, index: &Index) -> Access {
        let buffer = self.buffers.get(self.program, key, Some(node));
        to_access(buffer, &flat(&self.program.graph.ty(node).shape, index))
    }

    /// A place as an element: a number.
    pub(crate) fn number(&mut self, place: &IndexExpr) -> Element {
        let position = Position { strides: place.strides(), offset: place.offset.clone() };
        let mut number = self.read(DType::I64, Read::Index(position));
        for (lookup, stride) in &place.lookups {
            let given = self.looked_up(lookup);
            let [given, extent, stride] =
                [given, Read::Size(lookup.extent.clone()), Read::Size(stride.clone())]
                    .map(|read| self.read(DType::I64, read));
            let zero = constant(&mut self.builder, DType::I64, [0, 0]);
            let is_negative = self.builder.compare(Predicate::Lt, given.re(), zero.re());
            let from_end = self.builder.add(given, extent);
            let index = self.builder.select(is_negative, from_end.re(), given.re());
            let step = self.builder.mul(Element::real(DType::I64, index), stride);
            number = self.builder.add(number, step);
        }
        number
    }

    fn read_at(&mut self, dtype: DType, buffer: BufferId, place: &IndexExpr) -> Element {
        let access = to_access(buffer, place);
        let indices = self.indices(place);
        let read = match indices.is_empty() {
            true => Read::Buffer(access),
            false => Read::Gather(Indirect { access, indices }),
        };
        self.read(dtype, read)
    }

    /// What data says of a place, the data among the reads.
    fn indices(&mut self, place: &IndexExpr) -> Vec<IndirectIndex> {
        let mut indices = vec![];
        for (lookup, stride) in &place.lookups {
            let read = self.looked_up(lookup);
            let read = self.read_number(DType::I64, read);
            indices.push(IndirectIndex { read, extent: lookup.extent.clone(), stride: stride.clone() });
        }
        indices
    }

    /// The read of what says a place.
    fn looked_up(&mut self, lookup: &Lookup) -> Read {
        let program = self.program;
        let base = program.in_memory(lookup.node);
        let buffer = self.buffers.get(program, BufferKey::of_node(program, base), Some(base));
        let place = flat(&program.graph.ty(lookup.node).shape, &lookup.at);
        let access = to_access(buffer, &place);
        let indices = self.indices(&place);
        if indices.is_empty() { Read::Buffer(access) } else { Read::Gather(Indirect { access, indices }) }
    }

    fn read(&mut self, dtype: DType, read: Read) -> Element {
        let number = self.read_number(dtype, read);
        self.builder.param(number)
    }

    fn read_number(&mut self, dtype: DType, read: Read) -> usize {
        self.reads.iter().position(|r| *r == read).unwrap_or_else(|| {
            self.reads.push(read);
            self.builder.add_param(dtype);
            self.reads.len() - 1
        })
    }

    /// An element by its bits.
    pub(crate) fn constant(&mut self, dtype: DType, parts: [u64; 2]) -> Element {
        constant(&mut self.builder, dtype, parts)
    }

    /// The results of a program on elements.
    pub(crate) fn apply(&mut self, program: &Program, elements: &[Element]) -> Vec<Element> {
        self.builder.inline(program, elements)
    }

    /// The number of a result.
    pub(crate) fn result(&mut self, element: Element) -> usize {
        match self.results.iter().position(|r| *r == element) {
            Some(position) => position,
            None => {
                self.results.push(element);
                self.results.len() - 1
            }
        }
    }

    /// The program, legalized but for calls, and what its parameters read. What sinks name of the reads is
    /// numbered anew.
    pub(crate) fn finish(self, sinks: &mut [Sink]) -> (Vec<Read>, Program) {
        let program = self.program.calls.legalize(&self.builder.finish(self.results));
        without_unused(self.reads, program, sinks)
    }
}

fn to_access(buffer: BufferId, place: &IndexExpr) -> Access {
    Access { buffer, strides: place.strides(), offset: place.offset.clone() }
}

/// Drops parameters that no instruction names, unless they say places.
fn without_unused(reads: Vec<Read>, mut program: Program, sinks: &mut [Sink]) -> (Vec<Read>, Program) {
    let mut used = vec![false; reads.len()];
    for (inst, _) in &program.insts {
        if let Inst::Param { index, .. } = inst {
            used[usize::from(*index)] = true;
        }
    }
    sinks.iter().flat_map(Sink::indirect_indices).for_each(|index| used[index.read] = true);
    // A read names earlier ones alone.
    for at in (0..reads.len()).rev() {
        if used[at] {
            reads[at].indirect_indices().iter().for_each(|part| used[part.read] = true);
        }
    }
    let mut next = 0..;
    let numbers: Vec<usize> =
        used.iter().map(|used| if *used { next.next().unwrap_or_default() } else { usize::MAX }).collect();
    for (inst, _) in &mut program.insts {
        if let Inst::Param { index, .. } = inst {
            *index = numbers[usize::from(*index)] as u16;
        }
    }
    program.params = (0..reads.len()).filter(|at| used[*at]).map(|at| program.params[at]).collect();
    let mut reads: Vec<Read> =
        reads.into_iter().zip(&used).filter(|(_, used)| **used).map(|(read, _)| read).collect();
    let indices = reads
        .iter_mut()
        .flat_map(Read::indirect_indices_mut)
        .chain(sinks.iter_mut().flat_map(Sink::indirect_indices_mut));
    indices.for_each(|index| index.read = numbers[index.read]);
    (reads, program)
}
