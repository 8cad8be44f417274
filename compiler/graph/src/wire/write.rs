//! Modules to bytes.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::io::{self, Write};

use tgc_scalar::dtype::DType;

use super::head::{HEAD_BYTES, Head};
use super::tables::{
    AllTables, ArrayRow, AtomRow, AttributeRow, DetailRow, DimRow, EquationRow, FunctionRow, NO_ROW, NodeRow,
    OpRow, OriginRow, OutputRow, PowerRow, SharedRow, SymbolRow, TermRow, TypeRow, UpdateRow,
    atom as kind_of_atom, kind, tables_to_bytes,
};
use crate::array::Array;
use crate::attribute::Attribute;
use crate::data::DataId;
use crate::dim::{Atom, Dim};
use crate::graph::{Graph, NodeId};
use crate::limits::MAX_FILL_BYTES;
use crate::module::{Function, Module};
use crate::ops::Op;
use crate::origin::Origin;

/// A module as the bytes of a file.
pub fn encode(module: &Module) -> Vec<u8> {
    let mut bytes = vec![];
    write(module, &mut bytes).expect("invariant: a vector takes all that is written");
    bytes
}

/// Writes a module as a file has it.
///
/// # Errors
///
/// Those of the writer.
pub fn write(module: &Module, mut out: impl Write) -> io::Result<()> {
    let mut writer = Writer::default();
    writer.module(module);
    let (tables, format) = (tables_to_bytes(&writer.all), writer.all.format());
    let data_bytes = writer.blocks.iter().map(|block| padded(block.bytes().len()) as u64).sum();
    out.write_all(&Head::new(format, &tables, data_bytes).to_bytes())?;
    out.write_all(&tables)?;
    write_padding(&mut out, HEAD_BYTES + tables.len())?;
    for block in writer.blocks {
        out.write_all(block.bytes())?;
        write_padding(&mut out, block.bytes().len())?;
    }
    out.flush()
}

/// The next multiple of 64.
pub(super) fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(64)
}

fn write_padding(out: &mut impl Write, written: usize) -> io::Result<()> {
    out.write_all(&[0; 64][..padded(written) - written])
}

/// Rows without repeats.
#[derive(Debug)]
struct Table<T> {
    rows: Vec<T>,
    known: HashMap<T, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table { rows: vec![], known: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Table<T> {
    fn row(&mut self, value: T) -> u32 {
        if let Some(row) = self.known.get(&value) {
            return *row;
        }
        let row = self.rows.len() as u32;
        self.rows.push(value.clone());
        self.known.insert(value, row);
        row
    }
}

#[derive(Default)]
struct Writer<'m> {
    all: AllTables,
    strings: Table<String>,
    arrays: BTreeMap<DataId, u32>,
    /// Arrays with data, in order.
    blocks: Vec<&'m Array>,
    /// Bytes of arrays without.
    filled: usize,
}

/// The tables of one function.
#[derive(Default)]
struct FunctionTables {
    symbols: u32,
    atoms: Table<AtomRow>,
    dims: Table<DimRow>,
    types: Table<TypeRow>,
    ops: Table<OpRow>,
    origins: Table<(OriginRow, DetailRow)>,
}

impl<'m> Writer<'m> {
    fn module(&mut self, module: &'m Module) {
        self.all.tables.name = self.string(&module.name);
        for variable in &module.shared {
            let name = self.string(&variable.name);
            let initial = self.array(DataId::of(&variable.initial), &variable.initial);
            self.all.tables.shared.push(SharedRow { name, initial });
        }
        for function in &module.functions {
            let row = self.function(function);
            self.all.tables.functions.push(row);
        }
        self.all.tables.strings = std::mem::take(&mut self.strings).rows;
    }

    fn string(&mut self, text: &str) -> u32 {
        self.strings.row(text.to_owned())
    }

    fn dtype(&mut self, dtype: DType) -> u32 {
        self.string(dtype.name())
    }

    fn array(&mut self, id: DataId, array: &'m Array) -> u32 {
        if let Some(row) = self.arrays.get(&id) {
            return *row;
        }
        let bytes = array.bytes().len();
        let fill = array.as_splat().filter(|_| bytes <= MAX_FILL_BYTES - self.filled);
        match fill {
            Some(_) => self.filled += bytes,
            None => self.blocks.push(array),
        }
        let row = self.all.tables.arrays.len() as u32;
        let shape = array.shape().iter().map(|n| *n as u64).collect();
        let dtype = self.dtype(array.dtype());
        let halves = [id.0 as u64, (id.0 >> 64) as u64];
        self.all.tables.arrays.push(ArrayRow { dtype, shape, id: halves, fill });
        self.arrays.insert(id, row);
        row
    }

    fn function(&mut self, function: &'m Function) -> FunctionRow {
        let graph = &function.graph;
        let mut own =
            FunctionTables { symbols: graph.scope.symbols.len() as u32, ..FunctionTables::default() };
        let mut row = FunctionRow { name: self.string(&function.name), ..FunctionRow::default() };
        for (_, symbol) in graph.scope.symbols.iter() {
            let name = self.string(&symbol.name);
            row.symbols.push(SymbolRow { name, min: symbol.min, max: symbol.max, hint: symbol.hint });
        }
        for equation in &graph.scope.equations.known {
            row.equations.push(EquationRow {
                left: own.dim(&equation.left),
                right: own.dim(&equation.right),
                left_name: self.string(&equation.left_name),
                right_name: self.string(&equation.right_name),
            });
        }
        row.nodes = graph.ids().map(|id| self.node(graph, id, &mut own)).collect();
        row.inputs = function.inputs.iter().map(|id| id.0).collect();
        for output in &function.outputs {
            row.outputs.push(OutputRow { name: self.string(&output.name), node: output.node.0 });
        }
        row.updates = function
            .updates
            .iter()
            .map(|update| UpdateRow { shared: update.shared as u32, node: update.node.0 })
            .collect();
        self.all.atoms.functions.push(own.atoms.rows);
        let (origins, details): (Vec<_>, Vec<DetailRow>) = own.origins.rows.into_iter().unzip();
        let is_line = details.iter().all(|row| *row == DetailRow::default());
        self.all.details.functions.push(if is_line { vec![] } else { details });
        FunctionRow { dims: own.dims.rows, types: own.types.rows, ops: own.ops.rows, origins, ..row }
    }

    fn node(&mut self, graph: &'m Graph, id: NodeId, own: &mut FunctionTables) -> NodeRow {
        let node = graph.node(id);
        let op = self.op(graph, &node.op, own);
        let op = own.ops.row(op);
        let shape = node.ty.shape.iter().map(|dim| own.dim(dim)).collect();
        let ty = own.types.row(TypeRow { dtype: self.dtype(node.ty.dtype), shape });
        let origin = self.origin(&node.origin);
        let origin = own.origins.row(origin);
        NodeRow { op, operands: node.operands.iter().map(|o| o.0).collect(), types: vec![ty], origin }
    }

    fn origin(&mut self, origin: &Origin) -> (OriginRow, DetailRow) {
        let row = OriginRow { file: self.string(&origin.file), line: origin.line };
        let name = Some(&origin.name).filter(|name| !name.is_empty());
        (row, DetailRow { column: origin.column, name: name.map(|name| self.string(name)) })
    }

    fn op(&mut self, graph: &'m Graph, op: &Op, own: &mut FunctionTables) -> OpRow {
        let definition = op.definition();
        let mut attributes = vec![];
        for (name, attribute) in definition.attributes() {
            let (kind, value) = self.attribute(graph, &attribute, own);
            attributes.push(AttributeRow { name: self.string(name), kind, value });
        }
        OpRow { name: self.string(definition.name()), attributes }
    }

    fn attribute(&mut self, graph: &'m Graph, value: &Attribute, own: &mut FunctionTables) -> (u8, Vec<u64>) {
        match value {
            Attribute::Bool(value) => (kind::BOOL, vec![u64::from(*value)]),
            Attribute::Int(value) => (kind::INT, vec![*value as u64]),
            Attribute::Ints(values) => (kind::INTS, values.iter().map(|value| *value as u64).collect()),
            Attribute::DType(dtype) => (kind::DTYPE, vec![u64::from(self.dtype(*dtype))]),
            Attribute::Dim(dim) => (kind::DIM, vec![u64::from(own.dim(dim))]),
            Attribute::Dims(dims) => (kind::DIMS, dims.iter().map(|dim| u64::from(own.dim(dim))).collect()),
            Attribute::Text(text) => (kind::TEXT, vec![u64::from(self.string(text))]),
            Attribute::Element(parts) => (kind::ELEMENT, parts.to_vec()),
            Attribute::Data(id) => {
                let row = graph.scope.data.get(*id).map_or(NO_ROW, |array| self.array(*id, array));
                (kind::DATA, vec![u64::from(row)])
            }
        }
    }
}

impl FunctionTables {
    fn dim(&mut self, dim: &Dim) -> u32 {
        let mut terms = vec![];
        for (monomial, coefficient) in dim.to_terms() {
            let powers = monomial.into_iter();
            let powers = powers.map(|(atom, exponent)| PowerRow { symbol: self.atom(&atom), exponent });
            terms.push(TermRow { coefficient, powers: powers.collect() });
        }
        self.dims.row(DimRow { terms })
    }

    /// A symbol, or a row of the atoms behind the symbols; what it is made of comes before.
    fn atom(&mut self, atom: &Atom) -> u32 {
        let kind = match atom {
            Atom::Symbol(id) => return id.0,
            Atom::FloorDiv(_) => kind_of_atom::FLOOR_DIV,
            Atom::Mod(_) => kind_of_atom::MOD,
            Atom::Min(_) => kind_of_atom::MIN,
            Atom::Max(_) => kind_of_atom::MAX,
        };
        let operands = atom.operands().iter().map(|operand| self.dim(operand)).collect();
        self.symbols + self.atoms.row(AtomRow { kind, operands })
    }
}
