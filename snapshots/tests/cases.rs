//! Every case: the head's expectations, then the snapshot beside it.

use std::path::Path;

use tgc_plan::{Materialized, NotFused};
use tgc_snapshots::{Case, Command, LONGEST, Outcome, cases};

#[test]
fn every_case_does_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = cases(&folder).expect("the folder of cases can be read");
    assert!(!files.is_empty());
    let mut problems = vec![];
    for file in files {
        let name = file.strip_prefix(&folder).expect("cases are in the folder").display().to_string();
        let text = std::fs::read_to_string(&file).expect("a case is text");
        let is_model = name.starts_with("models");
        if text.lines().count() > LONGEST && !is_model {
            problems.push(format!("{name}: {} lines, and {LONGEST} is the most", text.lines().count()));
        }
        let case = match Case::read(&text) {
            Ok(case) => case,
            Err(problem) => {
                problems.push(format!("{name}: {problem}"));
                continue;
            }
        };
        let results = match case.run() {
            Ok(results) => results,
            Err(problem) => {
                problems.push(format!("{name}: {problem}"));
                continue;
            }
        };
        let shown = case.show(&results);
        let missed = case.missed(&results);
        if !missed.is_empty() {
            problems.push(format!("{name}: {}\n{shown}", missed.join(", ")));
            continue;
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(file.parent().expect("a theme's folder"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        settings.bind(|| insta::assert_snapshot!(stem, shown));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// What no case shows, nobody has seen working.
#[test]
fn every_rule_fires_in_some_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut missing: Vec<&str> = tgc_optimize::rules().map(|rule| rule.name).collect();
    for file in cases(&folder).expect("the folder of cases can be read") {
        let text = std::fs::read_to_string(&file).expect("a case is text");
        let outcome = Case::read(&text).and_then(|case| case.run()).expect("the case runs");
        if let Outcome::Graphs(results) = outcome {
            let stages = results.iter().flat_map(|(_, report)| &report.stages);
            let fired: Vec<&str> = stages.flat_map(|stage| &stage.fired).map(|fired| fired.rule).collect();
            missing.retain(|name| !fired.contains(name));
        }
    }
    assert!(missing.is_empty(), "no case shows {}", missing.join(", "));
}

#[test]
fn a_case_without_expectation_is_refused() {
    let text = "; optimize\nfunction \"f\"\n  %0 = input \"x\" : f32[]\n  output \"y\" = %0\nend\n";
    let problem = Case::read(text).expect_err("it expects nothing");
    assert_eq!(problem, "the case says nowhere `; expect operation=count`");
}

/// What the planner can say, some case shows.
#[test]
fn every_phase_and_every_reason_is_in_some_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut phases: Vec<&str> = tgc_lower::phases().iter().map(|phase| phase.name).collect();
    let mut reasons: Vec<String> = NotFused::ALL.iter().map(NotFused::to_string).collect();
    // Up to the number of cycles.
    let before = |reason: Materialized| reason.to_string().split(" 0 cycles").next().map(str::to_owned);
    reasons.extend(materialized().into_iter().filter_map(before));
    for file in cases(&folder).expect("the folder of cases can be read") {
        let text = std::fs::read_to_string(&file).expect("a case is text");
        let case = Case::read(&text).expect("the case is one");
        let Command::Lower { until } = &case.command else { continue };
        phases.retain(|phase| phase != until);
        let Outcome::Phase(shown) = case.run().expect("the case runs") else { continue };
        reasons.retain(|reason| !shown.contains(reason));
    }
    assert!(phases.is_empty() && reasons.is_empty(), "no case shows {phases:?}, {reasons:?}");
}

/// What there is to say of a materialized tensor, with the variant behind each; the compiler asks for a line
/// for each.
fn materialized() -> Vec<Materialized> {
    use Materialized::*;
    let next = |reason: Materialized| match reason {
        Reduction => Some(Scan),
        Scan => Some(Parts),
        Parts => Some(Indices),
        Indices => Some(Reshaped),
        Reshaped => Some(MatmulOperand),
        MatmulOperand => Some(Routine),
        Routine => Some(ReadBeforeUpdate),
        ReadBeforeUpdate => Some(ManyReads),
        ManyReads => Some(Shared { cycles: 0 }),
        Shared { .. } => Some(LoopInvariant { cycles: 0 }),
        LoopInvariant { .. } => None,
    };
    std::iter::successors(Some(Reduction), |reason| next(*reason)).collect()
}
