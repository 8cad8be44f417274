//! Links between the documents, and from them to files.

use super::block::blocks;
use super::ground::root;

/// The links of a document that lead to no file, or to no heading of a document.
pub fn broken(path: &str, text: &str, documents: &[(String, String)]) -> Vec<String> {
    let folder = root().join(path).parent().unwrap().to_owned();
    let mut found = vec![];
    for target in targets(text) {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let other = folder.join(file).canonicalize();
        let other = if file.is_empty() { root().join(path).canonicalize() } else { other };
        let Ok(other) = other else {
            found.push(format!("{path}: there is no {target}"));
            continue;
        };
        let headings = documents.iter().find(|(name, _)| root().join(name) == other);
        if !anchor.is_empty() && !headings.is_some_and(|(_, text)| anchors(text).iter().any(|a| a == anchor))
        {
            found.push(format!("{path}: {target} has no such heading"));
        }
    }
    found
}

/// What the links of a text lead to, but for other sites.
fn targets(text: &str) -> Vec<&str> {
    let inside: Vec<usize> = text.match_indices("](").map(|(at, _)| at + 2).collect();
    let images = text.match_indices("src=\"").map(|(at, _)| at + 5);
    let end = |at: usize| text[at..].find([')', '"', '\n']).map_or(text.len(), |end| at + end);
    let all = inside.into_iter().chain(images).map(|at| &text[at..end(at)]);
    all.filter(|target| !target.contains("://")).collect()
}

/// Headings as links write them: lower case, words joined by hyphens, other characters left out.
fn anchors(text: &str) -> Vec<String> {
    let blocks = blocks(text);
    let prose = text.lines().enumerate().filter(|(i, _)| !blocks.iter().any(|block| block.holds(i + 1)));
    let headings = prose.filter_map(|(_, line)| Some(line.strip_prefix('#')?.trim_start_matches('#').trim()));
    let letter = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    };
    headings.map(|heading| heading.to_lowercase().chars().filter_map(letter).collect()).collect()
}
