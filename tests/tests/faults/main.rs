//! Faults that were mended, each the smallest model that showed it: a file of `cases/faults/` whose head says
//! calls and what is right. One more fault is one more file.
//!
//! ```text
//! ; note what was wrong, in any words
//! ; run f x=[[1, 2], [3, 4]] N=3
//! ; gives y=[1,2] z=0.5 within 2 ulp
//! ; gives update w=full:4:[16,16]
//! ; run f x=[1] i=[7]
//! ; gives E_INDEX i[0] is 7
//! tgc 1 model "m"
//! …
//! ```
//!
//! - `run FUNCTION NAME=VALUE…` is a call as `tgc run` takes it, and the state goes on from one to the next.
//! - `gives NAME=VALUE…` are outputs of the call above it; `gives update NAME=VALUE…` shared variables after
//!   it. What is not named is not compared. Values are the same numbers unless the line ends in
//!   `within N ulp` (units of the last place) or `within E` (a relative error). A NaN is any NaN, and 0 is -0
//!   too; -0 is not 0.
//! - `gives E_STATUS WORDS…` is a call that is refused, with these words in its line.
//! - `refused WORDS…` instead of calls: the model has no library, for a reason of its author's with these
//!   words in it.
//! - `builds` instead of calls: it has one.
//! - `options --fp fast --freeze w,b` are those of `tgc build`.
//!
//! `TGC_CASE=slice` runs those files alone whose names have this in them.

mod case;
mod compare;
mod judge;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use case::Case;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/faults");
    let only = std::env::var("TGC_CASE").unwrap_or_default();
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "tgc") && name(file).contains(&only));
    files.sort();
    files
}

fn name(file: &Path) -> String {
    file.file_name().expect("a file of a folder has a name").to_string_lossy().into_owned()
}

fn panicked(payload: &dyn std::any::Any) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    format!(
        "a panic: {}",
        text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without words")
    )
}

#[test]
fn faults_stay_mended() {
    let mut wrong = vec![];
    let files = files();
    assert!(!files.is_empty(), "no file of tests/cases/faults has that name");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let judged =
            catch_unwind(AssertUnwindSafe(|| Case::read(&text).and_then(|case| judge::judge(&case))));
        if let Err(reason) = judged.unwrap_or_else(|payload| Err(panicked(payload.as_ref()))) {
            wrong.push(format!("tests/cases/faults/{}: {reason}", name(&file)));
        }
    }
    assert!(wrong.is_empty(), "{} cases fail\n{}", wrong.len(), wrong.join("\n"));
}
