//! Short ways to write Plans by hand.

use tgc_graph::array::Array;
use tgc_graph::dim::{Dim, Symbol, SymbolId, Symbols};
use tgc_graph::dtype::DType;
use tgc_graph::ty::TensorType;
use tgc_llvm::Linkage;
use tgc_plan::machine::Machine;
use tgc_plan::size::Size;
use tgc_plan::*;
use tgc_scalar::{Builder, Element, Program};

/// A known size.
pub fn n(size: i64) -> Dim {
    Dim::Const(size)
}

/// The size of a symbol.
pub fn s(id: u32) -> Dim {
    Dim::symbol(SymbolId(id))
}

pub const ROW: Axis = Axis::Row;

pub const fn inner(k: usize) -> Axis {
    Axis::Inner(k)
}

/// A function under construction.
pub struct Fun {
    pub signature: Signature,
    pub body: Body,
}

impl Fun {
    pub fn new(name: &str, symbols: &[&str]) -> Fun {
        let mut table = Symbols::default();
        for symbol in symbols {
            table.push(Symbol::new(*symbol));
        }
        Fun { signature: Signature::new(name, table), body: Body::default() }
    }

    pub fn buffer(&mut self, name: &str, dtype: DType, shape: &[Dim], storage: Storage) -> BufferId {
        self.body.buffers.push(Buffer { name: name.into(), dtype, shape: shape.to_vec(), storage });
        BufferId(self.body.buffers.len() as u32 - 1)
    }

    pub fn input(&mut self, name: &str, dtype: DType, shape: &[Dim]) -> BufferId {
        self.signature.inputs.push(Argument {
            name: name.into(),
            ty: TensorType::new(dtype, shape),
            default: None,
        });
        self.buffer(name, dtype, shape, Storage::Input(self.signature.inputs.len() - 1))
    }

    pub fn output(&mut self, name: &str, dtype: DType, shape: &[Dim]) -> BufferId {
        self.signature.outputs.push(Argument {
            name: name.into(),
            ty: TensorType::new(dtype, shape),
            default: None,
        });
        self.buffer(name, dtype, shape, Storage::Output(self.signature.outputs.len() - 1))
    }

    pub fn workspace(&mut self, name: &str, dtype: DType, shape: &[Dim]) -> BufferId {
        let elements = shape.iter().fold(n(1), |p, d| &p * d);
        let offset = self.body.workspace.clone();
        self.body.workspace = offset.clone().add(Size::of(&elements, dtype.bytes()));
        self.buffer(name, dtype, shape, Storage::Workspace { offset })
    }

    pub fn state(&mut self, model: &ModelPlan, index: usize, update: bool) -> BufferId {
        let state = &model.interface.states[index];
        let shape: Vec<Dim> = state.initial.shape().iter().map(|&d| n(d as i64)).collect();
        self.signature.reads.push(index);
        if update {
            self.signature.updates.push(index);
        }
        self.buffer(&state.name.clone(), state.initial.dtype(), &shape, Storage::State(index))
    }

    pub fn nest(&mut self, extent: Option<Dim>, rows: u32, row_values: &[DType], mut blocks: Vec<Block>) {
        // As the planner decides.
        let is_joined = |block: &Block| {
            rows > 1 && !block.axes.is_empty() && block.fission.is_none() && block.may_join_rows()
        };
        blocks.iter_mut().for_each(|block| block.joins_rows = is_joined(block));
        let row_values = row_values.to_vec();
        let provenance = Provenance::default();
        self.body.steps.push(Step::Nest(Nest {
            extent,
            rows,
            parallel: None,
            row_values,
            blocks,
            provenance,
        }));
    }
}

/// An access with offset 0.
pub fn at(buffer: BufferId, strides: &[(Axis, Dim)]) -> Access {
    Access { buffer, strides: strides.to_vec(), offset: n(0) }
}

pub fn read(buffer: BufferId, strides: &[(Axis, Dim)]) -> Read {
    Read::Buffer(at(buffer, strides))
}

pub fn store(result: usize, buffer: BufferId, strides: &[(Axis, Dim)]) -> Sink {
    Sink::Store { result, to: at(buffer, strides) }
}

pub fn block(axes: &[Dim], lanes: u32, reads: Vec<Read>, program: Program, sinks: Vec<Sink>) -> Block {
    Block {
        axes: axes.to_vec(),
        lanes,
        fission: None,
        reads,
        joins_rows: false,
        prefetch: None,
        program,
        sinks,
    }
}

/// A program from its parameters' types and what it does with them.
pub fn program(params: &[DType], body: impl FnOnce(&mut Builder, &[Element]) -> Vec<Element>) -> Program {
    let mut b = Builder::new(params);
    let elements: Vec<Element> = (0..params.len()).map(|i| b.param(i)).collect();
    let results = body(&mut b, &elements);
    b.finish(results)
}

/// The sum of one accumulator and one value.
pub fn sum(dtype: DType) -> Reducer {
    let add = program(&[dtype, dtype], |b, e| vec![b.add(e[0], e[1])]);
    Reducer { accumulators: vec![dtype], init: vec![[0, 0]], step: add.clone(), merge: add }
}

/// acc + x*y, rounded once.
pub fn dot(dtype: DType) -> Reducer {
    let step =
        program(&[dtype; 3], |b, e| vec![Element::real(dtype, b.fma(e[1].re(), e[2].re(), e[0].re()))]);
    Reducer { step, ..sum(dtype) }
}

/// The greater of two floats.
pub fn max(dtype: DType) -> Reducer {
    use tgc_scalar::Predicate;
    let step = program(&[dtype, dtype], |b, e| {
        let greater = b.compare(Predicate::Gt, e[0].re(), e[1].re());
        vec![Element::real(dtype, b.select(greater, e[0].re(), e[1].re()))]
    });
    let least = if dtype == DType::F32 {
        u64::from(f32::NEG_INFINITY.to_bits())
    } else {
        f64::NEG_INFINITY.to_bits()
    };
    Reducer { accumulators: vec![dtype], init: vec![[least, 0]], step: step.clone(), merge: step }
}

/// A model of these functions and states.
pub fn model(functions: Vec<Fun>, states: Vec<(&str, Array)>) -> ModelPlan {
    let mut sizes: Vec<Symbol> = vec![];
    for (_, symbol) in functions.iter().flat_map(|f| f.signature.symbols.iter()) {
        if sizes.iter().all(|size| size.name != symbol.name) {
            sizes.push(symbol.clone());
        }
    }
    let mut offset = 0;
    let state = |(name, initial): (&str, Array)| {
        let at = offset;
        offset += (initial.bytes().len() as u64).next_multiple_of(64);
        State { name: name.into(), initial, offset: at }
    };
    let states = states.into_iter().map(state).collect();
    let (functions, bodies) = functions.into_iter().map(|f| (f.signature, f.body)).unzip();
    let name = "model".into();
    let interface = Interface { name, sizes, states, constants: vec![], frozen: vec![], functions };
    ModelPlan { interface, variants: vec![Variant { machine: Machine::X86_64_V3, bodies }] }
}

/// Names and an image header for a model.
pub fn linkage(plan: &ModelPlan) -> Linkage {
    let header = b"header".to_vec();
    let data: usize = plan.interface.states.iter().map(|s| s.initial.bytes().len()).sum();
    Linkage {
        prefix: "m".into(),
        hash: 0x1234_5678_9abc_def0,
        suffix: "9abcdef0".into(),
        save_bytes: (header.len() + data) as u64,
        save_header: header,
    }
}
