//! What object files define, need and hold.

use std::collections::BTreeSet;

use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use tgc_graph::array::Array;
use tgc_graph::dtype::DType::{F32, F64};
use tgc_llvm::{Objects, Options, Target, compile};
use tgc_plan::ModelPlan;

use crate::nests::logreg;
use crate::plans::{linkage, n, s};

const LIBRARY: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];

/// Apple's systems have a function of their own for filling with zeros, which LLVM prefers there.
fn is_library(triple: &str, name: &str) -> bool {
    LIBRARY.contains(&name) || triple.contains("apple") && name == "bzero"
}

/// A model with a state.
fn plan() -> ModelPlan {
    let mut plan = logreg(F32, 8, 4, n(784));
    plan.interface.states =
        crate::plans::model(vec![], vec![("w", Array::zeros::<f32>([5]))]).interface.states;
    plan
}

fn build(target: &Target) -> Objects {
    let plan = plan();
    compile(&plan, &linkage(&plan), std::slice::from_ref(target), &Options::default()).unwrap()
}

/// Names that are defined for others, and names that are needed.
fn names(bytes: &[u8]) -> (BTreeSet<String>, BTreeSet<String>) {
    let file = object::File::parse(bytes).unwrap();
    let pick = |wanted: fn(&object::Symbol<'_, '_>) -> bool| {
        let strip = |name: &str| match file.format() {
            object::BinaryFormat::MachO => name.trim_start_matches('_').to_owned(),
            _ => name.to_owned(),
        };
        file.symbols()
            .filter(wanted)
            .map(|s| strip(s.name().unwrap()))
            .filter(|name| !name.is_empty())
            .collect()
    };
    (pick(|s| s.is_global() && s.is_definition()), pick(|s| s.is_undefined()))
}

fn linked(short: &[&str]) -> BTreeSet<String> {
    short.iter().map(|name| format!("m_{name}_9abcdef0")).collect()
}

#[test]
fn objects_export_and_need_only_what_is_promised() {
    for triple in Target::list() {
        let objects = build(&Target::new(Some(triple), None, "").unwrap());
        let (defined, needed) = names(&objects.model);
        let exported =
            ["init", "init_shared", "reset", "save", "load", "error", "variant", "model", "step", "w"];
        assert_eq!(defined, linked(&exported), "{triple}");
        let foreign: Vec<_> = needed.iter().filter(|name| !is_library(triple, name)).collect();
        assert_eq!(foreign, Vec::<&String>::new(), "{triple}");
        let (defined, needed) = names(&objects.heap);
        assert_eq!(defined, linked(&["create", "share", "destroy"]), "{triple}");
        let mut allowed = linked(&["init", "init_shared"]);
        allowed.extend(["malloc", "free"].map(String::from));
        allowed.extend(needed.iter().filter(|name| is_library(triple, name)).cloned());
        assert!(needed.is_subset(&allowed), "{triple}: {needed:?}");
    }
}

/// Some instructions are calls where a target lacks them; none of those that are emitted.
#[test]
fn no_instruction_becomes_a_call() {
    let cpus = [("x86_64-unknown-linux-gnu", "x86-64"), ("x86_64-unknown-linux-gnu", "x86-64-v2")];
    let usual = Target::list().into_iter().map(|triple| (triple, None));
    for (triple, cpu) in cpus.map(|(triple, cpu)| (triple, Some(cpu))).into_iter().chain(usual) {
        let target = Target::new(Some(triple), cpu, "").unwrap();
        for plan in crate::scalars::plans() {
            let targets = std::slice::from_ref(&target);
            let objects = compile(&plan, &linkage(&plan), targets, &Options::default()).unwrap();
            let (_, needed) = names(&objects.model);
            assert!(needed.iter().all(|name| is_library(triple, name)), "{triple} {cpu:?}: {needed:?}");
        }
    }
}

/// The wide reductions of this plan keep 4 * 16 accumulators of 8 bytes in memory while single elements run.
#[test]
fn kernels_need_little_stack() {
    let plan = logreg(F64, 16, 4, s(1));
    let target = Target::new(Some(Target::list()[0]), None, "").unwrap();
    let text = tgc_llvm::assembly(&plan, &linkage(&plan), std::slice::from_ref(&target), &Options::default())
        .unwrap();
    let frames = text.lines().filter_map(|line| line.trim().strip_prefix("subq\t$")?.strip_suffix(", %rsp"));
    let frames: Vec<u32> = frames.map(|bytes| bytes.parse().unwrap()).collect();
    assert!(frames.iter().all(|bytes| *bytes < 2048), "{frames:?}");
    assert!(frames.iter().any(|bytes| *bytes >= 512), "{frames:?}");
}

#[test]
fn objects_have_no_writable_data_and_no_unwind_tables() {
    for triple in Target::list() {
        let objects = build(&Target::new(Some(triple), None, "").unwrap());
        for bytes in [&objects.model, &objects.heap] {
            let file = object::File::parse(bytes.as_slice()).unwrap();
            for section in file.sections() {
                let name = section.name().unwrap();
                let writable = matches!(section.kind(), SectionKind::Data | SectionKind::UninitializedData);
                let relocated = name.starts_with(".data.rel.ro") || name == "__const";
                assert!(!writable || relocated || section.size() == 0, "{triple}: {name}");
                let unwinds = [".eh_frame", "__eh_frame", "__compact_unwind"].contains(&name);
                assert!(!unwinds, "{triple}: {name}");
            }
        }
    }
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let target = Target::new(Some(Target::list()[0]), None, "").unwrap();
    let first = build(&target);
    let second = std::thread::spawn(move || build(&target)).join().unwrap();
    assert_eq!(first, second);
    let text = String::from_utf8_lossy(&first.model).into_owned();
    for path in [env!("CARGO_MANIFEST_DIR"), "/rustc/", "/home/", "/tmp/"] {
        assert!(!text.contains(path), "{path}");
    }
}

#[test]
fn kernels_alone_use_wide_registers() {
    let plan = plan();
    let target = Target::new(Some(Target::list()[0]), None, "").unwrap();
    let text = tgc_llvm::assembly(&plan, &linkage(&plan), std::slice::from_ref(&target), &Options::default())
        .unwrap();
    let mut function = "";
    let mut wide = BTreeSet::new();
    for line in text.lines() {
        if !line.starts_with(['\t', '.', '#', ' ']) && line.contains(':') {
            function = line.split(':').next().unwrap();
        }
        if line.contains("%ymm") {
            wide.insert(function);
        }
    }
    assert_eq!(wide, BTreeSet::from(["step.kernel"]));
}
