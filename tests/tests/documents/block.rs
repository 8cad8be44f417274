//! The fenced blocks of a Markdown text (CommonMark 0.31.2, 4.5), inside lists too.

/// A block between fences.
#[derive(Debug)]
pub struct Block {
    /// The line of its opening fence, from 1.
    pub line: usize,
    /// What follows the fence: `c examples/logreg/main.c`.
    pub info: String,
    /// Its lines, without the indentation of the fence.
    pub text: String,
    /// Whether it has a closing fence.
    pub closed: bool,
}

/// How a block is checked.
#[derive(Debug)]
pub enum Kind<'b> {
    /// Its lines are in this file.
    Excerpt(&'b str),
    /// It is run.
    Command,
    /// It is what the block before it printed.
    Output,
}

impl Block {
    /// Whether a line, counted from 1, is in the block or one of its fences.
    pub fn holds(&self, line: usize) -> bool {
        (self.line..=self.line + 1 + self.text.lines().count()).contains(&line)
    }
}

/// All blocks of a text, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = vec![];
    let mut open: Option<(usize, &str)> = None;
    for (number, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        match (open, fence(bare), found.last_mut()) {
            (None, Some(mark), _) => {
                let info = bare[mark.len()..].trim().to_owned();
                found.push(Block { line: number + 1, info, text: String::new(), closed: false });
                open = Some((indent, mark));
            }
            (Some((_, mark)), Some(end), Some(block)) if end.starts_with(mark) && bare.trim_end() == end => {
                block.closed = true;
                open = None;
            }
            (Some((indent, _)), _, Some(block)) => {
                let own = line.bytes().take(indent).take_while(u8::is_ascii_whitespace).count();
                block.text += &line[own..];
                block.text += "\n";
            }
            (None, None, _) | (Some(_), _, None) => {}
        }
    }
    found
}

/// The run of three or more backticks or tildes that a line begins with.
fn fence(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let end = line.find(|c| c != mark).unwrap_or(line.len());
    (end >= 3).then(|| &line[..end])
}
