//! Reads standard input to its end and reports on it; environment and arguments by std::env.
use std::io::Read;

fn main() {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).expect("standard input can be read");
    let text = String::from_utf8_lossy(&bytes);
    println!("{} bytes, {} lines, {} words", bytes.len(), text.lines().count(), text.split_whitespace().count());
    let longest = text.split_whitespace().max_by_key(|word| word.chars().count()).unwrap_or("");
    println!("longest: {longest}");
    println!("{:?}", std::env::args().skip(1).collect::<Vec<_>>());
    println!("{:?} {:?}", std::env::var("LANGUAGE"), std::env::var("ABSENT"));
    eprintln!("done");
}
