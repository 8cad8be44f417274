//! Headers beside those of the system: no macro of any of them changes a header of ours, and none of ours is
//! theirs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use tgc_abi::Status;
use tgc_compiler::header::Header;
use tgc_compiler::names::Names;
use tgc_compiler::safetensors::Image;
use tgc_graph::dtype::DType;
use tgc_graph::verify::header::{FunctionNames, HeaderNames, Named};
use tgc_graph::verify::names::{self, FUNCTIONS, MACROS, STATUSES, TYPES, Use};
use tgc_llvm::Stack;
use tgc_plan::ModelPlan;
use tgc_plan::size::Size;

use crate::plans::{NONE, argument, function, model, symbol};

/// Headers of C, POSIX and Linux; those that a system lacks are left out.
const HEADERS: &str = "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign \
    stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype \
    aio arpa/inet cpio dirent dlfcn endian fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen malloc monetary mqueue \
    net/if netdb netinet/in netinet/tcp nl_types poll pthread pwd regex sched search semaphore spawn strings sys/epoll \
    sys/file sys/inotify sys/ioctl sys/ipc sys/mman sys/mount sys/msg sys/param sys/poll sys/prctl sys/ptrace sys/random \
    sys/reboot sys/resource sys/select sys/sem sys/sendfile sys/shm sys/signalfd sys/socket sys/stat sys/statvfs sys/swap \
    sys/sysinfo sys/syscall sys/syslog sys/time sys/timerfd sys/times sys/types sys/uio sys/un sys/utsname sys/vfs sys/wait \
    sys/xattr syslog tar termios ulimit unistd utime utmpx wordexp";

/// Headers that C++ has under other names, or not at all.
const C_ALONE: [&str; 6] = ["complex", "stdatomic", "stdnoreturn", "tgmath", "threads", "iso646"];

fn includes(leave_out: &[&str]) -> String {
    let headers = HEADERS.split_whitespace().filter(|header| !leave_out.contains(header));
    headers
        .map(|header| format!("#if __has_include(<{header}.h>)\n#include <{header}.h>\n#endif\n"))
        .collect()
}

/// Runs a compiler on a file, with everything that the system declares.
fn run(compiler: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(compiler).arg("-D_GNU_SOURCE").args(arguments).arg(file).output().unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    let first: Vec<&str> = messages.lines().take(20).collect();
    assert!(output.status.success(), "{compiler} {arguments:?}\n{}", first.join("\n"));
    String::from_utf8(output.stdout).unwrap()
}

/// The names of all macros of all headers.
fn macros(folder: &Path) -> BTreeSet<String> {
    let file = folder.join("all.c");
    std::fs::write(&file, includes(&[])).unwrap();
    let defined = run("cc", &["-dM", "-E"], &file);
    let name = |line: &str| Some(line.strip_prefix("#define ")?.split([' ', '(']).next()?.to_owned());
    let found: BTreeSet<String> = defined.lines().filter_map(name).collect();
    assert!(found.len() > 1000 && found.contains("BUFSIZ"), "{}", found.len());
    found
}

fn header(plan: &ModelPlan) -> String {
    let names = Names::check(&plan.interface, None).unwrap_or_else(|e| panic!("{e}"));
    let header =
        Header::new(plan, &names, &Image::new(names.prefix(), &plan.interface.states), &["x86-64-v3"], "");
    header.text(&Stack { functions: vec![0; plan.interface.functions.len()], most: 0 })
}

/// A model whose arguments and sizes have these names, with macros in all places.
fn model_of(all: &BTreeSet<String>) -> ModelPlan {
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut sizes: Vec<&str> = vec![];
    let mut known = BTreeSet::new();
    for name in &all {
        if known.insert(name.to_ascii_uppercase()) {
            sizes.push(name);
        }
    }
    let arguments = |names: &[&str]| names.iter().map(|name| argument(name, DType::F64, &[])).collect();
    let mut functions = vec![
        function("takes", &[], arguments(&all), vec![], Size::Const(0)),
        function("gives", &[], vec![], arguments(&all), Size::Const(0)),
    ];
    for (number, sizes) in sizes.chunks(100).enumerate() {
        let workspace = Size::Align64(&symbol(0) + &symbol(sizes.len() as u32 - 1), 1);
        functions.push(function(&format!("sized{number}"), sizes, vec![], vec![], workspace));
    }
    model("names", NONE.to_vec(), functions)
}

#[test]
fn arguments_may_have_the_name_of_any_macro() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = macros(folder.path());
    all.extend(
        ["uint64_t", "int64_t", "tgc_alloc", "tgc_c64", "names_config", "names_ctx", "NAMES_OK"]
            .map(str::to_owned),
    );
    all.extend(["alloc", "pool", "flags", "struct_bytes", "config", "ctx", "N", "x"].map(str::to_owned));
    all.retain(|name| names::fault(name, Use::Parameter).is_none());
    assert!(
        all.len() > 1000
            && ["B0", "HZ", "ECHO", "CS5", "INT_MAX", "BUFSIZ"].iter().all(|name| all.contains(*name))
    );
    std::fs::write(folder.path().join("names.h"), header(&model_of(&all))).unwrap();
    let uses = "names_config config = NAMES_CONFIG(SIZES);\nuint64_t bytes(void) { return NAMES_SIZED0_WS_BYTES(FIRST); }\n";
    let counted = |count: usize| vec!["1"; count].join(", ");
    let sizes = model_of(&all).interface.sizes.len();
    let uses = uses.replace("SIZES", &counted(sizes)).replace("FIRST", &counted(100));
    let own = "#define N 400\n#define x 1\n#define config nothing\n";
    let mine = "#include \"names.h\"\n";
    let undo = "#undef config\n";
    for (compiler, standard, file, left_out) in
        [("cc", "-std=gnu11", "main.c", &[][..]), ("c++", "-std=gnu++17", "main.cpp", &C_ALONE[..])]
    {
        for order in [
            format!("{}{mine}", includes(left_out)),
            format!("{own}{mine}{undo}"),
            format!("{mine}{}", includes(left_out)),
        ] {
            let file = folder.path().join(file);
            let declared = "uint64_t bytes(void);\nextern names_config config;\n";
            std::fs::write(&file, format!("{order}{declared}{uses}")).unwrap();
            run(compiler, &[standard, "-Wall", "-Wextra", "-Werror", "-fsyntax-only"], &file);
        }
    }
}

/// Whether some model of these names is refused.
fn is_refused(prefix: &str, member: Option<&str>, size: Option<&str>) -> bool {
    let shared = member.into_iter().map(Named::new).collect();
    let function =
        FunctionNames { name: "f", sizes: size.into_iter().collect(), inputs: vec![], outputs: vec![] };
    HeaderNames { prefix, shared, functions: vec![function] }.check().is_err()
}

#[test]
fn no_macro_of_ours_is_the_systems() {
    let folder = tempfile::tempdir().unwrap();
    let fixed: Vec<&str> = MACROS.iter().chain(&STATUSES).chain(&FUNCTIONS).chain(&TYPES).copied().collect();
    for name in macros(folder.path()) {
        // None ends as the names of arguments do in headers.
        assert!(!name.ends_with('_') || name.starts_with('_'), "{name}");
        for (at, _) in name.match_indices('_').filter(|(at, _)| *at > 0 && !name.starts_with('_')) {
            let (prefix, end) = (&name[..at], &name[at + 1..]);
            let is_lower = !name.contains(|c: char| c.is_ascii_uppercase());
            let sized = ["_MIN", "_MAX"]
                .iter()
                .find_map(|range| end.strip_suffix(range))
                .filter(|size| !size.is_empty());
            assert!(
                !fixed.contains(&end) || is_refused(prefix, None, None),
                "a library `{prefix}` defines `{name}`"
            );
            assert!(
                !is_lower || is_refused(prefix, Some(end), None),
                "`{end}` of a library `{prefix}` is `{name}`"
            );
            let is_size_refused = sized.is_none_or(|size| is_refused(prefix, None, Some(size)));
            assert!(is_size_refused, "a size of a library `{prefix}` defines `{name}`");
        }
    }
}

#[test]
fn statuses_are_the_runtimes() {
    assert_eq!(STATUSES, Status::NAMES);
}
