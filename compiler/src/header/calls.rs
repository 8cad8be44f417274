//! Functions: linked names, prototypes, states, defaults.

use tgc_graph::array::Array;
use tgc_graph::dim::Atom;
use tgc_graph::dtype::DType;
use tgc_graph::text::element_to_text;
use tgc_plan::{Argument, Check, Signature, State};

use super::types::c_type;
use super::{PLACEHOLDER, Source, docs, show};
use crate::names::{argument, has_default_macro};

/// The section of the header.
pub(super) fn section(source: &Source<'_>) -> String {
    let parts = [
        linked_names(source),
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\n".to_owned(),
        instances(source),
        functions(source),
        states(source),
        frozen(source),
        rest(source),
        "#ifdef __cplusplus\n}\n#endif\n".to_owned(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn linked_names(source: &Source<'_>) -> String {
    let exported = source.names.exported(source.interface);
    let width = exported.iter().map(|name| source.lower(name).len()).max().unwrap_or(0);
    let mut text = "/* The names that are linked: a library of another version lacks them. */\n".to_owned();
    for name in exported {
        let name = source.lower(name);
        text.push_str(&format!("#define {name:width$} {name}_{PLACEHOLDER}\n"));
    }
    text
}

fn instances(source: &Source<'_>) -> String {
    let (upper, ctx) = (|name: &str| source.upper(name), source.lower("ctx"));
    let (config, status) = (source.lower("config"), source.lower("status"));
    let checked = |name: &str, parameters: &[&str]| {
        format!("TGC_CHECKED {status} {}(\n    {});\n", source.lower(name), parameters.join(",\n    "))
    };
    let const_config = format!("const {config} *config_");
    let parent = format!("{ctx} *parent_");
    let out = format!("{ctx} **out_");
    let init = [&const_config, "void *ctx_", "void *state_", "void *ws_", "uint64_t ws_bytes_", &out];
    let init_shared = [&parent, &const_config, "void *ctx_", "void *ws_", "uint64_t ws_bytes_", &out];
    [
        format!(
            "/* Builds an instance in blocks of yours, all aligned to 64 and apart: ctx of {} bytes,\n \
             * state of {} bytes, and ws of ws_bytes. A block of 0 bytes may be NULL. The state has its\n \
             * initial values; nothing has to be destroyed. On failure *out is NULL. */\n",
            upper("CTX_BYTES"),
            upper("STATE_BYTES"),
        ),
        checked("init", &init),
        "\n/* The same over the state of a parent, which has to outlive the instance. */\n".to_owned(),
        checked("init_shared", &init_shared),
        "\n/* Builds an instance in memory of config->alloc, with workspace for the sizes of the config. */\n".to_owned(),
        checked("create", &[&const_config, &out]),
        "\n/* The same over the state of a parent, which has to outlive the instance. */\n".to_owned(),
        checked("share", &[&parent, &const_config, &out]),
        "\n/* Releases what create or share built; leaves NULL and instances in blocks of yours alone. */\n".to_owned(),
        format!("void {}({ctx} *ctx_);\n", source.lower("destroy")),
    ]
    .concat()
}

fn functions(source: &Source<'_>) -> String {
    let texts: Vec<String> = source.interface.functions.iter().map(|f| function(source, f)).collect();
    texts.join("\n")
}

fn function(source: &Source<'_>, function: &Signature) -> String {
    let mut text = comment(source, function);
    for input in function.inputs.iter().filter(|input| has_default_macro(input)) {
        if let Some(default) = &input.default {
            let literal = literal(input.ty.dtype, default);
            text.push_str(&format!("#define {} {literal}\n", default_name(source, function, input)));
        }
    }
    let parameters = parameters(source, function);
    let width = parameters.iter().map(|(p, _)| p.len()).max().unwrap_or(0) + 2;
    let status = source.lower("status");
    text.push_str(&format!("TGC_CHECKED {status} {}(\n", source.lower(&function.name)));
    for (i, (parameter, about)) in parameters.iter().enumerate() {
        let end = if i + 1 == parameters.len() { ");" } else { "," };
        let line = format!("    {:width$} {about}", format!("{parameter}{end}"));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn comment(source: &Source<'_>, function: &Signature) -> String {
    let effects = docs::effects(source, function);
    let mut lines = vec![match effects.is_empty() {
        true => format!("{}: uses no state.", function.name),
        false => format!("{}: {effects}.", function.name),
    }];
    lines.extend(function.checks.iter().map(|check| format!("Requires {}.", check_text(check, function))));
    lines.push(format!(
        "Workspace: {}{}. Stack: {}.",
        source.upper(&format!("{}_WS_BYTES", function.name)),
        sizes_of(function),
        source.upper(&format!("{}_STACK_BYTES", function.name)),
    ));
    format!("/* {} */\n", lines.join("\n * "))
}

fn sizes_of(function: &Signature) -> String {
    let names = super::list(function.symbols.iter().map(|(_, s)| s.name.as_str()));
    if names.is_empty() { names } else { format!("({names})") }
}

fn check_text(check: &Check, function: &Signature) -> String {
    if let (Some(least), Some(Atom::Min(sizes))) = (check.least(), check.left.as_atom()) {
        let others = sizes.iter().filter(|size| **size != check.right);
        let others: Vec<String> = others.map(|size| size.display(&function.symbols).to_string()).collect();
        return format!("{} ({}) >= {least}", check.left_name, others.join(" and "));
    }
    format!(
        "{} ({}) = {} ({})",
        check.left_name,
        check.left.display(&function.symbols),
        check.right_name,
        check.right.display(&function.symbols)
    )
}

/// Each parameter and its comment.
fn parameters(source: &Source<'_>, function: &Signature) -> Vec<(String, String)> {
    let mut parameters = vec![(format!("{} *", source.lower("ctx")), String::new())];
    for (_, symbol) in function.symbols.iter() {
        let model = source.interface.sizes.iter().find(|size| size.name == symbol.name);
        let end = |end: &str, own: i64, of_model: Option<i64>| match of_model == Some(own) {
            true => source.upper(&format!("{}_{end}", symbol.name)),
            false => own.to_string(),
        };
        let range =
            [end("MIN", symbol.min, model.map(|s| s.min)), end("MAX", symbol.max, model.map(|s| s.max))];
        let declared = format!("int64_t {}", argument(&symbol.name));
        parameters.push((declared, format!("/* {} to {} */", range[0], range[1])));
    }
    for input in &function.inputs {
        let c = c_type(input.ty.dtype);
        let declared = match input.is_by_value() {
            true => format!("{c} {}", argument(&input.name)),
            false => format!("const {c} *{}", argument(&input.name)),
        };
        let default = match (&input.default, input.is_by_value()) {
            (None, _) => String::new(),
            (Some(_), true) => format!("; the default is {}", default_name(source, function, input)),
            (Some(_), false) => "; NULL is the default value".to_owned(),
        };
        parameters.push((declared, format!("/* in: {}{default} */", show(&input.ty, function))));
    }
    for output in &function.outputs {
        let declared = format!("{} *{}", c_type(output.ty.dtype), argument(&output.name));
        parameters.push((declared, format!("/* out: {} */", show(&output.ty, function))));
    }
    parameters
}

fn default_name(source: &Source<'_>, function: &Signature, input: &Argument) -> String {
    source.upper(&format!("{}_{}_DEFAULT", function.name, input.name))
}

/// A C expression of the element's type and bits.
fn literal(dtype: DType, value: &Array) -> String {
    let bits = value.get(0)[0];
    match dtype {
        DType::Bool => if bits == 0 { "false" } else { "true" }.to_owned(),
        DType::I8 => signed(i64::from(bits as i8), dtype),
        DType::I16 => signed(i64::from(bits as i16), dtype),
        DType::I32 => signed(i64::from(bits as i32), dtype),
        DType::I64 => signed(bits as i64, dtype),
        DType::U8 | DType::U16 | DType::U32 | DType::F16 | DType::BF16 => {
            format!("(({})UINT64_C({bits}))", c_type(dtype))
        }
        DType::U64 => format!("UINT64_C({bits})"),
        DType::F32 => {
            float(f64::from(f32::from_bits(bits as u32)), &element_to_text(dtype, value.get(0)), "f")
        }
        DType::F64 => float(f64::from_bits(bits), &element_to_text(dtype, value.get(0)), ""),
        DType::C64 | DType::C128 => unreachable!("invariant: complex inputs are passed by pointer"),
    }
}

fn signed(value: i64, dtype: DType) -> String {
    match value {
        i64::MIN => "INT64_MIN".to_owned(),
        _ => format!("(({})INT64_C({value}))", c_type(dtype)),
    }
}

/// `text` is the shortest that reads back to the same value.
fn float(value: f64, text: &str, suffix: &str) -> String {
    if value.is_nan() {
        return format!("(0.0{suffix} / 0.0{suffix})");
    }
    if value.is_infinite() {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("({sign}1.0{suffix} / 0.0{suffix})");
    }
    let point = if text.contains(['.', 'e', 'E']) { "" } else { ".0" };
    format!("({text}{point}{suffix})")
}

/// `f32[784]`.
pub(super) fn static_type(array: &Array) -> String {
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    format!("{}[{}]", array.dtype(), sizes.join(","))
}

fn states(source: &Source<'_>) -> String {
    let states = &source.interface.states;
    if states.is_empty() {
        return String::new();
    }
    let ctx = source.lower("ctx");
    let declare = |state: &State| {
        format!("{} *{}({ctx} *ctx_);", c_type(state.initial.dtype()), source.lower(&state.name))
    };
    let width = states.iter().map(|state| declare(state).len()).max().unwrap_or(0);
    let mut text =
        "/* The state, to read and to write between calls. The pointers last as long as the instance. */\n"
            .to_owned();
    for state in states {
        text.push_str(&format!("{:width$} /* {} */\n", declare(state), static_type(&state.initial)));
    }
    text
}

fn frozen(source: &Source<'_>) -> String {
    if source.interface.frozen.is_empty() {
        return String::new();
    }
    let ctx = source.lower("ctx");
    let mut text = "/* Values that are fixed in the library, the same for every instance. */\n".to_owned();
    for frozen in &source.interface.frozen {
        let (element, name) = (c_type(frozen.value.dtype()), source.lower(&frozen.name));
        text.push_str(&format!(
            "const {element} *{name}(const {ctx} *ctx_); /* {} */\n",
            static_type(&frozen.value)
        ));
    }
    text
}

fn rest(source: &Source<'_>) -> String {
    let (lower, ctx, status) = (|name: &str| source.lower(name), source.lower("ctx"), source.lower("status"));
    let save_bytes = source.upper("SAVE_BYTES");
    [
        "/* Gives every state its initial value. */\n".to_owned(),
        format!("void {}({ctx} *ctx_);\n", lower("reset")),
        format!("\n/* Writes an image of the state, a safetensors file of {save_bytes}; capacity is at least that.\n * It overlaps neither the instance nor its state; nor does one that is taken up. */\n"),
        format!("TGC_CHECKED {status} {}({ctx} *ctx_, void *image_, uint64_t capacity_);\n", lower("save")),
        "\n/* Takes up an image that this model saved. Refuses any other, and changes nothing then. */\n".to_owned(),
        format!("TGC_CHECKED {status} {}({ctx} *ctx_, const void *image_, uint64_t bytes_);\n", lower("load")),
        "\n/* One line about the last call that failed; empty if none did. It lasts until the next failure. */\n".to_owned(),
        format!("const char *{}(const {ctx} *ctx_);\n", lower("error")),
        "\n/* The name of the variant that the instance uses; NULL for none. */\n".to_owned(),
        format!("const char *{}(const {ctx} *ctx_);\n", lower("variant")),
        "\n/* The description of the model. */\n".to_owned(),
        format!("extern const tgc_model {};\n", lower("model")),
    ]
    .concat()
}
