//! `wasmc explain`: tells what a trap or an exit code means.

use crate::output;
use anyhow::{Result, bail};
use wasmc_abi::trap::TrapCode;

/// What the process's exit code says, for `wasmc` itself and for the programs it makes.
const EXIT_CODES: [(u8, &str); 4] = [
    (0, "Done. A program that wasmc made ends so when it returns from its main function, or calls exit(0)."),
    (1, "wasmc failed, and said why on standard error; or the program itself ended with this code."),
    (2, "wasmc's command line was wrong; or the program itself ended with this code."),
    (
        134,
        "The program trapped: 128 + SIGABRT, as other WebAssembly runtimes do. The line on standard error names the \
         trap; `wasmc explain` with its words tells more.",
    ),
];

/// Explains what `topic` names, or lists all that can be explained.
pub fn execute(topic: &[String]) -> Result<()> {
    let topic = topic.join(" ");
    if topic.trim().is_empty() {
        return output::print(&overview());
    }
    match find(&topic) {
        Found::Trap(trap) => output::print(&format!(
            "trap {}: {} ({})\n\n{}\n",
            trap as u8,
            trap.message(),
            trap.name(),
            wrap(trap.explanation())
        )),
        Found::ExitCode(code, meaning) => output::print(&format!("exit code {code}\n\n{}\n", wrap(meaning))),
        Found::ExitCodes => output::print(&exit_codes()),
        Found::Nothing(near) if near.is_empty() => {
            bail!("no trap and no exit code is called `{topic}`; `wasmc explain` lists them")
        }
        Found::Nothing(near) => {
            let near: Vec<_> = near.iter().map(|trap| format!("    {} ({})", trap.name(), trap.message())).collect();
            bail!("no trap and no exit code is called `{topic}`; did you mean\n{}", near.join("\n"))
        }
    }
}

enum Found {
    Trap(TrapCode),
    ExitCode(u8, &'static str),
    ExitCodes,
    /// No match, and what comes near.
    Nothing(Vec<TrapCode>),
}

fn find(topic: &str) -> Found {
    let wanted = compact(topic);
    let trap = |number: &str| number.parse().ok().and_then(TrapCode::from_number);
    let exit_code = |number: &str| {
        let number = number.parse::<u8>().ok()?;
        EXIT_CODES.iter().find(|&&(code, _)| code == number).map(|&(code, meaning)| Found::ExitCode(code, meaning))
    };
    for prefix in ["exitcodes", "exitcode", "exitstatus", "exit"] {
        match wanted.strip_prefix(prefix) {
            Some("") => return Found::ExitCodes,
            Some(number) => {
                if let Some(found) = exit_code(number) {
                    return found;
                }
            }
            None => {}
        }
    }
    if let Some(trap) = trap(wanted.strip_prefix("trap").unwrap_or(&wanted)) {
        return Found::Trap(trap);
    }
    if let Some(found) = exit_code(&wanted) {
        return found;
    }
    if wanted.is_empty() {
        return Found::Nothing(Vec::new());
    }
    // The message inside a longer text, such as a whole line of a program's output: the longest that fits.
    let spoken = TrapCode::ALL
        .iter()
        .flat_map(|&trap| [(trap, compact(trap.name())), (trap, compact(trap.message()))])
        .filter(|(_, words)| wanted.contains(words))
        .max_by_key(|(_, words)| words.len());
    if let Some((trap, _)) = spoken {
        return Found::Trap(trap);
    }
    let mut near: Vec<_> = TrapCode::ALL.iter().map(|&trap| (likeness(&wanted, trap), trap)).collect();
    near.retain(|&(likeness, _)| likeness > 0.8);
    near.sort_by(|(first, _), (second, _)| second.total_cmp(first));
    Found::Nothing(near.into_iter().map(|(_, trap)| trap).take(4).collect())
}

/// Between 0 and 1: how much the topic looks like the trap's name or message, or like the words in them.
fn likeness(wanted: &str, trap: TrapCode) -> f64 {
    let whole = [trap.name(), trap.message()].into_iter().map(compact);
    let words = trap.message().split(' ').filter(|word| word.len() > 3).map(compact);
    whole
        .chain(words)
        .map(|candidate| {
            if wanted.len() > 3 && candidate.contains(wanted) { 1.0 } else { strsim::jaro_winkler(wanted, &candidate) }
        })
        .fold(0.0, f64::max)
}

/// Lower-case letters and digits only, so that `MemoryOutOfBounds` and `memory out-of-bounds` are the same.
fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn overview() -> String {
    let traps =
        TrapCode::ALL.iter().map(|&trap| format!("  {:>3}  {:<28} {}\n", trap as u8, trap.name(), trap.message()));
    let traps: String = traps.collect();
    format!("Traps, which end a program with exit code 134:\n{traps}\n{}", exit_codes())
}

fn exit_codes() -> String {
    let codes = EXIT_CODES.iter().map(|(code, meaning)| {
        let lines = wrap(meaning).replace('\n', "\n       ");
        format!("  {code:>3}  {lines}\n")
    });
    format!("Exit codes:\n{}", codes.collect::<String>())
}

/// Breaks a paragraph into lines of at most 80 characters.
fn wrap(paragraph: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > 80 {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trap(topic: &str) -> Option<TrapCode> {
        match find(topic) {
            Found::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    #[test]
    fn every_trap_is_found_by_number_name_and_message() {
        for &code in TrapCode::ALL {
            assert_eq!(trap(&(code as u8).to_string()), Some(code));
            assert_eq!(trap(&format!("Trap {}", code as u8)), Some(code));
            assert_eq!(trap(&code.name().to_uppercase()), Some(code));
            assert_eq!(trap(code.message()), Some(code));
            assert_eq!(trap(&format!("wasmc: trap: {} at 0x12", code.message())), Some(code));
        }
    }

    #[test]
    fn exit_codes_are_found() {
        assert!(matches!(find("134"), Found::ExitCode(134, _)));
        assert!(matches!(find("exit 1"), Found::ExitCode(1, _)));
        assert!(matches!(find("exit-code 0"), Found::ExitCode(0, _)));
        assert!(matches!(find("exit codes"), Found::ExitCodes));
    }

    #[test]
    fn near_matches_are_suggested() {
        let near = |topic: &str| match find(topic) {
            Found::Nothing(near) => near,
            _ => Vec::new(),
        };
        assert_eq!(near("unreachabel"), [TrapCode::Unreachable]);
        assert!(near("divide").contains(&TrapCode::IntegerDivideByZero));
        assert!(near("bounds").contains(&TrapCode::TableOutOfBounds));
        assert!(near("MemoryOutOfBuonds").contains(&TrapCode::MemoryOutOfBounds));
        assert!(near("zzzz").is_empty());
        assert!(near("!?").is_empty());
    }

    #[test]
    fn paragraphs_are_wrapped() {
        let text = wrap(&"word ".repeat(100));
        assert!(
            text.lines().all(|line| line.len() <= 80 && line.len() > 70 || line == text.lines().last().unwrap_or(""))
        );
        assert_eq!(text.split_whitespace().count(), 100);
    }
}
