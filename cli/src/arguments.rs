//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tgc_compiler::Fp;

const ABOUT: &str = "Compiles tensor models into static libraries with a C header.";

const AFTER: &str = "\
MODEL is a model.graph or a .tgc text.

Examples:
  tgc build logreg.graph -o liblogreg.a          writes liblogreg.a and logreg.h
  tgc print logreg.graph --plan                  shows the loops that will run
  tgc run logreg.graph predict x=@x.npy          calls a function in this process
  tgc inspect logreg.graph                       lists functions, arguments, states, sizes and costs
  tgc check logreg.graph                         says what is wrong, if anything is

Exit codes:
  0  done
  1  an error in the model, the arguments or a file; the message says what to do
  2  a command line that is not understood
  3  a defect of tgc; please report it
  128 and the number of a signal: interrupted, and nothing written

A reader of the output that goes away early, as in `tgc print m.graph | head -1`, is no error; an output that is
closed, or a disk that is full, is one.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "tgc", version, about = ABOUT, after_help = AFTER)]
pub struct Tgc {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compile a model into a static library and a header.
    Build(Build),
    /// Print a model, a stage of its optimization, or its plan.
    Print(Print),
    /// Call a function of a model in this process.
    Run(Run),
    /// List a model's functions: arguments, states, sizes, and what calls cost.
    Inspect(Inspect),
    /// Check that a model is well-formed and compiles, and write nothing.
    Check(Check),
}

const BUILD_EXAMPLES: &str = "\
Examples:
  tgc build logreg.graph -o out/liblogreg.a
  tgc build logreg.graph -o lib.a --header include/m.h --name m --cpu x86-64-v4
  tgc build logreg.graph -o lib.a --target aarch64-unknown-linux-gnu --emit lib,asm,plan
  tgc build logreg.graph -o lib.a --cpu x86-64,x86-64-v3,x86-64-v4
  tgc build network.graph -o libnet.a --freeze weights,bias";

/// `tgc build`.
#[derive(Args, Debug)]
#[command(after_help = BUILD_EXAMPLES)]
pub struct Build {
    /// The model: model.graph or a .tgc text.
    pub model: PathBuf,
    /// The static library to write.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The header to write [default: NAME.h beside the library].
    #[arg(long, value_name = "FILE")]
    pub header: Option<PathBuf>,
    /// What all names of the library begin with [default: the model's name].
    #[arg(long)]
    pub name: Option<String>,
    /// The system to compile for, such as aarch64-unknown-linux-gnu [default: this machine's].
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// The processors to compile kernels for, or native, each a variant [default: x86-64-v3 or generic].
    #[arg(long, value_name = "CPU", value_delimiter = ',')]
    pub cpu: Vec<String>,
    /// More features of the processor, such as +avx512f.
    #[arg(long, default_value = "", hide_default_value = true, allow_hyphen_values = true)]
    pub features: String,
    #[command(flatten)]
    pub arithmetic: Arithmetic,
    /// How hard instructions are selected and scheduled; values do not depend on it.
    #[arg(long, value_name = "0..3", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub opt_level: u8,
    /// Shared variables to fix at their initial values, as read-only data.
    #[arg(long, value_name = "VARIABLE", value_delimiter = ',')]
    pub freeze: Vec<String>,
    /// Check every access of memory while the library runs; for tests of tgc itself.
    #[arg(long, value_enum, hide = true)]
    pub sanitize: Option<Sanitizer>,
    /// What to write; texts go beside the library.
    #[arg(long, value_delimiter = ',', default_value = "lib")]
    pub emit: Vec<Emit>,
}

/// The choice of arithmetic, which several commands have.
#[derive(Args, Debug)]
pub struct Arithmetic {
    /// How exactly floating-point arithmetic is kept.
    #[arg(long, value_enum, default_value_t = Level::Strict)]
    fp: Level,
}

impl Arithmetic {
    /// The choice.
    pub fn fp(&self) -> Fp {
        match self.fp {
            Level::Exact => Fp::Exact,
            Level::Strict => Fp::Strict,
            Level::Fast => Fp::Fast,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Every operation is done as the model says, to the bit.
    Exact,
    /// NaN and infinities stay, results are as accurate, no sum with a constant is taken apart.
    Strict,
    /// Rewrites that hold for real numbers are allowed, such as x - x = 0.
    Fast,
}

/// A checker that code can be instrumented for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sanitizer {
    /// AddressSanitizer; the program is linked with `-fsanitize=address`.
    Address,
}

/// What `tgc build` can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// The static library and the header.
    Lib,
    /// The assembly, as NAME.s.
    Asm,
    /// LLVM's text, as NAME.ll.
    Ll,
    /// The plan, as NAME.plan.
    Plan,
}

const PRINT_EXAMPLES: &str = "\
Examples:
  tgc print logreg.graph                              the model's text, which tgc reads back
  tgc print logreg.graph --stage stabilize            after a stage of the optimizer
  tgc print logreg.graph --stage all --pp             what is computed in the end, as mathematics
  tgc print logreg.graph --function train --dot | dot -Tsvg > train.svg";

/// `tgc print`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("planned").args(["plan", "phase"]))]
#[command(after_help = PRINT_EXAMPLES)]
pub struct Print {
    /// The model: model.graph or a .tgc text.
    pub model: PathBuf,
    /// What the model is after this stage of the optimizer; `all` for the last.
    #[arg(long)]
    pub stage: Option<String>,
    /// Only this function.
    #[arg(long)]
    pub function: Option<String>,
    #[command(flatten)]
    pub arithmetic: Arithmetic,
    /// As text, which tgc reads back (the default).
    #[arg(long, group = "form")]
    pub text: bool,
    /// As mathematics, in the notation of Theano's `pp`; tgc does not read it back.
    #[arg(long, group = "form")]
    pub pp: bool,
    /// The plan: loops, buffers, and what runs together.
    #[arg(long, group = "form", conflicts_with = "stage")]
    pub plan: bool,
    /// Which rules of the optimizer fired, stage by stage; with --plan what each step computes, for which
    /// lines of the author's, and why it was not fused with earlier steps.
    #[arg(long, conflicts_with_all = ["stage", "text", "pp", "dot", "phase"])]
    pub explain: bool,
    /// What each function is after this phase of the planner.
    #[arg(long, group = "form", conflicts_with = "stage")]
    pub phase: Option<String>,
    /// The system to plan for [default: this machine's].
    #[arg(long, value_name = "TRIPLE", requires = "planned")]
    pub target: Option<String>,
    /// The processor to plan for, or native [default: x86-64-v3 or generic].
    #[arg(long, requires = "planned")]
    pub cpu: Option<String>,
    /// As a graph for Graphviz.
    #[arg(long, group = "form")]
    pub dot: bool,
}

const RUN_EXAMPLES: &str = "\
Values of inputs:
  x=1.5                  a number, true, false, nan, inf, or re:im for complex elements
  x=[[1, 2], [3, 4]]     an array
  x=@x.npy               a NumPy file
  x=zeros:[3]            also ones:[3], and full:0.5:[3]
  x=random:42:[8,4]      from a seed: floats from -1 to 1, integers from 0 to 9
  N=100                  a size that follows from no input

Examples:
  tgc run logreg.graph predict x=random:1:[400,784]
  tgc run logreg.graph train x=@x.npy y=@y.npy --repeat 100 --save-state w.safetensors
  tgc run logreg.graph predict x=@x.npy --load-state w.safetensors --out prediction=@p.npy";

/// `tgc run`.
#[derive(Args, Debug)]
#[command(after_help = RUN_EXAMPLES)]
pub struct Run {
    /// The model: model.graph or a .tgc text.
    pub model: PathBuf,
    /// The function to call.
    pub function: String,
    /// A value for each input, as NAME=VALUE.
    #[arg(value_name = "NAME=VALUE")]
    pub inputs: Vec<String>,
    #[command(flatten)]
    pub arithmetic: Arithmetic,
    /// The processors to compile for; the best that can run here is used [default: x86-64-v3 or generic].
    #[arg(long, value_name = "CPU", value_delimiter = ',')]
    pub cpu: Vec<String>,
    /// Call so many times, each time with the state that the call before left; prints how long calls took.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: Option<u32>,
    /// Take the state from this safetensors file first.
    #[arg(long, value_name = "FILE")]
    pub load_state: Option<PathBuf>,
    /// Write the state to this safetensors file afterwards.
    #[arg(long, value_name = "FILE")]
    pub save_state: Option<PathBuf>,
    /// Write an output to a NumPy file instead of printing it.
    #[arg(long, value_name = "NAME=@FILE")]
    pub out: Vec<String>,
}

const INSPECT_EXAMPLES: &str = "\
Examples:
  tgc inspect logreg.graph
  tgc inspect logreg.graph --function train --origins

Costs are counts for one call, as expressions in its sizes: scalar instructions (vector code does several at once), and bytes
that loops read and write, caches or not.";

/// `tgc inspect`.
#[derive(Args, Debug)]
#[command(after_help = INSPECT_EXAMPLES)]
pub struct Inspect {
    /// The model: model.graph or a .tgc text.
    pub model: PathBuf,
    /// Only this function.
    #[arg(long)]
    pub function: Option<String>,
    /// List also what each line of the author's source makes.
    #[arg(long)]
    pub origins: bool,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  tgc check logreg.graph
  tgc check logreg.graph --target aarch64-unknown-linux-gnu";

/// `tgc check`.
#[derive(Args, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct Check {
    /// The model: model.graph or a .tgc text.
    pub model: PathBuf,
    /// The system to compile for, such as aarch64-unknown-linux-gnu [default: this machine's].
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// The processors to compile kernels for, or native, each a variant [default: x86-64-v3 or generic].
    #[arg(long, value_name = "CPU", value_delimiter = ',')]
    pub cpu: Vec<String>,
}
