//! The head of a case, read.

use tgc_compiler::{Fp, Options};

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// How the model is compiled.
    pub options: Options,
    /// What is right.
    pub claim: Claim,
    /// The model.
    pub text: String,
}

/// What a case says of its model.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// It has a library.
    Builds,
    /// It has none, and the reason has these words.
    Refused(String),
    /// Its library's calls give this.
    Calls(Vec<Call>),
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The line, for messages.
    pub line: String,
    pub function: String,
    pub arguments: Vec<String>,
    pub gives: Vec<Gives>,
}

/// What a call gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Gives {
    Values { of: Place, values: Vec<(String, String)>, tolerance: Tolerance },
    Error { status: String, words: String },
}

/// Where values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Outputs,
    Shared,
}

/// How far a value may be from what is right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    Ulps(u64),
    Relative(f64),
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    ///
    /// What is wrong with its head.
    pub fn read(text: &str) -> Result<Case, String> {
        let (mut options, mut claim) = (Options::default(), None);
        let head = text.lines().take_while(|line| line.starts_with(';'));
        for line in head.map(|line| line.trim_start_matches(';').trim()) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match (word, &mut claim) {
                ("note", _) => {}
                ("options", _) => options = read_options(rest)?,
                ("builds", None) => claim = Some(Claim::Builds),
                ("refused", None) if !rest.is_empty() => claim = Some(Claim::Refused(rest.to_owned())),
                ("run", None) => claim = Some(Claim::Calls(vec![read_call(rest)])),
                ("run", Some(Claim::Calls(calls))) => calls.push(read_call(rest)),
                ("gives", Some(Claim::Calls(calls))) => {
                    calls.last_mut().expect("a claim of calls has one").gives.push(read_gives(rest)?);
                }
                _ => {
                    return Err(format!(
                        "`; {line}` cannot stand there; tests/tests/faults/main.rs says what can"
                    ));
                }
            }
        }
        let claim = claim.ok_or("the head has no `; run`, `; refused` or `; builds`")?;
        if let Claim::Calls(calls) = &claim
            && let Some(call) = calls.iter().find(|call| call.gives.is_empty())
        {
            return Err(format!("`; run {}` has no `; gives` below it", call.line));
        }
        Ok(Case { options, claim, text: text.to_owned() })
    }
}

fn read_options(text: &str) -> Result<Options, String> {
    let mut options = Options::default();
    let words: Vec<&str> = text.split_whitespace().collect();
    for pair in words.chunks(2) {
        match pair {
            ["--fp", "exact"] => options.fp = Fp::Exact,
            ["--fp", "strict"] => options.fp = Fp::Strict,
            ["--fp", "fast"] => options.fp = Fp::Fast,
            ["--freeze", names] => options.freeze = names.split(',').map(str::to_owned).collect(),
            _ => return Err(format!("`{}` is no option of cases", pair.join(" "))),
        }
    }
    Ok(options)
}

fn read_call(text: &str) -> Call {
    let mut words = words(text).into_iter();
    let function = words.next().unwrap_or_default();
    Call { line: text.to_owned(), function, arguments: words.collect(), gives: vec![] }
}

fn read_gives(text: &str) -> Result<Gives, String> {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    if first.starts_with("E_") && !first.contains('=') {
        return Ok(Gives::Error { status: first.to_owned(), words: rest.to_owned() });
    }
    let (of, text) = match first {
        "update" => (Place::Shared, rest),
        _ => (Place::Outputs, text),
    };
    let (text, tolerance) = match text.split_once(" within ") {
        Some((text, within)) => (text, read_tolerance(within)?),
        None => (text, Tolerance::Ulps(0)),
    };
    let pair = |word: String| match word.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("`{word}` is no NAME=VALUE")),
    };
    let values: Vec<_> = words(text).into_iter().map(pair).collect::<Result<_, _>>()?;
    match values.is_empty() {
        true => Err("`; gives` names no value".to_owned()),
        false => Ok(Gives::Values { of, values, tolerance }),
    }
}

fn read_tolerance(text: &str) -> Result<Tolerance, String> {
    let read = match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        [ulps, "ulp"] => ulps.parse().map(Tolerance::Ulps).ok(),
        [error] => error.parse().map(Tolerance::Relative).ok(),
        _ => None,
    };
    read.ok_or_else(|| format!("`within {text}` is neither `within N ulp` nor `within E`"))
}

/// Words with spaces between them; those inside of brackets part none.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        depth += i32::from(c == '[') - i32::from(c == ']');
        match c.is_whitespace() && depth == 0 {
            true => words.push(String::new()),
            false => words.last_mut().expect("there is a first word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn heads_are_read() {
    let case = Case::read(
        "; note words\n; options --fp fast --freeze a,b\n; run f x=[[1, 2], [3, 4]] N=3\n; gives y=1 z=[2, 3] within 2 ulp\n\
         ; gives update w=0.5 within 1e-6\n; run g\n; gives E_INDEX outside axis\ntgc 1 model \"m\"\n",
    )
    .unwrap();
    assert!(case.options.fp == Fp::Fast && case.options.freeze == ["a", "b"]);
    let Claim::Calls(calls) = case.claim else { panic!("these are calls") };
    assert_eq!(calls[0].arguments, ["x=[[1, 2], [3, 4]]", "N=3"]);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let values = vec![pair("y", "1"), pair("z", "[2, 3]")];
    assert_eq!(
        calls[0].gives[0],
        Gives::Values { of: Place::Outputs, values, tolerance: Tolerance::Ulps(2) }
    );
    let (values, tolerance) = (vec![pair("w", "0.5")], Tolerance::Relative(1e-6));
    assert_eq!(calls[0].gives[1], Gives::Values { of: Place::Shared, values, tolerance });
    let error = Gives::Error { status: "E_INDEX".to_owned(), words: "outside axis".to_owned() };
    assert_eq!(calls[1].gives, [error]);
}

#[test]
fn heads_that_claim_nothing_are_refused() {
    for (head, words) in [
        ("", "has no `; run`"),
        ("; run f x=1\n", "has no `; gives`"),
        ("; gives y=1\n", "cannot stand there"),
        ("; run f\n; give y=1\n", "cannot stand there"),
        ("; builds\n; run f\n", "cannot stand there"),
        ("; refused\n", "cannot stand there"),
        ("; run f\n; gives\n", "names no value"),
        ("; run f\n; gives y\n", "no NAME=VALUE"),
        ("; run f\n; gives y=1 within two ulp\n", "neither"),
        ("; options --fast yes\n; builds\n", "no option"),
    ] {
        let problem = Case::read(&format!("{head}tgc 1 model \"m\"\n")).unwrap_err();
        assert!(problem.contains(words), "{head}{problem}");
    }
}
