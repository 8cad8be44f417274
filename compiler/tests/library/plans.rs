//! Handmade plans: interfaces without steps.

use tgc_graph::array::Array;
use tgc_graph::dim::{Dim, Symbol, Symbols};
use tgc_graph::dtype::DType;
use tgc_graph::ty::TensorType;
use tgc_plan::machine::Machine;
use tgc_plan::size::Size;
use tgc_plan::{Argument, Body, Check, Interface, ModelPlan, Signature, State, Variant};

/// A model of these states and functions; its sizes are the functions'.
pub fn model(
    name: &str,
    states: Vec<(impl Into<String>, Array)>,
    functions: Vec<(Signature, Body)>,
) -> ModelPlan {
    let mut sizes: Vec<Symbol> = vec![];
    for (_, symbol) in functions.iter().flat_map(|(f, _)| f.symbols.iter()) {
        if sizes.iter().all(|s| s.name != symbol.name) {
            sizes.push(symbol.clone());
        }
    }
    let mut offset = 0;
    let states = states.into_iter().map(|(name, initial)| {
        let state = State { name: name.into(), initial, offset };
        offset += (state.initial.bytes().len() as u64).next_multiple_of(64);
        state
    });
    let states = states.collect();
    let (functions, bodies) = functions.into_iter().unzip();
    let name = name.to_owned();
    let interface = Interface { name, sizes, states, constants: vec![], frozen: vec![], functions };
    ModelPlan { interface, variants: vec![Variant { machine: Machine::X86_64_V3, bodies }] }
}

/// No states.
pub const NONE: [(&str, Array); 0] = [];

/// A function that does nothing.
pub fn function(
    name: &str,
    sizes: &[&str],
    inputs: Vec<Argument>,
    outputs: Vec<Argument>,
    workspace: Size,
) -> (Signature, Body) {
    let mut symbols = Symbols::default();
    for size in sizes {
        symbols.push(Symbol::new(*size));
    }
    let signature = Signature { inputs, outputs, ..Signature::new(name, symbols) };
    (signature, Body { workspace, ..Body::default() })
}

pub fn argument(name: &str, dtype: DType, shape: &[Dim]) -> Argument {
    Argument { name: name.to_owned(), ty: TensorType::new(dtype, shape), default: None }
}

/// The symbol of this position in its function.
pub fn symbol(id: u32) -> Dim {
    Dim::symbol(tgc_graph::dim::SymbolId(id))
}

/// Logistic regression over 784 features.
pub fn logreg() -> ModelPlan {
    let (n, k) = (symbol(0), Dim::Const(784));
    let x = argument("x", DType::F32, &[n.clone(), k.clone()]);
    let y = argument("y", DType::F32, std::slice::from_ref(&n));
    let prediction = argument("prediction", DType::Bool, std::slice::from_ref(&n));
    let loss = argument("xent", DType::F32, &[]);
    let bytes = Size::of(&k, 4).add(Size::of(&n, 4));
    let mut train = function("train", &["N"], vec![x.clone(), y], vec![prediction.clone(), loss], bytes);
    train.0.reads = vec![0, 1];
    train.0.updates = vec![0, 1];
    let mut predict = function("predict", &["N"], vec![x], vec![prediction], Size::Const(0));
    predict.0.reads = vec![0, 1];
    let states = vec![("w", Array::zeros::<f32>([784])), ("b", Array::from(0.0f32))];
    model("logreg", states, vec![train, predict])
}

/// Every element type, by value and by pointer, with defaults; two sizes and a maximum of workspaces.
pub fn everything() -> ModelPlan {
    let (n, k) = (symbol(0), symbol(1));
    let mut scalars = vec![];
    let mut arrays = vec![];
    let mut results = vec![];
    for dtype in DType::ALL {
        let one = |default: Array| Some(default);
        let mut ones = Array::zeros_of(dtype, []);
        ones.set(0, [1, 0]);
        let scalar = argument(&format!("s_{dtype}"), dtype, &[]);
        scalars.push(Argument { default: one(ones), ..scalar });
        let array = argument(&format!("a_{dtype}"), dtype, &[n.clone(), k.clone()]);
        arrays.push(array);
        results.push(argument(&format!("o_{dtype}"), dtype, &[&n + &k]));
    }
    let awkward = [
        ("nan", Array::from(f32::NAN)),
        ("down", Array::from(f64::NEG_INFINITY)),
        ("least", Array::from(i64::MIN)),
        ("small", Array::from(i32::MIN)),
        ("large", Array::from(u64::MAX)),
        ("rate", Array::from(0.1f32)),
        ("tiny", Array::from(5e-324f64)),
        ("minus", Array::from(-1.0f64)),
    ];
    let awkward = awkward.map(|(name, default)| Argument {
        name: format!("d_{name}"),
        ty: TensorType::scalar(default.dtype()),
        default: Some(default),
    });
    let table =
        Argument { default: Some(Array::from([1i32, 2])), ..argument("table", DType::I32, &[Dim::Const(2)]) };
    let bytes = Size::of(&n, 4).max(Size::of(&k, 8).add(Size::Const(64)));
    let inputs = scalars.into_iter().chain(awkward).chain([table]).collect();
    let mut scalars = function("scalars", &["N", "K"], inputs, results, bytes);
    scalars.0.checks = vec![Check {
        left_name: "o_f32 axis 0".to_owned(),
        left: &n + &k,
        right_name: "table axis 0".to_owned(),
        right: Dim::Const(2),
    }];
    let by_k = Size::of(&symbol(0), 16);
    let only_k = vec![argument("v", DType::C128, &[symbol(0)])];
    let reversed = function("other", &["K"], only_k, vec![argument("z", DType::C64, &[])], by_k);
    let arrays = function("arrays", &["N", "K"], arrays, vec![], Size::Const(128));
    let step = function("step", &[], vec![], vec![], Size::Const(0));
    let states = DType::ALL.map(|d| (format!("p_{d}"), Array::zeros_of(d, [2, 3]))).to_vec();
    model("everything", states, vec![scalars, arrays, reversed, step])
}

/// A model without sizes, states and workspace.
pub fn bare() -> ModelPlan {
    let x = argument("x", DType::F64, &[Dim::Const(3)]);
    let y = argument("y", DType::F64, &[Dim::Const(3)]);
    model("bare", NONE.to_vec(), vec![function("twice", &[], vec![x], vec![y], Size::Const(0))])
}
