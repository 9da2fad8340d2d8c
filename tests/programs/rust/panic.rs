//! Ends as the first argument says: the panic message must arrive before the trap.
use std::process::{ExitCode, exit};

fn main() -> ExitCode {
    println!("started");
    match std::env::args().nth(1).as_deref() {
        Some("index") => {
            let values = vec![1, 2, 3];
            let index = std::env::args().count() + 5;
            println!("{}", values[index]);
        }
        Some("unwrap") => drop("no number".parse::<u8>().unwrap()),
        Some("exit") => exit(7),
        Some("recursion") => println!("{}", recurse(1, &[0; 64])),
        Some("abort") => std::process::abort(),
        Some(_) => return ExitCode::from(3),
        None => {}
    }
    ExitCode::SUCCESS
}

#[inline(never)]
#[allow(unconditional_recursion)]
fn recurse(depth: u64, above: &[u64; 64]) -> u64 {
    let mut frame = *above;
    frame[(depth % 64) as usize] = depth;
    recurse(depth + 1, std::hint::black_box(&frame)) + frame[7]
}
