//! The emitted code beside NumPy, JAX, PyTensor, ONNX Runtime and plain C, on the same data in one process.
//!
//! `make bench` prepares the Python packages and runs this: it builds a library from each of the models, with
//! the plain C of `plain.c` beside it, and hands over to `measure.py`, which takes the times and writes
//! `docs/benchmarks.md`. Arguments are parts of names of cases; without one, all run and the document is
//! written.

mod shim;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use tgc_benches::Error;
use tgc_benches::models::{self, Case};
use tgc_compiler::stages::host_plan;
use tgc_compiler::{Fp, Options, build};
use tgc_llvm::Target;

/// Which case is measured from the start of a process.
const FIRST: &str = "regression_400x784_f32";

fn main() -> Result<(), Error> {
    let only: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let dir = tempfile::tempdir()?;
    fs::create_dir(dir.path().join("native"))?;
    let wider = Target::new(None, Some("native"), "")?.machine() != Target::new(None, None, "")?.machine();
    let mut built = String::new();
    for case in models::all()? {
        if only.is_empty() || only.iter().any(|part| case.name.contains(part.as_str())) {
            let milliseconds = make(&case, &here, dir.path(), wider)?;
            built += &format!("{} {milliseconds:.1} {}\n", case.name, instructions(&case)?);
        }
    }
    if built.is_empty() {
        return Err(format!("no case has {} in its name", only.join(" or ")).into());
    }
    fs::write(dir.path().join("built.txt"), built)?;
    for dtype in ["f32", "f64"] {
        let object = dir.path().join(format!("limits_{dtype}.so"));
        shim::shared(&[here.join("limits.c")], shim::c_type(dtype), &[], &object)?;
    }
    if only.is_empty() {
        let sources = ["start.c".into(), format!("{FIRST}.c"), format!("lib{FIRST}.a")];
        let [start, calls, library] = sources.map(|name: String| dir.path().join(name));
        fs::copy(here.join("start.c"), &start)?;
        shim::program(&[start, calls, library], "float", &dir.path().join("start"))?;
    }
    measure(&here, dir.path(), only.is_empty().then(|| here.join("../../docs")))
}

/// Runs `measure.py`, in an environment in which every peer is at its best.
fn measure(here: &Path, dir: &Path, docs: Option<PathBuf>) -> Result<(), Error> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let cache = std::env::var_os("BENCH_CACHE").map_or_else(|| dir.join("cache"), PathBuf::from);
    let mut measure = Command::new(&python);
    measure.arg(here.join("measure.py")).arg(dir).args(docs);
    measure.env("BENCH_CACHE", cache).env("PYTHONDONTWRITEBYTECODE", "1");
    // A BLAS chooses its kernels by itself.
    measure.env_remove("OPENBLAS_CORETYPE").env_remove("OPENBLAS_L2_SIZE");
    // Peers make the array of a result anew in each call: its memory stays with the process and is not
    // faulted in again.
    measure.env("MALLOC_MMAP_MAX_", "0").env("MALLOC_TRIM_THRESHOLD_", "100000000000");
    match measure.status().map_err(|error| format!("{python}: {error}"))?.success() {
        true => Ok(()),
        false => Err("measure.py failed".into()),
    }
}

/// Makes `dir/NAME.so` with the library and a loop that calls it, the same with all that this processor has
/// if that is `wider`, and the peer in C. Returns how many milliseconds the library took.
fn make(case: &Case, here: &Path, dir: &Path, wider: bool) -> Result<f64, Error> {
    let name = &case.name;
    let milliseconds = library(case, None, dir, &dir.join(format!("{name}.so")))?;
    if wider {
        // In a folder of its own, as the header belongs to the library.
        library(case, Some("native"), &dir.join("native"), &dir.join(format!("{name}_native.so")))?;
    }
    if let Some((function, sizes)) = &case.plain {
        let mut macros = vec![format!("-DPLAIN={function}")];
        macros.extend(sizes.iter().map(|(key, value)| format!("-D{key}={value}")));
        let object = dir.join(format!("{name}_plain.so"));
        shim::shared(&[here.join("plain.c")], shim::c_type(&case.dtype.to_string()), &macros, &object)?;
    }
    Ok(milliseconds)
}

/// Builds the case's library in a folder, and an object that can be loaded from it. Returns how many
/// milliseconds the library and its header took.
fn library(case: &Case, cpu: Option<&str>, folder: &Path, object: &Path) -> Result<f64, Error> {
    let options = Options { cpus: cpu.map(str::to_owned).into_iter().collect(), ..Default::default() };
    let [archive, header, calls] = [("lib", ".a"), ("", ".h"), ("", ".c")]
        .map(|(before, after)| folder.join(format!("{before}{}{after}", case.name)));
    let module = case.model.module();
    let start = Instant::now();
    build(&module, &options)?.write(&archive, &header)?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    fs::write(&calls, shim::calls(&case.name, &module.functions[0]))?;
    shim::shared(&[calls, archive], shim::c_type(&case.dtype.to_string()), &[], object)?;
    Ok(milliseconds)
}

/// How many scalar instructions the plan of the case's function runs in a call.
fn instructions(case: &Case) -> Result<i64, Error> {
    let plan = host_plan(&case.model.module(), Fp::Strict)?;
    let count = plan.function(0).cost().instructions.evaluate(&|_| 1);
    count.ok_or_else(|| "the cost is no number".into())
}
