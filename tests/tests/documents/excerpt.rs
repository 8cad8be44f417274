//! Whether a block is part of a file.

/// Finds the lines of a block in a source, one after another from any line on; what follows a line of elision
/// may stand anywhere below. Indentation within a part is the source's but for one common depth.
pub fn check(block: &str, source: &str, file: &str) -> Result<(), String> {
    let lines: Vec<&str> = source.lines().map(str::trim_end).collect();
    let block: Vec<&str> = block.lines().map(str::trim_end).collect();
    let parts: Vec<&[&str]> =
        block.split(|line| is_elision(line)).map(trimmed).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err("the block is empty".to_owned());
    }
    let mut from = 0;
    for part in parts {
        let found = (from..lines.len()).find(|at| agrees(part, &lines[*at..]));
        let Some(at) = found else {
            let agreeing = (from..lines.len()).map(|at| common(part, &lines[at..])).max().unwrap_or(0);
            return Err(format!("{file} has no such lines; `{}` does not follow", part[agreeing].trim()));
        };
        from = at + part.len();
    }
    Ok(())
}

/// `…`, alone or in a comment.
fn is_elision(line: &str) -> bool {
    matches!(line.trim(), "…" | "// …" | "# …" | "/* … */" | "; …")
}

/// Without blank lines at the ends.
fn trimmed<'a, 'b>(part: &'a [&'b str]) -> &'a [&'b str] {
    let first = part.iter().position(|line| !line.is_empty()).unwrap_or(part.len());
    let last = part.iter().rposition(|line| !line.is_empty()).map_or(first, |last| last + 1);
    &part[first..last]
}

fn agrees(part: &[&str], lines: &[&str]) -> bool {
    common(part, lines) == part.len()
}

/// How many lines of the part the lines begin with.
fn common(part: &[&str], lines: &[&str]) -> usize {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let Some(shift) = lines.first().and_then(|first| depth(first).checked_sub(depth(part[0]))) else {
        return 0;
    };
    let shift = " ".repeat(shift);
    let same = |(own, line): &(&&str, &&str)| match own.is_empty() {
        true => line.is_empty(),
        false => line.strip_prefix(&*shift) == Some(**own),
    };
    part.iter().zip(lines).take_while(same).count()
}
