//! Segments, permissions, special sections, symbols of the linker.

use super::*;

#[test]
fn hello_runs() {
    let shop = Workshop::new();
    let main = shop.object("main.c", "void print(const char *); int main(void) { print(\"hello\\n\"); return 7; }");
    let output = shop.run(&[("main.o", &main)]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n");
    assert_eq!(output.status.code(), Some(7));
}
