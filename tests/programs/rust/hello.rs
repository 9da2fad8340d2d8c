//! The smallest Rust program with the standard library.
fn main() {
    println!("Hello from Rust!");
}
