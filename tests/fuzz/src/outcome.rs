//! What a module did, in terms that both sides have, and whether it is the same.

/// What became of one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Results, or the value of a global, or the size and hash of a memory.
    Values(Vec<Value>),
    /// A trap, by the name of its kind.
    Trap(&'static str),
    /// An exception that nobody caught.
    Exception,
    /// It depends on limits that the two do not share: the stack, the heap.
    Limit,
}

/// A value, as far as it can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// The bits of a number.
    Bits(u128),
    /// Only whether a reference is null.
    Reference { is_null: bool },
}

/// Something to ask a module.
#[derive(Clone, Debug)]
pub enum Question {
    /// Instantiate it.
    Instantiate,
    /// Call the function among the exports at this position.
    Call(usize, Vec<u128>),
    /// Read the global at this position.
    Global(usize),
    /// Read the memory at this position.
    Memory(usize),
}

/// The conversation with the oracle.
pub type Expected = Vec<(Question, Outcome)>;

/// What wasmc's executable did.
pub struct Native {
    /// In the order of the questions; fewer where it died.
    pub outcomes: Vec<Outcome>,
    /// How it ended, if not as it should.
    pub failure: Option<String>,
}

/// The result of a comparison.
pub enum Verdict {
    /// All answers are the same; how many there were.
    Agreed(usize),
    /// A limit was met before anything differed.
    Inconclusive,
    /// What differs.
    Differs(String),
}

/// Compares what wasmc's executable did with what the oracle did.
pub fn compare(expected: &Expected, native: Result<Native, String>) -> Verdict {
    let Native { outcomes, failure } = match native {
        Ok(native) => native,
        Err(problem) => return Verdict::Differs(problem),
    };
    for (at, (question, outcome)) in expected.iter().enumerate() {
        let Some(answer) = outcomes.get(at) else { break };
        if *outcome == Outcome::Limit || *answer == Outcome::Limit {
            return Verdict::Inconclusive;
        }
        if answer != outcome {
            return Verdict::Differs(format!("{question:?}: wasmc {answer:x?}, wasmtime {outcome:x?}"));
        }
    }
    failure.map_or(Verdict::Agreed(expected.len()), Verdict::Differs)
}
