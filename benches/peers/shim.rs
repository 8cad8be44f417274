//! C around a library, and the C compiler: shared objects that `measure.py` loads.

use std::path::{Path, PathBuf};
use std::process::Command;

use tgc_benches::Error;
use tgc_graph::module::Function;

/// What C calls an element type.
pub fn c_type(dtype: &str) -> &'static str {
    if dtype == "f32" { "float" } else { "double" }
}

/// C that opens an instance of the model and calls its function so many times with pointers to arguments.
pub fn calls(name: &str, function: &Function) -> String {
    let upper = name.to_uppercase();
    let inputs = function.inputs.iter().enumerate().map(|(at, input)| {
        let is_scalar = function.graph.ty(*input).rank() == 0;
        if is_scalar { format!("*(const REAL *)a[{at}]") } else { format!("a[{at}]") }
    });
    let first = function.inputs.len();
    let outputs = (first..first + function.outputs.len()).map(|at| format!("a[{at}]"));
    let arguments = inputs.chain(outputs).collect::<Vec<_>>().join(", ");
    format!(
        r#"#include "{name}.h"
void *tgc_open(void) {{
  {name}_config config = {upper}_CONFIG;
  {name}_ctx *model;
  return {name}_create(&config, &model) == {upper}_OK ? model : NULL;
}}
void tgc_close(void *model) {{ {name}_destroy(model); }}
int tgc_call(void *model, void **a, long calls) {{
  int status = 0;
  for (long k = 0; k < calls; k++) status |= {name}_run(model, {arguments});
  return status;
}}
"#
    )
}

/// Compiles and links a shared object as fast as C can be.
pub fn shared(sources: &[PathBuf], c_type: &str, macros: &[String], object: &Path) -> Result<(), Error> {
    let mut cc = compiler(c_type);
    cc.args(["-O3", "-march=native", "-ffast-math", "-fPIC", "-shared"]).args(macros).args(sources);
    run(cc.arg("-lm"), object)
}

/// Compiles and links a program.
pub fn program(sources: &[PathBuf], c_type: &str, executable: &Path) -> Result<(), Error> {
    run(compiler(c_type).arg("-O2").args(sources), executable)
}

fn compiler(c_type: &str) -> Command {
    let mut cc = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".to_owned()));
    cc.args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wno-unused-function"]);
    cc.arg(format!("-DREAL={c_type}"));
    cc
}

fn run(cc: &mut Command, output: &Path) -> Result<(), Error> {
    match cc.arg("-o").arg(output).status()?.success() {
        true => Ok(()),
        false => Err(format!("the C compiler could not make {}", output.display()).into()),
    }
}
