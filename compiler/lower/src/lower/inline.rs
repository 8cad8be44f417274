//! Builds the one program of a block: expressions are copied in where they are used, equal ones once.

use std::collections::BTreeMap;

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::NodeId;
use tgc_graph::scalar::{Builder, Element, Inst, Program};

use super::define::{Definition, constant};
use super::loops::{Index, to_access, to_position};
use super::memory::{BufferKey, Buffers};
use super::values::{Statements, ValueId};
use crate::plan::{Access, Read, RowId};

/// A block's program under construction.
pub(super) struct BlockProgram<'a, 'g> {
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
    pub(super) fn new(
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
    /// though it is kept.
    pub(super) fn elements(&mut self, starts: &[(NodeId, Index)], inside: Option<NodeId>) -> Vec<Element> {
        for (node, index) in self.program.closure(starts.iter().cloned(), inside) {
            if !self.known.contains_key(&(node, index.clone())) {
                let element = self.element(node, &index, inside == Some(node));
                self.known.insert((node, index), element);
            }
        }
        starts.iter().map(|start| self.known[start]).collect()
    }

    /// One node, its operands being known.
    fn element(&mut self, node: NodeId, index: &Index, look_inside: bool) -> Element {
        let program = self.program;
        let definition = &program.definitions[node.index()];
        if let Some(values) = program.kept[node.index()].as_ref().filter(|_| !look_inside) {
            let elements: Vec<Element> = values.iter().map(|v| self.value(*v, index)).collect();
            return match definition.as_fold() {
                Some(fold) => self.builder.inline(&fold.finish, &elements)[0],
                None => elements[0],
            };
        }
        let ty = program.graph.ty(node);
        match definition {
            Definition::Source(source) => {
                let buffer = self.buffers.get(program, BufferKey::Source(*source), Some(node));
                self.read(ty.dtype, Read::Buffer(to_access(buffer, &ty.shape, index)))
            }
            Definition::Splat(parts) => constant(&mut self.builder, ty.dtype, *parts),
            Definition::Size(size) => self.read(DType::I64, Read::Size(size.clone())),
            Definition::Iota => self.position(&ty.shape, index),
            Definition::Inline { program: scalar, operands } => {
                let elements: Vec<Element> = operands
                    .iter()
                    .map(|o| self.known[&(o.node, super::loops::compose(index, &o.axes))])
                    .collect();
                match scalar {
                    Some(scalar) => self.builder.inline(scalar, &elements)[0],
                    None => elements[0],
                }
            }
            Definition::Fold(_) | Definition::Dead => unreachable!("invariant: folds that are used are kept"),
        }
    }

    /// An element of a kept value: from the row if the row holds it, else from memory.
    pub(super) fn value(&mut self, value: ValueId, index: &Index) -> Element {
        let dtype = self.program.values[value.0].dtype;
        let read = match self.rows.get(&value) {
            Some(row) => Read::Row(*row),
            None => Read::Buffer(self.access(value, index)),
        };
        self.read(dtype, read)
    }

    /// Where an element of a kept value lies.
    pub(super) fn access(&mut self, value: ValueId, index: &Index) -> Access {
        let buffer = self.buffers.get(self.program, BufferKey::of_value(self.program, value), None);
        to_access(buffer, &self.program.values[value.0].shape, index)
    }

    /// Where an element of another buffer lies.
    pub(super) fn access_to(&mut self, key: BufferKey, node: NodeId, index: &Index) -> Access {
        let buffer = self.buffers.get(self.program, key, Some(node));
        to_access(buffer, &self.program.graph.ty(node).shape, index)
    }

    /// Where an index is in row-major order, as an element.
    pub(super) fn position(&mut self, shape: &[Dim], index: &Index) -> Element {
        self.read(DType::I64, Read::Index(to_position(shape, index)))
    }

    fn read(&mut self, dtype: DType, read: Read) -> Element {
        match self.reads.iter().position(|r| *r == read) {
            Some(position) => self.builder.param(position),
            None => {
                self.reads.push(read);
                self.builder.add_param(dtype)
            }
        }
    }

    /// An element by its bits.
    pub(super) fn constant(&mut self, dtype: DType, parts: [u64; 2]) -> Element {
        constant(&mut self.builder, dtype, parts)
    }

    /// The results of a program on elements.
    pub(super) fn apply(&mut self, program: &Program, elements: &[Element]) -> Vec<Element> {
        self.builder.inline(program, elements)
    }

    /// The number of a result.
    pub(super) fn result(&mut self, element: Element) -> usize {
        match self.results.iter().position(|r| *r == element) {
            Some(position) => position,
            None => {
                self.results.push(element);
                self.results.len() - 1
            }
        }
    }

    /// The expanded program, and what its parameters read.
    pub(super) fn finish(self) -> (Vec<Read>, Program) {
        without_unused(self.reads, self.builder.finish(self.results).expand())
    }
}

/// Drops parameters that no instruction names.
fn without_unused(reads: Vec<Read>, mut program: Program) -> (Vec<Read>, Program) {
    let mut numbers: Vec<Option<u16>> = vec![None; reads.len()];
    for (inst, _) in &program.insts {
        if let Inst::Param { index, .. } = inst {
            numbers[usize::from(*index)] = Some(0);
        }
    }
    for (next, number) in numbers.iter_mut().flatten().enumerate() {
        *number = next as u16;
    }
    for (inst, _) in &mut program.insts {
        if let Inst::Param { index, .. } = inst {
            *index = numbers[usize::from(*index)].expect("invariant: used parameters have a number");
        }
    }
    let used = |i: &usize| numbers[*i].is_some();
    program.params = (0..reads.len()).filter(used).map(|i| program.params[i]).collect();
    let reads = reads.into_iter().zip(&numbers).filter(|(_, n)| n.is_some()).map(|(r, _)| r).collect();
    (reads, program)
}
