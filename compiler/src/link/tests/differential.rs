//! The same inputs through this linker and GNU ld: same behaviour, same symbols.

use super::*;
use std::collections::BTreeSet;

/// Names that each linker defines or leaves out as it likes.
fn is_linkers(symbol: &str) -> bool {
    let name = &symbol[2..];
    let own = ["_DYNAMIC", "_GLOBAL_OFFSET_TABLE_", "__GNU_EH_FRAME_HDR", "__bss_start", "_edata", "_end"];
    // GNU ld keeps the handlers of functions that it drops.
    let handlers = ["rust_eh_personality", "DW.ref.rust_eh_personality"];
    own.contains(&name) || handlers.contains(&name) || name.starts_with("__ehdr_start") || symbol.starts_with("w ")
}

/// Links with GNU ld what lies in the folder.
fn link_with_ld(shop: &Workshop, objects: &[&str], archives: &[PathBuf]) -> PathBuf {
    let path = shop.path("by-ld");
    let mut command = Command::new("ld");
    command.args(["-static", "-pie", "--no-dynamic-linker", "--gc-sections", "-z", "noexecstack", "-z", "text"]);
    command.arg("-o").arg(&path).args(objects.iter().map(|name| shop.path(name))).args(archives);
    succeed(&mut command);
    path
}

/// Runs both programs, compares results and symbols; returns what they printed.
fn compare(shop: &Workshop, objects: &[(&str, &[u8])], archives: &[(PathBuf, Vec<u8>)]) -> String {
    let names: Vec<&str> = objects.iter().map(|object| object.0).collect();
    let archive_paths: Vec<PathBuf> = archives.iter().map(|archive| archive.0.clone()).collect();
    let theirs = link_with_ld(shop, &names, &archive_paths);
    let archives: Vec<(&str, &[u8])> = archives.iter().map(|archive| ("lib.a", archive.1.as_slice())).collect();
    let ours = shop.executable("ours", &link(objects, &archives, &OPTIONS).unwrap());
    check_readelf(&ours);
    let (a, b) = (Command::new(&ours).output().unwrap(), Command::new(&theirs).output().unwrap());
    assert_eq!(String::from_utf8_lossy(&a.stdout), String::from_utf8_lossy(&b.stdout));
    assert_eq!(a.status, b.status);
    assert!(a.status.code().is_some(), "{}", a.status);
    // Where a definition is global and a reference hidden, GNU ld leaves the symbol global, against gABI 4: compared
    // without the difference between capital and small letters, by which `nm` tells global from local symbols.
    let set = |path: &Path| -> BTreeSet<String> {
        let symbols = symbols(path).into_iter().filter(|symbol| !is_linkers(symbol));
        symbols.map(|symbol| symbol[..1].to_lowercase() + &symbol[1..]).collect()
    };
    let (ours, theirs) = (set(&ours), set(&theirs));
    assert!(ours == theirs, "{:#?}", ours.symmetric_difference(&theirs));
    String::from_utf8_lossy(&a.stdout).into_owned()
}

/// A program with a bit of everything: strings, tables of pointers, tentative and weak symbols, dead code.
const PROGRAM: &str = r#"
    void print(const char *);
    static const char *const words[] = {"zero ", "one ", "two ", "three "};
    static int calls; char tentative[100]; double numbers[] = {1.5, 2.5};
    extern int nowhere(void) __attribute__((weak));
    __attribute__((weak)) int maybe(void) { return 1; }
    __attribute__((noinline)) static int add(int a, int b) { calls++; return a + b; }
    __attribute__((noinline)) static int sub(int a, int b) { calls++; return a - b; }
    int (*const operations[])(int, int) = {add, sub}; int (*changing)(int, int) = add;
    int dead_function(void) { return tentative[3] + (int)numbers[0]; }
    int *dead_pointer = &calls;
    const char *select(int number) {
        switch (number) { case 0: return "a"; case 1: return "bc"; case 2: return "def"; case 3: return "g";
            case 4: return "hi"; case 5: return "jkl"; default: return "many"; }
    }
    int main(void) {
        int x = 0;
        for (int i = 0; i < 4; i++) { print(words[i]); x = operations[i & 1](x, i); }
        changing = operations[1];
        x = changing(x, -20);
        print(select(x & 7)); print(select(calls)); print(nowhere ? "?" : "!");
        print(numbers[1] > 2.0 ? "\n" : "");
        return x + calls + maybe();
    }
"#;

#[test]
fn a_c_program() {
    let shop = Workshop::new();
    for flags in [&["-O0"][..], &["-O2"], &["-O2", "-fPIC"], &["-Os", "-fcommon"], &["-O1", "-g"]] {
        let start = shop.start();
        let main = shop.object_with("main.c", PROGRAM, flags);
        let printed = compare(&shop, &[("start.c.o", &start), ("main.c.o", &main)], &[]);
        assert!(printed.starts_with("zero one two three "), "{printed}");
    }
}

/// A program in Rust without its standard library, as the runtime library is one.
const LIBRARY: &str = r#"
    #![no_std]
    use core::fmt::Write;
    unsafe extern "C" { fn call(number: i64, a: i64, b: i64, c: i64) -> i64; }
    struct Out;
    impl Write for Out {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            unsafe { call(1, 1, text.as_ptr() as i64, text.len() as i64) };
            Ok(())
        }
    }
    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
        let _ = writeln!(Out, "{info}");
        unsafe { call(60, 101, 0, 0) };
        loop {}
    }
    static NAMES: [&str; 3] = ["left", "right", "middle"];
    #[unsafe(no_mangle)]
    pub extern "C" fn report(number: u32) -> u32 {
        let shapes: [&dyn core::fmt::Debug; 3] = [&number, &"text", &Some(2.5_f64)];
        for (shape, name) in shapes.iter().zip(NAMES) {
            let _ = writeln!(Out, "{name}: {shape:?}");
        }
        NAMES[number as usize].len() as u32
    }
    #[unsafe(no_mangle)]
    pub extern "C" fn never_called() { panic!("never") }
"#;

/// What Rust's `core` calls.
const MEMORY: &str = "typedef unsigned long size;
    void *memcpy(void *d, const void *s, size n) { volatile char *a = d; const char *b = s; while (n--) *a++ = *b++; return d; }
    void *memmove(void *d, const void *s, size n) { volatile char *a = d; const char *b = s;
        if ((char *)d < b) while (n--) *a++ = *b++; else while (n--) a[n] = b[n]; return d; }
    void *memset(void *d, int c, size n) { volatile char *a = d; while (n--) *a++ = c; return d; }
    int memcmp(const void *x, const void *y, size n) { const volatile unsigned char *a = x, *b = y;
        for (; n--; a++, b++) if (*a != *b) return *a - *b; return 0; }
    void rust_eh_personality(void) {}";

#[test]
fn a_rust_static_library() {
    let shop = Workshop::new();
    let source = shop.path("library.rs");
    fs::write(&source, LIBRARY).unwrap();
    let start = shop.start();
    let memory = shop.object("memory.c", MEMORY);
    for (argument, flags) in
        [(2, &["-Copt-level=0"][..]), (1, &["-Copt-level=3", "-Clto=fat"]), (7, &["-Copt-level=s"])]
    {
        let archive = shop.path("library.a");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition=2024", "--crate-type=staticlib", "-Cpanic=abort", "-Crelocation-model=pie"]);
        succeed(command.args(flags).arg("-o").arg(&archive).arg(&source));
        let main = format!("unsigned report(unsigned); int main(void) {{ return report({argument}); }}");
        let main = shop.object("main.c", &main);
        let objects = [("start.c.o", start.as_slice()), ("memory.c.o", &memory), ("main.c.o", &main)];
        let bytes = fs::read(&archive).unwrap();
        let printed = compare(&shop, &objects, &[(archive, bytes)]);
        assert!(printed.contains(&format!("left: {argument}\nright: \"text\"\nmiddle: Some(2.5)\n")), "{printed}");
        assert_eq!(printed.contains("index out of bounds"), argument == 7, "{printed}");
    }
}
